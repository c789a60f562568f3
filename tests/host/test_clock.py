"""What the kernel says of the time of day, and what a year that nobody knows does to the key of a room."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sweep.deliver.outbox import Outbox
from sweep.entry.envelope import from_wire, parse_envelope
from sweep.host.clock import NOT_SYNCHRONISED, STA_UNSYNC, WallClock, judge_clock, read_wall_clock
from sweep.modality.addresses import SECRET_OCTETS, AddressKey
from sweep.modality.control import Control
from sweep.modality.liveness import boottime_ns
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line
from sweep.modality.next_position import NextPosition
from sweep.modality.protocol import Measure
from sweep.modality.task import Task
from sweep.report import Modality, RecordedSweep, new_id, parse_json
from sweep.run.modalities import SENSING_MODALITIES, WEIGHERS, vocabulary_of
from sweep.run.room_keys import RoomKeyError, open_room_key, recorded_room_key
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource, middle_of
from sweep.sim.source import default_room
from sweep.wifi.words import WORDS as WIFI_WORDS
from tests.entry_factory import signer

WORDS = vocabulary_of(SENSING_MODALITIES)

SET = WallClock(synchronised=True, max_error_ms=20)
ROOM = new_id()
THIS, LAST, FAR = (datetime(year, 11, 25, tzinfo=UTC) for year in (2026, 2025, 2036))


@pytest.mark.parametrize(
    ("answer", "status", "max_error_us", "expected"),
    [
        (0, 0, 1_500, WallClock(synchronised=True, max_error_ms=2)),
        (5, STA_UNSYNC, 16_000_000, NOT_SYNCHRONISED),
        (0, STA_UNSYNC, 1_000, NOT_SYNCHRONISED),
        (0, 0, 16_000_000, NOT_SYNCHRONISED),
        (-1, 0, 0, NOT_SYNCHRONISED),
    ],
)
def test_the_kernels_word_counts(answer: int, status: int, max_error_us: int, expected: WallClock) -> None:
    assert judge_clock(answer, status, max_error_us) == expected


def test_the_kernel_is_asked() -> None:
    said = read_wall_clock()
    assert said.synchronised == (said.max_error_ms is not None)
    assert boottime_ns() > 0


def test_visits_of_a_year_share_a_key_and_old_keys_stay(tmp_path: Path) -> None:
    first = open_room_key(tmp_path, ROOM, LAST, SET)
    assert first.limits == ()
    assert open_room_key(tmp_path, ROOM, LAST, SET) == first
    other = open_room_key(tmp_path, new_id(), LAST, SET)
    assert other.key != first.key
    second = open_room_key(tmp_path, ROOM, THIS, SET)
    assert second.key != first.key
    assert second.limits == ("room_key_new",)
    kept = sorted(path for path in (tmp_path / "room-keys").iterdir() if path.name.startswith(str(ROOM)))
    assert [path.name[-8:-4] for path in kept] == ["2025", "2026"]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert {path.stat().st_size for path in kept} == {SECRET_OCTETS}


@pytest.mark.parametrize("wrong", [FAR, LAST, datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_clock_that_nobody_set_begins_no_year(tmp_path: Path, wrong: datetime) -> None:
    right = open_room_key(tmp_path, ROOM, THIS, SET)
    unsure = open_room_key(tmp_path, ROOM, wrong, NOT_SYNCHRONISED)
    assert unsure.key == right.key
    assert unsure.limits == ("room_key_year_unsure",)
    assert open_room_key(tmp_path, ROOM, THIS, SET) == right
    assert len(list((tmp_path / "room-keys").iterdir())) == 1


def test_a_clock_that_goes_back_over_new_year_keeps_the_last_key(tmp_path: Path) -> None:
    right = open_room_key(tmp_path, ROOM, THIS, SET)
    back = open_room_key(tmp_path, ROOM, LAST, SET)
    assert (back.key, back.limits) == (right.key, ("room_key_year_unsure",))


def test_a_first_visit_without_a_clock_gets_its_year_when_the_clock_is_known(tmp_path: Path) -> None:
    first = open_room_key(tmp_path, ROOM, FAR, NOT_SYNCHRONISED)
    assert first.limits == ("room_key_year_unsure",)
    assert open_room_key(tmp_path, ROOM, THIS, NOT_SYNCHRONISED).key == first.key
    settled = open_room_key(tmp_path, ROOM, THIS, SET)
    assert (settled.key, settled.limits) == (first.key, ())


def test_what_a_recording_says_of_its_year_settles_nothing_for_visits(tmp_path: Path) -> None:
    right = open_room_key(tmp_path, ROOM, THIS, SET)
    replayed = recorded_room_key(tmp_path, ROOM, FAR.year)
    assert recorded_room_key(tmp_path, ROOM, FAR.year) == replayed
    assert replayed.key != right.key
    assert open_room_key(tmp_path, ROOM, THIS, SET) == right


@pytest.mark.parametrize("secret", [b"", b"short", b"x" * (SECRET_OCTETS + 1)])
def test_a_damaged_key_is_said_and_never_replaced(tmp_path: Path, secret: bytes) -> None:
    open_room_key(tmp_path, ROOM, THIS, SET)
    (path,) = (tmp_path / "room-keys").iterdir()
    path.write_bytes(secret)
    for clock in (SET, NOT_SYNCHRONISED):
        with pytest.raises(RoomKeyError, match="put back a copy"):
            open_room_key(tmp_path, ROOM, THIS, clock)
    assert path.read_bytes() == secret


def test_a_replay_with_a_damaged_key_says_so_in_one_line(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "sweep" / "sim" / "recorded"
    command = [sys.executable, "-m", "sweep.cli", "replay", str(demo), "--state", str(tmp_path), "--quiet"]
    keys = tmp_path / "room-keys-recorded"
    keys.mkdir()
    manifest = parse_json(RecordedSweep, (demo / "sweep.json").read_bytes())
    (keys / f"{manifest.room_id}-{manifest.started.year}.key").write_bytes(b"")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "damaged" in done.stderr


def test_what_a_report_says_of_the_key_is_said_in_two_languages() -> None:
    for code in ("room_key_year_unsure", "room_key_new", "nothing_measured"):
        text = WORDS.conditional_limits[code].text
        assert text.ko != text.en


class Clocks:
    """CLOCK_BOOTTIME that goes on, and a time of day that somebody sets in the middle."""

    def __init__(self) -> None:
        self.boot_ns = 70_000_000_000
        self.day = THIS

    def go_on(self, seconds: float) -> None:
        self.boot_ns += round(seconds * 1e9)
        self.day += timedelta(seconds=seconds)


@pytest.mark.parametrize("step", [timedelta(hours=-2), timedelta(days=3_652), timedelta(0)])
def test_a_clock_that_is_set_during_a_sweep_changes_no_length(tmp_path: Path, step: timedelta) -> None:
    clocks = Clocks()
    control = Control(clock=lambda: clocks.boot_ns / 1e9)
    control.declare_empty(("A-1", "A-2"))
    room = default_room()

    def positions() -> Iterator[NextPosition]:
        for zone in room.plan.zones[:2]:
            clocks.go_on(10.0)
            yield middle_of(zone)
            clocks.day += step  # somebody sets it while it is measured
            clocks.go_on(30.0)

    source = LiveSource(
        room, inspectors=("A-1", "A-2"),
        probe_id="p", dwell_s=5.0, positions=positions(), clock=SET, now_ns=lambda: clocks.boot_ns,
        time_of_day=lambda: clocks.day,
    )  # fmt: skip
    with Outbox(tmp_path / "outbox", signer("demo"), tenant="demo-gu", subject="p") as outbox:
        report = Runner(
            source, outbox, room_key=AddressKey.random("room"), control=control, on_event=lambda _: None,
            modalities=(Deaf(),), now_ns=lambda: clocks.boot_ns, read_clock=lambda: NOT_SYNCHRONISED,
        ).run().report  # fmt: skip
        times = [parse_envelope(from_wire(wire)[0].payload).time for _, wire in outbox.pending()]
    starts_s = [(position.start_ns - 70_000_000_000) / 1e9 for position in report.positions]
    assert starts_s == [10.0, 50.0]
    assert all(0 <= position.end_ns - position.start_ns < 1e9 for position in report.positions)
    assert (report.ended.utc - report.started.utc).total_seconds() == 80.0
    assert report.started.synchronised
    assert [one.synchronised for one in times] == [False, False], "entries are stamped with what the kernel says then"


class Deaf:
    name: Modality = "wifi"
    calibration = None
    weigher = WEIGHERS["wifi"]
    words = WIFI_WORDS
    parts = ()

    def open(self) -> Measure:
        return self.measure

    def measure(self, task: Task[object], line: Line) -> Measurement:
        return Measurement(
            zone_id=task.position.zone_id, position_id=task.position.position_id, modality="wifi", dwell_s=task.dwell_s,
            samples=1, dropped=0, quality=0.0, blind_reason="adapter_away", rejections={}, gaps=(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "ahead", "is_taken"),
    [
        (NOT_SYNCHRONISED, timedelta(days=9_000), True),
        (NOT_SYNCHRONISED, timedelta(days=-1), True),
        (NOT_SYNCHRONISED, timedelta(seconds=40), False),
        (SET, timedelta(days=9_000), False),
    ],
    ids=["never set", "ahead", "as good as the same", "synchronised"],
)
def test_what_the_phone_tells_counts_where_nobody_set_the_clock_and_the_report_says_so(
    tmp_path: Path, clock: WallClock, ahead: timedelta, is_taken: bool
) -> None:
    clocks, room, control = Clocks(), default_room(), Control()
    control.declare_empty(("A-1", "A-2"))
    told = clocks.day + ahead
    source = LiveSource(
        room, inspectors=("A-1", "A-2"),
        probe_id="p", dwell_s=5.0, positions=[middle_of(room.plan.zones[0])], clock=clock,
        now_ns=lambda: clocks.boot_ns, time_of_day=lambda: clocks.day, told_time=told,
    )  # fmt: skip
    with Outbox(tmp_path / "outbox", signer("demo"), tenant="demo-gu", subject="p") as outbox:
        report = Runner(
            source, outbox, room_key=AddressKey.random("room"), control=control, on_event=lambda _: None,
            modalities=(Deaf(),), now_ns=lambda: clocks.boot_ns, read_clock=lambda: clock, limits=source.limits,
        ).run().report  # fmt: skip
    assert report.started.utc == (told if is_taken else clocks.day)
    assert report.started.synchronised == clock.synchronised, "a phone's word disciplines no clock"
    assert ("clock_from_phone" in {limit.code for limit in report.limits}) == is_taken
