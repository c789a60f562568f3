"""How the first district of the made-up city works: its instruments, its papers, and what pairs saw without a probe.

Input are its people, or a room, a time and what a pair carries; output are rows of its registers, or an inspection as a
phone sends it.  Nobody looked anywhere, and nothing of it says how well anybody looks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from server.cli.demo_city_places import ACTOR, DISTRICTS, LEFT, CityRoom, People
from server.districts.office import change_office
from server.instruments import register
from server.interface.inspection_requests import InspectionRequest
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest
from server.interface.office_requests import OfficeRequest
from sweep.report import Zone, centre_of, new_id
from sweep.report.inspection_records import InstrumentKind, InstrumentLook, InstrumentSaw, PlanPlace

FIRST = DISTRICTS[0].district_id
OFFICE = OfficeRequest(approval=("담당", "팀장", "과장"), number_word="여성가족과", shows_names=False)
CARRIED: tuple[tuple[InstrumentKind, ...], ...] = (
    ("lens_finder", "rf_finder"),
    ("lens_finder", "rf_finder"),
    ("lens_finder", "thermal_imager"),
    ("lens_finder",),
)
"""By pair; the first kind is for every zone, the second for stalls."""
MODELS: dict[InstrumentKind, tuple[str, str]] = {
    "lens_finder": ("가상전자", "적색 LED 렌즈 탐지기"),
    "rf_finder": ("가상전자", "전파 탐지기"),
    "thermal_imager": ("가상광학", "휴대용 열화상 카메라"),
    "borescope": ("가상광학", "내시경 카메라"),
}
CHECKED_EVERY_D, GOOD_FOR_D = 90, 100
CHECKED_BEFORE_D = 20
LAPSED_PAIR = 3
"""Its finder missed the last check, so that what it inspected since stands as not checked."""
BY_EYE_SHARE = 0.1
SIGNAL_SHARE, EXPLAINED_SHARE, UNSURE_SHARE = 0.03, 0.03, 0.006
UNREAD_DOOR_SHARE = 0.002
SECONDS_OF_LOOK = (15, 45)


@dataclass(frozen=True, slots=True)
class Carried:
    """An instrument in somebody's hands."""

    instrument_id: UUID | None
    kind: InstrumentKind


BY_EYE = (Carried(None, "by_eye"),)


def furnish_office(connection: Connection, people: People) -> tuple[tuple[Carried, ...], ...]:
    """How the district's papers look, and its instruments; those of each pair."""
    change_office(connection, FIRST, OFFICE, actor=ACTOR)
    _add(connection, "thermal_imager", 90, LEFT)
    _add(connection, "borescope", 91, None)
    return tuple(
        tuple(Carried(_add(connection, kind, 10 * number, pair[0]), kind) for kind in kinds)
        for number, (pair, kinds) in enumerate(zip(people.pairs[FIRST], CARRIED, strict=True), 1)
    )


def _add(connection: Connection, kind: InstrumentKind, number: int, holder: str | None) -> UUID:
    maker, model = MODELS[kind]
    wanted = InstrumentRequest(kind=kind, maker=maker, model=model, serial=f"H{number:03}", holder=holder)
    return register.add_instrument(connection, wanted, actor=ACTOR, district_id=FIRST)


def check_days(first: date, last: date, *, has_lapsed: bool) -> Iterator[date]:
    """Days of the checks of an instrument's function, the newest first."""
    day = last - timedelta(days=CHECKED_BEFORE_D + (CHECKED_EVERY_D if has_lapsed else 0))
    while day > first - timedelta(days=CHECKED_EVERY_D):
        yield max(day, first)
        day -= timedelta(days=CHECKED_EVERY_D)


def check(connection: Connection, instrument_id: UUID, day: date) -> None:
    """Write down that an instrument was tried and works."""
    said = InstrumentCheckRequest(
        what="function",
        day=day,
        good_until=day + timedelta(days=GOOD_FOR_D),
        has_passed=True,
        checked_by="여성가족과",
    )
    register.add_check(connection, instrument_id, said, today=day, actor=ACTOR)


def inspection_of(
    rng: random.Random, room: CityRoom, entered: datetime, carried: Sequence[Carried], door: str, *, is_suspicious: bool
) -> InspectionRequest:
    """An inspection of every zone, as a phone sends it on leaving; a suspicious one names one place."""
    if not is_suspicious and rng.random() < BY_EYE_SHARE:
        carried = BY_EYE
    order = [
        (zone, one)
        for zone in room.plan.zones
        for number, one in enumerate(carried)
        if number == 0 or zone.kind in {"stall", "booth"}
    ]
    named = rng.choice([index for index, (_, one) in enumerate(order) if one.kind != "rf_finder"])
    is_odd = is_suspicious or rng.random() < EXPLAINED_SHARE
    looks, after_s = [], 0
    for index, (zone, one) in enumerate(order):
        after_s += rng.randint(*SECONDS_OF_LOOK)
        looks.append(_look(rng, zone, one, after_s, (is_suspicious, index == named and is_odd)))
    left = entered + timedelta(seconds=after_s + 30)
    return InspectionRequest(
        sweep_id=new_id(int(entered.timestamp() * 1000)),
        plan_version=room.plan.version,
        looks=tuple(looks),
        declared_empty=True,
        borescope_rule=False,
        entered=entered,
        left=left,
        sent=left + timedelta(seconds=20),
        door_in=door,
        door_out=None if rng.random() < UNREAD_DOOR_SHARE else door,
    )


def _look(rng: random.Random, zone: Zone, one: Carried, after_s: int, odd: tuple[bool, bool]) -> InstrumentLook:
    is_suspicious, is_named = odd
    saw: InstrumentSaw = "nothing"
    if is_named:
        saw = "warm_spot" if one.kind == "thermal_imager" else "glint"
    elif one.kind == "rf_finder" and rng.random() < SIGNAL_SHARE / 4:
        saw = "signal"
    elif rng.random() < UNSURE_SHARE / 4:
        saw = "cannot_tell"
    x_m, y_m = centre_of(zone)
    return InstrumentLook(
        zone_id=zone.zone_id,
        instrument_id=one.instrument_id,
        kind=one.kind,
        saw=saw,
        place=PlanPlace(x_m=round(x_m, 2), y_m=round(y_m, 2)) if is_named else None,
        afterwards=("not_explained" if is_suspicious else "explained") if is_named else None,
        after_s=after_s,
    )
