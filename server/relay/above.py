"""The way to the server above: how cases, due rooms and results of each of this server's districts stand, never a name.

Input are the projections, what the schedule says of rooms and what the settings let go (`above_gets`); output are rows
of `told_above`, one a thing, numbered as they were noticed, and posts of what follows the district's last that arrived.
While nobody answers, a thing that changes again takes a new number: a week away needs no more room than a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, func, insert, or_, select, update

from server.interface.told_requests import (
    TOLD_AT_ONCE,
    Said,
    TellRequest,
    Told,
    ToldCase,
    ToldGone,
    ToldResult,
    ToldRoom,
    What,
)
from server.interface.views.schedule import Method
from server.interface.views.told import TellingView
from server.projections.case_rows import CASE_COLUMNS, openers
from server.relay.client import CityAwayError, CityClient
from server.store.clock import day_of, from_ms
from server.store.counting import IS_MADE_HERE, IS_ROOT, REAL
from server.store.db import Database
from server.store.schema import above, cases, facilities, rooms, sweeps, told_above
from sweep.phrases import Phrase
from sweep.report import ContractError, new_id, parse_json, to_json

POSTS_AT_ONCE = 20  # guessed: 10,000 things, and whoever stops the server waits for no more
METHODS: tuple[Method, ...] = ("equipment", "visual")
_PLACES = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)


class _Thing(NamedTuple):
    """A thing as it stands beside what was told of it."""

    what: What
    thing_id: UUID
    said: Said | None
    """None: it is no more."""


def open_above(db: Database, url: str, district_ids: Collection[str]) -> None:
    """Let the database know which server stands above, if any does; to another one everything is told anew.

    `district_ids`: of which it is told; one that it was told of before is kept, so that this is taken back.
    """
    wanted = url.rstrip("/")
    with db.read() as connection:
        known = {row.district_id: row.url for row in connection.execute(select(above))}
    new = sorted(set(district_ids) - known.keys()) if wanted else []
    moved = sorted(district_id for district_id, told in known.items() if told != wanted)
    if not new and not moved:
        return
    with db.write() as connection:
        first = 1 + (connection.scalar(select(func.max(above.c.above_id))) or 0)
        begun = {"url": wanted, "last_number": 0, "arrived_number": 0}
        for above_id, district_id in enumerate(new, first):
            ids = {"above_id": above_id, "district_id": district_id, "stream_id": new_id()}
            connection.execute(insert(above).values(**ids, **begun))
        for district_id in moved:
            begin_anew(connection, district_id, url=wanted)


def begin_anew(connection: Connection, district_id: str, **values: str) -> None:
    """Tell everything of a district again, in the place of all that was told of it before."""
    begun = update(above).where(above.c.district_id == district_id)
    connection.execute(begun.values(stream_id=new_id(), arrived_number=0, **values))


def note(
    db: Database, gets: Collection[str], due: Sequence[ToldRoom], district_id: str, *, rooms_only: bool = False
) -> int:
    """Number what stands otherwise than was told: `gets` of "cases", "schedule" and "results"; returns how many.

    `due`: how every room of the district stands in the schedule; `rooms_only`: nothing else can have changed.
    """
    noted = 0
    with db.read() as connection:
        for page in _room_pages(connection, due if "schedule" in gets else (), district_id):
            noted += _number(db, page, district_id)
        for page in () if rooms_only else _pages(connection, gets, district_id):
            noted += _number(db, page, district_id)
    return noted


def tell(db: Database, client: CityClient, district_id: str, *, is_heard: bool = False) -> int:
    """Post what did not arrive yet of a district, by number; returns how many things did.  Raises CityAwayError.

    `is_heard`: where nothing is left, nothing is posted.
    """
    done, of_district = 0, above.c.district_id == district_id
    for _ in range(POSTS_AT_ONCE):
        with db.read() as connection:
            row = connection.execute(select(above).where(of_district)).one()
            after = row.arrived_number
            told = _unarrived(connection, district_id, after) if after < row.last_number else []
        if is_heard and not told:
            break
        sent = told[:TOLD_AT_ONCE]
        more = len(told) > len(sent)
        request = TellRequest(v=1, stream_id=row.stream_id, after=after, told=tuple(sent), is_more=more)
        number = _posted(client, district_id, request)
        with db.write() as connection:
            last_number = connection.execute(select(above.c.last_number).where(of_district)).scalar_one()
            if number > last_number:  # this is older than what it told
                begin_anew(connection, district_id)
                continue
            of_stream = of_district & (above.c.stream_id == row.stream_id)
            connection.execute(update(above).where(of_stream).values(arrived_number=number))
            gone = _is_told_of(district_id) & (told_above.c.number <= number) & told_above.c.said_json.is_(None)
            connection.execute(delete(told_above).where(gone))
        done += sum(after < one.number <= number for one in sent)
        if number >= after and not more:
            break
    return done


def _room_pages(connection: Connection, due: Sequence[ToldRoom], district_id: str) -> Iterator[list[_Thing]]:
    """Rooms that stand otherwise than was told, in pages."""
    known = _known_rooms(connection, district_id)
    stands = {(one.method, one.room_id): one for one in due}
    changed = [_Thing(*key, one) for key, one in stands.items() if known.get(key) != one.model_dump_json()]
    changed += [_Thing(*key, None) for key in known if key not in stands]
    for first in range(0, len(changed), TOLD_AT_ONCE):
        yield changed[first : first + TOLD_AT_ONCE]


def counts(connection: Connection) -> Sequence[Row[tuple[str, str, int, int]]]:
    """Of each district `url` of the server above, `district_id`, how many things were `told` and are `due`."""
    is_there = told_above.c.number <= above.c.arrived_number
    told, due = (func.count(case((is_one, 1))) for is_one in (is_there, ~is_there))
    return connection.execute(
        select(above.c.url, above.c.district_id, told.label("told"), due.label("due"))
        .select_from(above.outerjoin(told_above, told_above.c.district_id == above.c.district_id))
        .where(above.c.url != "")
        .group_by(above.c.url, above.c.district_id)
        .order_by(above.c.district_id)
    ).all()


def districts_told(connection: Connection) -> tuple[str, ...]:
    """Districts of which a server above is told, or was and is to forget it."""
    return tuple(connection.scalars(select(above.c.district_id).order_by(above.c.district_id)))


def _pages(connection: Connection, gets: Collection[str], district_id: str) -> Iterator[list[_Thing]]:
    """Results and cases that stand otherwise than was told, in pages."""
    results, of_cases = _results(district_id), _cases(district_id)
    if "results" in gets:
        yield from _standing_results(connection, results)
    result_ids = results.with_only_columns(sweeps.c.sweep_id) if "results" in gets else None
    yield from _gone(connection, "result", result_ids, district_id)
    if "cases" in gets:
        yield from _standing_cases(connection, of_cases)
    case_ids = of_cases.with_only_columns(cases.c.case_id) if "cases" in gets else None
    yield from _gone(connection, "case", case_ids, district_id)


def _standing_results(connection: Connection, results: Select[Any]) -> Iterator[list[_Thing]]:
    joined = results.add_columns(told_above.c.said_json).outerjoin(told_above, _told_of("result", sweeps.c.sweep_id))
    last: UUID | None = None
    while True:
        later = joined if last is None else joined.where(sweeps.c.sweep_id > last)
        rows = connection.execute(later.order_by(sweeps.c.sweep_id).limit(TOLD_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].sweep_id
        said = [
            ToldResult(
                sweep_id=row.sweep_id,
                room_id=row.room_id,
                facility_id=row.facility_id,
                day=day_of(from_ms(row.started_ms)),
                mode=row.mode,
                equipment=row.equipment,
                persons=row.said,
            )
            for row in rows
        ]
        yield _changed("result", [one.sweep_id for one in said], said, rows)


def _standing_cases(connection: Connection, of_cases: Select[Any]) -> Iterator[list[_Thing]]:
    joined = of_cases.add_columns(told_above.c.said_json).outerjoin(told_above, _told_of("case", cases.c.case_id))
    last: tuple[int, UUID] | None = None
    while True:
        later = joined
        if last is not None:
            same = and_(cases.c.changed_ms == last[0], cases.c.case_id > last[1])
            later = joined.where(or_(cases.c.changed_ms > last[0], same))
        rows = connection.execute(later.order_by(cases.c.changed_ms, cases.c.case_id).limit(TOLD_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].changed_ms, rows[-1].case_id
        began = openers(connection, rows)
        said = [
            ToldCase.model_validate(
                {
                    "case_id": row.case_id,
                    "room_id": row.room_id,
                    "facility_id": row.facility_id,
                    "kind": row.kind,
                    "began": began.get(row.case_id),
                    "state": row.state,
                    "opened": day_of(from_ms(row.opened_ms)),
                    "changed": day_of(from_ms(row.changed_ms)),
                    "due": _day(row.due),
                    "reopens": _day(row.reopens),
                }
            )
            for row in rows
        ]
        yield _changed("case", [one.case_id for one in said], said, rows)


def _changed(what: What, ids: Sequence[UUID], said: Sequence[Said], rows: Sequence[Any]) -> list[_Thing]:
    return [
        _Thing(what, thing_id, one)
        for thing_id, one, row in zip(ids, said, rows, strict=True)
        if one.model_dump_json() != row.said_json
    ]


def _gone(connection: Connection, what: What, stands: Select[Any] | None, district_id: str) -> Iterator[list[_Thing]]:
    """What was told and stands no more; None: nothing of this is to be told."""
    is_told = (told_above.c.what == what) & told_above.c.said_json.is_not(None) & _is_told_of(district_id)
    statement = select(told_above.c.thing_id).where(is_told)
    if stands is not None:
        statement = statement.where(told_above.c.thing_id.not_in(stands))
    for some in connection.execute(statement).scalars().partitions(TOLD_AT_ONCE):
        yield [_Thing(what, thing_id, None) for thing_id in some]


def _results(district_id: str) -> Select[Any]:
    columns = (sweeps.c.sweep_id, sweeps.c.started_ms, sweeps.c.mode, sweeps.c.equipment, sweeps.c.said)
    return (
        select(*columns, sweeps.c.room_id, rooms.c.facility_id)
        .select_from(sweeps.join(_PLACES, rooms.c.room_id == sweeps.c.room_id))
        .where(sweeps.c.source == REAL, IS_MADE_HERE, *_of(district_id))
    )


def _cases(district_id: str) -> Select[Any]:
    return (
        select(*CASE_COLUMNS, rooms.c.kind, rooms.c.facility_id)
        .select_from(cases.join(_PLACES, rooms.c.room_id == cases.c.room_id))
        .where(cases.c.source == REAL, IS_ROOT, *_of(district_id))
    )


def _of(district_id: str) -> tuple[ColumnElement[bool], ...]:
    return facilities.c.district_id == district_id, ~facilities.c.is_demo


def _told_of(what: What, thing_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(told_above.c.what == what, told_above.c.thing_id == thing_id)


def _is_told_of(district_id: str) -> ColumnElement[bool]:
    return told_above.c.district_id == district_id


def _known_rooms(connection: Connection, district_id: str) -> dict[tuple[Method, UUID], str]:
    is_room = told_above.c.what.in_(METHODS) & told_above.c.said_json.is_not(None)
    statement = select(told_above).where(is_room, _is_told_of(district_id))
    return {(row.what, row.thing_id): row.said_json for row in connection.execute(statement)}


def _number(db: Database, page: Iterable[_Thing], district_id: str) -> int:
    """Give each of them the next number, unless another process has done so.

    What moved here from another district waits until the server above knows that it is no more there, or would keep it
    of both.
    """
    things = {(one.what, one.thing_id): None if one.said is None else one.said.model_dump_json() for one in page}
    if not things:
        return 0
    with db.write() as connection:
        is_of_page = told_above.c.thing_id.in_({thing_id for _, thing_id in things})
        known = {(row.what, row.thing_id): row for row in connection.execute(select(told_above).where(is_of_page))}
        last_number = connection.execute(select(func.max(above.c.last_number))).scalar_one()
        new = {key: said for key, said in things.items() if _is_news(known.get(key), district_id, said)}
        for what in {what for what, _ in new}:
            ids = [thing_id for one, thing_id in new if one == what]
            connection.execute(delete(told_above).where(told_above.c.what == what, told_above.c.thing_id.in_(ids)))
        numbered = enumerate(new.items(), last_number + 1)
        values = [
            {"what": what, "thing_id": thing_id, "district_id": district_id, "number": number, "said_json": said}
            for number, ((what, thing_id), said) in numbered
        ]
        if values:
            connection.execute(insert(told_above), values)
            of_district = above.c.district_id == district_id
            connection.execute(update(above).where(of_district).values(last_number=values[-1]["number"]))
    return len(new)


def _is_news(known: Row[Any] | None, district_id: str, said: str | None) -> bool:
    return known is None or (known.district_id == district_id and known.said_json != said)


def _unarrived(connection: Connection, district_id: str, after: int) -> list[Told]:
    """What follows a number, one more than goes at once; read strictly, so that nothing else can leave."""
    is_later = _is_told_of(district_id) & (told_above.c.number > after)
    statement = select(told_above).where(is_later).order_by(told_above.c.number)
    return [
        Told.model_validate_json(f'{{"number":{row.number},"said":{row.said_json}}}')
        if row.said_json is not None
        else Told(number=row.number, said=ToldGone(of=row.what, thing_id=row.thing_id))
        for row in connection.execute(statement.limit(TOLD_AT_ONCE + 1))
    ]


def _posted(client: CityClient, district_id: str, request: TellRequest) -> int:
    """Up to which number the server above has heard of this stream."""
    try:
        answer = parse_json(
            TellingView, client.post_signed(f"/api/relay/told?district={district_id}", to_json(request))
        )
    except ContractError as error:
        raise CityAwayError(Phrase("city_answer_unreadable", why=error)) from None
    return answer.number if answer.stream_id == request.stream_id else 0


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
