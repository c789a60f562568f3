"""The BLE modality at one position: a capture in, a measurement out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sweep.ble.chance import estimate_ble
from sweep.ble.live import LiveBle, ScanEnded
from sweep.ble.weigh import weigh_ble
from sweep.ble.words import WORDS
from sweep.modality.addresses import format_address
from sweep.modality.checked_part import CheckedPart, loudest
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import MAX_OBSERVATIONS, DeviceIdentity, Measurement, code_of
from sweep.modality.messages import Line
from sweep.modality.partial_results import PartialResultSender
from sweep.modality.protocol import Measure
from sweep.modality.task import MIN_LISTEN_S, Task, blind, unreadable
from sweep.report import BleObservation, Gap, Levels, Modality

if TYPE_CHECKING:
    from sweep.ble.adverts import Advert
    from sweep.ble.devices import BleScan


KEPT_NAME = "ble.json"


class AdvertSource(Protocol):
    """A source of what advertises around a position."""

    def listen(self, seconds: float) -> list[Advert]:
        """What is heard within so long."""


def read_beacon(one: Measurement) -> float | None:
    """The known beacon's level, in dBm."""
    return loudest([o.rssi_dbm.median for o in one.observations if isinstance(o, BleObservation) and o.rssi_dbm])


class BleModality:
    """Bluetooth Low Energy advertisers."""

    name: Modality = "ble"
    weigher = Weigher(weigh_ble, estimate=estimate_ble, rests_on=("ble_camera_hint",))
    parts = (CheckedPart("ble", "dBm", 2.0, 10.0, read_beacon),)
    """Guessed, no repeated capture of a transmitter in one place was at hand; within 10 dB (hardware/README)."""
    words = WORDS
    calibration = None

    def open(self) -> Measure:
        """It remembers nothing."""
        return self.measure

    def measure(self, task: Task[Path | LiveBle | AdvertSource], line: Line) -> Measurement:
        """Advertisers of a capture, or of what is heard now."""
        from sweep import ble

        if task.source is None:
            return blind(task, "ble", task.nothing_because)
        if isinstance(task.source, LiveBle):
            return measure_now(task, task.source, line)
        if isinstance(task.source, Path):
            try:
                adverts, rejected, tally = ble.read_adverts(task.source)
            except (ValueError, OSError):
                return unreadable(task, "ble", task.source)
            cut = tally.cut_tail_octets
        else:
            adverts, rejected, cut = task.source.listen(task.dwell_s), Counter[str](), 0
        keep_adverts(task, adverts)
        return judge_adverts(task, ble.build_scan(adverts, rejected=rejected, cut_tail_octets=cut))


def keep_adverts(task: Task[Any], adverts: list[Advert]) -> None:
    """Write what was heard where the position is kept."""
    if task.keep is not None:
        from sweep.ble.jsonadverts import write_json_adverts

        write_json_adverts(task.keep / KEPT_NAME, adverts)


def measure_now(task: Task[Any], source: LiveBle, line: Line) -> Measurement:
    """What the adapter heard; one that is absent, off, lost or refused is a gap with its reason and a sentence."""
    teller = PartialResultSender(line)
    ended = source.scan(line, lambda partial_result: teller.offer(lambda: judge_ended(task, partial_result)))
    keep_adverts(task, ended.adverts)
    return judge_ended(task, ended)


def judge_ended(task: Task[Any], ended: ScanEnded) -> Measurement:
    """The devices that the adapter heard, and why there are no more."""
    from sweep import ble

    scan = ble.build_scan(ended.adverts, rejected=Counter())
    found = judge_adverts(replace(task, dwell_s=round(ended.listened_s, 3)), scan)
    if ended.because is None:
        return found
    gap = Gap(start_ns=ended.deaf_from_ns, end_ns=ended.ended_ns, reason=ended.because)
    sentence = WORDS.guidance.get(ended.because)
    return replace(
        found,
        blind_reason=None if scan.adverts else ended.because,
        rejections=found.rejections | {ended.because: 1},
        gaps=(gap,),
        guidance=() if sentence is None else (sentence.text(),),
    )


def judge_adverts(task: Task[Any], scan: BleScan) -> Measurement:
    """The devices of a scan."""
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
