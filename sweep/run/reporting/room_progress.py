"""What persons are told of the room after each position: the coverage of the zone they stood in, and who asks for a
look.

Input is what was measured and what the judge made of it so far; output is live events.  It is pure and decides
nothing: the groups say what the evidence says already.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sweep.judge.coverage import targets_of
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import SensingModality
from sweep.report import (
    BleObservation,
    CoverageEvent,
    DeviceLevel,
    DevicesEvent,
    DeviceSummary,
    DeviceWhy,
    Finding,
    LiveEvent,
    Observation,
    Plan,
    Position,
    RfObservation,
    TransmitterPlace,
    WifiObservation,
)
from sweep.run.modalities import vocabulary_of
from sweep.run.reporting.report_builder import Judged, estimates_of
from sweep.run.reporting.second_looks import first_of
from sweep.wifi.traffic.video import OPEN_REASONS

MOST_DEVICES: Final = 16
"""Named in one event, as the contract has it."""
MOST_LEVELS: Final = 64
ACT: Final[tuple[DeviceWhy, ...]] = ("follows_light", "follows_motion", "cited")
LOOK: Final[tuple[DeviceWhy, ...]] = ("video_uplink", "analog_video", "may_be_camera", "probable_video", "camera_hint")
"""The surest first."""


class Device(NamedTuple):
    """What tells one device from another."""

    modality: Literal["wifi", "ble", "rf"]
    tag: str | None
    centre_mhz: float | None
    """Of an emitter without an address."""


def room_events(
    plan: Plan,
    positions: Sequence[Position],
    measurements: Sequence[Measurement],
    judged: Judged,
    modalities: Sequence[SensingModality],
) -> Iterator[LiveEvent]:
    """What is told after a position: of the zone in which somebody stood last, and of devices."""
    if not positions:
        return
    coverage = coverage_event(plan, positions[-1].zone_id, positions, measurements, modalities)
    if coverage is not None:
        yield coverage
    yield devices_event(positions, first_of(measurements), judged.findings, judged.places)


def coverage_event(
    plan: Plan,
    zone_id: str,
    positions: Sequence[Position],
    measurements: Iterable[Measurement],
    modalities: Sequence[SensingModality],
) -> CoverageEvent | None:
    """What would have been found in a zone so far; None where that cannot be said of any target."""
    estimates = estimates_of(plan, positions, measurements, modalities, only=zone_id)
    targets = targets_of(estimates, vocabulary_of(modalities))
    if not targets:
        return None
    walls = tuple(wall for one in estimates.values() for wall in one.walls)
    return CoverageEvent(type="coverage", zone_id=zone_id, targets=targets, walls=walls)


def devices_event(
    positions: Sequence[Position],
    first: Iterable[Measurement],
    findings: Iterable[Finding],
    places: Iterable[TransmitterPlace],
) -> DevicesEvent:
    """Every device heard so far, grouped by what it asks for."""
    cited = {one.observation_id for finding in findings for one in finding.evidence_for}
    order = {position.position_id: number for number, position in enumerate(positions)}
    heard: OrderedDict[Device, list[Observation]] = OrderedDict()
    for one in sorted(
        (o for measurement in first for o in measurement.observations), key=lambda o: order.get(o.position_id, 0)
    ):
        device = _device_of(one)
        if device is not None:
            heard.setdefault(device, []).append(one)
    told: list[DeviceSummary] = []
    untold = 0
    for device, each in heard.items():
        why = _why(each, cited)
        if why is None:
            untold += all(isinstance(o, WifiObservation) and o.video.verdict == "not_assessable" for o in each)
        elif levels := _levels(each, order):
            told.append(
                DeviceSummary(
                    modality=device.modality,
                    tag=device.tag,
                    group="act" if why in ACT else "look",
                    why=why,
                    vendor=next((one.vendor for one in each if isinstance(one, WifiObservation)), None),
                    channel_mhz=device.centre_mhz or _channel(each),
                    levels=levels[-MOST_LEVELS:],
                )
            )
    told.sort(key=lambda one: ((*ACT, *LOOK).index(one.why), -max(level.level_dbm for level in one.levels)))
    wanted = [place.next_stand for place in places if place.next_stand is not None]
    return DevicesEvent(
        type="devices",
        quiet=len(heard) - len(told),
        untold=untold,
        devices=tuple(told[:MOST_DEVICES]),
        left_out=max(0, len(told) - MOST_DEVICES),
        stands=len(positions),
        next_stand=max(wanted, key=lambda best: best.gain_bits, default=None),
    )


def _device_of(one: Observation) -> Device | None:
    match one:
        case (
            WifiObservation(modality=modality, addresses=addresses)
            | BleObservation(modality=modality, addresses=addresses)
        ):
            return Device(modality, min(addresses, key=lambda a: (a.key_id, a.tag)).tag, None)
        case RfObservation(kind="analog_video" | "probable_video", centre_mhz=centre_mhz):
            return Device("rf", None, centre_mhz)
        case _:  # a glint is no device; what RF hears of Wi-Fi and Bluetooth has addresses there
            return None


def _why(each: Sequence[Observation], cited: set[UUID | None]) -> DeviceWhy | None:
    reasons = {reason for one in each for reason in _reasons(one)}
    if any(one.observation_id in cited for one in each):
        reasons.add("cited")
    return next((reason for reason in (*ACT, *LOOK) if reason in reasons), None)


def _reasons(one: Observation) -> Iterable[DeviceWhy]:
    match one:
        case WifiObservation(stimulus=stimulus, video=video):
            if stimulus is not None and stimulus.verdict == "follows_light":
                yield "follows_light" if stimulus.kind == "light" else "follows_motion"
            if video.verdict == "video_uplink":
                yield "video_uplink"
            elif video.reason in OPEN_REASONS:
                yield "may_be_camera"
        case BleObservation(kind="camera_hint"):
            yield "camera_hint"
        case RfObservation(kind="analog_video" | "probable_video" as kind):
            yield kind
        case _:
            return


def _levels(each: Sequence[Observation], order: Mapping[str, int]) -> tuple[DeviceLevel, ...]:
    """The strongest at each position: one that is heard by several addresses is one device."""
    strongest: dict[str, tuple[str, float]] = {}
    for one in each:
        level = _level(one)
        if level is not None and level >= strongest.get(one.position_id, ("", level))[1]:
            strongest[one.position_id] = (one.zone_id, level)
    return tuple(
        DeviceLevel(position_index=order.get(position_id, 0), zone_id=zone_id, level_dbm=level)
        for position_id, (zone_id, level) in strongest.items()
    )


def _level(one: Observation) -> float | None:
    match one:
        case WifiObservation(rssi_dbm=levels) | BleObservation(rssi_dbm=levels):
            return None if levels is None else levels.median
        case RfObservation(level_dbm=level):
            return level
        case _:
            return None


def _channel(each: Sequence[Observation]) -> float | None:
    channels = (one.channel_mhz for one in reversed(each) if isinstance(one, WifiObservation))
    return next((channel for channel in channels if channel is not None), None)
