"""A sweep that was interrupted is closed at the next start, once, with what was measured."""

from __future__ import annotations

import contextlib
import errno
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sweep.deliver.journal import JournalFile, read_journal
from sweep.deliver.outbox import Outbox
from sweep.entry.envelope import from_wire, parse_envelope
from sweep.entry.kinds import REPORT, REPORT_TYPE
from sweep.host.clock import WallClock, read_boot_id
from sweep.host.disk import DISK, Disk
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.report import MODALITIES, LiveEvent, SweepReport, parse_json
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.recovery import SET_ASIDE, Closed, Now, close_interrupted
from sweep.run.runner import Runner
from sweep.run.sweep_sources import RecordedSource
from sweep.sim.air.radios import CAMERA
from tests.deliver.test_outbox import Crash, CrashingDisk
from tests.entry_factory import signer
from tests.failing_disk import FailingDisk
from tests.report_factory import make_report
from tests.run.test_sweep import DEMO
from tests.test_privacy import AIR_SSID, SIMULATED_BYSTANDERS, Trace, addresses, files_under, search

CLOCK = WallClock(synchronised=True, max_error_ms=20)
OTHER_BOOT = UUID(int=5)
GAP_S = 77


class Killed(BaseException):
    """Nothing of the process runs on."""


class KilledAt:
    """Hears events, and ends everything at the zone event of a number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, event: LiveEvent) -> None:
        if event.type == "zone":
            self.left -= 1
            if self.left == 0:
                raise Killed


def box(state: Path, disk: Disk = DISK) -> Outbox:
    return Outbox(state / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1", disk=disk)


def journals(state: Path) -> Path:
    return state / "journal"


def sweep(state: Path, on_event: KilledAt, disk: Disk = DISK) -> SweepReport:
    source = RecordedSource(DEMO)
    with box(state, disk) as outbox:
        runner = Runner(
            source,
            outbox,
            room_key=AddressKey("room", b"r" * 32),
            control=Control(needs_persons=False),
            on_event=on_event,
            journal=JournalFile(journals(state) / str(source.manifest.sweep_id)),
        )
        return runner.run().report


def restart(state: Path, now: Now, disk: Disk = DISK) -> list[Closed]:
    with box(state, disk) as outbox:
        return list(close_interrupted(journals(state), outbox, lambda _: SENSING_MODALITIES, now=lambda: now))


def reports_in(state: Path) -> list[SweepReport]:
    found = []
    for path in sorted((state / "outbox").glob("*.entry")):
        entry, bodies = from_wire(path.read_bytes())
        if parse_envelope(entry.payload).kind == REPORT:
            found += [parse_json(SweepReport, body.data) for body in bodies if body.media_type == REPORT_TYPE]
    return found


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a probe that was killed when one modality of the third stand was through."""
    state = tmp_path_factory.mktemp("killed")
    with pytest.raises(Killed):
        sweep(state, KilledAt(9))
    return state


@pytest.fixture
def state(killed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(killed, tmp_path / "state")


def journal_of(state: Path) -> Path:
    (folder,) = journals(state).iterdir()
    return folder


@pytest.fixture
def soon(state: Path) -> Now:
    """A while after the last record, the machine never off."""
    return Now(read_journal(journal_of(state)).last_ns + GAP_S * 10**9, read_boot_id(), CLOCK)


def test_what_was_measured_before_a_kill_is_reported_as_aborted(state: Path, soon: Now) -> None:
    told = read_journal(journal_of(state))
    (closed,) = restart(state, soon)
    (report,) = reports_in(state)
    assert closed.report == report
    assert not list(journals(state).iterdir())
    assert (report.sweep_id, report.outcome, report.source) == (told.header.sweep_id, "aborted", "simulated")
    assert [one.position_id for one in report.positions] == [one.id for one in RecordedSource(DEMO).manifest.positions][
        :3
    ]
    limits = {limit.code for limit in report.limits}
    assert "closed_probe_restarted" in limits
    assert "nothing_measured" not in limits
    assert [finding.zone_id for finding in report.findings] == ["stall-2"], "the camera was seen before the kill"
    last = report.positions[-1].zone_id
    cut = [one for one in report.coverage if one.zone_id == last and one.gaps]
    assert len(cut) == 3
    for one in cut:
        (gap,) = one.gaps
        assert (gap.reason, one.blind_reason) == ("probe_restarted", "probe_restarted")
        assert gap.end_ns == soon.t_ns
        assert GAP_S <= (gap.end_ns - gap.start_ns) / 1e9 < GAP_S + 60
    assert restart(state, soon) == []
    assert len(reports_in(state)) == 1


def test_after_another_boot_the_gap_has_no_length_that_nobody_knows(state: Path, soon: Now) -> None:
    (closed,) = restart(state, replace(soon, t_ns=1, boot_id=OTHER_BOOT))
    assert closed.report is not None
    limits = {limit.code for limit in closed.report.limits}
    assert "closed_probe_rebooted" in limits
    assert "closed_probe_restarted" not in limits
    gaps = [gap for one in closed.report.coverage for gap in one.gaps]
    assert {(gap.reason, gap.end_ns - gap.start_ns) for gap in gaps} == {("probe_rebooted", 0)}


def test_no_address_and_no_name_lies_in_a_journal(state: Path) -> None:
    kept = read_journal(journal_of(state))
    assert any(one.measurement.modality == "wifi" and one.measurement.observations for one in kept.measured)
    trace = Trace(files_under(journals(state)), [], make_report())
    secrets = addresses(*SIMULATED_BYSTANDERS, CAMERA) | {"network name": AIR_SSID}
    assert search(trace, secrets) == []


@pytest.mark.parametrize("crash_at", range(1, 9))
def test_a_kill_while_closing_neither_loses_the_report_nor_writes_it_twice(
    state: Path, soon: Now, crash_at: int
) -> None:
    with contextlib.suppress(Crash):
        restart(state, soon, CrashingDisk(crash_at))
    restart(state, soon)
    assert len(reports_in(state)) == 1
    assert not list(journals(state).iterdir())


def test_what_never_began_leaves_nothing_and_what_is_no_journal_is_set_aside(state: Path, soon: Now) -> None:
    header = journal_of(state) / "records"
    (journals(state) / "never-began").mkdir()
    lines = header.read_bytes().splitlines(keepends=True)
    header.write_bytes(b"\x00" * 100)
    (state / "outbox" / "000000000001.entry").unlink()
    (journals(state) / "never-began" / "records").write_bytes(lines[0])
    told = sorted(restart(state, soon), key=lambda one: one.name == "never-began")
    assert [one.report for one in told] == [None, None]
    assert told[0].trouble is not None
    assert "does not begin as a journal does" in str(told[0].said)
    assert told[1].said is None
    assert list(journals(state).iterdir()) == []
    assert [path.name for path in (state / SET_ASIDE).iterdir()] == [told[0].name]
    assert reports_in(state) == []


def test_a_journal_of_which_no_report_can_be_made_holds_up_no_start(state: Path, soon: Now) -> None:
    """Its last position is in a zone that its plan does not have."""
    folder = journal_of(state)
    last = read_journal(folder).position_records[-1]
    file = JournalFile(folder)
    file.put(last.model_copy(update={"position": last.position.model_copy(update={"zone_id": "nowhere"})}))
    file.close()
    (closed,) = restart(state, soon)
    assert closed.trouble is not None
    assert "zone nowhere is not on the plan" in str(closed.said)
    assert reports_in(state) == []
    assert restart(state, soon) == []


def test_a_report_that_the_disk_did_not_take_is_made_again_at_the_next_start(tmp_path: Path, soon: Now) -> None:
    disk = FailingDisk()

    class FullAtTheEnd(KilledAt):
        def __call__(self, event: LiveEvent) -> None:
            if event.type == "state" and event.state == "closing":
                disk.errno = errno.ENOSPC

    state = tmp_path / "full"
    whole = sweep(state, FullAtTheEnd(0), disk)
    assert reports_in(state) == []
    disk.errno = None
    (closed,) = restart(state, soon)
    assert closed.report is not None
    same = {"limits": whole.limits}
    assert closed.report.model_copy(update=same) == whole.model_copy(
        update={"observations": closed.report.observations}
    )
    assert {limit.code for limit in closed.report.limits} - {limit.code for limit in whole.limits} == {
        "report_after_restart"
    }


def test_a_live_sweep_ends_when_its_last_record_was_made(state: Path, soon: Now) -> None:
    folder = journal_of(state)
    told = read_journal(folder)
    began = datetime(2026, 1, 5, 9, tzinfo=UTC)
    header = told.header.model_copy(
        update={
            "source": "live",
            "begun": began,
            "manifest": told.header.manifest.model_copy(update={"started": began}),
        }
    )
    shutil.rmtree(folder)
    file = JournalFile(folder)
    file.put(header)
    file.put(told.position_records[0].model_copy(update={"is_over": False}))
    file.put(told.measured[0])
    (closed,) = restart(state, soon)
    assert closed.report is not None
    last_ns = max(told.measured[0].t_ns, told.position_records[0].t_ns)
    assert closed.report.ended.utc - began == timedelta(microseconds=(last_ns - header.begun_ns) // 1_000)
    (position,) = closed.report.positions
    assert position.end_ns == max(last_ns, position.start_ns)
    measured = told.measured[0].measurement.modality
    never = {limit.code for limit in closed.report.limits if limit.code.endswith("_never_measured")}
    assert never == {f"{modality}_never_measured" for modality in MODALITIES if modality != measured}
