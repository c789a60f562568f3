"""Every way in which a modality can fail to measure has a reason of its own, in Korean and in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from sweep.deliver.outbox import Outbox
from sweep.link.rf_recording import recorded_rf
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.measurement import Measurement
from sweep.modality.messages import NOBODY, MeasureRf, RfHeard
from sweep.modality.next_position import NextPosition
from sweep.modality.task import Task
from sweep.report import MODALITIES, Gap, Modality, Position, RfWindow, SweepReport
from sweep.rf.modality import judge_rf
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from sweep.run.position.coordinator import REASONS as LEAVING
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource, RecordedSource
from sweep.run.watch.probe_parts import ProbeParts
from sweep.sim.head.emulated import RfScene, record_serial
from sweep.sim.source import default_room
from sweep.wifi.capture.sources import RecordedWifi
from tests.entry_factory import signer
from tests.report_factory import uid
from tests.run.test_sweep import DEMO
from tests.sim.head_kit import built_elf

WORDS = vocabulary_of(SENSING_MODALITIES)

KEY = AddressKey.random()
TASK: Task[Any] = Task(
    sweep_id=uid(1),
    position=Position(
        position_id="p1", zone_id="stall-1", x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=0, end_ns=10_000_000_000
    ),
    dwell_s=10.0,
    sweep_key=KEY,
    room_key=KEY,
)
AWAY = (Gap(start_ns=1, end_ns=2, reason="head_away"),)


def window(number: int) -> RfWindow:
    return RfWindow(
        t_ns=number * 100_000_000,
        duration_s=0.1,
        receiver="log_detector",
        centre_mhz=None,
        samples=3_125,
        dropped=0,
        min_counts=800.0,
        mean_counts=805.0,
        max_counts=810.0,
        p10_counts=802.0,
        p50_counts=805.0,
        p90_counts=808.0,
        duty_cycle=0.0,
        bursts=0,
        gaps=0,
    )


WINDOWS = tuple(window(n) for n in range(20))
ALL_THE_TIME = ((0, 10**12),)


def junk(folder: Path) -> Path:
    path = folder / "recorded"
    path.write_bytes(b"\x00not a recording\xff" * 50)
    return path


MODALITY_BY_NAME = {modality.name: modality for modality in SENSING_MODALITIES}
NO_BASELINE = RfHeard(because="not_recorded")


def door_of(modality: Modality, path: Path) -> object:
    return RecordedWifi(path) if modality == "wifi" else path


def at(make: Callable[[Path], Path]) -> Callable[[Modality, Path], Measurement]:
    """What a modality makes of a recording."""

    def measure(modality: Modality, folder: Path) -> Measurement:
        if modality == "rf":
            return judge_rf(TASK, recorded_rf(MeasureRf(10.0), make(folder), None, 0, 1), NO_BASELINE)
        return MODALITY_BY_NAME[modality].open()(replace(TASK, source=door_of(modality, make(folder))), NOBODY)

    return measure


def nothing(because: str) -> Callable[[Modality, Path], Measurement]:
    def measure(modality: Modality, _: Path) -> Measurement:
        if modality == "rf":
            return judge_rf(TASK, RfHeard(because=because), NO_BASELINE)
        return MODALITY_BY_NAME[modality].open()(replace(TASK, nothing_because=because), NOBODY)

    return measure


def rf(here: RfHeard, outside: RfHeard = NO_BASELINE) -> Callable[[Modality, Path], Measurement]:
    return lambda _, __: judge_rf(TASK, here, outside)


TABLE: list[tuple[Modality, str, Callable[[Modality, Path], Measurement], str]] = [
    *((modality, "nothing recorded", nothing("not_recorded"), "not_recorded") for modality in MODALITIES),
    *((modality, "nothing connected", nothing("not_connected"), "not_connected") for modality in MODALITIES),
    *((modality, "unreadable", at(junk), "input_unreadable") for modality in MODALITIES),
    *((modality, "missing", at(lambda folder: folder / "gone"), "input_unreadable") for modality in MODALITIES),
    *((modality, "a folder", at(lambda folder: folder), "input_unreadable") for modality in ("wifi", "ble", "rf")),
    ("rf", "no head from the start", rf(RfHeard(because="head_away", gaps=AWAY)), "head_away"),
    ("rf", "head pulled after half a second", rf(RfHeard(WINDOWS[:5], gaps=AWAY)), "head_away"),
    ("rf", "no windows though it was there", rf(RfHeard(because="no_windows")), "no_windows"),
    ("rf", "too short", rf(RfHeard(WINDOWS[:5])), "too_short"),
    ("rf", "blanked", rf(RfHeard(WINDOWS, own=ALL_THE_TIME)), "own_transmissions"),
    ("rf", "no baseline", rf(RfHeard(WINDOWS)), "no_baseline"),
    ("rf", "baseline unreadable", rf(RfHeard(WINDOWS), RfHeard(because="input_unreadable")), "baseline_unreadable"),
]  # fmt: skip


IDS = [f"{modality}: {cause}" for modality, cause, _, _ in TABLE]


@pytest.mark.parametrize(("modality", "cause", "make", "code"), TABLE, ids=IDS)
def test_each_cause_has_its_reason(
    tmp_path: Path, modality: Modality, cause: str, make: Callable[[Modality, Path], Measurement], code: str
) -> None:
    found = make(modality, tmp_path)
    assert found.blind_reason == code
    assert code in WORDS.reasons
    assert ("input_missing" in found.rejections) == (cause == "missing")
    text = WORDS.reason(code)
    assert re.search("[가-힣]", text.ko)
    assert not re.search("[가-힣]", text.en)


def test_no_two_reasons_share_a_sentence() -> None:
    said = list(WORDS.reasons.values())
    assert len({ko for ko, _ in said}) == len({en for _, en in said}) == len(said)
    assert set(LEAVING.values()) <= set(WORDS.reasons), "a measurement that was broken off says by what"


def test_a_recording_that_breaks_off_counts_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    built_elf()
    path = tmp_path / "head.serial"
    record_serial(path, RfScene(), 3.0)
    whole = recorded_rf(MeasureRf(3.0), path, None, 0, 1)
    assert (whole.because, whole.lost) == ("", ())
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff" * 3_000 + data[len(data) // 2 :])
    noisy = recorded_rf(MeasureRf(3.0), path, None, 0, 1)
    assert 10 < len(noisy.windows) <= len(whole.windows)
    assert dict(noisy.lost)["serial_rejected"] >= 1
    found = judge_rf(TASK, noisy, NO_BASELINE)
    assert found.rejections["serial_rejected"] >= 1


def test_an_unreadable_sequence_costs_the_light_and_not_the_air(tmp_path: Path) -> None:
    (tmp_path / "sequence.json").write_text("[")
    recorded = RecordedSource(DEMO)
    (first, *_) = [p for p in recorded.manifest.positions if p.wifi is not None]
    path = DEMO / str(first.wifi)
    plain = MODALITY_BY_NAME["wifi"].open()(replace(TASK, source=RecordedWifi(path)), NOBODY)
    found = MODALITY_BY_NAME["wifi"].open()(
        replace(TASK, source=RecordedWifi(path, tmp_path / "sequence.json")), NOBODY
    )
    assert (found.blind_reason, found.samples) == (plain.blind_reason, plain.samples)
    assert found.rejections["sequence_unreadable"] == 1
    assert "trial_broken_off" in found.limits


def run_live(folder: Path) -> SweepReport:
    """A live sweep with nothing connected."""
    room = default_room()
    zone = room.plan.zones[0]

    def positions() -> Iterator[NextPosition]:
        yield NextPosition(zone.zone_id, 1.0, 1.0, 0.0)

    control = Control(clock=monotonic)
    control.declare_empty(("A-1", "A-2"))
    source = LiveSource(
        room, inspectors=("A-1", "A-2"), probe_id="probe-demo-1", dwell_s=5.0, positions=positions()
    )  # fmt: skip
    with Outbox(folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1") as outbox:
        runner = Runner(
            source, outbox, room_key=KEY_OF_ROOM, control=control, on_event=lambda _: None, live=ProbeParts()
        )
        return runner.run().report


KEY_OF_ROOM = AddressKey.random("room")


def test_a_live_sweep_says_not_connected_and_a_recording_not_recorded(tmp_path: Path) -> None:
    report = run_live(tmp_path)
    looked = report.positions[0].zone_id
    reasons = {v.modality: (v.reason, v.text.en) for v in report.verdicts if v.zone_id == looked}
    sentence = "No device for this modality is connected or configured"
    assert reasons == dict.fromkeys(MODALITIES, ("not_connected", sentence))
    others = {v.reason for v in report.verdicts if v.zone_id != looked}
    assert others == {"not_looked"}
