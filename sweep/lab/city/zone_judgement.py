"""One zone judged as reports are, for whoever simulates many: weighers, weights and operating points without a report.

Input is observations and coverage of a zone, output what each modality weighed and the posterior.  It makes no finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sweep.judge.claims import posterior_of
from sweep.judge.thresholds import Thresholds, load_thresholds, load_weights
from sweep.modality.evidence import ZoneView
from sweep.report import Evidence, Modality, Observation, Zone, ZoneCoverage
from sweep.run.modalities import WEIGHERS


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a zone's evidence adds up to."""

    evidence: tuple[Evidence, ...]
    log10: float
    """Posterior log10 odds."""
    low: float
    high: float
    """90 % interval."""

    def of(self, modality: Modality) -> float:
        """Sum of one modality's weights."""
        return sum(e.weight_log10 for e in self.evidence if e.modality == modality)


def judge_zone(
    zone: Zone,
    observations: Sequence[Observation],
    coverage: Mapping[Modality, ZoneCoverage],
    *,
    places: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    again: Mapping[Modality, Sequence[str]] = MappingProxyType({}),
    zones: int = 0,
) -> Weighed:
    """The posterior of a zone with the weights and the prior that ship; `again`: positions of its second look; `zones`:
    of the room, whose other zones' observations stand among the observations.
    """
    weights, prior = load_weights(), load_thresholds().prior
    evidence: list[Evidence] = []
    for modality, weigher in WEIGHERS.items():
        ours = [o for o in observations if o.modality == modality]
        view = ZoneView(zone, ours, coverage.get(modality), places, weights, again.get(modality, ()), zones=zones)
        evidence += weigher.weigh(view)
    total = posterior_of(evidence, prior)
    return Weighed(tuple(evidence), total.log10, total.low, total.high)


def points_in_force() -> tuple[Thresholds, str]:
    """The operating points that ship, and the version of the weights."""
    return load_thresholds(), load_weights().version
