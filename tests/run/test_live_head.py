"""A live sweep with the real firmware in the emulator and nothing else: RF without light, a head pulled, low supply."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from pathlib import Path

import pytest

from sweep.cli.config import Config
from sweep.cli.running import runner_of
from sweep.deliver.outbox import Outbox
from sweep.modality.control import Control
from sweep.modality.next_position import NextPosition
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import (
    ConditionEvent,
    LiveEvent,
    NoticeEvent,
    StateEvent,
    SweepReport,
    ZoneCoverage,
    ZoneEvent,
)
from sweep.run.reporting.recovery import start_of
from sweep.run.sweep_sources import LiveSource
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.sim.head_kit import built_elf
from tests.waiting import PATIENCE_S, Queued, wait_until

ROOM = default_room()
DWELL_S = 3.0


@dataclass
class Sweep:
    """A live sweep that goes on in a thread of its own."""

    folder: Path
    zones: int
    events: list[LiveEvent] = field(default_factory=list)
    control: Control = field(default_factory=Control)
    reports: list[SweepReport] = field(default_factory=list)
    modality: Path = field(init=False)
    begun: list[str] = field(default_factory=list)
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(3))
    """How many positions the inspector may still begin."""
    is_declared: bool = True
    has_radio_earphone: bool = False
    begin: list[NextPosition] = field(default_factory=list)
    """Where the inspector stands before the zones."""

    def __post_init__(self) -> None:
        self.modality = self.folder / "ttyHEAD"
        if self.is_declared:
            self.control.declare_empty(("A-1", "A-2"))

    def positions(self) -> Iterator[NextPosition]:
        yield from self.begin
        for zone in ROOM.plan.zones[: self.zones]:
            if self.control.standing in {"abort", "finish"}:
                return
            while not self.gate.acquire(timeout=0.1):
                if self.control.standing in {"abort", "finish"}:
                    return
            self.begun.append(zone.zone_id)
            yield NextPosition(zone.zone_id, 1.0, 1.0, 0.0)

    def run(self) -> None:
        room = ROOM
        settings = Config(port=str(self.modality), stimulus="never", state=str(self.folder))
        source = LiveSource(
            room,
            inspectors=("A-1", "A-2"),
            probe_id="probe-demo-1",
            dwell_s=DWELL_S,
            positions=self.positions(),
            has_radio_earphone=self.has_radio_earphone,
        )
        assert start_of(source.manifest).has_radio_earphone is self.has_radio_earphone, "a sweep that goes on knows it"
        with Outbox(self.folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1") as outbox:
            runner = runner_of(
                source,
                outbox,
                settings,
                control=self.control,
                on_event=self.events.append,
                sweep_id=source.manifest.sweep_id,
                own_transmissions=OwnTransmissions(lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME)),
            )
            self.reports.append(runner.run().report)
            assert outbox.waiting == 2, "the report is signed, whatever happened"

    def wait_for(self, is_there: Callable[[], object], what: str) -> None:
        wait_until(is_there, what, 60.0, 0.02)

    def states(self) -> list[str]:
        return [event.state for event in self.events if isinstance(event, StateEvent)]

    def notices(self) -> list[tuple[str, bool]]:
        return [(event.code, event.is_over) for event in self.events if isinstance(event, NoticeEvent)]

    def ended(self, zone: int) -> bool:
        """RF is the last to be told of a position."""
        zone_id = ROOM.plan.zones[zone].zone_id
        return any(isinstance(e, ZoneEvent) and (e.zone_id, e.modality) == (zone_id, "rf") for e in self.events)

    def rf(self, zone: int) -> ZoneCoverage:
        zone_id = ROOM.plan.zones[zone].zone_id
        (found,) = [c for c in self.reports[0].coverage if c.modality == "rf" and c.zone_id == zone_id]
        return found


def limits_of_outside(report: SweepReport) -> set[str]:
    return {limit.code for limit in report.limits if "outside" in limit.code}


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    built_elf()
    return Sweep(tmp_path, zones=3)


def started(sweep: Sweep) -> threading.Thread:
    thread = threading.Thread(target=sweep.run, daemon=True)
    thread.start()
    return thread


def test_without_light_the_head_still_measures_rf_and_its_button_still_stops(sweep: Sweep) -> None:
    lit: list[tuple[str, int, int]] = []
    with EmulatedHead(RfScene(), paced=True, pins=("white",), on_edge=lambda *edge: lit.append(edge)) as head:
        sweep.modality.symlink_to(head.port)
        sweep.zones = 2
        thread = started(sweep)
        sweep.wait_for(lambda: len(sweep.begun) == 2, "the second position")
        head.hold_button(is_pressed=True)
        sweep.wait_for(lambda: sweep.control.standing == "paused", "the pause")
        sweep.control.abort()
        thread.join(PATIENCE_S)
    assert lit == []
    assert sweep.rf(0).samples >= 15, "30, less what a busy machine holds up"
    assert sweep.rf(0).blind_reason == "no_baseline"
    assert limits_of_outside(sweep.reports[0]) == {"outside_skipped"}
    assert sweep.reports[0].versions.firmware is not None


def test_a_declared_radio_earphone_leaves_nothing_of_rf_to_judge_and_the_report_names_it(sweep: Sweep) -> None:
    sweep.has_radio_earphone = True
    sweep.zones = 1
    with EmulatedHead(RfScene(), paced=True) as head:
        sweep.modality.symlink_to(head.port)
        thread = started(sweep)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    report = sweep.reports[0]
    assert sweep.rf(0).blind_reason == "own_transmissions"
    assert sweep.rf(0).rejections["own_transmission"] > 0
    assert {verdict.verdict for verdict in report.verdicts if verdict.modality == "rf"} == {"not_assessable"}
    assert "radio_earphone" in {limit.code for limit in report.limits}


def test_a_head_pulled_in_the_middle_is_a_gap_there_and_later_and_heals(sweep: Sweep) -> None:
    sweep.gate = threading.Semaphore(1)
    with EmulatedHead(RfScene(), paced=True) as first:
        sweep.modality.symlink_to(first.port)
        thread = started(sweep)
        sweep.wait_for(lambda: sweep.begun, "the first position")
        time.sleep(DWELL_S / 2)  # the middle of the position is where it is pulled
        sweep.modality.unlink()
    sweep.wait_for(lambda: ("head_away", False) in sweep.notices(), "the word that the head is away")
    sweep.gate.release()
    sweep.wait_for(lambda: len(sweep.begun) == 2, "the second position")
    sweep.wait_for(lambda: sweep.ended(1), "the end of the second position")
    with EmulatedHead(RfScene(), paced=True) as second:
        sweep.modality.symlink_to(second.port)
        sweep.gate.release()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    report = sweep.reports[0]
    assert [gap.reason for gap in sweep.rf(0).gaps] == ["head_away"]
    assert sweep.rf(0).samples >= 5 or sweep.rf(0).blind_reason == "head_away"
    assert sweep.rf(1).blind_reason == "head_away"
    assert [gap.reason for gap in sweep.rf(1).gaps] == ["head_away"]
    starts = {p.zone_id: (p.start_ns, p.end_ns) for p in report.positions}
    (gap,) = sweep.rf(0).gaps
    begin_ns, end_ns = starts[ROOM.plan.zones[0].zone_id]
    assert begin_ns <= gap.start_ns <= gap.end_ns <= end_ns + 500_000_000
    assert sweep.rf(2).samples >= 15
    assert sweep.rf(2).blind_reason == "no_baseline"
    assert ("head_away", True) in sweep.notices(), "its return is said"
    (away,) = {v.text.en for v in report.verdicts if v.modality == "rf" and v.zone_id == ROOM.plan.zones[1].zone_id}
    assert away == "The sensor head is absent or does not answer"
    assert report.condition is not None
    assert report.condition.head_absences == 1
    assert report.condition.head_away_s is not None
    assert report.condition.head_away_s >= 1.0
    assert report.condition.lowest_battery_v is not None
    told = [event.head for event in sweep.events if isinstance(event, ConditionEvent) and event.head is not None]
    changes = [one for one, after in pairwise([*told, None]) if one != after]
    assert changes[-2:] == ["away", "there"], "a busy machine may find it for the first time only now"


def test_a_supply_that_runs_out_closes_the_sweep_with_a_report_that_says_so(sweep: Sweep) -> None:
    with EmulatedHead(RfScene(battery_mv=4_250), paced=True) as head:
        sweep.modality.symlink_to(head.port)
        thread = started(sweep)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    report = sweep.reports[0]
    assert report.outcome == "aborted"
    assert len(report.positions) < 3
    assert ("battery_low", False) in sweep.notices()
    (limit,) = [limit for limit in report.limits if limit.code == "closed_battery_low"]
    assert limit.text.en.startswith("The supply ran low")
    assert [e.state for e in sweep.events if isinstance(e, StateEvent)][-2:] == ["closing", "aborted"]
    assert "The supply runs low" in " ".join(e.text.en for e in sweep.events if isinstance(e, NoticeEvent))


def test_the_button_stops_a_sweep_that_waits_and_one_in_which_nobody_measures(sweep: Sweep) -> None:
    sweep.gate = threading.Semaphore(1)
    sweep.zones = 2
    with EmulatedHead(RfScene(), paced=True) as head:
        sweep.modality.symlink_to(head.port)
        thread = started(sweep)
        sweep.wait_for(lambda: sweep.ended(0), "the end of the first position")
        assert sweep.control.standing == "go"
        pressed_s, queued = time.monotonic(), Queued()
        head.hold_button(is_pressed=True)
        sweep.wait_for(lambda: sweep.states()[-1] == "paused", "the pause")
        taken_s = time.monotonic() - pressed_s - queued.seconds()
        print(f"button to pause while waiting: {taken_s:.2f} s, less what the machine was busy")
        assert taken_s <= 1.0
        head.hold_button(is_pressed=False)
        sweep.control.declare_empty(("A-1", "A-2"))
        assert sweep.states()[-1] == "running"
        sweep.control.abort()
        thread.join(PATIENCE_S)
    assert sweep.states() == ["running", "paused", "running", "closing", "aborted"]


def test_the_button_is_heard_before_anybody_declared_anything(tmp_path: Path) -> None:
    built_elf()
    sweep = Sweep(tmp_path, zones=1, is_declared=False)
    with EmulatedHead(RfScene(), paced=True) as head:
        sweep.modality.symlink_to(head.port)
        thread = started(sweep)
        sweep.wait_for(lambda: sweep.states() == ["waiting_for_empty"], "the question")
        presses = cycle((True, False))

        def is_paused() -> bool:  # pressed again until the head's process has found the head
            head.hold_button(is_pressed=next(presses))
            return sweep.states()[-1] == "paused"

        wait_until(is_paused, "the pause", every_s=0.2)
        assert sweep.states() == ["waiting_for_empty", "paused"]
        sweep.control.abort()
        thread.join(PATIENCE_S)
    assert sweep.reports[0].positions == ()
