"""From a position's captures to a measurement: one function per modality, run in that modality's own process.

Input is a `Task` (where, which file, which keys), output a `Measurement` with observations and what coverage needs.  A
capture that cannot be read makes the modality blind here with a named reason; it never stops the sweep.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sweep.addresses import AddressKey, format_address
from sweep.coverage import DeviceIdentity, Measurement
from sweep.report import (
    BleObservation,
    Gap,
    LensObservation,
    Levels,
    LocalText,
    Modality,
    Position,
    RfObservation,
    RfWindow,
    StimulusJudgement,
    VideoJudgement,
    WifiObservation,
    derived_id,
)
from sweep.report.wording import CONDITIONAL_LIMITS, guidance_text
from sweep.talk import NOBODY, Line, TrialKind

if TYPE_CHECKING:
    from sweep.lens import Detection
    from sweep.lens.clips import ClipMeta
    from sweep.rf.calibration import RfLevels
    from sweep.wifi import WifiScan

UNHEARD_REASONS = frozenset({"data_unheard", "peer_unheard"})
MIN_LISTEN_S = 5.0  # CamLoPA listens 5 s per channel; less cannot tell a stream from a burst
ONE_CHANNEL_QUALITY = 0.1  # guessed: where nothing could be tuned, one channel of the ten or more in use was heard
MIN_RF_WINDOWS = 10  # guessed: one second of 100 ms windows
MAX_OBSERVATIONS = 300  # bounds a report: the strongest transmitters of a station hall


@dataclass(frozen=True, slots=True)
class Task:
    """One modality's work at one position."""

    sweep_id: UUID
    position: Position
    path: Path | None
    dwell_s: float
    sweep_key: AddressKey
    room_key: AddressKey
    stimulus: Path | None = None
    wifi_adapter: str | None = None
    """Interface that listens here and now where nothing was recorded."""
    trial: TrialKind | None = None
    """Live: what sends like a camera is tested by the lamp, or by a person who walks."""
    trial_longest_s: float = 114.0
    """How long the lamp may play at one position."""
    is_any_uplink: bool = False
    """Every thick uplink is tested, not only what may be a camera."""
    no_trial_because: str | None = None
    """Code that says why nothing can be played now; None when it can."""
    decided: frozenset[int] = frozenset()
    """Addresses whose answer is known in this zone already."""
    windows: tuple[RfWindow, ...] = ()
    baseline: tuple[RfWindow, ...] = ()
    own: tuple[tuple[int, int], ...] | None = None
    """When the probe's own radios transmitted, (from, to) in the windows' nanoseconds; None: nobody kept a log."""
    lost_windows: tuple[tuple[str, int], ...] = ()
    """What was lost of them on the way, by code."""
    rf_gaps: tuple[Gap, ...] = ()
    """When the head was away, or where its recording breaks off."""
    nothing_because: str = "not_recorded"
    """Code that says why there is nothing to measure: nobody recorded it, or live, what would measure is not there."""
    no_baseline_because: str = "no_baseline"
    """Code that says why there is no baseline."""
    own_addresses: frozenset[int] = frozenset()
    """The probe's own radios, which are no transmitters of the room."""
    rf_levels: RfLevels | None = None
    """The laws of detector and tuner; None: nominal."""
    lens_limits: tuple[str, ...] = ("lens_uncalibrated",)
    """What must be said of the calibration of camera and lamps."""

    def observation_id(self, modality: Modality, number: int) -> UUID:
        """The same on every replay of the same recording."""
        return derived_id(self.sweep_id, f"{self.position.position_id}/{modality}/{number}")

    @property
    def middle_ns(self) -> int:
        """Middle of the dwell."""
        return (self.position.start_ns + self.position.end_ns) // 2


def blind(task: Task, modality: Modality, reason: str, rejections: dict[str, int] | None = None) -> Measurement:
    """A measurement of nothing, and why."""
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality=modality,
        dwell_s=task.dwell_s if task.path is not None else 0.0,
        samples=0,
        dropped=0,
        quality=0.0,
        blind_reason=reason,
        rejections=rejections or {},
    )


def _unreadable(task: Task, modality: Modality, path: Path) -> Measurement:
    """A recording that is named and cannot be used; the coverage says whether it is there at all."""
    return blind(task, modality, "input_unreadable", {"input_unreadable" if path.exists() else "input_missing": 1})


def lens_observation(
    task: Task, number: int, found: Detection, *, clip: str, meta: ClipMeta, range_m: float
) -> LensObservation:
    """The contract's record of one lens candidate, recorded or live; `range_m`: distance taken for the surface."""
    return LensObservation(
        observation_id=task.observation_id("lens", number),
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        t_ns=task.middle_ns,
        modality="lens",
        clip=clip,
        frame=found.frame,
        x_px=found.x,
        y_px=found.y,
        score=found.score,
        snr=found.evidence.get("snr"),
        off_axis_ratio=found.evidence.get("off_axis_ratio"),
        persistence=min(1.0, max(0.0, found.evidence.get("persistence", 0.0))),
        range_m=range_m,
        bearing_deg=round(math.degrees(math.atan2(found.x - meta.principal_point[0], meta.focal_px)), 2),
        reasons=tuple(code_of(reason.name) for reason in found.reasons[:32]),
        crop_commitment=None,
    )


def measure_lens(task: Task, line: Line = NOBODY) -> Measurement:  # noqa: ARG001  nobody speaks during it
    """Lens candidates of the clips in `task.path`."""
    from sweep import lens
    from sweep.lens.clips import read_clip

    if task.path is None:
        return blind(task, "lens", task.nothing_because)
    try:
        scan = lens.scan_clips(task.path)
    except (ValueError, OSError):
        return _unreadable(task, "lens", task.path)
    observations: list[LensObservation] = []
    crops: dict[str, bytes] = {}
    rejections: Counter[str] = Counter()
    unseen, samples, dropped, reasons = 1.0, 0, 0, Counter[str]()
    guidance: dict[str, LocalText] = {}
    for result in scan.clips:
        if result.error is not None or result.quality is None or result.coverage is None:
            rejections[code_of(result.error or "input_unreadable")] += 1
            reasons[code_of(result.reason)] += 1
            continue
        samples += result.quality.triples_usable
        dropped += max(0, result.quality.triples - result.quality.triples_usable)
        rejections.update({code_of(name): count for name, count in result.quality.rejections.items()})
        rejections["glint_not_a_lens"] += len(result.detections) - len(result.candidates)
        guidance |= {name: guidance_text(name) for name in result.quality.guidance}
        if result.verdict == "not_assessable" and result.reason != "not_calibrated":
            reasons[code_of(result.reason)] += 1
            continue
        unseen *= 1.0 - result.coverage.seen_share
        clip = read_clip(task.path / result.clip)
        for candidate in result.candidates[: MAX_OBSERVATIONS - len(observations)]:
            observation = lens_observation(
                task, len(observations), candidate, clip=result.clip, meta=clip.meta, range_m=result.coverage.range_m
            )
            observations.append(observation)
            crops[str(observation.observation_id)] = lens.crop(clip, candidate)
    assessable = samples > 0 and unseen < 1.0
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="lens",
        dwell_s=task.dwell_s,
        samples=samples,
        dropped=dropped,
        quality=1.0 - unseen,
        blind_reason=None if assessable or observations else (reasons.most_common(1) or [("too_few_triples", 1)])[0][0],
        observations=tuple(observations),
        rejections={name: count for name, count in rejections.items() if count},
        crops=crops,
        guidance=tuple(guidance.values()),
        limits=task.lens_limits,
    )


def measure_wifi(task: Task, line: Line = NOBODY) -> Measurement:
    """Transmitters of the capture `task.path`; with `task.stimulus`, whether their traffic follows the light.

    Without a capture the air is heard here and now, where there is an adapter.
    """
    from sweep import wifi
    from sweep.wifi.sequence import read_sequence
    from sweep.wifi.stimulus import judge_stimulus

    if task.path is None and task.wifi_adapter is not None:
        from sweep.hearing import hear_position

        return hear_position(task, task.wifi_adapter, line)
    if task.path is None:
        return blind(task, "wifi", task.nothing_because)
    follows: dict[int, StimulusJudgement] = {}
    try:
        log, tally = wifi.read_log(task.path)
        scan = wifi.scan_log(log, cut_tail_octets=tally.cut_tail_octets)
    except (ValueError, OSError):
        return _unreadable(task, "wifi", task.path)
    troubles: dict[str, int] = {}
    if task.stimulus is not None:
        try:
            for judged in judge_stimulus(log, read_sequence(task.stimulus)).transmitters:
                one_judgement = StimulusJudgement(
                    verdict=judged.verdict,
                    p_value=judged.adjusted_p_value,
                    reason=judged.reason if judged.verdict == "not_assessable" else None,
                    tested_s=round(judged.tested_s, 3),
                )
                follows |= dict.fromkeys(judged.addresses, one_judgement)
        except (ValueError, OSError):  # what was heard counts without it; that the light cannot be judged is said
            troubles = {"sequence_unreadable": 1}
    found = judge_wifi(task, scan, follows, listened_s=scan.listened_s)
    if not troubles:
        return found
    return replace(found, rejections=found.rejections | troubles, limits=(*found.limits, "trial_broken_off"))


def judge_wifi(task: Task, scan: WifiScan, follows: dict[int, StimulusJudgement], *, listened_s: float) -> Measurement:
    """What a scan says, with the answers to the light by address."""
    observations, identities = [], {}
    others = [one for one in scan.transmitters if task.own_addresses.isdisjoint(one.transmitter.addresses)]
    for number, item in enumerate(others[:MAX_OBSERVATIONS]):
        one = item.transmitter
        key = task.room_key if one.role == "ap" or item.video.verdict == "video_uplink" else task.sweep_key
        observation = WifiObservation(
            observation_id=task.observation_id("wifi", number),
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            t_ns=task.middle_ns,
            modality="wifi",
            addresses=tuple(key.token(address) for address in one.addresses[:64]),
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
            stimulus=min(
                (follows[a] for a in one.addresses if a in follows),
                key=lambda judged: 1.0 if judged.p_value is None else judged.p_value,
                default=None,
            ),
        )
        observations.append(observation)
        identities[str(observation.observation_id)] = DeviceIdentity(
            tuple(format_address(address) for address in one.addresses[:64]),
            ssids=one.names[:32],
            names=one.device_names[:32],
        )
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
        | ({"senders_unheard": unheard} if unheard else {})
        | ({"own_transmitter": len(scan.transmitters) - len(others)} if len(others) < len(scan.transmitters) else {}),
        identities=identities,
    )


def measure_ble(task: Task, line: Line = NOBODY) -> Measurement:  # noqa: ARG001  nobody speaks during it
    """Advertisers of the capture `task.path`."""
    from sweep import ble

    if task.path is None:
        return blind(task, "ble", task.nothing_because)
    try:
        scan = ble.scan_file(task.path)
    except (ValueError, OSError):
        return _unreadable(task, "ble", task.path)
    observations, identities = [], {}
    for number, one in enumerate([d for d in scan.devices if d.addresses][:MAX_OBSERVATIONS]):
        observation = BleObservation(
            observation_id=task.observation_id("ble", number),
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            t_ns=task.middle_ns,
            modality="ble",
            addresses=tuple(task.sweep_key.token(address) for address in one.addresses[:64]),
            kind=code_of(one.identity.kind),
            company=one.identity.company,
            rssi_dbm=None if one.level is None else Levels(median=one.level.median_dbm, max=one.level.max_dbm),
            adverts=one.adverts,
        )
        observations.append(observation)
        identities[str(observation.observation_id)] = DeviceIdentity(
            tuple(format_address(address) for address in one.addresses[:64]),
            names=(one.name,) if one.name else (),
        )
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="ble",
        dwell_s=task.dwell_s,
        samples=scan.adverts,
        dropped=sum(scan.rejected.values()),
        quality=min(1.0, task.dwell_s / (2.0 * MIN_LISTEN_S)),
        blind_reason=None if scan.adverts else "too_few_frames",
        observations=tuple(observations),
        rejections={code_of(name): count for name, count in scan.rejected.items()},
        identities=identities,
    )


def measure_rf(task: Task, line: Line = NOBODY) -> Measurement:  # noqa: ARG001  nobody speaks during it
    """Emitters in `task.windows` against `task.baseline` (both from the sensor head)."""
    from sweep.rf.calibration import NOMINAL_LEVELS
    from sweep.rf.judge import blank, judge_windows

    lost = dict(task.lost_windows)
    if not task.windows:
        nothing = blind(task, "rf", task.nothing_because, lost or {task.nothing_because: 1})
        return replace(nothing, gaps=task.rf_gaps)
    own = task.own or ()
    heard = [window for window in blank(task.windows, own) if window.receiver == "log_detector"]
    if len(heard) < MIN_RF_WINDOWS:
        blanked = len(task.windows) - len(blank(task.windows, own))
        reason = _why_few(task, blanked)
        few = {"too_few_windows": 1} | ({"own_transmission": blanked} if blanked else {}) | lost
        return replace(blind(task, "rf", reason, few), gaps=task.rf_gaps)
    result = judge_windows(task.windows, task.baseline or None, task.rf_levels or NOMINAL_LEVELS, task.own)
    observations = tuple(
        RfObservation(
            observation_id=task.observation_id("rf", number),
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            t_ns=task.middle_ns,
            modality="rf",
            kind=emitter.kind,
            centre_mhz=emitter.centre_mhz,
            level_dbm=emitter.level_dbm,
            baseline_dbm=emitter.baseline_dbm,
            excess_db=emitter.excess_db,
            duty_cycle=emitter.duty_cycle,
            windows=emitter.windows,
        )
        for number, emitter in enumerate(result.emitters[:MAX_OBSERVATIONS])
    )
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="rf",
        dwell_s=round(sum(window.duration_s for window in heard), 3),
        samples=len(heard),
        dropped=sum(window.dropped for window in heard),
        quality=min(1.0, len(heard) / (5.0 * MIN_RF_WINDOWS)),
        blind_reason=None if task.baseline else task.no_baseline_because,
        observations=observations,
        rejections=({"own_transmission": result.blanked} if result.blanked else {}) | lost,
        gaps=task.rf_gaps,
        limits=tuple(f"rf_{code}" for code in result.limits if f"rf_{code}" in CONDITIONAL_LIMITS),
    )


def _why_few(task: Task, blanked: int) -> str:
    """Why there are too few RF windows to judge, the first cause that alone explains it."""
    if blanked >= MIN_RF_WINDOWS:
        return "own_transmissions"
    return task.rf_gaps[0].reason if task.rf_gaps else "too_short"


def code_of(name: str) -> str:
    """A reason's name as a contract code."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name.lower())[:63]
    return kept if kept[:1].isalpha() else f"x{kept}"[:63]


MEASURES: dict[Modality, Callable[[Task, Line], Measurement]] = {
    "lens": measure_lens,
    "wifi": measure_wifi,
    "ble": measure_ble,
    "rf": measure_rf,
}
