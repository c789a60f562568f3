"""The real firmware in the emulator through a pseudo-terminal and pyserial, as `sweep rf` and `head` use it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sweep.link import messages
from sweep.link.frame import encode
from sweep.link.head import Head, Losses, SerialPort, WrongFirmware
from sweep.link.readings import read_windows
from sweep.modality.liveness import boottime_ns
from sweep.rf.envelope import NOMINAL
from sweep.sim.head.avr import flash_segments
from sweep.sim.head.emulated import Emitter, EmulatedHead, EmulatorError, RfScene, record_serial
from sweep.sim.head.machine import find_elf
from sweep.sim.head.scene import SceneError
from tests.waiting import descendants

from .head_kit import LOSS_COUNTERS, REPO_ROOT, Host, built_elf

CARRIER = RfScene((Emitter("continuous", -40.0),))


def test_identify_says_who_it_is() -> None:
    with EmulatedHead(RfScene(), built_elf()) as emulated, SerialPort(emulated.port) as port:
        identity = Head(port).identity
    assert identity.protocol_version == messages.PROTOCOL_VERSION
    assert identity.table_crc == messages.TABLE_CRC
    assert identity.slot_ns == messages.SLOT_NS
    assert identity.adc_reference_mv == 2500
    assert len(identity.firmware_git.decode("ascii")) == 8
    assert identity.board_id == 0xFFFFFFFF


@pytest.mark.soak
def test_eight_seconds_of_windows_without_a_loss() -> None:
    losses: list[Losses] = []
    with EmulatedHead(CARRIER, built_elf()) as emulated:
        windows = list(read_windows(emulated.port, 8.0, losses=losses))
    assert len(windows) == 80
    # Battery, reference and temperature take 12 slots a second.
    assert all(3125 - 12 <= window.samples <= 3125 and window.dropped == 0 for window in windows)
    assert not losses[0].rejected
    assert losses[0].missing_messages == losses[0].missing_windows == losses[0].dropped_samples == 0
    counters = losses[0].head
    assert counters is not None
    assert {name: getattr(counters, name) for name in LOSS_COUNTERS} == dict.fromkeys(LOSS_COUNTERS, 0)


def test_paced_windows_carry_wall_time() -> None:
    before_ns = boottime_ns()
    with EmulatedHead(CARRIER, built_elf(), paced=True) as emulated:
        windows = list(read_windows(emulated.port, 1.0))
    after_ns = boottime_ns()
    assert before_ns - 200_000_000 <= windows[0].t_ns <= windows[-1].t_ns <= after_ns
    assert 0.8e9 <= windows[-1].t_ns - windows[0].t_ns <= 1.5e9


@pytest.mark.parametrize(("quiet_dbm", "loud_dbm"), [(-55.0, -40.0), (-40.0, -20.0)])
def test_a_stronger_carrier_raises_the_level_by_the_right_db(quiet_dbm: float, loud_dbm: float, tmp_path: Path) -> None:
    levels = []
    for dbm in (quiet_dbm, loud_dbm):
        path = tmp_path / "rf.bin"
        record_serial(path, RfScene((Emitter("continuous", dbm),)), 0.5, built_elf())
        windows = list(read_windows(str(path), 10.0))
        levels.append(NOMINAL.to_dbm(windows[2].mean_counts))
    assert levels[0] == pytest.approx(quiet_dbm, abs=0.9)  # the noise floor at -62 dBm adds 0.8 dB to -55 dBm
    assert levels[1] - levels[0] == pytest.approx(loud_dbm - quiet_dbm, abs=0.9)


def test_a_carrier_that_comes_later_is_in_the_windows_after_it(tmp_path: Path) -> None:
    path = tmp_path / "rf.bin"
    record_serial(path, RfScene((Emitter("continuous", -35.0, starts_s=1.0),)), 2.0, built_elf())
    loud = [window.p50_counts < 700 for window in read_windows(str(path), 10.0)]
    assert loud == sorted(loud)
    assert 8 <= loud.index(True) <= 10


def test_recordings_are_small_and_the_same_each_time(tmp_path: Path) -> None:
    scene = RfScene((Emitter("wifi", -45.0, duty_cycle=0.3),), seed=5)
    for name in ("a", "b"):
        assert record_serial(tmp_path / name, scene, 3.0, built_elf()) == 30
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_size < 2000
    other = RfScene((Emitter("wifi", -45.0, duty_cycle=0.3),), seed=6)
    record_serial(tmp_path / "c", other, 3.0, built_elf())
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_duty_cycle_of_bursts_is_measured() -> None:
    host = Host(RfScene((Emitter("dect", -40.0),)))
    host.send(messages.RfStart(3125, 767, 8))
    host.run(1.1, keep_alive=True)
    host.assert_nothing_lost()
    for window in host.of(messages.EnvelopeWindow):
        assert window.burst_samples / window.samples == pytest.approx(0.0368, abs=0.002)
        assert window.bursts in (10, 11)
        assert window.longest_burst_slots in (11, 12)
        assert window.longest_gap_slots in (301, 302)


def test_bad_commands_are_refused_and_counted() -> None:
    host = Host()
    host.send(messages.RfStart(10, 767, 8))
    host.send(messages.RfStart(3125, 5000, 8))
    host.machine.send(b"\x09\x01\x02\0" + encode(messages.Exposure(1, 2, 3, 4), 0))
    host.machine.send(b"\x55" * 300 + b"\0")
    host.send(messages.ReportCounters())
    host.run(0.05)
    assert [(refused.request, refused.reason) for refused in host.of(messages.Refused)] == [(2, 1), (2, 1)]
    counters = host.of(messages.Counters)[-1]
    assert (counters.rx_bad_frames, counters.rx_unknown_messages) == (2, 1)


def test_rf_stop_stops() -> None:
    host = Host()
    host.send(messages.RfStart(3125, 767, 8))
    host.run(0.35)
    host.send(messages.RfStop())
    host.run(0.05)
    seen = len(host.of(messages.EnvelopeWindow))
    assert seen == 3
    host.run(0.5)
    assert len(host.of(messages.EnvelopeWindow)) == seen


def test_a_head_of_another_table_is_refused(tmp_path: Path) -> None:
    """Firmware built with another table CRC, through the whole way."""
    built_elf()
    copy = tmp_path / "firmware"
    shutil.copytree(REPO_ROOT / "firmware", copy, ignore=shutil.ignore_patterns("build"))
    header = copy / "core" / "messages.h"
    text = header.read_text(encoding="utf-8")
    header.write_text(text.replace(f"0x{messages.TABLE_CRC:08x}", f"0x{messages.TABLE_CRC ^ 1:08x}"), encoding="utf-8")
    subprocess.run(["make", "--quiet", "-C", str(copy)], check=True, stdout=subprocess.DEVNULL)
    with (
        EmulatedHead(RfScene(), copy / "build" / "sensor_head.elf") as emulated,
        SerialPort(emulated.port) as port,
        pytest.raises(WrongFirmware, match="another message table"),
    ):
        Head(port)


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="run make firmware"):
        find_elf(tmp_path / "none.elf")
    wrong = tmp_path / "wrong.elf"
    for content in (b"", b"\x7fELF\x02\x01\x01" + bytes(60), b"\x7fELF\x01\x01\x01" + bytes(60)):
        wrong.write_bytes(content)
        with pytest.raises(EmulatorError, match="run make firmware"):
            flash_segments(wrong)
    with pytest.raises(EmulatorError, match="run make firmware"), EmulatedHead(RfScene(), wrong):
        pass


def test_scenes_travel_as_json_and_nonsense_is_refused() -> None:
    scene = RfScene((Emitter("ble", -50.0, starts_s=0.5), Emitter("wifi", -30.0, 0.4)), noise_dbm=-61.0, seed=9)
    assert RfScene.from_json(scene.to_json()) == scene
    for text in ("", "[]", "{}", '{"emitters": [{"kind": "wifi"}], "detector": {}}', '{"emitters": 3, "detector": {}}'):
        with pytest.raises(SceneError):
            RfScene.from_json(text)


def test_the_emulator_ends_with_its_owner() -> None:
    others = set(descendants(os.getpid()))
    with EmulatedHead(RfScene(), built_elf()):
        (emulator,) = set(descendants(os.getpid())) - others
    assert emulator not in descendants(os.getpid())
