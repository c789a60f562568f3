"""The disk is full at one write of a sweep, or from that one on: it goes on, says so, and its report is not lost."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sweep.deliver.journal import JournalFile
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.entry.kinds import OPENED, REPORT
from sweep.host.disk import Disk
from sweep.modality.addresses import AddressKey
from sweep.report import LiveEvent, NoticeEvent, StateEvent, SweepReport
from sweep.run.reporting.recovery import close_interrupted
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.run.honest_server import PERSONS
from tests.run.kill_rig import box, paced
from tests.run.test_kills import entries_in, last_report
from tests.run.test_resume import codes, declared, positions

WRITES = 15
"""Of such a sweep: the next test counts them."""
CHOSEN = (1, 3, 7, 12)
"""The journal's first line, an entry's number, a position's line, one of the report's own."""


class CountedDisk(Disk):
    """Takes nothing at the write of a number, or from that one on."""

    def __init__(self, full_at: int, *, lasts: bool) -> None:
        self.full_at = full_at
        self.lasts = lasts
        self.writes = 0

    def _count(self) -> None:
        self.writes += 1
        if self.writes == self.full_at or (self.lasts and self.writes > self.full_at):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_durably(self, path: Path, data: bytes) -> None:
        self._count()
        super().write_durably(path, data)

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        self._count()
        super().write_at(descriptor, data, offset)


def sweep(folder: Path, disk: Disk, events: list[LiveEvent]) -> SweepReport:
    """One modality at one stall."""
    room = default_room()
    modalities = (paced("wifi", folder),)
    source = LiveSource(
        room,
        inspectors=PERSONS,
        probe_id="probe-demo-1",
        dwell_s=0.3,
        positions=positions("stall-1"),
        sources={"wifi": "paced"},
    )
    outbox = Outbox(folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1", disk=disk)
    with outbox:
        return (
            Runner(
                source,
                outbox,
                room_key=AddressKey("room", b"r" * 32),
                control=declared(),
                on_event=events.append,
                modalities=modalities,
                journal=JournalFile(folder / "journal" / str(source.manifest.sweep_id), disk=disk),
            )
            .run()
            .report
        )


def test_so_many_writes_there_are(tmp_path: Path) -> None:
    disk = CountedDisk(0, lasts=False)
    sweep(tmp_path, disk, [])
    assert WRITES <= disk.writes <= WRITES + 2, "a slow machine also tells what there is so far"


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(
    "full_at", [pytest.param(n, marks=[] if n in CHOSEN else pytest.mark.soak) for n in range(1, WRITES + 1)]
)
def test_a_disk_that_is_full_at_one_write_costs_no_report(tmp_path: Path, full_at: int, lasts: bool) -> None:
    events: list[LiveEvent] = []
    report, refused = None, ""
    try:
        report = sweep(tmp_path, CountedDisk(full_at, lasts=lasts), events)
    except OutboxError as error:
        refused = str(error)
    if report is None:
        assert "not begun" in refused
        assert entries_in(tmp_path) == []
        assert not list((tmp_path / "journal").glob("*"))
        return
    (cell,) = [one for one in report.coverage if one.zone_id == "stall-1" and one.modality == "wifi"]
    assert (report.outcome, cell.samples) == ("completed", 3)
    told = [event for event in events if isinstance(event, NoticeEvent) and event.code == "journal_unsaved"]
    assert [event.is_over for event in told] in ([], [False], [False, True]), "once, and when it is over"
    closing = [isinstance(event, StateEvent) and event.state == "closing" for event in events].index(True)
    told_before = any(event in told for event in events[:closing])
    assert told_before <= ("journal_unsaved" in codes(report)) <= bool(told), "or only after the report was made"
    with box(tmp_path) as outbox:  # the next start, the disk as it should be
        list(close_interrupted(tmp_path / "journal", outbox, lambda _: (paced("wifi", tmp_path),)))
    assert entries_in(tmp_path) == [OPENED, REPORT]
    assert not list((tmp_path / "journal").iterdir())
    assert last_report(tmp_path).sweep_id == report.sweep_id
