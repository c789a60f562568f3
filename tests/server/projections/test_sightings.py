"""What is settled is not read again: the rows are those of everything read, in any order of arrival and of reading."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select

from server.ingest.arrivals import read_arrival
from server.ingest.entries import write
from server.places.facilities import load_demo_facility
from server.projections import projecting
from server.projections.sightings import case_of
from server.projections.sweep_record import SweepRecord, read_words
from server.signing import keys
from server.store.bodies import open_read
from server.store.clock import to_ms
from server.store.db import Database
from server.store.schema import body_data, cases, erased_bodies, sweeps
from sweep.entry import kinds
from sweep.report import to_json
from sweep.report.case_records import CaseStep, LookedAt, NotCamera, Reopened, Step, Unchanged
from sweep.report.proof_records import Identified
from tests.entry_factory import salted
from tests.report_factory import START, clock, make_report, uid
from tests.server.conftest import keys_in
from tests.server.sweep_kit import Probe, desk

FINDING: Final = make_report().findings[0]
WIFI: Final = FINDING.evidence_for[0].model_copy(update={"modality": "wifi"})
PERSONS: Final = ("점검자-01", "점검자-02", "점검자-03")
DAY: Final = START.date() + timedelta(days=90)
IDENTIFIED: Final = Identified(first="password", second="password")
WORDS: Final = ("no_camera", "cannot_exclude", "named", "unchanged", "reopened")
SEEN_TOO_OFTEN: Final = 3
"""Sightings of a thing here, so that few sweeps are too many."""


@dataclass(frozen=True)
class Seen:
    """A sweep saw something at one of some places, of which neighbours touch, by one or two methods."""

    place: int
    is_heard: bool
    minute: int


@dataclass(frozen=True)
class Said:
    """Persons said something of what a sweep saw, by a clock of their own."""

    sweep: int
    word: str
    minute: int


@dataclass(frozen=True)
class Erased:
    """The report of a sweep is erased."""

    sweep: int


@dataclass(frozen=True)
class Read:
    """Whoever waits longest is read."""


minutes = st.integers(0, 20).map(lambda number: 15 * number)
numbers = st.integers(0, 7)
events = st.lists(
    st.one_of(
        st.builds(Seen, st.integers(0, 2), st.booleans(), minutes),
        st.builds(Said, numbers, st.sampled_from(WORDS), minutes),
        st.builds(Erased, numbers),
        st.builds(Read),
    ),
    min_size=4,
    max_size=24,
)


class Room:
    """One room whose entries arrive and are read one by one, a minute after what they tell of, and never earlier."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now_ms = to_ms(START)
        self.probe = Probe()
        self.desks = {name: desk(f"desk of {name}", person=name) for name in PERSONS}
        self.seen: list[UUID] = []
        with db.write() as connection:
            load_demo_facility(connection)
            for one in (self.probe, *self.desks.values()):
                probe_id = one.probe_id if one.assurance == "device" else None
                keys.admit(
                    connection, public_key=one.signer.public_key, role="demo", probe_id=probe_id, name="t", actor="t"
                )

    def take(self, event: Seen | Said | Erased | Read) -> None:
        match event:
            case Seen():
                sweep_id = uid(0x9000 + 0x5A7 * (len(self.seen) + 1) % 0x1000)
                self.seen.append(sweep_id)
                by = (FINDING.evidence_for[0], WIFI) if event.is_heard else FINDING.evidence_for
                finding = FINDING.model_copy(update={"x_m": 2.0 + 0.25 * event.place, "evidence_for": by})
                times = {"started": clock(event.minute), "ended": clock(event.minute + 1)}
                self.arrive(event.minute + 1, self.probe.report_changed(sweep_id, findings=(finding,), **times))
            case Said() if event.sweep < len(self.seen):
                for wire in self._said(self.seen[event.sweep], event):
                    self.arrive(event.minute + 1, wire)
            case Erased() if event.sweep < len(self.seen):
                self._erase(self.seen[event.sweep])
            case Read():
                projecting.project_next(self.db)
            case _:
                pass

    def arrive(self, minute: float, wire: bytes) -> None:
        self.now_ms = max(self.now_ms, to_ms(START + timedelta(minutes=minute)))
        with self.db.write() as connection:
            write(connection, read_arrival(wire), quarantine_max_bytes=0, is_read_later=True)

    def rows(self) -> list[Any]:
        """What everything that arrived comes to."""
        projecting.drain(self.db)
        with self.db.read() as connection:
            said = connection.execute(select(sweeps.c.sweep_id, sweeps.c.said).order_by(sweeps.c.sweep_id)).all()
            return [*connection.execute(select(cases).order_by(cases.c.case_id)).all(), *said]

    def _said(self, sweep_id: UUID, said: Said) -> list[bytes]:
        one, two, three = PERSONS
        match said.word:
            case "named":
                return [
                    self._step(sweep_id, said, one, LookedAt(step="looked_at", second_person=two, seen="object")),
                    self._step(
                        sweep_id,
                        said,
                        one,
                        NotCamera(
                            step="not_camera", second_person=two, what="나사", reopens=DAY, identified=IDENTIFIED
                        ),
                    ),
                ]
            case "unchanged":
                return [self._step(sweep_id, said, three, Unchanged(step="unchanged", reopens=DAY))]
            case "reopened":
                return [self._step(sweep_id, said, one, Reopened(step="reopened", why="다시"))]
            case verdict:
                return [self.desks[one].disposition(sweep_id, verdict, said.minute)]

    def _step(self, sweep_id: UUID, said: Said, person: str, step: Step) -> bytes:
        case_id, decided = case_of(sweep_id, FINDING.finding_id), clock(said.minute)
        record = CaseStep(v=1, case_id=case_id, finding_id=FINDING.finding_id, step=step, decided=decided)
        body = salted(kinds.CASE_STEP_TYPE, to_json(record))
        return self.desks[person].entry(kinds.CASE_STEP, (body,), sweep_id=sweep_id)[1]

    def _erase(self, sweep_id: UUID) -> None:
        with self.db.write() as connection:
            of_report = select(sweeps.c.report_commitment).where(sweeps.c.sweep_id == sweep_id)
            commitment = connection.scalar(of_report)
            held = select(body_data.c.slot).where(body_data.c.commitment == commitment)
            slot = connection.scalar(held)
            if slot is not None:
                connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
                values = {"commitment": commitment, "erased_ms": self.now_ms, "log_index": 0, "slot": slot}
                connection.execute(insert(erased_bodies).values(**values))
                projecting.project(connection, sweep_id)


NAMED_BEFORE_IT_WAS_SEEN: Final = (
    Seen(0, False, 0), Said(0, "no_camera", 10), Seen(0, True, 30), Said(1, "no_camera", 40),
    Said(0, "cannot_exclude", 50), Seen(0, False, 150), Said(2, "named", 20),
)  # fmt: skip
"""What is settled ended what two named, by a clock that went wrong."""


@example(events=[Seen(0, False, 0), Said(0, "named", 15), Seen(0, True, 150)])
@example(events=[one for event in NAMED_BEFORE_IT_WAS_SEEN for one in (event, Read())])
@given(events=events)
def test_the_rows_are_those_of_everything_read(
    migrated_sqlite: Path, events: list[Seen | Said | Erased | Read]
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        for module in ("server.standing.joining", "server.projections.sightings"):
            patch.setattr(f"{module}.MOST_SEEN", SEEN_TOO_OFTEN)
        folder = Path(name)
        shutil.copy(migrated_sqlite, folder / "db.sqlite3")
        db = Database(f"sqlite:///{folder / 'db.sqlite3'}", keys_in(folder))
        try:
            room = Room(db)
            patch.setattr("server.log.order.now_ms", lambda: room.now_ms)
            for event in events:
                room.take(event)
            found = room.rows()
            projecting.rebuild(db)
            assert room.rows() == found
        finally:
            db.close()


@pytest.mark.parametrize("word", ["no_camera", "named"])
def test_what_changes_many_sweeps_reads_each_of_them_twice_at_most(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "db.sqlite3")
    db = Database(f"sqlite:///{tmp_path / 'db.sqlite3'}", keys_in(tmp_path))
    read: list[str] = []

    def opened(connection: Connection, purpose: str, sealed: bytes | None) -> str | None:
        read.append(purpose)
        return open_read(connection, purpose, sealed)

    def heard(connection: Connection, sweep_ids: Iterable[UUID]) -> dict[UUID, SweepRecord]:
        wanted = list(sweep_ids)
        read.extend(f"words {sweep_id}" for sweep_id in wanted)
        return read_words(connection, wanted)

    monkeypatch.setattr("server.projections.sightings.open_read", opened)
    monkeypatch.setattr("server.projections.sightings.read_words", heard)
    try:
        room = Room(db)
        monkeypatch.setattr("server.log.order.now_ms", lambda: room.now_ms)
        for number in range(12):  # fewer than may be joined
            room.take(Seen(0, False, 15 * (number + 1)))
        for event in (
            Said(0, word, 200),
            Seen(0, False, 0),
        ):  # a word on all, and a report that came last and was first
            projecting.drain(db)
            read.clear()
            room.take(event)
            projecting.drain(db)
            assert len({purpose.split()[1] for purpose in read}) >= 11
            assert max(Counter(read).values()) <= 2
    finally:
        db.close()
