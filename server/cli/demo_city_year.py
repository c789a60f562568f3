"""A year of the made-up city, day by day: visits as signed entries through the ingest path, cases step by step.

Input are rooms and people; output is a log that grew as one grows, with the clock of this process moved to each moment.
In the first district most visits are inspections with other instruments than a probe; the others have probes alone.
Every source is `simulated`, so that nothing of it can pass for an inspection.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from math import ceil
from time import monotonic
from typing import Any
from uuid import UUID

from server.api.service.services import Services
from server.cli.demo_city_inspections import FIRST, LAPSED_PAIR, Carried, check, check_days, inspection_of
from server.cli.demo_city_notes import (
    CAMERA_WAY,
    CLOSED_WAYS,
    DEFECTS,
    NEEDS_TWO,
    OPEN_WAYS,
    REPORTS,
    STEPS,
    note_of,
)
from server.cli.demo_city_places import LEFT, CityRoom, People
from server.cli.demo_city_probes import CityProbe, admit_probes, new_probe
from server.cli.demo_city_reports import next_check, report_of
from server.cli.demo_city_visits import Planned, Visits, time_of
from server.ingest import case_entries, inspection_entries, visit_entries
from server.interface.case_requests import CaseRequest, StepRequest
from server.interface.errors import ApiError
from server.interface.office_requests import HandoverRequest
from server.interface.schedule_requests import VisitOrderRequest
from server.interface.words import KST
from server.places.handover import hand_over
from server.projections import projecting
from server.projections.sightings import case_of
from server.public_page import reports
from server.schedule import pairs, visits
from server.schedule.periods import Period, is_working_day, working_days
from server.standing.inspections import case_of_look
from server.store.clock import moved_to
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.phrases import Phrase
from sweep.report import SweepReport, to_json

NOTED_ONE_IN = 3
"""So many inspections with other instruments have a note of what was seen besides."""
ALONE_SHARE = 0.01
"""Of inspections that no second person confirmed."""
DRIFT_DAYS = 50
CHECKED_DAYS = 60
"""For so long each probe is checked every third morning."""
LOOK_AGAIN = "look_again"
LOOKED_AGAIN_AFTER = timedelta(days=91)
"""On the morning after the day on which what was no camera opens again."""
NOT_LOOKED_AGAIN = 6
"""At one in so many places nobody has looked again yet."""
SAID_EVERY = 500
MINUTES_TO_LOOK = 14


@dataclass
class Year:
    """Everything that writes the year."""

    services: Services
    people: People
    rooms: Sequence[CityRoom]
    carried: Sequence[Sequence[Carried]]
    """By pair of the first district."""
    doors: Mapping[UUID, str]
    today: date
    months: int
    rng: random.Random
    probes: list[CityProbe] = field(default_factory=list)
    waiting: list[tuple[datetime, int, partial[object]]] = field(default_factory=list)
    planned: int = 0

    def write(self, say: Callable[[Phrase], None]) -> None:
        """The whole year, oldest first; `say` hears how far it is and how long the rest will take."""
        begun = monotonic()
        with self.services.db.write() as connection:
            self.probes += admit_probes(connection)
        visiting = Visits(self.services.db, self.people, self.rooms, self.probes, self.today, self.months, self.rng)
        visited = sorted(visiting.planned(), key=lambda one: one.at)
        self._leave_open(visited)
        for one in visited:
            self._plan(one.at, self._sweep, one)
        self._plan_office(visited[0].at)
        self._plan_persons()
        done, now = 0, datetime.now(UTC)
        while self.waiting and self.waiting[0][0] <= now:
            at, _, act = heapq.heappop(self.waiting)
            act(at)
            done += 1
            if done % SAID_EVERY == 0:
                left = sum(one[0] <= now for one in self.waiting)
                minutes = (monotonic() - begun) / done * left / 60
                percent = 100 * done // (done + left)
                say(Phrase("city_so_far", day=at.astimezone(KST), percent=percent, minutes=ceil(minutes)))
        self._today()

    def _plan(self, at: datetime, act: Callable[..., object], *about: object) -> None:
        """Let something happen at its time, with that time as its last argument."""
        self.planned += 1  # of two at one time the one that was planned first
        heapq.heappush(self.waiting, (at, self.planned, partial(act, *about)))

    def _leave_open(self, visited: Sequence[Planned]) -> None:
        """Let late visits, with other instruments and by probes, be those whose cases still wait; one a room."""
        whole = [one for one in visited if not one.is_aborted]
        by_hand = _spread({one.room.room_id: one for one in whole if one.probe is None}, OPEN_WAYS[1::2])
        taken = {one.room.room_id for one, _ in by_hand}
        left = [way for way in OPEN_WAYS if way not in {way for _, way in by_hand}]
        by_probe = {one.room.room_id: one for one in whole if one.probe is not None and one.room.room_id not in taken}
        for number, (one, way) in enumerate((*by_hand, *_spread(by_probe, left))):
            one.suspicion, one.way = ("glint", "uplink")[number % 2], way

    def _plan_office(self, first: datetime) -> None:
        """Checks of probes and instruments, and an office that goes over."""
        for day in working_days(Period(self.today - timedelta(days=CHECKED_DAYS), self.today))[::3]:
            for probe in self.probes:
                self._plan(time_of(day, 8, 40), self._check, probe)
        for number, of_pair in enumerate(self.carried):
            for one in of_pair:
                for day in check_days(first.date(), self.today, has_lapsed=number == LAPSED_PAIR):
                    self._plan(time_of(day, 8), self._check_instrument, one.instrument_id, day)
        self._plan(first + (datetime.now(UTC) - first) / 2, self._hand_over)

    def _check_instrument(self, instrument_id: UUID, day: date, at: datetime) -> None:
        with moved_to(at), self.services.db.write() as connection:
            check(connection, instrument_id, day)

    def _hand_over(self, at: datetime) -> None:
        asked = HandoverRequest(
            from_username=LEFT, to_username=f"officer-{FIRST.split('-')[0]}", reason="정기 인사 이동"
        )
        with moved_to(at), self.services.db.write() as connection:
            hand_over(connection, self.people.by_name["admin"], asked, today=at.astimezone(KST).date())

    def _check(self, probe: CityProbe, at: datetime) -> None:
        loss_db = probe.drift_db * max(0, DRIFT_DAYS - (self.today - at.date()).days)
        probe.last_check = next_check(self.rng, at, loss_db, probe.last_check)
        body = make_body(kinds.REFERENCE_TYPE, to_json(probe.last_check.told(probe.probe_id)))
        with moved_to(at + timedelta(seconds=30)):
            probe.send(self.services, kinds.REFERENCE_CHECKED, None, body, at)

    def _sweep(self, one: Planned, at: datetime) -> None:
        """Send a sweep's two entries, and plan what comes of it."""
        if one.probe is None:
            self._inspect(one, at)
            return
        names = [self.people.by_name[name].display_name for name in one.pair]
        report = report_of(
            self.rng,
            one.room,
            at,
            inspectors=(names[0], names[1]),
            probe_id=one.probe.probe_id,
            checked=one.probe.last_check,
            suspicion=None if one.is_aborted else one.suspicion,
            is_aborted=one.is_aborted,
        )
        self._open(one.probe, report)
        with moved_to(report.ended.utc + timedelta(seconds=40)):
            body = make_body(kinds.REPORT_TYPE, to_json(report))
            one.probe.send(self.services, kinds.REPORT, report, body, report.ended.utc)
        if report.findings:
            self._plan_way(case_of(report.sweep_id, report.findings[0].finding_id), one)
        elif not one.is_aborted:
            self._note(report.sweep_id, one)

    def _inspect(self, one: Planned, at: datetime) -> None:
        """Record an inspection, which the other one confirms, and plan what comes of it."""
        db, signer, room_id = self.services.db, self.services.server_signer, one.room.room_id
        first, second = (self.people.by_name[name] for name in one.pair)
        is_odd, door = one.suspicion is not None, self.doors[room_id]
        told = inspection_of(self.rng, one.room, at, self.carried[one.number], door, is_suspicious=is_odd)
        with moved_to(told.sent):
            inspection_entries.record_inspection(db, signer, first, room_id, told)
        shown = inspection_entries.hash_to_confirm(db, told.sweep_id)
        if shown is not None and self.rng.random() > ALONE_SHARE:
            with moved_to(told.sent + timedelta(seconds=40)):
                inspection_entries.confirm_inspection(db, signer, second, "pin", told.sweep_id, shown)
        case_id = next(filter(None, (case_of_look(told.sweep_id, look) for look in told.looks)), None)
        if case_id is not None:
            self._plan_way(case_id, one)
        elif told.sweep_id.int % NOTED_ONE_IN == 0:
            self._note(told.sweep_id, one)

    def _note(self, sweep_id: UUID, one: Planned) -> None:
        """What the pair saw by eye, but for few who forget it; no draw by chance, so that the year stays as it was."""
        note = note_of(sweep_id)
        if note is None:
            return
        with moved_to(one.at + timedelta(minutes=MINUTES_TO_LOOK)):
            visit_entries.note_visit(
                self.services.db, self.services.server_signer, self.people.by_name[one.pair[0]], sweep_id, note
            )

    def _open(self, probe: CityProbe, report: SweepReport) -> None:
        with moved_to(report.started.utc + timedelta(seconds=5)):
            probe.open_sweep(self.services, report)

    def _plan_way(self, case_id: UUID, one: Planned) -> None:
        """The steps that a case will take."""
        at, pair = one.at + timedelta(minutes=MINUTES_TO_LOOK), one.pair
        for number, name in enumerate(one.way):
            hours = 0.3 if name in CAMERA_WAY[1:] else 20 * number
            at = min(at + timedelta(hours=hours), datetime.now(UTC) - timedelta(seconds=90))
            self._plan(at, self._step, case_id, name, *pair)
        if one.way[-1:] == ("not_camera",):
            self._plan(at + LOOKED_AGAIN_AFTER, self._look_again, case_id, one.room.district_id)

    def _look_again(self, case_id: UUID, district_id: str, at: datetime) -> None:
        """At what two persons named, one who has not spoken of it; where nobody may, two anew; a few wait."""
        if case_id.int % NOT_LOOKED_AGAIN == 0:
            return
        walking = self.people.pairs[district_id]
        for name in (name for pair in walking for name in pair):
            if self._step(case_id, "unchanged", name, name, at):
                break
        else:
            for number, step in enumerate(("looked_at object", "not_camera")):
                pair = walking[case_id.int % len(walking)]
                self._step(case_id, step, *pair, at + timedelta(minutes=5 * number))
        self._plan(at + LOOKED_AGAIN_AFTER, self._look_again, case_id, district_id)

    def _step(self, case_id: UUID, name: str, first: str, second: str, at: datetime) -> bool:
        """Take a step, if it can be taken now and by these."""
        dated = {"dated": at.astimezone(KST).date()} if name == "police_result" else {}
        request = StepRequest.model_validate({"step": STEPS[name] | dated})
        other = self.people.by_name[second] if request.step.step in NEEDS_TWO else None
        projecting.drain(self.services.db)
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

    def _plan_persons(self) -> None:
        """Defects that somebody measured, one of them overdue; what a cleaner saw; what the public wrote."""
        now = datetime.now(UTC)
        for number, (days, defect) in enumerate(DEFECTS):
            room = self.rooms[(number * 7 + 3) % len(self.rooms)]
            self._plan(now - timedelta(days=days), self._find_defect, room, defect)
        self._plan(now - timedelta(hours=26), self._tell_strange, self.rooms[0])
        self._plan(now - timedelta(hours=3), self._report, self.rooms[-1], REPORTS[0], None)
        own = [room for room in self.rooms if room.district_id == FIRST]
        for number in range(self.months):
            at = now - timedelta(days=30 * number, hours=30)
            way = CLOSED_WAYS[number % len(CLOSED_WAYS)] if number else ()
            room = own[(number * 11 + 5) % len(own)]
            self._plan(at, self._report, room, REPORTS[number % len(REPORTS)], way)

    def _find_defect(self, room: CityRoom, defect: dict[str, Any], at: datetime) -> None:
        person = self.people.by_name[self.people.pairs[room.district_id][0][0]]
        request = CaseRequest.model_validate_json(json.dumps({"step": {"step": "defect_found", **defect}}))
        with moved_to(at), self.services.db.write() as connection:
            case_entries.open_case(connection, self.services.server_signer, person, room.room_id, request)

    def _tell_strange(self, room: CityRoom, at: datetime) -> None:
        cleaner, what = self.people.by_name["cleaner"], "휴지걸이 옆에 처음 보는 나사가 있음"
        with moved_to(at), self.services.db.write() as connection:
            case_entries.report_strange(connection, self.services.server_signer, cleaner, room.room_id, what)

    def _report(self, room: CityRoom, said: tuple[str, str, str], way: tuple[str, ...] | None, at: datetime) -> None:
        """Take what the public wrote; with a way somebody opens a case for it in their own words, later."""
        with moved_to(at), self.services.db.write() as connection:
            reports.take_report(connection, room.room_id, *said[:2])
            taken = reports.open_reports(connection, room.district_id).reports[-1].report_id
        if way is not None:
            self._plan(at + timedelta(hours=2), self._take_report, room, taken, said[2], way)

    def _take_report(self, room: CityRoom, report_id: UUID, what: str, way: tuple[str, ...], at: datetime) -> None:
        pair = self.people.pairs[room.district_id][0]
        person = self.people.by_name[pair[0]]
        with moved_to(at), self.services.db.write() as connection:
            case_id = case_entries.take_public_report(
                connection, self.services.server_signer, person, room.room_id, what
            )
            reports.close_report(
                connection, report_id, "case_opened", str(case_id), actor=person.display_name, district_id=None
            )
        self._plan_way(case_id, Planned(at, room, pair, 0, None, way=way))

    def _today(self) -> None:
        """What a supervisor sees in the morning: a sweep going on, one never closed, looks by eye, strangers, a gap."""
        now, (own, *_, last) = datetime.now(UTC), self.probes
        for probe, room, at in (
            (last, self.rooms[-2], now - timedelta(days=9)),
            (last, self.rooms[-1], now - timedelta(minutes=6)),
            (new_probe("probe-stranger", FIRST), self.rooms[1], now - timedelta(hours=1)),
        ):
            pair = tuple(self.people.by_name[name].display_name for name in self.people.pairs[probe.district_id][0])
            options: dict[str, Any] = {"probe_id": probe.probe_id, "checked": probe.last_check}
            self._open(probe, report_of(self.rng, room, at, inspectors=(pair[0], pair[1]), **options))
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
        last.seq -= 1  # another entry in a place that is taken: a conflict, an alarm
        for probe, room, minutes in ((last, self.rooms[-3], 70), (own, self.rooms[0], 50)):
            at, pair = now - timedelta(minutes=minutes), self.people.pairs[room.district_id][0]
            self._sweep(Planned(at, room, pair, 0, probe), at)
            own.seq += 1  # an entry that never arrives
        projecting.drain(self.services.db)


def _spread(
    last_of_room: Mapping[UUID, Planned], ways: Sequence[tuple[str, ...]]
) -> list[tuple[Planned, tuple[str, ...]]]:
    """These ways on late visits, in no room twice."""
    late = sorted(last_of_room.values(), key=lambda one: one.at)[-3 * len(ways) :]
    return list(zip(late[:: max(1, len(late) // max(1, len(ways)))], ways, strict=False))
