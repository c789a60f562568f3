"""A year of the made-up city, day by day: sweeps as signed entries through the ingest path, cases step by step.

Input are rooms and people; output is a log that grew as one grows, with the clock of this process moved to each moment.
Every probe's key is a demo key and every source `simulated`, so that nothing of it can pass for a measurement.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from server.api.service.services import Services
from server.cli.demo_city_notes import note_of
from server.cli.demo_city_places import ACTOR, DISTRICTS, CityRoom, People
from server.cli.demo_city_reports import Checked, Suspicion, next_check, report_of
from server.ingest import case_entries, visit_entries
from server.ingest.arrivals import Arrival
from server.interface.case_requests import CaseRequest, StepRequest
from server.interface.errors import ApiError
from server.interface.schedule_requests import VisitOrderRequest
from server.interface.words import KST
from server.projections import projecting
from server.projections.sightings import case_of
from server.public_page import reports
from server.schedule import pairs, visits
from server.schedule.periods import Period, is_working_day, period_of, working_days
from server.signing import keys
from server.store.clock import moved_to
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Body, EntryTime, Envelope, make_body, sign_envelope
from sweep.report import SweepOpened, SweepReport, new_id, to_json

PROBES_OF_DISTRICT = 2
SLOT_MIN = 18  # FIELD: eight minutes a room, and the way to the next
SUSPICION_SHARE = 0.02
MISSED_SHARE = 0.06
ABORTED_SHARE = 0.015
DRIFT_DAYS = 50
CHECKED_DAYS = 60
"""For so long each probe is checked every third morning."""
CLOSED_WAYS: tuple[tuple[str, ...], ...] = (
    ("looked_at nothing", "not_camera"),
    ("looked_at object", "not_camera"),
    ("not_reached", "looked_at object", "not_camera"),
    ("looked_at hole", "defect_found", "repaired", "rechecked"),
)
CAMERA_WAY = (
    "looked_at object", "camera", "room_closed", "police_called", "photographed", "handed_over", "reported_to_city",
    "police_result",
)  # fmt: skip
OPEN_WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("not_reached",),
    ("looked_at object",),
    ("looked_at hole", "defect_found"),
    ("looked_at hole", "defect_found", "repaired"),
    *(CAMERA_WAY[:length] for length in range(2, 9)),
)
"""One for each state in which a case waits for somebody, and one in which a camera was reported."""
STEPS: dict[str, dict[str, Any]] = {
    "looked_at nothing": {"step": "looked_at", "seen": "nothing"},
    "looked_at object": {"step": "looked_at", "seen": "object"},
    "looked_at hole": {"step": "looked_at", "seen": "hole"},
    "not_reached": {"step": "not_reached", "why": "칸이 잠겨 있어 들어가지 못함"},
    "not_camera": {"step": "not_camera", "what": "벽에 박힌 나사 머리"},
    "unchanged": {"step": "unchanged"},
    "defect_found": {"step": "defect_found", "defect": "hole"},
    "repaired": {"step": "repaired", "by": "구 시설관리팀"},
    "rechecked": {"step": "rechecked", "holds": True},
    "camera": {"step": "camera", "was_touched": False},
    "room_closed": {"step": "room_closed", "guarded_by": "점검자-01"},
    "photographed": {"step": "photographed", "commitment": None, "why_not": "시범 자료라 촬영물이 없음"},
    "police_called": {"step": "police_called", "receipt_no": "시범-2026-0113"},
    "handed_over": {
        "step": "handed_over", "officer": "경찰관-01", "station": "시범경찰서", "rank": "경위",
        "receipt_no": "시범-2026-0113", "seal_no": "봉인-0001",
    },
    "reported_to_city": {"step": "reported_to_city", "to": "시 여성안심담당"},
    "police_result": {
        "step": "police_result", "result": "camera", "document_no": "시범-2026-0120",
    },
}  # fmt: skip
LOOK_AGAIN = "look_again"
LOOKED_AGAIN_AFTER = timedelta(days=91)
"""On the morning after the day on which what was no camera opens again."""
NOT_LOOKED_AGAIN = 6
"""At one in so many places nobody has looked again yet."""
NEEDS_TWO = frozenset({"looked_at", "not_camera", "camera", "handed_over"})


Later = tuple[datetime, UUID, str, str]
"""When which case takes which step in which district."""


@dataclass
class CityProbe:
    """A probe of a district: its key, and where its chain of entries stands."""

    probe_id: str
    district_id: str
    signer: Signer
    drift_db: float
    """What its lamp loses a day in the end."""
    seq: int = 0
    prev: str | None = None
    last_check: Checked | None = None


@dataclass
class Year:
    """Everything that writes the year."""

    services: Services
    people: People
    rooms: Sequence[CityRoom]
    today: date
    months: int
    rng: random.Random
    probes: list[CityProbe] = field(default_factory=list)

    def write(self, say: Callable[[str], None]) -> None:
        """The whole year, oldest first; `say` hears how far it is."""
        events = sorted(self._visits(), key=lambda one: one.at)
        recent = [one for one in events if not one.is_aborted and one.mode == "full"][-6 * len(OPEN_WAYS) :]
        for number, one in enumerate(recent[:: max(1, len(recent) // len(OPEN_WAYS))][: len(OPEN_WAYS)]):
            one.suspicion, one.way = ("glint", "uplink")[number % 2], OPEN_WAYS[number]
        later: list[Later] = []
        mornings = self._mornings()
        for number, one in enumerate(events):
            later = self._steps_until(later, one.at)
            while mornings and mornings[0][0] <= one.at:
                self._check(*mornings.pop(0))
            later += self._sweep(one)
            if number % 200 == 199:
                say(f"{one.at.astimezone(KST):%Y-%m-%d}  {number + 1} of {len(events)} sweeps")
        self._steps_until(later, datetime.now(UTC))
        self._cases_of_persons()
        self._today()

    def _mornings(self) -> list[tuple[datetime, CityProbe]]:
        """When which probe is checked."""
        days = working_days(Period(self.today - timedelta(days=CHECKED_DAYS), self.today))[::3]
        times = [datetime.combine(day, time(8, 40), KST).astimezone(UTC) for day in days]
        return [(at, probe) for at in times for probe in self._all_probes()]

    def _check(self, at: datetime, probe: CityProbe) -> None:
        loss_db = probe.drift_db * max(0, DRIFT_DAYS - (self.today - at.date()).days)
        probe.last_check = next_check(self.rng, at, loss_db, probe.last_check)
        body = make_body(kinds.REFERENCE_TYPE, to_json(probe.last_check.told(probe.probe_id)))
        with moved_to(at + timedelta(seconds=30)):
            self._send(probe, kinds.REFERENCE_CHECKED, None, body, at)

    def _visits(self) -> Iterator[Planned]:
        """Each facility once a month on a day by chance, few left out; special zones once a week of late."""
        first = self.today
        for _ in range(self.months):
            first = period_of("month", first.replace(day=1) - timedelta(days=1)).first
        by_facility: dict[UUID, list[CityRoom]] = {}
        for room in self.rooms:
            by_facility.setdefault(room.facility_id, []).append(room)
        month = period_of("month", first)
        while month.first <= self.today:
            days = working_days(month)
            for index, of_facility in enumerate(by_facility.values()):
                day = days[(index * 7 + self.rng.randrange(3)) % len(days)]
                if day <= self.today and self.rng.random() > MISSED_SHARE:
                    yield from self._visit(of_facility, day, index)
            month = period_of("month", month.last + timedelta(days=1))

    def _visit(self, of_facility: list[CityRoom], day: date, index: int) -> Iterator[Planned]:
        start = datetime.combine(day, time(9, 5), KST).astimezone(UTC) + timedelta(minutes=(index % 9) * 38)
        for slot, room in enumerate(of_facility):
            at = start + timedelta(minutes=slot * SLOT_MIN)
            if at < datetime.now(UTC) - timedelta(minutes=20):
                suspicion: Suspicion | None = None
                if self.rng.random() < SUSPICION_SHARE:
                    suspicion = self.rng.choice(("glint", "uplink"))
                way = self.rng.choice(CLOSED_WAYS)
                yield Planned(at, room, index, suspicion, way, self.rng.random() < ABORTED_SHARE)

    def _sweep(self, one: Planned) -> list[Later]:
        """Send a sweep's two entries; the steps that its case will take."""
        probe, pair = self._who(one.room.district_id, one.index)
        names = tuple(self.people.by_name[name].display_name for name in pair)
        report = report_of(
            self.rng,
            one.room,
            one.at,
            inspectors=(names[0], names[1]),
            probe_id=probe.probe_id,
            checked=probe.last_check,
            mode=one.mode,
            suspicion=None if one.is_aborted else one.suspicion,
            is_aborted=one.is_aborted,
        )
        self.open_sweep(probe, report)
        with moved_to(report.ended.utc + timedelta(seconds=40)):
            self._send(probe, kinds.REPORT, report, make_body(kinds.REPORT_TYPE, to_json(report)), report.ended.utc)
        if not report.findings:
            self._note(report.sweep_id, pair[0], one)
            return []
        case_id = case_of(report.sweep_id, report.findings[0].finding_id)
        steps, at = [], one.at + timedelta(minutes=MINUTES_TO_LOOK)
        now = datetime.now(UTC)
        for number, name in enumerate(one.way):
            at = min(at + timedelta(hours=0.3 if name in CAMERA_WAY[1:] else 20 * number), now - timedelta(seconds=90))
            steps.append((at, case_id, name, one.room.district_id))
        if one.way[-1:] == ("not_camera",):
            steps.append((at + LOOKED_AGAIN_AFTER, case_id, LOOK_AGAIN, one.room.district_id))
        return steps

    def _note(self, sweep_id: UUID, name: str, one: Planned) -> None:
        """What the pair saw by eye, but for few who forget it; no draw by chance, so that the year stays as it was."""
        note = None if one.is_aborted else note_of(sweep_id)
        if note is None:
            return
        with moved_to(one.at + timedelta(minutes=MINUTES_TO_LOOK)):
            visit_entries.note_visit(
                self.services.db, self.services.server_signer, self.people.by_name[name], sweep_id, note
            )

    def open_sweep(self, probe: CityProbe, report: SweepReport) -> None:
        """Send the entry that opens a sweep."""
        opened = SweepOpened(
            v=1,
            sweep_id=report.sweep_id,
            room_id=report.room_id,
            plan_version=report.plan.version,
            source=report.source,
            mode=report.mode,
            inspectors=report.inspectors,
            declared_empty=True,
            probe_id=report.probe_id,
            opened=report.started,
        )
        with moved_to(report.started.utc + timedelta(seconds=5)):
            self._send(probe, kinds.OPENED, report, make_body(kinds.OPENED_TYPE, to_json(opened)), report.started.utc)

    def _who(self, district_id: str, index: int) -> tuple[CityProbe, tuple[str, str]]:
        own = [probe for probe in self._all_probes() if probe.district_id == district_id]
        walking = self.people.pairs[district_id]
        return own[index % len(own)], walking[index % len(walking)]

    def _all_probes(self) -> list[CityProbe]:
        if not self.probes:
            with self.services.db.write() as connection:
                for district in DISTRICTS:
                    for number in range(1, PROBES_OF_DISTRICT + 1):
                        name = f"probe-{district.district_id.split('-')[0]}-{number}"
                        signer = Signer.from_seed(hashlib.sha256(name.encode() + os.urandom(16)).digest())
                        drifts = district is DISTRICTS[1] and number == 1
                        probe = CityProbe(name, district.district_id, signer, 0.03 if drifts else 0.0)
                        self.probes.append(probe)
                        keys.admit(
                            connection,
                            public_key=signer.public_key,
                            role="demo",
                            probe_id=name,
                            name=f"시범 점검기 {district.ko} {number}",
                            actor=ACTOR,
                            tenant=district.district_id,
                        )
        return self.probes

    def _send(self, probe: CityProbe, kind: str, report: SweepReport | None, body: Body, at: datetime) -> None:
        probe.seq += 1
        envelope = Envelope(
            v=1,
            kind=kind,
            entry_id=new_id(int(at.timestamp() * 1000)),
            tenant=probe.district_id,
            room_id=None if report is None else report.room_id,
            sweep_id=None if report is None else report.sweep_id,
            key_id=probe.signer.key_id,
            subject=probe.probe_id,
            assurance="device",
            source="simulated",
            seq=probe.seq,
            prev=probe.prev,
            refs=(),
            bodies=(body.ref,),
            time=EntryTime(utc=at, boot_id=BOOT_ID, boottime_ns=probe.seq * 10**9, synchronised=True, max_error_ms=50),
            seen_checkpoint=None,
        )
        entry = sign_envelope(envelope, probe.signer)
        self.services.ingest.accept(Arrival(entry, envelope, (body,), envelope.bodies, envelope.entry_id, None))
        probe.prev = entry.entry_hash

    def _steps_until(self, waiting: list[Later], until: datetime) -> list[Later]:
        """Take the steps whose time has come; those that wait still."""
        due = sorted((one for one in waiting if one[0] <= until), key=lambda one: one[0])
        if due:
            projecting.drain(self.services.db)
        still = [one for one in waiting if one[0] > until]
        for at, case_id, name, district_id in due:
            pair = self._who(district_id, case_id.int % 2)[1]
            if name == LOOK_AGAIN:
                still += self._look_again(at, case_id, district_id)
            else:
                self._step(at, case_id, name, *pair)
        return self._steps_until(still, until) if any(one[0] <= until for one in still) else still

    def _look_again(self, at: datetime, case_id: UUID, district_id: str) -> list[Later]:
        """At what two persons named, one who has not spoken of it; where nobody may, two anew; a few wait."""
        if case_id.int % NOT_LOOKED_AGAIN == 0:
            return []
        pairs = self.people.pairs[district_id]
        for name in (name for pair in pairs for name in pair):
            if self._step(at, case_id, "unchanged", name, name):
                break
        else:
            for number, step in enumerate(("looked_at object", "not_camera")):
                self._step(at + timedelta(minutes=5 * number), case_id, step, *pairs[case_id.int % len(pairs)])
        return [(at + LOOKED_AGAIN_AFTER, case_id, LOOK_AGAIN, district_id)]

    def _step(self, at: datetime, case_id: UUID, name: str, first: str, second: str) -> bool:
        """Take a step, if it can be taken now and by these."""
        dated = {"dated": at.astimezone(KST).date()} if name == "police_result" else {}
        request = StepRequest.model_validate({"step": STEPS[name] | dated})
        other = self.people.by_name[second] if request.step.step in NEEDS_TWO else None
        with moved_to(at), self.services.db.write() as connection:
            row = case_entries.find_case(connection, case_id)
            try:
                case_entries.take_step(
                    connection, self.services.server_signer, self.people.by_name[first], row, request, other
                )
            except ApiError as refusal:
                if refusal.code not in {"not_now", "another_person_needed", "room_not_released"}:
                    raise
                return False  # the thing was seen before, and its case has come further; or this one named it
        return True

    def _cases_of_persons(self) -> None:
        """Defects that somebody measured, one of them overdue; a strange thing that whoever cleans saw; a report."""
        now = datetime.now(UTC)
        defects: tuple[tuple[int, dict[str, Any]], ...] = (
            (44, {"defect": "floor_gap", "measured_mm": 9, "installed": "2024-03-01"}),
            (12, {"defect": "emergency_bell"}),
            (4, {"defect": "hole"}),
        )
        for number, (days, defect) in enumerate(defects):
            room = self.rooms[(number * 7 + 3) % len(self.rooms)]
            person = self.people.by_name[self.people.pairs[room.district_id][0][0]]
            request = CaseRequest.model_validate_json(_case_json(defect))
            with moved_to(now - timedelta(days=days)), self.services.db.write() as connection:
                case_entries.open_case(connection, self.services.server_signer, person, room.room_id, request)
        cleaner = self.people.by_name["cleaner"]
        with moved_to(now - timedelta(hours=26)), self.services.db.write() as connection:
            what = "휴지걸이 옆에 처음 보는 나사가 있음"
            case_entries.report_strange(connection, self.services.server_signer, cleaner, self.rooms[0].room_id, what)
        with moved_to(now - timedelta(hours=3)), self.services.db.write() as connection:
            reports.take_report(connection, self.rooms[-1].room_id, "hole", "둘째 칸 문에 작은 구멍이 있어요")

    def _today(self) -> None:
        """What a supervisor sees in the morning: a sweep going on, one never closed, looks by eye, strangers, a gap."""
        now = datetime.now(UTC)
        probe, pair = self._who(self.rooms[-1].district_id, 0)
        names = tuple(self.people.by_name[name].display_name for name in pair)
        for room, at in ((self.rooms[-2], now - timedelta(days=9)), (self.rooms[-1], now - timedelta(minutes=6))):
            opened = report_of(
                self.rng, room, at, inspectors=(names[0], names[1]), probe_id=probe.probe_id,
                checked=probe.last_check,
            )  # fmt: skip
            self.open_sweep(probe, opened)
        with self.services.db.write() as connection:
            if is_working_day(self.today):
                for room in self.rooms[::2]:
                    visits.note_look(connection, room.room_id, by="미화원-01")
            order = VisitOrderRequest(
                facility_id=self.rooms[2].facility_id,
                first_day=self.today,
                last_day=self.today + timedelta(days=4),
                with_police=True,
                reason="합동점검",
            )
            pairs.order_visit(connection, order, actor="감독자-01", district_id=None)
        stranger = CityProbe("probe-stranger", DISTRICTS[0].district_id, Signer.from_seed(os.urandom(32)), 0.0)
        sent = report_of(
            self.rng, self.rooms[1], now - timedelta(hours=1), inspectors=("점검자-98", "점검자-99"),
            probe_id=stranger.probe_id, checked=None,
        )  # fmt: skip
        self.open_sweep(stranger, sent)
        self.probes[-1].seq -= 1  # another entry in a place that is taken: a conflict, an alarm
        self._sweep(Planned(now - timedelta(minutes=70), self.rooms[-3], 1, None, (), is_aborted=False))
        self.probes[0].seq += 1  # an entry that never arrives
        self._sweep(Planned(now - timedelta(minutes=50), self.rooms[0], 0, None, (), False))
        projecting.drain(self.services.db)


@dataclass
class Planned:
    """A sweep that will be made."""

    at: datetime
    room: CityRoom
    index: int
    suspicion: Suspicion | None
    way: tuple[str, ...]
    is_aborted: bool
    mode: str = "full"


MINUTES_TO_LOOK = 14
BOOT_ID = uuid4()


def _case_json(defect: dict[str, Any]) -> bytes:
    return json.dumps({"step": {"step": "defect_found", **defect}}).encode()
