"""What transmitters that send video, or follow what was played, say for or against a camera in a zone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sweep.plug.evidence import NEAR_DB, ZoneView, evidence, level_dbm
from sweep.report import Evidence, WifiObservation
from sweep.wifi.words import WORDS

VIDEO_WEIGHT_LOG10 = 1.0  # guessed
FOLLOWS_LIGHT_P = 0.05  # family-wise over the transmitters of a position and over the positions
FOLLOWS_LIGHT_WEIGHT_LOG10 = 1.5  # guessed; a p-value allows at most log10(1 / p)
DOES_NOT_FOLLOW_WEIGHT_LOG10 = -0.7  # guessed: a constant-rate encoder may hide the light
DOES_NOT_FOLLOW_WALK_WEIGHT_LOG10 = -0.3  # guessed: the person may have walked where the camera does not look
NO_VIDEO_WEIGHT_LOG10 = -0.1  # guessed, where everything was heard
LOUDER_OUTSIDE_WEIGHT_LOG10 = -0.5  # guessed: beyond the shadowing between positions; a door may be thin
MAX_EVIDENCE = 8  # bounds what a person has to read of one zone


def weigh_wifi(view: ZoneView) -> Sequence[Evidence]:
    """What speaks for the zone by transmitter, strongest first; where nothing does, what speaks against."""
    heard = [o for o in view.observations if isinstance(o, WifiObservation)]
    each = [_weigh_transmitter(view, tag, transmitter) for tag, transmitter in _by_transmitter(heard)]
    in_favour = [weighed for weighed in each if sum(e.weight_log10 for e in weighed) > 0.0]
    # What one transmitter denies says nothing against another one.
    result = [e for weighed in in_favour or each for e in weighed]
    if result:
        return sorted(result, key=lambda e: (-e.weight_log10, str(e.observation_id)))[:MAX_EVIDENCE]
    looked = view.coverage
    ours = [o for o in heard if o.zone_id == view.zone.zone_id]
    if looked is None or looked.blind_reason is not None or not ours:
        return []
    return [evidence("wifi", WORDS, None, "no_video_uplink", NO_VIDEO_WEIGHT_LOG10 * looked.quality, count=len(ours))]


def _weigh_transmitter(view: ZoneView, tag: str, transmitter: list[WifiObservation]) -> list[Evidence]:
    zone_id = view.zone.zone_id
    uplinks = [o for o in transmitter if o.video.verdict == "video_uplink" and o.rssi_dbm is not None]
    here = [o for o in uplinks if o.zone_id == zone_id]
    # What follows the light is a camera, also when its traffic alone did not tell.
    result = _weigh_stimulus([o for o in transmitter if o.zone_id == zone_id], transmitter)
    if here:
        strongest = max(level_dbm(o.rssi_dbm) for o in uplinks)
        best = max(here, key=lambda o: (level_dbm(o.rssi_dbm), o.observation_id))
        below = strongest - level_dbm(best.rssi_dbm)
        place: Mapping[str, float] | None = view.places.get(tag)
        weight = _weaker_weight(below) if place is None else _place_weight(place.get(zone_id, 0.0))
        code = "video_uplink" if below < 1.0 else "video_uplink_near"
        values: dict[str, str | float] = {
            "rssi": round(level_dbm(best.rssi_dbm)),
            "score": f"{best.video.score:.2f}",
            "below": round(below),
        }
        result.append(evidence("wifi", WORDS, best, code, weight, **values))
        outside = max((o.outside_dbm for o in uplinks if o.outside_dbm is not None), default=None)
        if outside is not None and outside >= strongest + NEAR_DB:
            levels: dict[str, str | float] = {"outside": round(outside), "rssi": round(strongest)}
            result.append(evidence("wifi", WORDS, best, "louder_outside", LOUDER_OUTSIDE_WEIGHT_LOG10, **levels))
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
            found = evidence("wifi", WORDS, one, code, weight, p=f"{p:.3g}")
            after_s = None if one.stimulus is None else one.stimulus.decided_after_s
            if after_s is not None:
                text = WORDS.evidence[f"{code}_after"].text(p=f"{p:.3g}", seconds=round(after_s))
                found = found.model_copy(update={"text": text})
            return [found]
        case "does_not" if any(o.video.verdict == "video_uplink" for o in here):
            weight = DOES_NOT_FOLLOW_WALK_WEIGHT_LOG10 if is_walk else DOES_NOT_FOLLOW_WEIGHT_LOG10
            code = "does_not_follow_motion" if is_walk else "does_not_follow_light"
            light = None if one.stimulus is None else one.stimulus.smallest_light_share
            told = {} if is_walk else {"light": "–" if light is None else f"{100 * light:.1f} %"}
            return [evidence("wifi", WORDS, one, code, weight, p=f"{p:.2f}", **told)]
        case _:
            return []


def _by_transmitter(heard: list[WifiObservation]) -> list[tuple[str, list[WifiObservation]]]:
    """(tag, what was heard of it), in the order of key and tag."""
    groups: dict[tuple[str, str], list[WifiObservation]] = {}
    for observation in heard:
        token = min(observation.addresses, key=lambda a: (a.key_id, a.tag))
        groups.setdefault((token.key_id, token.tag), []).append(observation)
    return [(key[1], groups[key]) for key in sorted(groups)]
