"""A live sweep that was interrupted goes on under its own id when two persons declare the room empty again."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sweep.deliver.journal import Journal, JournalFile, read_journal
from sweep.deliver.journal_records import ClosingRecord
from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import Uplink
from sweep.entry.kinds import OPENED, REPORT
from sweep.host.clock import read_boot_id
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.liveness import boottime_ns
from sweep.modality.next_position import NextPosition
from sweep.report import LiveEvent, StartCommand, SweepReport, utc_now
from sweep.run.agent import Agent, Resumable
from sweep.run.reporting.recovery import RESUME_WITHIN_S, Now, close_interrupted, rest_of, resumable, start_of
from sweep.run.runner import Runner
from sweep.run.sweep_sources import Interrupted, LiveSource, middle_of
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.hostile_server import HostileServer
from tests.run.honest_server import PERSONS
from tests.run.kill_rig import box, modalities_in
from tests.run.phone import Phone
from tests.run.test_kills import entries_in, last_report
from tests.run.test_recovery import Killed, KilledAt

DWELL_S = 0.5
STALLS = ("stall-1", "stall-2", "stall-3")


def positions(*zones: str) -> Iterator[NextPosition]:
    plan = {zone.zone_id: zone for zone in default_room().plan.zones}
    for name in zones:
        yield middle_of(plan[name])


def runner(
    folder: Path, outbox: Outbox, control: Control, on_event: Callable[[LiveEvent], None], zones: tuple[str, ...],
    resumed: Journal | None = None,
) -> Runner:  # fmt: skip
    room = default_room()
    modalities = modalities_in(folder)
    rest: Interrupted | None = None if resumed is None else rest_of(resumed)
    source = LiveSource(
        room,
        inspectors=PERSONS,
        probe_id="probe-demo-1",
        dwell_s=DWELL_S,
        positions=positions(*zones),
        sources={modality.name: "paced" for modality in modalities},
        interrupted=rest,
    )
    return Runner(
        source,
        outbox,
        room_key=AddressKey("room", b"r" * 32),
        control=control,
        on_event=on_event,
        modalities=modalities,
        journal=JournalFile(folder / "journal" / str(source.manifest.sweep_id)),
        resumed=resumed,
    )


def declared() -> Control:
    control = Control()
    control.declare_empty(PERSONS)
    return control


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a probe that was killed when two modalities of the second stall were through."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.raises(Killed), box(folder) as outbox:
        runner(folder, outbox, declared(), KilledAt(6), STALLS).run()
    return folder


@pytest.fixture
def state(killed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(killed, tmp_path / "state")


def journal_in(state: Path) -> Journal:
    (folder,) = (state / "journal").iterdir()
    return read_journal(folder)


def codes(report: SweepReport) -> set[str]:
    return {limit.code for limit in report.limits}


def test_it_goes_on_where_it_was_with_what_had_been_measured(state: Path) -> None:
    before = journal_in(state)
    with box(state) as outbox:
        found = resumable(state / "journal", outbox, Now(boottime_ns(), read_boot_id()))
        assert found == before
        report = runner(state, outbox, declared(), lambda _: None, ("stall-2", "stall-3"), before).run().report
    assert last_report(state) == report
    assert entries_in(state) == [OPENED, REPORT]
    assert not list((state / "journal").iterdir())
    assert (report.sweep_id, report.started.utc) == (before.header.sweep_id, before.header.manifest.started)
    assert report.outcome == "completed"
    assert [one.position_id for one in report.positions] == ["at-stall-1", "at-stall-2", "at-stall-2-2", "at-stall-3"]
    assert [one.start_ns for one in report.positions] == sorted(one.start_ns for one in report.positions)
    assert "resumed_after_restart" in codes(report)
    assert "closed_probe_restarted" not in codes(report)
    samples = {(one.zone_id, one.modality): one.samples for one in report.coverage}
    assert all(samples[zone, modality] >= 5 for zone in STALLS for modality in ("lens", "wifi", "ble"))
    gaps = [gap for one in report.coverage if one.zone_id == "stall-2" for gap in one.gaps]
    assert {gap.reason for gap in gaps} == {"probe_restarted"}
    took_s = (report.ended.utc - report.started.utc).total_seconds()
    assert took_s == pytest.approx((report.positions[-1].end_ns - before.header.begun_ns) / 1e9, abs=5.0)


def test_its_report_tells_how_the_probe_was_in_both_parts(state: Path) -> None:
    before = journal_in(state)
    assert before.position_records[-1].condition is not None
    was = before.position_records[-1].condition.model_copy(
        update={"hangs": 2, "head_absences": 1, "lost": {"head_restarts": 3}}
    )
    last = before.position_records[-1].model_copy(update={"condition": was})
    told = replace(before, position_records=(*before.position_records[:-1], last))
    with box(state) as outbox:
        report = runner(state, outbox, declared(), lambda _: None, ("stall-3",), told).run().report
    assert report.condition is not None
    assert (report.condition.hangs, report.condition.head_absences) == (2, 1)
    assert report.condition.lost == {"head_restarts": 3}


def test_a_kill_after_it_went_on_loses_nothing_of_either_part(state: Path) -> None:
    with pytest.raises(Killed), box(state) as outbox:
        runner(state, outbox, declared(), KilledAt(3), ("stall-2", "stall-3"), journal_in(state)).run()
    again = journal_in(state)
    assert [one.position.position_id for one in again.position_records] == ["at-stall-1", "at-stall-2", "at-stall-2-2"]
    assert again.position_records[1].is_over
    with box(state) as outbox:
        list(close_interrupted(state / "journal", outbox, lambda _: modalities_in(state)))
    assert entries_in(state) == [OPENED, REPORT]
    assert {"at-stall-1", "at-stall-2"} < {one.position_id for one in last_report(state).positions}


def test_where_nobody_declares_it_again_it_is_closed_with_what_there_is(state: Path) -> None:
    control = Control()
    control.abort()
    with box(state) as outbox:
        report = runner(state, outbox, control, lambda _: None, STALLS, journal_in(state)).run().report
    assert (report.outcome, [one.position_id for one in report.positions]) == ("aborted", ["at-stall-1", "at-stall-2"])
    assert "closed_probe_restarted" in codes(report)


def later(state: Path) -> Now:
    return Now(journal_in(state).last_ns + round(RESUME_WITHIN_S * 1e9) + 1, read_boot_id())


def closing(state: Path) -> Now:
    file = JournalFile(journal_in(state).folder)
    file.put(ClosingRecord(t_ns=boottime_ns(), outcome="completed", ended=utc_now(), limits=()))
    file.close()
    return Now.read()


@pytest.mark.parametrize(
    "change",
    [later, closing, lambda _: replace(Now.read(), boot_id=UUID(int=3))],
    ids=["after a quarter of an hour", "it was over", "the machine was off"],
)
def test_what_cannot_go_on_truthfully_is_closed(state: Path, change: Callable[[Path], Now]) -> None:
    now = change(state)
    with box(state) as outbox:
        assert resumable(state / "journal", outbox, now) is None


def test_the_phone_is_told_and_its_declaration_lets_it_go_on(state: Path) -> None:
    phone, stop, key = Phone(), threading.Event(), signer()
    before = journal_in(state)
    sweep_id = before.header.sweep_id
    with HostileServer(phone) as server, box(state) as outbox, Uplink(server.url, key) as uplink:

        def rest(_: StartCommand, control: Control, on_event: Callable[[LiveEvent], None]) -> Runner:
            return runner(state, outbox, control, on_event, ("stall-3",), before)

        def nothing(*_: Any) -> Runner:
            raise ValueError("nobody started another")

        agent = Agent(
            uplink,
            outbox,
            probe_id="probe-demo-1",
            pin_file=state / "server.pub",
            runner_for=nothing,
            say=lambda _: None,
            resumable=Resumable(start_of(before.header.manifest), rest),
        )
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            phone.wait_for(lambda: "sweep_interrupted" in phone.notices(), "the notice")
            phone.wait_for(lambda: phone.state_of(sweep_id) == "waiting_for_empty", "the question")
            assert phone.stored == []
            phone.declare(sweep_id)
            phone.wait_for(lambda: sweep_id in phone.reports, "the report")
        finally:
            stop.set()
            thread.join(60.0)
    assert phone.kinds == {sweep_id: [OPENED, REPORT]}
    assert [one.position_id for one in phone.reports[sweep_id].positions] == ["at-stall-1", "at-stall-2", "at-stall-3"]
    assert phone.state_of(sweep_id) == "done"
