"""What transmitters that send video, or follow what was played, say for or against a camera in a zone.

All readings of one transmitter are one: where it was placed, whether it follows. Several transmitters are rivals, not
witnesses: at most one of them is this zone's camera, so that the one that speaks most for it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from sweep.modality.evidence import NEAR_DB, ZoneView, evidence, level_dbm, total_of
from sweep.modality.looks import is_again
from sweep.modality.weights import Weight
from sweep.report import Evidence, StimulusJudgement, WifiObservation
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS
from sweep.wifi.words import WORDS

FOLLOWS_LIGHT_P = 0.05  # family-wise over the transmitters of a position


def weigh_wifi(view: ZoneView) -> Sequence[Evidence]:
    """What the transmitter that speaks most for the zone says; where none does, what speaks against.

    What is denied of all transmitters says no more than that no camera that streams is here; and where two of them seem
    to use one address here, nothing speaks against: a camera can see to that itself.
    """
    heard = [o for o in view.observations if isinstance(o, WifiObservation)]
    each = [weighed for one in _by_transmitter(heard) if (weighed := _weigh_transmitter(view, one))]
    best = max(each, key=lambda weighed: (total_of(weighed), str(weighed[0].about)), default=None)
    looked = view.coverage
    ours = [o for o in heard if o.zone_id == view.zone.zone_id]
    if looked is None or looked.blind_reason is not None or not ours:
        return best or []
    if any(o.video.reason == TWO_TRANSMITTERS for o in ours):
        return best if best is not None and total_of(best) > 0.0 else []
    nothing = view.weights.absence("no_video_uplink", looked.quality)
    if best is None:
        return [evidence("wifi", WORDS, None, "no_video_uplink", nothing, count=len(ours))]
    return best if total_of(best) >= nothing.log10 else _denied(best, nothing)


def _denied(weighed: list[Evidence], nothing: Weight) -> list[Evidence]:
    """The same evidence, its sum held at what the absence of any streaming camera weighs."""
    strongest = min(weighed, key=lambda e: e.weight_log10)
    return [
        e.model_copy(
            update={
                "weight_log10": round(nothing.log10, 3), "low_log10": round(nothing.low, 3),
                "high_log10": round(nothing.high, 3), "is_capped": True,
            }
            if e is strongest
            else {"weight_log10": 0.0, "low_log10": 0.0, "high_log10": 0.0, "is_capped": True}
        )
        for e in weighed
    ]  # fmt: skip


def _weigh_transmitter(view: ZoneView, transmitter: list[WifiObservation]) -> list[Evidence]:
    zone_id = view.zone.zone_id
    first = [o for o in transmitter if not is_again(o.position_id)]
    about = min(o.observation_id for o in transmitter)
    uplinks = [o for o in first if o.video.verdict == "video_uplink" and o.rssi_dbm is not None]
    here = [o for o in uplinks if o.zone_id == zone_id]
    tests = _weigh_tests(view, [o for o in first if o.zone_id == zone_id], transmitter)
    tests = [e.model_copy(update={"about": about}) for e in tests]
    if not here:
        if tests:  # what follows the light is a camera, also when its traffic alone did not tell
            one = next(o for o in transmitter if o.observation_id == tests[0].observation_id)
            tests.append(evidence("wifi", WORDS, one, "open_upload", view.weights.at("open_upload"), about=about))
        return tests
    strongest = max(level_dbm(o.rssi_dbm) for o in uplinks)
    best = max(here, key=lambda o: (level_dbm(o.rssi_dbm), o.observation_id))
    below = strongest - level_dbm(best.rssi_dbm)
    token = min(transmitter[0].addresses, key=lambda a: (a.key_id, a.tag))
    place = view.places.get(token.tag)
    # too few positions to place it: how much weaker it is here speaks instead
    weight = (
        view.weights.at("video_uplink_near", below) if place is None
        else view.weights.at("video_uplink", place.get(zone_id, 0.0))
    )  # fmt: skip
    values: dict[str, str | float] = {
        "rssi": round(level_dbm(best.rssi_dbm)), "score": f"{best.video.score:.2f}", "below": round(below)
    }  # fmt: skip
    code = "video_uplink" if below < 1.0 else "video_uplink_near"
    result = [evidence("wifi", WORDS, best, code, weight, about=about, **values), *tests]
    outside = max((o.outside_dbm for o in uplinks if o.outside_dbm is not None), default=None)
    if outside is not None and outside >= strongest + NEAR_DB:
        levels: dict[str, str | float] = {"outside": round(outside), "rssi": round(strongest)}
        louder = view.weights.at("louder_outside")
        result.append(evidence("wifi", WORDS, best, "louder_outside", louder, about=about, **levels))
    return sorted(result, key=lambda e: (-e.weight_log10, str(e.observation_id)))


def _weigh_tests(view: ZoneView, here: list[WifiObservation], transmitter: list[WifiObservation]) -> list[Evidence]:
    """The first test and, where it followed, the second one; where it did not, or was not made, the second stands in.

    The lamp is played in each zone on its own: only what the transmitter did here speaks for this zone, and what it did
    elsewhere is as likely with a camera here as without. Where it is tested here by light and by a person who walks,
    its p-value is multiplied by the number of tests (Bonferroni), and by one more where a second look stands in for
    it; otherwise second looks are tests of their own. A denial says nothing of what does not send like a camera.
    """
    tested = [(p, o) for o in here if (p := _p_of(o)) is not None]
    tests = len(tested)
    if not any(o.stimulus is not None and o.stimulus.verdict == "follows_light" for _, o in tested):
        again = [(p, o) for o in transmitter if o.position_id in view.again and (p := _p_of(o)) is not None]
        tests += len(again)
        follow = [(p, o) for p, o in again if o.stimulus is not None and o.stimulus.verdict == "follows_light"]
        tested = follow or tested
    if not tested:
        return []
    p_value, one = min(tested, key=lambda item: (item[0], item[1].observation_id))
    p = min(1.0, p_value * tests)
    judged = one.stimulus
    if judged is None:
        return []
    is_walk = judged.kind == "motion"
    if judged.verdict == "follows_light" and p <= FOLLOWS_LIGHT_P:
        second = [] if one.position_id in view.again else _second_test(view, transmitter)
        return [_followed(view, one, judged, p), *second]
    if judged.verdict == "does_not" and any(o.video.verdict == "video_uplink" for o in here):
        if is_walk:
            weight = view.weights.at("does_not_follow_motion")
            return [evidence("wifi", WORDS, one, "does_not_follow_motion", weight, p=f"{p:.2f}")]
        light = judged.smallest_light_share
        weight = view.weights.at("does_not_follow_light", 1.0 if light is None else light)
        told = "–" if light is None else f"{100 * light:.1f} %"
        return [evidence("wifi", WORDS, one, "does_not_follow_light", weight, p=f"{p:.2f}", light=told)]
    return []


def _followed(view: ZoneView, one: WifiObservation, judged: StimulusJudgement, p: float) -> Evidence:
    code = "follows_motion" if judged.kind == "motion" else "follows_light"
    found = evidence("wifi", WORDS, one, code, view.weights.at(code, p), p=f"{p:.3g}")
    if judged.decided_after_s is None:
        return found
    text = WORDS.evidence[f"{code}_after"].text(p=f"{p:.3g}", seconds=round(judged.decided_after_s))
    return found.model_copy(update={"text": text})


def _second_test(view: ZoneView, transmitter: list[WifiObservation]) -> list[Evidence]:
    """The light played again at the candidate."""
    again = [(p, o) for o in transmitter if o.position_id in view.again and (p := _p_of(o)) is not None]
    if not again:
        return []
    p, one = min(again, key=lambda item: (item[0], item[1].observation_id))
    p = min(1.0, p * len(again))
    if one.stimulus is not None and one.stimulus.verdict == "follows_light" and p <= FOLLOWS_LIGHT_P:
        weight = view.weights.at("follows_light_again")
        return [evidence("wifi", WORDS, one, "follows_light_again", weight, p=f"{p:.3g}")]
    if one.stimulus is not None and one.stimulus.verdict == "does_not":
        weight = view.weights.at("does_not_follow_again")
        return [evidence("wifi", WORDS, one, "does_not_follow_again", weight, p=f"{p:.2f}")]
    return []


def _p_of(one: WifiObservation) -> float | None:
    return None if one.stimulus is None else one.stimulus.p_value


def _by_transmitter(heard: list[WifiObservation]) -> list[list[WifiObservation]]:
    """What was heard of each, in the order of key and tag."""
    groups: dict[tuple[str, str], list[WifiObservation]] = {}
    for observation in heard:
        token = min(observation.addresses, key=lambda a: (a.key_id, a.tag))
        groups.setdefault((token.key_id, token.tag), []).append(observation)
    return [groups[key] for key in sorted(groups)]
