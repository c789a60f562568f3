"""What the evidence of a zone adds up to: a candidate, a finding, a strong one, or nothing.

Input is weighed evidence and the operating points, output is `Finding | None` with its posterior, its 90 % interval,
one plain sentence for and against, and what would change the answer.  The strength follows the posterior and the lower
end of its interval: how many modalities agree does not matter by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sweep.judge.explain import summary_of, would_change
from sweep.judge.thresholds import Thresholds
from sweep.modality.evidence import Circle, Weigher
from sweep.modality.weights import Sum, Weights, add_up
from sweep.modality.words import Vocabulary
from sweep.phrases import Phrase
from sweep.report import (
    Evidence,
    Finding,
    Modality,
    Observation,
    Plan,
    Position,
    Zone,
    ZoneCoverage,
    centre_of,
    derived_id,
    local_text,
)

Stage = Literal["first_look", "second_look"]


@dataclass(frozen=True, slots=True)
class Case:
    """One zone with all that speaks for and against a camera in it."""

    zone: Zone
    weighed: Sequence[Evidence]
    coverage: Sequence[ZoneCoverage]
    """Of this zone, by modality."""
    stage: Stage
    by_eye: Sequence[Evidence] = ()
    """What eyes said: it stands in the posterior and decides about no stage."""
    is_raised: bool = False
    """A person who looked said something that asks for a candidate."""

    @property
    def in_favour(self) -> list[Evidence]:
        """What speaks for a camera."""
        return [e for e in (*self.weighed, *self.by_eye) if e.weight_log10 > 0.0]


def posterior_of(weighed: Sequence[Evidence], prior: float) -> Sum:
    """Log10 odds of a camera in the zone; an evidence without an interval counts as exact."""
    parts = [
        (
            e.weight_log10,
            e.weight_log10 if e.low_log10 is None else e.low_log10,
            e.weight_log10 if e.high_log10 is None else e.high_log10,
        )
        for e in weighed
    ]
    return add_up([(prior, prior, prior), *parts])


def strength_of(posterior: Sum, thresholds: Thresholds) -> Literal["weak", "strong"]:
    """`strong` where the posterior and the lower end of its interval are."""
    is_strong = posterior.log10 >= thresholds.strong and posterior.low >= thresholds.strong_low
    return "strong" if is_strong else "weak"


def is_claim(posterior: float, stage: Stage, thresholds: Thresholds) -> bool:
    """Whether a zone asks for a second look, or after it for a person."""
    return posterior >= (thresholds.second_look if stage == "second_look" else thresholds.first_look)


def make_finding(
    sweep_id: UUID,
    plan: Plan,
    case: Case,
    positions: Sequence[Position],
    observations: Sequence[Observation],
    *,
    weighers: Mapping[Modality, Weigher],
    words: Vocabulary,
    weights: Weights,
    thresholds: Thresholds,
) -> Finding | None:
    """The finding of a zone; None where what the probe measured stays below the operating point of its stage, unless a
    person's word raises it: then it is a candidate, whatever a second look made of it.
    """
    measured = posterior_of(case.weighed, thresholds.prior)
    in_favour = case.in_favour
    speaks = any(e.weight_log10 > 0.0 for e in case.weighed)
    is_claimed = speaks and is_claim(round(measured.log10, 3), case.stage, thresholds)
    if not is_claimed and not (case.is_raised and in_favour):
        return None
    everything = [*case.weighed, *case.by_eye]
    posterior = posterior_of(everything, thresholds.prior)
    against = [e for e in everything if e.weight_log10 <= 0.0]
    cited = in_favour if is_claimed else [e for e in case.by_eye if e.weight_log10 > 0.0]
    place = place_of(plan, case.zone, positions, observations, cited, weighers)
    by_weight: Callable[[Evidence], tuple[float, str, str]] = lambda e: (  # noqa: E731  # used twice below
        -abs(e.weight_log10), e.code, str(e.observation_id)
    )  # fmt: skip
    in_favour, against = sorted(in_favour, key=by_weight)[:64], sorted(against, key=by_weight)[:64]
    return Finding(
        finding_id=derived_id(sweep_id, f"finding/{case.zone.zone_id}"),
        zone_id=case.zone.zone_id,
        x_m=round(place.x_m, 3),
        y_m=round(place.y_m, 3),
        radius_m=round(place.radius_m, 3),
        strength=strength_of(measured, thresholds),
        stage=case.stage if is_claimed else "first_look",
        prior_log10_odds=thresholds.prior,
        posterior_log10_odds=round(posterior.log10, 3),
        posterior_low_log10_odds=round(posterior.low, 3),
        posterior_high_log10_odds=round(posterior.high, 3),
        strong_from_log10_odds=thresholds.strong,
        summary=summary_of(posterior, thresholds.prior, thresholds.strong, in_favour, against),
        would_change=would_change(everything, case.coverage, posterior, weights, words),
        evidence_for=tuple(in_favour),
        evidence_against=tuple(against),
        advice=local_text(Phrase("advice_by_eye")),
    )


def place_of(
    plan: Plan,
    zone: Zone,
    positions: Sequence[Position],
    observations: Sequence[Observation],
    in_favour: Sequence[Evidence],
    weighers: Mapping[Modality, Weigher],
) -> Circle:
    """Where the first cited observation is that its modality can place; else the whole zone."""
    cited = {e.observation_id for e in in_favour}
    position_by_id = {position.position_id: position for position in positions}
    for o in observations:
        if o.observation_id in cited and o.position_id in position_by_id:
            circle = weighers[o.modality].place(o, position_by_id[o.position_id], plan)
            if circle is not None:
                return circle
    x_m, y_m = centre_of(zone)
    return Circle(x_m, y_m, max(math.dist((x_m, y_m), corner) for corner in zone.polygon))
