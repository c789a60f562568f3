"""Fusion: observations and coverage in, verdicts per zone and modality, findings and limits out.

It starts from the base rate (one camera in about 100,000 zones) and adds log10 likelihood ratios from the tables of
`weights.json`; every weight is printed with its counts, interval and source.  What a second look saw stands beside the
first look at the same spot; findings follow from the operating points of `thresholds.json`.  The order of observations
and repeated observations change nothing.  It never says that a camera was found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sweep.judge.claims import Case, Stage, is_claim, make_finding, posterior_of
from sweep.judge.eye_evidence import eye_evidence, raised_by_eye
from sweep.judge.eye_looks import load_policy
from sweep.judge.meeting import meetings
from sweep.judge.thresholds import Thresholds, load_thresholds, load_weights
from sweep.judge.verdicts import NO_GROUNDS, ClearanceBasis, verdict_of
from sweep.modality.evidence import Weigher, ZoneView
from sweep.modality.looks import LOOK_MODALITY, close_id_of, is_again_of, is_close
from sweep.modality.weights import Weights
from sweep.modality.words import Vocabulary
from sweep.report import (
    Evidence,
    EyeLook,
    Finding,
    Limit,
    Modality,
    Observation,
    Plan,
    Position,
    Source,
    TargetCoverage,
    TransmitterPlace,
    ZoneCoverage,
    ZoneVerdict,
)

LIMITS_OF: Mapping[str, str] = MappingProxyType({"glints_around": "glints_alike"})
"""What explains something away, and the limit that says so where nothing is raised for it: two cameras in two stalls
would hide each other otherwise.
"""
LOOK_KIND = {modality: kind for kind, modality in LOOK_MODALITY.items()}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What fusion makes of a sweep."""

    verdicts: tuple[ZoneVerdict, ...]
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]


def judge(
    sweep_id: UUID,
    plan: Plan,
    positions: Sequence[Position],
    observations: Iterable[Observation],
    coverage: Sequence[ZoneCoverage],
    *,
    weighers: Mapping[Modality, Weigher],
    words: Vocabulary,
    source: Source,
    places: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    located: Sequence[TransmitterPlace] = (),
    again: Collection[tuple[Modality, str]] = (),
    by_eye: Collection[str] = (),
    eye_looks: Sequence[EyeLook] = (),
    limits: Iterable[str] = (),
    targets: Sequence[TargetCoverage] = (),
    grounds: ClearanceBasis = NO_GROUNDS,
    weights: Weights | None = None,
    thresholds: Thresholds | None = None,
) -> Judgement:
    """Verdicts for every zone and modality, findings where the posterior passes its operating point, and what could not
    be seen.

    `weighers`: each modality's own; their order is the order of the sum. `words`: those of all modalities. `places`
    gives for a transmitter's tag (the smallest by key and tag) the probability of each zone, where enough positions
    heard it; without it the share of a zone follows from how much weaker the transmitter is there; `located`: the same
    transmitters with their regions, which a bearing may meet. `again`: modality and position of each second look that
    could see; what it observed stands among the observations. `by_eye`: zones in which a person looked and saw nothing;
    `eye_looks`: what eyes said of places.
    `limits` are codes of what the measurements could not see or know; they stand in the report beside what holds
    always. `weights`, `thresholds`: None for those that ship. `targets`: with what probability each would have been
    found; `grounds`: on what a clear verdict could rest.
    """
    weights, thresholds = weights or load_weights(), thresholds or load_thresholds()
    unique = {observation.observation_id: observation for observation in observations}
    ordered = [unique[key] for key in sorted(unique)]
    by_zone = {(cover.zone_id, cover.modality): cover for cover in coverage}
    findings: list[Finding] = []
    explained: set[str] = set()
    verdicts: list[ZoneVerdict] = []
    names = {zone.zone_id: zone.name for zone in plan.zones}
    raised = raised_by_eye(eye_looks, load_policy())
    for zone in plan.zones:
        weighed: list[Evidence] = []
        looks: list[str] = []
        for modality, weigher in weighers.items():
            ours = [o for o in ordered if o.modality == modality]
            kind = LOOK_KIND.get(modality)
            looked = [p for m, p in again if m == modality and kind and is_again_of(p, zone.zone_id, kind)]
            cover = by_zone.get((zone.zone_id, modality))
            is_empty = zone.zone_id in by_eye
            filmed = {p for m, p in again if m == modality and is_close(p)}
            close = {
                look.observation_id: place
                for look in eye_looks
                if look.observation_id is not None and (place := close_id_of(look.zone_id, look.look_id)) in filmed
            }
            chances = [t for t in targets if (t.zone_id, t.modality) == (zone.zone_id, modality)]
            view = ZoneView(
                zone, ours, cover, places, weights, sorted(looked), is_empty, len(plan.zones), names, close, chances
            )
            weighed += weigher.weigh(view)
            looks += looked
        weighed += meetings(plan, zone, positions, ordered, weighed, located, weighers, weights)
        covered = [cover for cover in coverage if cover.zone_id == zone.zone_id]
        is_empty = zone.zone_id in by_eye  # its word at the second look is weighed already
        spots = {e.about for e in weighed if e.code == "glint" and e.about is not None}
        said = [] if is_empty else eye_evidence(eye_looks, zone.zone_id, spots, weights)
        stage: Stage = "second_look" if looks or is_empty else "first_look"
        case = Case(zone, weighed, covered, stage, said, zone.zone_id in raised)
        finding = make_finding(
            sweep_id, plan, case, positions, ordered,
            weighers=weighers, words=words, weights=weights, thresholds=thresholds,
        )  # fmt: skip
        if finding is not None:
            findings.append(finding)
        else:
            explained |= _explained_away(case, thresholds)
        for cover in coverage:
            if cover.zone_id == zone.zone_id:
                seekable = [t for t in targets if (t.zone_id, t.modality) == (zone.zone_id, cover.modality)]
                verdicts.append(verdict_of(cover, finding, seekable, grounds, words))
    is_clear = any(one.verdict == "clear" for one in verdicts)
    told = _limits(plan, source, {*limits, *explained}, words, is_clear=is_clear)
    return Judgement(tuple(verdicts), tuple(findings), told)


def _explained_away(case: Case, thresholds: Thresholds) -> set[str]:
    """Limits of a zone that would have been raised but for what explains it away."""
    rest = [e for e in case.weighed if e.code not in LIMITS_OF]
    if not is_claim(posterior_of(rest, thresholds.prior).log10, case.stage, thresholds):
        return set()
    return {LIMITS_OF[e.code] for e in case.weighed if e.code in LIMITS_OF}


def _limits(
    plan: Plan, source: Source, measured: Iterable[str], words: Vocabulary, *, is_clear: bool
) -> tuple[Limit, ...]:
    """What could not be seen; that this probe calls nothing clear is said where it did not."""
    of_this_sweep = ([] if plan.is_verified else ["plan_unverified"]) + ([] if source == "live" else ["recorded_input"])
    codes = (*words.limits, *sorted({*measured} - {*words.limits, *of_this_sweep}), *of_this_sweep)
    return tuple(words.limit(code) for code in codes if not (is_clear and code == "uncalibrated"))
