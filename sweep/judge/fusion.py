"""Fusion: observations and coverage in, verdicts per zone and modality, findings and limits out.

It starts from the base rate (one camera in about 100,000 zones) and adds log10 likelihood ratios, capped per modality;
every weight is printed with its source.  The order of observations and repeated observations change nothing.  It never
says that a camera was found, and it calls nothing clear while the weights are guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sweep.judge.words import ADVICE_BY_EYE
from sweep.plug.evidence import Circle, Weigher, ZoneView
from sweep.plug.words import Vocabulary
from sweep.report import (
    Evidence,
    Finding,
    Limit,
    Modality,
    Observation,
    Plan,
    Position,
    Source,
    Zone,
    ZoneCoverage,
    ZoneVerdict,
    centre_of,
    derived_id,
)

THRESHOLDS = "guessed-1"
PRIOR_LOG10_ODDS = -5.0  # measured elsewhere: 0 in 57,914 spots and in 280,000 toilets, rule of three
CAPS_LOG10: dict[Modality, float] = {"lens": 2.0, "wifi": 2.5, "ble": 0.3, "rf": 1.0}  # guessed until calibrated
UNARGUED_CAP_LOG10 = 0.3  # guessed: a modality nobody has argued a cap for is a hint, as BLE is
FINDING_FLOOR_LOG10 = 1.5  # guessed: one capped glint or one uplink that follows the light asks for a person's eye
AGREEMENT_LOG10 = 0.8  # guessed: what a second modality must add before a candidate is called strong


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
    limits: Iterable[str] = (),
) -> Judgement:
    """Verdicts for every zone and modality, findings where evidence passes the floor, and what could not be seen.

    `weighers`: each modality's own; their order is the order of the sum. `words`: those of all modalities. `places`
    gives for a transmitter's tag (the smallest by key and tag) the probability of each zone, where enough positions
    heard it; without it the share of a zone follows from how much weaker the transmitter is there. `limits` are codes
    of what the measurements could not see or know; they stand in the report beside what holds always.
    """
    unique = {observation.observation_id: observation for observation in observations}
    ordered = [unique[key] for key in sorted(unique)]
    by_zone = {(cover.zone_id, cover.modality): cover for cover in coverage}
    findings: list[Finding] = []
    verdicts: list[ZoneVerdict] = []
    for zone in plan.zones:
        weighed: list[Evidence] = []
        for modality, weigher in weighers.items():
            ours = [o for o in ordered if o.modality == modality]
            view = ZoneView(zone, ours, by_zone.get((zone.zone_id, modality)), places)
            weighed += _capped(modality, weigher.weigh(view))
        finding = _make_finding(sweep_id, plan, zone, positions, ordered, weighed, weighers)
        if finding is not None:
            findings.append(finding)
        verdicts += [_verdict(zone, cover, finding, words) for cover in coverage if cover.zone_id == zone.zone_id]
    return Judgement(tuple(verdicts), tuple(findings), _limits(plan, source, limits, words))


def _verdict(zone: Zone, cover: ZoneCoverage, finding: Finding | None, words: Vocabulary) -> ZoneVerdict:
    cited = finding is not None and any(e.modality == cover.modality for e in finding.evidence_for)
    reason = "candidate" if cited else cover.blind_reason or "not_calibrated"
    return ZoneVerdict(
        zone_id=zone.zone_id,
        modality=cover.modality,
        verdict="candidate" if cited else "not_assessable",
        reason=reason,
        text=words.reason(reason),
        target=None,
    )


def _limits(plan: Plan, source: Source, measured: Iterable[str], words: Vocabulary) -> tuple[Limit, ...]:
    of_this_sweep = ([] if plan.is_verified else ["plan_unverified"]) + ([] if source == "live" else ["recorded_input"])
    codes = (*words.limits, *sorted({*measured} - {*words.limits, *of_this_sweep}), *of_this_sweep)
    return tuple(words.limit(code) for code in codes)


def _capped(modality: Modality, weighed: Sequence[Evidence]) -> list[Evidence]:
    """Scale a modality's weights down when their sum passes its cap, on either side."""
    cap = CAPS_LOG10.get(modality, UNARGUED_CAP_LOG10)
    total = sum(e.weight_log10 for e in weighed)
    factor = cap / abs(total) if abs(total) > cap else 1.0
    return [
        e.model_copy(update={"weight_log10": round(e.weight_log10 * factor, 3), "is_capped": factor < 1.0})
        for e in weighed
    ]


def _make_finding(
    sweep_id: UUID,
    plan: Plan,
    zone: Zone,
    positions: Sequence[Position],
    observations: list[Observation],
    weighed: list[Evidence],
    weighers: Mapping[Modality, Weigher],
) -> Finding | None:
    in_favour = [e for e in weighed if e.weight_log10 > 0.0]
    against = [e for e in weighed if e.weight_log10 <= 0.0]
    by_modality = {m: sum(e.weight_log10 for e in weighed if e.modality == m) for m in weighers}
    if sum(w for w in by_modality.values() if w > 0.0) < FINDING_FLOOR_LOG10 or not in_favour:
        return None
    place = _place(plan, zone, positions, observations, in_favour, weighers)
    return Finding(
        finding_id=derived_id(sweep_id, f"finding/{zone.zone_id}"),
        zone_id=zone.zone_id,
        x_m=round(place.x_m, 3),
        y_m=round(place.y_m, 3),
        radius_m=round(place.radius_m, 3),
        strength="strong" if sum(w >= AGREEMENT_LOG10 for w in by_modality.values()) >= 2 else "weak",
        prior_log10_odds=PRIOR_LOG10_ODDS,
        posterior_log10_odds=round(PRIOR_LOG10_ODDS + sum(e.weight_log10 for e in weighed), 3),
        evidence_for=tuple(sorted(in_favour, key=lambda e: (-e.weight_log10, e.code, str(e.observation_id)))),
        evidence_against=tuple(sorted(against, key=lambda e: (e.weight_log10, e.code, str(e.observation_id)))),
        advice=ADVICE_BY_EYE,
    )


def _place(
    plan: Plan,
    zone: Zone,
    positions: Sequence[Position],
    observations: list[Observation],
    in_favour: list[Evidence],
    weighers: Mapping[Modality, Weigher],
) -> Circle:
    """Where the first cited observation is that its modality can place; else the whole zone."""
    cited = {e.observation_id for e in in_favour}
    stands = {position.position_id: position for position in positions}
    for o in observations:
        if o.observation_id in cited and o.position_id in stands:
            circle = weighers[o.modality].place(o, stands[o.position_id], plan)
            if circle is not None:
                return circle
    x_m, y_m = centre_of(zone)
    return Circle(x_m, y_m, max(math.dist((x_m, y_m), corner) for corner in zone.polygon))
