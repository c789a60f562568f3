"""Transmitters as the contract records them, and how well the air was heard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, get_args

from sweep.modality.addresses import AddressKey, format_address
from sweep.modality.measurement import MAX_OBSERVATIONS, DeviceIdentity, Measurement, code_of
from sweep.modality.messages import SKIPPED, ResponseTestKind
from sweep.modality.mode import QUICK, QUICK_LEAVES_OUT, SHORT_LEAVES_OUT, SHORT_OF_TIME
from sweep.modality.pending_light import LIGHT_LATER
from sweep.modality.task import MIN_LISTEN_S, Task
from sweep.report import Gap, Levels, StimulusJudgement, VideoJudgement, WifiObservation
from sweep.wifi.capture.bands import limits_of
from sweep.wifi.response_test_schedule import LEFT_OUT
from sweep.wifi.scan import TOO_LITTLE, scan_log
from sweep.wifi.stimulus.response_test import FOLLOWS
from sweep.wifi.targets import LOUDER_ELSEWHERE, TOO_MANY_CHANNELS
from sweep.wifi.traffic.video import OPEN_REASONS, TOO_THIN
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS
from sweep.wifi.words import WORDS

if TYPE_CHECKING:
    from sweep.wifi.position import PositionResult, WifiRequest
    from sweep.wifi.scan import JudgedTransmitter, WifiScan
    from sweep.wifi.transmitters.earlier_flows import EarlierFlows

UNHEARD_REASONS: Final = frozenset({"data_unheard", "peer_unheard"})
RESPONSE_TEST_LIMITS: Final = {"trial_skipped": SKIPPED, "trial_channels_left": TOO_MANY_CHANNELS}
"""By the code of a limit: why a test was not made that says so."""
KINDS: Final = get_args(ResponseTestKind)
MAX_ADDRESSES: Final = 64
"""Of one transmitter: the contract has room for no more."""
ONE_CHANNEL_QUALITY: Final = 0.1
"""Guessed: where nothing could be tuned, one channel of the ten or more in use was heard."""


def judge_position(
    task: Task[Any], wish: WifiRequest, position: PositionResult, earlier: EarlierFlows | None = None
) -> Measurement:
    """What a position came to: its transmitters, and everything that could not be heard, tested or finished."""
    heard, follows = position.heard, position.follows
    away_s = sum(gap.end_ns - gap.begin_ns for gap in heard.gaps) / 1e9
    dwelt_s = sum(dwell.seconds for dwell in heard.dwells) if heard.channels else wish.dwell_s
    listened_s = max(0.0, min(dwelt_s + heard.watched_s, max(heard.log.listened_s, 1.0)) - away_s)
    scan = scan_log(heard.log, earlier=earlier, alone=frozenset(follows))
    found = judge_wifi(task, scan, follows, listened_s=listened_s, own=wish.own_addresses)
    gaps = tuple(Gap(start_ns=gap.begin_ns, end_ns=gap.end_ns, reason="adapter_away") for gap in heard.gaps)
    counts = {
        "adapter_away": len(gaps),
        "channel_refused": heard.refused.total() if heard.channels else 0,
        "channel_not_visited": max(0, heard.channels - heard.visited) if heard.channels else 0,
    }
    blind_reason = found.blind_reason
    if blind_reason in TOO_LITTLE:  # what made it too little is the reason
        blind_reason = "adapter_away" if gaps else position.lefts[0] if position.lefts else blind_reason
    guidance = [WORDS.guidance["adapter_away"].text()] if gaps else []
    if wish.kind == "light" and not position.lefts and any(_wants_walk(item, follows) for item in scan.transmitters):
        guidance.append(WORDS.guidance["walk_test"].text())
    if TWO_TRANSMITTERS in found.rejections:
        guidance.append(WORDS.guidance[TWO_TRANSMITTERS].text())
    limits = list(limits_of(heard.unheard_mhz or ())) if heard.channels else ["wifi_one_channel"]
    if wish.no_test_because == QUICK:
        limits.append(QUICK_LEAVES_OUT["light_test"])
    left_out = position.troubles["light_open_left_out"]
    if position.troubles["light_cut_short"] or position.troubles[f"light_{SHORT_OF_TIME}"] > left_out:
        limits.append(SHORT_LEAVES_OUT["light_test"])
    if left_out:
        limits.append(SHORT_LEAVES_OUT["open_light_test"])
    limits += [
        code for code, reason in RESPONSE_TEST_LIMITS.items() if any(position.troubles[f"{k}_{reason}"] for k in KINDS)
    ]
    return replace(
        found,
        blind_reason=blind_reason,
        dropped=found.dropped + heard.dropped,
        unheard_mhz=heard.unheard_mhz,
        quality=found.quality * (heard.visited / heard.channels if heard.channels else ONE_CHANNEL_QUALITY),
        rejections=found.rejections
        | {name: count for name, count in counts.items() if count}
        | dict(position.troubles),
        gaps=gaps,
        light_s=position.light_s,
        light_open_s=position.light_open_s,
        guidance=tuple(guidance),
        limits=(*found.limits, *limits, *([] if position.is_settled else ["trial_broken_off"])),
    )


def _wants_walk(item: JudgedTransmitter, follows: dict[int, StimulusJudgement]) -> bool:
    """What may be a camera and was not told by light; what is only open wants no walk where no light was wanted, and
    nothing that was louder elsewhere, gets its light later or is thin, as most machines are that report.
    """
    answers = [follows[address] for address in item.transmitter.addresses if address in follows]
    if any(one.verdict in {FOLLOWS, "does_not"} or one.reason in {LOUDER_ELSEWHERE, LIGHT_LATER} for one in answers):
        return False
    if item.video.verdict == "video_uplink":
        return True
    is_open = item.video.reason in OPEN_REASONS and item.video.reason != TOO_THIN
    return is_open and any(one.reason not in LEFT_OUT for one in answers)


def key_of(task: Task[Any], item: JudgedTransmitter) -> AddressKey:
    """Under which its addresses are tagged: the room's where visits may be compared by it."""
    is_of_room = item.transmitter.role == "ap" or item.video.verdict == "video_uplink"
    return task.room_key if is_of_room else task.sweep_key


def tag_of(task: Task[Any], item: JudgedTransmitter) -> str:
    """The first of its tags, by which the page names it."""
    return min(key_of(task, item).token(address).tag for address in item.transmitter.addresses[:MAX_ADDRESSES])


def judge_wifi(
    task: Task[Any],
    scan: WifiScan,
    follows: dict[int, StimulusJudgement],
    *,
    listened_s: float,
    own: frozenset[int] = frozenset(),
) -> Measurement:
    """What a scan says, with the answers to the light by address; `own` are the probe's own radios."""
    observations, identities = [], {}
    others = [one for one in scan.transmitters if own.isdisjoint(one.transmitter.addresses)]
    for number, item in enumerate(others[:MAX_OBSERVATIONS]):
        one = item.transmitter
        key = key_of(task, item)
        observation = WifiObservation(
            observation_id=task.observation_id("wifi", number),
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            t_ns=task.middle_ns,
            modality="wifi",
            addresses=tuple(key.token(address) for address in one.addresses[:MAX_ADDRESSES]),
            role=one.role,
            vendor=one.vendor,
            is_randomised=one.is_randomised,
            channel_mhz=None if one.channel_mhz is None else float(one.channel_mhz),
            rssi_dbm=None if one.level is None else Levels(median=one.level.median_dbm, max=one.level.max_dbm),
            frames=one.frames,
            bytes_up=one.bytes_up,
            bytes_down=one.bytes_down,
            dwell_s=round(listened_s, 3),
            video=VideoJudgement(
                verdict=item.video.verdict,
                score=round(item.video.score, 4),
                decided_after_s=item.video.decided_after_s,
                reason=item.video.reason,
            ),
            stimulus=_doubt_light(
                min(
                    (follows[a] for a in one.addresses if a in follows),
                    key=lambda judged: 1.0 if judged.p_value is None else judged.p_value,
                    default=None,
                ),
                item,
            ),
        )
        observations.append(observation)
        identities[str(observation.observation_id)] = DeviceIdentity(
            tuple(format_address(address) for address in one.addresses[:MAX_ADDRESSES]),
            ssids=one.names[:32],
            names=one.device_names[:32],
        )
    shared = sum(item.video.reason == TWO_TRANSMITTERS for item in others)
    able = sum(item.video.verdict != "not_assessable" for item in others)
    unheard = sum(item.video.reason in UNHEARD_REASONS for item in others)
    blind = None
    if scan.frames == 0:
        blind = "too_few_frames"
    elif listened_s < MIN_LISTEN_S:
        blind = "too_short"
    elif unheard and not able:
        blind = "data_unheard"
    # Of the senders with enough traffic to be judged, those that were heard well enough for it.
    heard_share = able / (able + unheard) if unheard else 1.0
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="wifi",
        dwell_s=round(listened_s, 3),
        samples=scan.frames,
        dropped=sum(scan.rejected.values()),
        quality=heard_share * min(1.0, listened_s / (2.0 * MIN_LISTEN_S)) if blind is None else 0.0,
        blind_reason=blind,
        observations=tuple(observations),
        rejections={code_of(name): count for name, count in scan.rejected.items()}
        | {code_of(f"elements_{name}"): count for name, count in scan.said.rejected.items()}
        | ({"senders_unheard": unheard} if unheard else {})
        | ({TWO_TRANSMITTERS: shared} if shared else {})
        | ({"own_transmitter": len(scan.transmitters) - len(others)} if len(others) < len(scan.transmitters) else {}),
        identities=identities,
        limits=("wifi_two_transmitters",) if shared else (),
    )


def _doubt_light(judged: StimulusJudgement | None, item: JudgedTransmitter) -> StimulusJudgement | None:
    """The answer to the light that stands: none where two transmitters use the address."""
    if judged is None or judged.verdict == "not_assessable" or not item.signs:
        return judged
    changes = {"verdict": "not_assessable", "reason": TWO_TRANSMITTERS, "decided_after_s": None}
    return judged.model_copy(update=changes)
