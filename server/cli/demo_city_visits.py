"""Who visits which facility of the made-up city when: on the days that are drawn for it, few left out.

Input are rooms, people and probes; output are visits that will be made, with what will be suspicious there.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from server.cli.demo_city_inspections import FIRST
from server.cli.demo_city_notes import CLOSED_WAYS
from server.cli.demo_city_places import CityRoom, People
from server.cli.demo_city_probes import CityProbe
from server.cli.demo_city_reports import Suspicion
from server.interface.words import KST
from server.schedule.periods import ONE_DAY, period_before, period_of, working_days
from server.schedule.random_days import drawn_day, secrets_until
from server.store.db import Database

PROBE_SHARE = 0.6
"""Of the visits of the first district's pair that has a probe."""
SLOT_MIN, FACILITY_MIN = 18, 45  # FIELD: eight minutes a room, and the way to the next
SUSPICION_SHARE = 0.02
MISSED_SHARE = 0.06
ABORTED_SHARE = 0.015
RULE = "monthly"
"""By whose draws facilities are visited (`config/inspection_policy.toml`)."""


@dataclass
class Planned:
    """A visit that will be made."""

    at: datetime
    room: CityRoom
    pair: tuple[str, str]
    number: int
    """Of the pair in its district."""
    probe: CityProbe | None
    """None: with what the pair carries else."""
    suspicion: Suspicion | None = None
    way: tuple[str, ...] = ()
    is_aborted: bool = False


@dataclass(frozen=True)
class Visits:
    """Those of some months up to today."""

    db: Database
    people: People
    rooms: Sequence[CityRoom]
    probes: Sequence[CityProbe]
    today: date
    months: int
    rng: random.Random

    def planned(self) -> Iterator[Planned]:
        """Each facility on the day that was drawn for it in a month, few left out."""
        month = period_of("month", self.today)
        for _ in range(self.months):
            month = period_before("month", month.first)
        by_facility: dict[UUID, list[CityRoom]] = defaultdict(list)
        for room in self.rooms:
            by_facility[room.facility_id].append(room)
        while month.first <= self.today:
            known = secrets_until(self.db, month.first, min(month.last, self.today))
            visited: Counter[tuple[date, str]] = Counter()
            for facility_id, own in by_facility.items():
                day = drawn_day(facility_id, RULE, working_days(month), self.today, known)
                if day is not None and self.rng.random() > MISSED_SHARE:
                    yield from self._visit(own, day, visited[day, own[0].district_id])
                    visited[day, own[0].district_id] += 1
            month = period_of("month", month.last + ONE_DAY)

    def _visit(self, own: Sequence[CityRoom], day: date, before: int) -> Iterator[Planned]:
        """A facility, after so many others of its district that day: the pairs take turns."""
        district_id = own[0].district_id
        walking = self.people.pairs[district_id]
        pair = (before + day.toordinal()) % len(walking)
        probe = [one for one in self.probes if one.district_id == district_id][pair : pair + 1]
        if district_id == FIRST and self.rng.random() > PROBE_SHARE:
            probe = []
        start = time_of(day, 9, 5) + timedelta(minutes=before // len(walking) * FACILITY_MIN)
        for slot, room in enumerate(own):
            at = start + timedelta(minutes=slot * SLOT_MIN)
            one = Planned(at, room, walking[pair], pair, next(iter(probe), None), way=self.rng.choice(CLOSED_WAYS))
            if self.rng.random() < SUSPICION_SHARE:
                one.suspicion = self.rng.choice(("glint", "uplink"))
            one.is_aborted = one.probe is not None and self.rng.random() < ABORTED_SHARE
            if at < datetime.now(UTC) - timedelta(minutes=20):
                yield one


def time_of(day: date, hour: int, minute: int = 0) -> datetime:
    """That moment of a day in Korea, in UTC."""
    return datetime.combine(day, time(hour, minute), KST).astimezone(UTC)
