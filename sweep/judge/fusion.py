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

from sweep.report import (
    BleObservation,
    Evidence,
    Finding,
    LensObservation,
    Limit,
    LocalText,
    Modality,
    Observation,
    Plan,
    Position,
    RfObservation,
    Source,
    WifiObservation,
    Zone,
    ZoneCoverage,
    ZoneVerdict,
    centre_of,
    derived_id,
)
from sweep.report.wording import ADVICE_BY_EYE, CONDITIONAL_LIMITS, LIMITS, evidence_text, reason_text

THRESHOLDS = "guessed-1"
PRIOR_LOG10_ODDS = -5.0  # measured elsewhere: 0 in 57,914 spots and in 280,000 toilets, rule of three
CAPS_LOG10: dict[Modality, float] = {"lens": 2.0, "wifi": 2.5, "ble": 0.3, "rf": 1.0}  # guessed until calibrated
FINDING_FLOOR_LOG10 = 1.5  # guessed: one capped glint or one uplink that follows the light asks for a person's eye
AGREEMENT_LOG10 = 0.8  # guessed: what a second modality must add before a candidate is called strong
NEAR_DB = 6.0  # measured elsewhere: shadowing between positions of one room
VIDEO_WEIGHT_LOG10 = 1.0  # guessed
FOLLOWS_LIGHT_P = 0.05  # family-wise over the transmitters of a position and over the positions
FOLLOWS_LIGHT_WEIGHT_LOG10 = 1.5  # guessed; a p-value allows at most log10(1 / p)
DOES_NOT_FOLLOW_WEIGHT_LOG10 = -0.7  # guessed: a constant-rate encoder may hide the light
DOES_NOT_FOLLOW_WALK_WEIGHT_LOG10 = -0.3  # guessed: the person may have walked where the camera does not look
EXCESS_FLOOR_DB = 6.0  # guessed: twice the level's spread over a minute
RANGE_ERROR = 0.3  # guessed: a range estimated from the light of the wall is good to a factor of about 1.5
MIN_RADIUS_M = 0.3  # guessed: pointing error of a hand-held probe at arm's length


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
    source: Source,
    places: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    limits: Iterable[str] = (),
) -> Judgement:
    """Verdicts for every zone and modality, findings where evidence passes the floor, and what could not be seen.

    `places` gives for a transmitter's tag (the smallest by key and tag) the probability of each zone, where enough
    positions heard it; without it the share of a zone follows from how much weaker the transmitter is there. `limits`
    are codes of what the measurements could not see or know; they stand in the report beside what holds always.
    """
    unique = {observation.observation_id: observation for observation in observations}
    ordered = [unique[key] for key in sorted(unique)]
    by_zone = {(cover.zone_id, cover.modality): cover for cover in coverage}
    findings: list[Finding] = []
    verdicts: list[ZoneVerdict] = []
    for zone in plan.zones:
        weighed = [
            *_weigh_lens(zone, ordered, by_zone),
            *_weigh_wifi(zone, ordered, by_zone, places),
            *_weigh_ble(zone, ordered),
            *_weigh_rf(zone, ordered, by_zone),
        ]
        finding = _make_finding(sweep_id, plan, zone, positions, ordered, _capped(weighed))
        if finding is not None:
            findings.append(finding)
        verdicts += [
            _verdict(zone, cover.modality, cover, finding) for cover in coverage if cover.zone_id == zone.zone_id
        ]
    return Judgement(tuple(verdicts), tuple(findings), _limits(plan, source, limits))


def _verdict(zone: Zone, modality: Modality, cover: ZoneCoverage, finding: Finding | None) -> ZoneVerdict:
    cited = finding is not None and any(e.modality == modality for e in finding.evidence_for)
    reason = "candidate" if cited else cover.blind_reason or "not_calibrated"
    return ZoneVerdict(
        zone_id=zone.zone_id,
        modality=modality,
        verdict="candidate" if cited else "not_assessable",
        reason=reason,
        text=reason_text(reason),
        target=None,
    )


def _limits(plan: Plan, source: Source, measured: Iterable[str]) -> tuple[Limit, ...]:
    codes = [code for code in LIMITS if code not in CONDITIONAL_LIMITS]
    codes += sorted(set(measured) & CONDITIONAL_LIMITS)
    codes += [] if plan.is_verified else ["plan_unverified"]
    codes += [] if source == "live" else ["recorded_input"]
    return tuple(
        Limit(code=code, modality=LIMITS[code][0], text=LocalText(ko=LIMITS[code][1], en=LIMITS[code][2]))
        for code in codes
    )


def _evidence(
    observation: Observation | None, modality: Modality, code: str, weight: float, **values: str | float
) -> Evidence:
    return Evidence(
        observation_id=None if observation is None else observation.observation_id,
        modality=modality,
        code=code,
        text=evidence_text(code, **values),
        weight_log10=weight,
        is_capped=False,
        weight_source="guessed",
    )


def _capped(weighed: list[Evidence]) -> list[Evidence]:
    """Scale each modality's weights down when their sum passes its cap, on either side."""
    result: list[Evidence] = []
    for modality, cap in CAPS_LOG10.items():
        ours = [e for e in weighed if e.modality == modality]
        total = sum(e.weight_log10 for e in ours)
        factor = cap / abs(total) if abs(total) > cap else 1.0
        result += [
            e.model_copy(update={"weight_log10": round(e.weight_log10 * factor, 3), "is_capped": factor < 1.0})
            for e in ours
        ]
    return result


type_of_cover = dict[tuple[str, Modality], ZoneCoverage]


def _weigh_lens(zone: Zone, observations: list[Observation], cover: type_of_cover) -> list[Evidence]:
    glints = [o for o in observations if isinstance(o, LensObservation) and o.zone_id == zone.zone_id]
    if glints:
        best = max(glints, key=lambda o: (o.score, o.observation_id))
        return [
            _evidence(
                best,
                "lens",
                "glint",
                lens_weight(best.score),
                ratio="–" if best.off_axis_ratio is None else f"{best.off_axis_ratio:.2f}",
                persistence="–" if best.persistence is None else round(best.persistence * 100),
                score=f"{best.score:.2f}",
            )
        ]
    looked = cover.get((zone.zone_id, "lens"))
    if looked is None or looked.blind_reason is not None or looked.quality == 0.0:
        return []
    weight = -0.3 * looked.quality  # guessed: half of the lenses that the view could show would have been seen
    return [_evidence(None, "lens", "no_glint", weight, quality=round(looked.quality * 100))]


def lens_weight(score: float) -> float:
    """log10 weight of a glint: 1.5 at the score that makes a candidate (2.0), 2 from 4.0 on.  Guessed."""
    return 1.5 + min(max(0.25 * (score - 2.0), -0.5), 0.5)


def _weigh_wifi(
    zone: Zone,
    observations: list[Observation],
    cover: type_of_cover,
    places: Mapping[str, Mapping[str, float]],
) -> list[Evidence]:
    heard = [o for o in observations if isinstance(o, WifiObservation)]
    each = [_weigh_transmitter(zone, tag, transmitter, places) for tag, transmitter in _by_transmitter(heard)]
    in_favour = [weighed for weighed in each if sum(e.weight_log10 for e in weighed) > 0.0]
    # What one transmitter denies says nothing against another one.
    result = [e for weighed in in_favour or each for e in weighed]
    if result:
        return sorted(result, key=lambda e: (-e.weight_log10, str(e.observation_id)))[:8]
    looked = cover.get((zone.zone_id, "wifi"))
    ours = [o for o in heard if o.zone_id == zone.zone_id]
    if looked is None or looked.blind_reason is not None or not ours:
        return []
    return [_evidence(None, "wifi", "no_video_uplink", -0.1 * looked.quality, count=len(ours))]


def _weigh_transmitter(
    zone: Zone, tag: str, transmitter: list[WifiObservation], places: Mapping[str, Mapping[str, float]]
) -> list[Evidence]:
    uplinks = [o for o in transmitter if o.video.verdict == "video_uplink" and o.rssi_dbm is not None]
    here = [o for o in uplinks if o.zone_id == zone.zone_id]
    # What follows the light is a camera, also when its traffic alone did not tell.
    result = _weigh_stimulus([o for o in transmitter if o.zone_id == zone.zone_id], transmitter)
    if here:
        strongest = max(_level(o) for o in uplinks)
        best = max(here, key=lambda o: (_level(o), o.observation_id))
        below = strongest - _level(best)
        place = places.get(tag)
        weight = _weaker_weight(below) if place is None else _place_weight(place.get(zone.zone_id, 0.0))
        code = "video_uplink" if below < 1.0 else "video_uplink_near"
        values: dict[str, str | float] = {
            "rssi": round(_level(best)),
            "score": f"{best.video.score:.2f}",
            "below": round(below),
        }
        result.append(_evidence(best, "wifi", code, weight, **values))
    return result


def _place_weight(probability: float) -> float:
    """log10 likelihood ratio of an uplink that is in this zone with `probability` and tells nothing elsewhere."""
    return math.log10(1.0 + probability * (10.0**VIDEO_WEIGHT_LOG10 - 1.0))


def _weaker_weight(below_db: float) -> float:
    """The same when too few positions heard it to place it: Gaussian shadowing of NEAR_DB / 2."""
    return VIDEO_WEIGHT_LOG10 * math.exp(-((below_db / NEAR_DB) ** 2) * 2.0)


def _weigh_stimulus(here: list[WifiObservation], transmitter: list[WifiObservation]) -> list[Evidence]:
    """The lamp is played in each zone on its own: only what the transmitter did here speaks for this zone.

    One transmitter is tested at several positions, by light and by a person who walks, so its p-value is multiplied by
    the number of its tests (Bonferroni).  A denial says nothing of what does not send like a camera.
    """
    tests = sum(o.stimulus is not None and o.stimulus.p_value is not None for o in transmitter)
    tested = [(o.stimulus.p_value, o) for o in here if o.stimulus is not None and o.stimulus.p_value is not None]
    if not tested:
        return []
    p_value, one = min(tested, key=lambda item: (item[0], item[1].observation_id))
    p = min(1.0, p_value * tests)
    is_walk = one.stimulus is not None and one.stimulus.kind == "motion"
    match one.stimulus and one.stimulus.verdict:
        case "follows_light" if p <= FOLLOWS_LIGHT_P:
            weight = min(FOLLOWS_LIGHT_WEIGHT_LOG10, -math.log10(max(p, 1e-6)))
            code = "follows_motion" if is_walk else "follows_light"
            found = _evidence(one, "wifi", code, weight, p=f"{p:.3g}")
            after_s = None if one.stimulus is None else one.stimulus.decided_after_s
            if after_s is not None:
                text = evidence_text(f"{code}_after", p=f"{p:.3g}", seconds=round(after_s))
                found = found.model_copy(update={"text": text})
            return [found]
        case "does_not" if any(o.video.verdict == "video_uplink" for o in here):
            weight = DOES_NOT_FOLLOW_WALK_WEIGHT_LOG10 if is_walk else DOES_NOT_FOLLOW_WEIGHT_LOG10
            code = "does_not_follow_motion" if is_walk else "does_not_follow_light"
            return [_evidence(one, "wifi", code, weight, p=f"{p:.2f}")]
        case _:
            return []


def _level(observation: WifiObservation | BleObservation) -> float:
    return -200.0 if observation.rssi_dbm is None else observation.rssi_dbm.median


def _by_transmitter(heard: list[WifiObservation]) -> list[tuple[str, list[WifiObservation]]]:
    """(tag, what was heard of it), in the order of key and tag."""
    groups: dict[tuple[str, str], list[WifiObservation]] = {}
    for observation in heard:
        token = min(observation.addresses, key=lambda a: (a.key_id, a.tag))
        groups.setdefault((token.key_id, token.tag), []).append(observation)
    return [(key[1], groups[key]) for key in sorted(groups)]


def _weigh_ble(zone: Zone, observations: list[Observation]) -> list[Evidence]:
    hints = [
        o
        for o in observations
        if isinstance(o, BleObservation) and o.zone_id == zone.zone_id and o.kind == "camera_hint"
    ]
    if not hints:
        return []
    best = max(hints, key=lambda o: (_level(o), o.observation_id))
    return [_evidence(best, "ble", "ble_camera_hint", 0.3, rssi=round(_level(best)))]


def _weigh_rf(zone: Zone, observations: list[Observation], cover: type_of_cover) -> list[Evidence]:
    known = [o for o in observations if isinstance(o, RfObservation) and o.excess_db is not None]
    here = [o for o in known if o.zone_id == zone.zone_id]
    if not here:
        return []
    best = max(here, key=lambda o: (o.excess_db or 0.0, o.observation_id))
    excess = best.excess_db or 0.0
    highest = max(o.excess_db or 0.0 for o in known)
    if excess < EXCESS_FLOOR_DB:
        looked = cover.get((zone.zone_id, "rf"))
        if looked is None or looked.blind_reason is not None:
            return []
        return [_evidence(best, "rf", "rf_like_outside", -0.1, excess=round(excess))]
    weights = {"analog_video": (1.0, "analog_video"), "continuous": (0.5, "continuous_carrier")}  # guessed
    if best.kind not in weights or highest - excess > NEAR_DB:
        return []
    weight, code = weights[best.kind]
    return [_evidence(best, "rf", code, weight, level=round(best.level_dbm), excess=round(excess))]


def _make_finding(
    sweep_id: UUID,
    plan: Plan,
    zone: Zone,
    positions: Sequence[Position],
    observations: list[Observation],
    weighed: list[Evidence],
) -> Finding | None:
    in_favour = [e for e in weighed if e.weight_log10 > 0.0]
    against = [e for e in weighed if e.weight_log10 <= 0.0]
    by_modality = {m: sum(e.weight_log10 for e in weighed if e.modality == m) for m in CAPS_LOG10}
    if sum(w for w in by_modality.values() if w > 0.0) < FINDING_FLOOR_LOG10 or not in_favour:
        return None
    x_m, y_m, radius_m = _place(plan, zone, positions, observations, in_favour)
    return Finding(
        finding_id=derived_id(sweep_id, f"finding/{zone.zone_id}"),
        zone_id=zone.zone_id,
        x_m=round(x_m, 3),
        y_m=round(y_m, 3),
        radius_m=round(radius_m, 3),
        strength="strong" if sum(w >= AGREEMENT_LOG10 for w in by_modality.values()) >= 2 else "weak",
        prior_log10_odds=PRIOR_LOG10_ODDS,
        posterior_log10_odds=round(PRIOR_LOG10_ODDS + sum(e.weight_log10 for e in weighed), 3),
        evidence_for=tuple(sorted(in_favour, key=lambda e: (-e.weight_log10, e.code, str(e.observation_id)))),
        evidence_against=tuple(sorted(against, key=lambda e: (e.weight_log10, e.code, str(e.observation_id)))),
        advice=ADVICE_BY_EYE,
    )


def _place(
    plan: Plan, zone: Zone, positions: Sequence[Position], observations: list[Observation], in_favour: list[Evidence]
) -> tuple[float, float, float]:
    """(x_m, y_m, radius_m): along the glint's bearing, inside the room; else the middle of the zone."""
    cited = {e.observation_id for e in in_favour}
    for o in observations:
        if isinstance(o, LensObservation) and o.observation_id in cited and o.bearing_deg is not None:
            stand = next((p for p in positions if p.position_id == o.position_id), None)
            if stand is not None and o.range_m is not None:
                angle = math.radians(stand.facing_deg + o.bearing_deg)
                along_x, along_y = math.cos(angle), math.sin(angle)
                reach_m = min(
                    o.range_m, _to_wall(stand.x_m, along_x, plan.width_m), _to_wall(stand.y_m, along_y, plan.depth_m)
                )
                x_m, y_m = stand.x_m + reach_m * along_x, stand.y_m + reach_m * along_y
                return x_m, y_m, max(MIN_RADIUS_M, RANGE_ERROR * reach_m)
    x_m, y_m = centre_of(zone)
    return x_m, y_m, max(math.dist((x_m, y_m), corner) for corner in zone.polygon)


def _to_wall(start_m: float, direction: float, size_m: float) -> float:
    """Distance along one axis' share of a ray from `start_m` to the wall it runs into; infinite when it runs along."""
    if abs(direction) < 1e-9:
        return math.inf
    return max(0.0, ((size_m if direction > 0.0 else 0.0) - start_m) / direction)
