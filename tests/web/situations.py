"""A server's data with a room for each situation of golden.txt, filled as probes and persons fill it.

Reports arrive at the ingest path under a probe's key; what persons said is signed for them by the server, in the order
of the table, also what a route would have refused: the log holds what it holds.  All of it happened on a few days of
March 2026, two sweeps a room, so that a month's documents hold everything and one of them ends at a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select

from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.persons import erase, write_for
from server.interface.fields import Role
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.places import facilities
from server.projections import projecting
from server.projections.sightings import case_of
from server.public_page import stickers
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.standing.cases import Verdict
from server.store.clock import moved_to
from server.store.schema import user_facilities, users
from sweep.entry import kinds
from sweep.entry.envelope import Body, make_body
from sweep.report import Disposition, Record, SweepReport, derived_id, new_id, to_json
from sweep.report.case_records import CaseStep, Step
from sweep.report.visit_records import VisitNote
from tests.entry_factory import salted
from tests.report_factory import clock, text
from tests.server.standing.golden import ALL, NOTES, Situation, parts, report_in, words_of_part
from tests.server.standing.reports import report_of
from tests.server.standing.steps import happened
from tests.server.sweep_kit import Probe
from tests.web.site import QUICK_HASH

FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)  # nine in the morning in Korea
EARLIER_AT, NOW_AT, LOOKED_AT = timedelta(hours=1), timedelta(hours=5), timedelta(hours=5, minutes=20)
DAYS: Final = 14
"""The rooms are spread over so many days, in turns, so that each day has something of everything."""
PEOPLE: Final[tuple[tuple[str, str, str, Role], ...]] = (
    ("A", "inspector", "점검자-01", "inspector"),
    ("B", "second", "점검자-02", "inspector"),
    ("C", "third", "점검자-03", "inspector"),
    ("chief", "chief", "감독자-01", "supervisor"),
    ("owner", "owner", "시설 소유자-01", "facility_owner"),
)
NOTHING: Final = "0000 0000"
PROBE_ID: Final = "probe-01"


@dataclass(frozen=True, slots=True)
class Placed:
    """A situation and where it stands."""

    situation: Situation
    name: str
    """Of its room, in Korean; no other text of a document has it."""
    english: str
    room_id: UUID
    day: datetime
    code: str
    """Of the sticker on its door."""
    earlier_id: UUID | None = None
    """An earlier sweep of the room, with nothing where the table has none."""
    sweep_id: UUID | None = None


@dataclass
class Filler:
    """Writes situations into an empty database."""

    services: Services
    people: dict[str, auth.Person] = field(default_factory=dict)
    probe: Probe = field(default_factory=lambda: Probe("situations", "live", probe_id=PROBE_ID))

    def found(self) -> list[tuple[Situation, Placed]]:
        """People, a probe, a facility and its rooms."""
        with self.services.db.write() as connection:
            facility_id = facilities.add_facility(
                connection,
                FacilityRequest(name=text("새울공원", "Saeul Park"), address="가상구 새울로 1"),
                actor="test",
            )
            for letter, username, name, role in PEOPLE:
                user_id = auth.create_user(
                    connection, username=username, display_name=name, role=role, password=QUICK_HASH, actor="test"
                )
                row = connection.execute(select(users).where(users.c.user_id == user_id)).one()
                self.people[letter] = auth.person_of(row)
                if role == "facility_owner":
                    connection.execute(insert(user_facilities).values(user_id=user_id, facility_id=facility_id))
            public_key = self.probe.signer.public_key
            keys.admit(connection, public_key=public_key, role="probe", probe_id=PROBE_ID, name="점검기", actor="test")
            plan = report_of(NOTHING).plan
            made = []
            for number, situation in enumerate(ALL, start=1):
                room = RoomRequest(name=text(f"{number:03}호실", f"Room {number:03}"), kind="restroom", plan=plan)
                room_id = facilities.add_room(connection, facility_id, room, actor="test")
                code = stickers.replace_sticker(connection, room_id, actor="test")
                day = FIRST_DAY + timedelta(days=number % DAYS)
                made.append((situation, Placed(situation, room.name.ko, room.name.en, room_id, day, code)))
            sign_waiting(connection, self.services.server_signer)
        return made

    def place(self, situation: Situation, at: Placed) -> Placed:
        """Let it happen."""
        whole, own = parts(situation.earlier), new_id()
        before = [part for part in whole if not part.startswith("case:")]
        for part in whole:
            if part.startswith("case:"):
                self._case(at, words_of_part(part))
        if situation.end == "never":
            return at
        older = _elsewhere(report_of(f"{'!000' if before else '0000'} 0000", sweep_id=new_id()), before)
        self._sweep(at, older, at.day + EARLIER_AT)
        for finding, part in zip(older.findings, before, strict=True):
            self._say(at, older.sweep_id, finding.finding_id, words_of_part(part), at.day + EARLIER_AT)
        report = _numbered(report_in(situation, own, zones="" if situation.zones != "." else NOTHING))
        commitment = self._sweep(at, report, at.day + NOW_AT, has_report=situation.end != "none")
        if situation.end == "gone":
            self._erase(commitment, at.day + LOOKED_AT)
        for finding, part in zip(report.findings, parts(situation.done), strict=True):
            self._say(at, own, finding.finding_id, words_of_part(part), at.day + LOOKED_AT)
        self._note(at, own, situation.note, at.day + LOOKED_AT)
        return replace(at, earlier_id=older.sweep_id, sweep_id=own)

    def _sweep(self, at: Placed, report: SweepReport, start: datetime, *, has_report: bool = True) -> str:
        """The two entries of a sweep; the commitment of its report."""
        self.probe.room_id, self.probe.start = at.room_id, start
        said = {
            "report_id": new_id(), "source": "live", "room_id": at.room_id, "probe_id": PROBE_ID,
            "started": clock(0, start), "ended": clock(7, start),
        }  # fmt: skip
        body = salted(kinds.REPORT_TYPE, to_json(report.model_copy(update=said)))
        with moved_to(start + timedelta(minutes=8)):
            self._arrive(self.probe.opened(report.sweep_id))
            if has_report:
                self._arrive(self.probe.entry(kinds.REPORT, (body,), sweep_id=report.sweep_id)[1])
            projecting.drain(self.services.db)
        return body.commitment

    def _arrive(self, wire: bytes) -> None:
        assert self.services.ingest.accept(read_arrival(wire))[0].status == "accepted"

    def _say(self, at: Placed, sweep_id: UUID, finding_id: UUID, words: str, since: datetime) -> None:
        """What happened to a finding, a minute after each other."""
        for minutes, what in enumerate(happened(words), start=1):
            when = since + timedelta(minutes=minutes)
            if isinstance(what, Verdict):
                person = self.people[what.person.name]
                verdict = {"verdict": what.verdict, "account": person.account}
                of = {"v": 1, "finding_id": finding_id, "sweep_id": sweep_id, "note": None, "decided": clock(0, when)}
                record = Disposition.model_validate(of | verdict)
                self._write(person, kinds.DISPOSITION, kinds.DISPOSITION_TYPE, record, at, sweep_id, when)
            else:
                self._step(at, case_of(sweep_id, finding_id), what, when, sweep_id, finding_id)

    def _case(self, at: Placed, words: str) -> None:
        """A case that a person opened."""
        case_id = new_id()
        for minutes, what in enumerate(happened(words)):
            assert not isinstance(what, Verdict)
            self._step(at, case_id, what, at.day + timedelta(minutes=minutes))

    def _step(
        self,
        at: Placed,
        case_id: UUID,
        step: Step,
        when: datetime,
        sweep_id: UUID | None = None,
        finding_id: UUID | None = None,
    ) -> None:
        person = self.people["A"]
        record = CaseStep(
            v=1, case_id=case_id, finding_id=finding_id, step=step, decided=clock(0, when), account=person.account
        )
        self._write(person, kinds.CASE_STEP, kinds.CASE_STEP_TYPE, record, at, sweep_id, when)

    def _note(self, at: Placed, sweep_id: UUID, note: str, since: datetime) -> None:
        by_eye, when = NOTES[note], since + timedelta(minutes=30)
        if by_eye is None:
            return
        record = VisitNote(
            v=1, sweep_id=sweep_id, noted=clock(0, when), account=self.people["A"].account, by_eye=by_eye,
            spots=() if by_eye == "not_done" else ("vent",), marks="문 옆 구멍" if by_eye == "marks" else None,
            occasion="regular", companions=None, emergency_bell="works", measures=(), confirmed_by=None,
        )  # fmt: skip
        self._write(self.people["A"], kinds.VISIT_NOTED, kinds.VISIT_NOTED_TYPE, record, at, sweep_id, when)

    def _erase(self, commitment: str, when: datetime) -> None:
        first, second, signer = self.people["A"], self.people["B"], self.services.server_signer
        with moved_to(when):
            erase(self.services.db, signer, first, second, commitment, text("보존기간 만료", "end of its time"))

    def _write(
        self,
        person: auth.Person,
        kind: str,
        media_type: str,
        record: Record,
        at: Placed,
        sweep_id: UUID | None,
        when: datetime,
    ) -> None:
        body: Body = make_body(media_type, to_json(record))
        with moved_to(when), self.services.db.write() as connection:
            write_for(
                connection, self.services.server_signer, person, kind=kind, source="live", room_id=at.room_id,
                sweep_id=sweep_id, refs=(), body=body,
            )  # fmt: skip


def fill(folder: Path) -> tuple[Placed, ...]:
    """Every situation, in a folder of its own."""
    with moved_to(FIRST_DAY - timedelta(days=1)):
        services = build_services(Settings(data_dir=folder))
        filler = Filler(services)
        founded = filler.found()
    try:
        placed = tuple(filler.place(*one) for one in founded)
        projecting.drain(services.db)
    finally:
        services.db.close()
    return placed


def _numbered(report: SweepReport) -> SweepReport:
    """With findings of its own, for a list knows them by their ids."""
    findings = tuple(
        one.model_copy(update={"finding_id": derived_id(report.sweep_id, str(number))})
        for number, one in enumerate(report.findings)
    )
    return report.model_copy(update={"findings": findings})


def _elsewhere(report: SweepReport, before: Sequence[str]) -> SweepReport:
    """With so many findings of an earlier sweep, each at a place where this one has none."""
    base = report_in(next(one for one in ALL if one.done == "nobody"), report.sweep_id).findings[0]
    findings = tuple(
        base.model_copy(update={"zone_id": "zone-1", "x_m": 0.1, "y_m": 1.1, "radius_m": 0.05}) for _ in before
    )
    return _numbered(report.model_copy(update={"findings": findings}))
