"""The way to the server above: how cases, due rooms and results of this server's own district stand, never a name.

Input are the projections, what the schedule says of rooms and what the settings let go (`above_gets`); output are rows
of `told_above`, one a thing, numbered as they were noticed, and posts of what follows the last number that arrived.
While nobody answers, a thing that changes again takes a new number: a week away needs no more room than a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select, update

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
from server.store.counting import IS_MADE_HERE, IS_ROOT
from server.store.db import Database
from server.store.schema import above, cases, facilities, rooms, sweeps, told_above
from sweep.phrases import Phrase
from sweep.report import ContractError, new_id, parse_json, to_json

ONLY = 1
POSTS_AT_ONCE = 20  # guessed: 10,000 things, and whoever stops the server waits for no more
METHODS: tuple[Method, ...] = ("equipment", "visual")
_PLACES = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)


class _Thing(NamedTuple):
    """A thing as it stands beside what was told of it."""

    what: What
    thing_id: UUID
    said: Said | None
    """None: it is no more."""


def open_above(db: Database, url: str) -> None:
    """Let the database know which server stands above, if any does; to another one everything is told anew."""
    with db.read() as connection:
        row = connection.execute(select(above)).one_or_none()
    wanted = url.rstrip("/")
    if (row is None and not wanted) or (row is not None and row.url == wanted):
        return
    with db.write() as connection:
        if row is None:
            connection.execute(
                insert(above).values(above_id=ONLY, url=wanted, stream_id=new_id(), last_number=0, arrived_number=0)
            )
        else:
            begin_anew(connection, url=wanted)


def begin_anew(connection: Connection, **values: str) -> None:
    """Tell everything again, in the place of all that was told before."""
    connection.execute(update(above).values(stream_id=new_id(), arrived_number=0, **values))


def note(
    db: Database, gets: Collection[str], due: Sequence[ToldRoom], district_id: str, *, rooms_only: bool = False
) -> int:
    """Number what stands otherwise than was told: `gets` of "cases", "schedule" and "results"; returns how many.

    `due`: how every room of the district stands in the schedule; `rooms_only`: nothing else can have changed.
    """
    noted = 0
    with db.read() as connection:
        for page in _room_pages(connection, due if "schedule" in gets else ()):
            noted += _number(db, page)
        for page in () if rooms_only else _pages(connection, gets, district_id):
            noted += _number(db, page)
    return noted


def tell(db: Database, client: CityClient, *, is_heard: bool = False) -> int:
    """Post what did not arrive yet, by number; returns how many things did.  Raises CityAwayError.

    `is_heard`: where nothing is left, nothing is posted.
    """
    done = 0
    for _ in range(POSTS_AT_ONCE):
        with db.read() as connection:
            row = connection.execute(select(above)).one()
            after = row.arrived_number
            told = _unarrived(connection, after)
        if is_heard and not told:
            break
        sent = told[:TOLD_AT_ONCE]
        more = len(told) > len(sent)
        request = TellRequest(v=1, stream_id=row.stream_id, after=after, told=tuple(sent), is_more=more)
        number = _posted(client, request)
        with db.write() as connection:
            if number > connection.execute(select(above.c.last_number)).scalar_one():  # this is older than what it told
                begin_anew(connection)
                continue
            of_stream = above.c.stream_id == row.stream_id
            connection.execute(update(above).where(of_stream).values(arrived_number=number))
            gone = (told_above.c.number <= number) & told_above.c.said_json.is_(None)
            connection.execute(delete(told_above).where(gone))
        done += sum(after < one.number <= number for one in sent)
        if number >= after and not more:
            break
    return done


def _room_pages(connection: Connection, due: Sequence[ToldRoom]) -> Iterator[list[_Thing]]:
    """Rooms that stand otherwise than was told, in pages."""
    known = _known_rooms(connection)
    stands = {(one.method, one.room_id): one for one in due}
    changed = [_Thing(*key, one) for key, one in stands.items() if known.get(key) != one.model_dump_json()]
    changed += [_Thing(*key, None) for key in known if key not in stands]
    for first in range(0, len(changed), TOLD_AT_ONCE):
        yield changed[first : first + TOLD_AT_ONCE]


def counts(connection: Connection) -> tuple[str, int, int] | None:
    """(address of the server above, how many things it was told, how many wait); None where none stands above."""
    row = connection.execute(select(above)).one_or_none()
    if row is None or not row.url:
        return None
    is_there = told_above.c.number <= row.arrived_number
    told = select(func.count()).select_from(told_above)
    return row.url, connection.scalar(told.where(is_there)) or 0, connection.scalar(told.where(~is_there)) or 0


def _pages(connection: Connection, gets: Collection[str], district_id: str) -> Iterator[list[_Thing]]:
    """Results and cases that stand otherwise than was told, in pages."""
    results, of_cases = _results(district_id), _cases(district_id)
    if "results" in gets:
        yield from _standing_results(connection, results)
    yield from _gone(connection, "result", results.with_only_columns(sweeps.c.sweep_id) if "results" in gets else None)
    if "cases" in gets:
        yield from _standing_cases(connection, of_cases)
    yield from _gone(connection, "case", of_cases.with_only_columns(cases.c.case_id) if "cases" in gets else None)


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


def _gone(connection: Connection, what: What, stands: Select[Any] | None) -> Iterator[list[_Thing]]:
    """What was told and stands no more; None: nothing of this is to be told."""
    is_told = (told_above.c.what == what) & told_above.c.said_json.is_not(None)
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
        .where(sweeps.c.source == "live", IS_MADE_HERE, *_of(district_id))
    )


def _cases(district_id: str) -> Select[Any]:
    return (
        select(*CASE_COLUMNS, rooms.c.kind, rooms.c.facility_id)
        .select_from(cases.join(_PLACES, rooms.c.room_id == cases.c.room_id))
        .where(cases.c.source == "live", IS_ROOT, *_of(district_id))
    )


def _of(district_id: str) -> tuple[ColumnElement[bool], ...]:
    return facilities.c.district_id == district_id, ~facilities.c.is_demo


def _told_of(what: What, thing_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(told_above.c.what == what, told_above.c.thing_id == thing_id)


def _known_rooms(connection: Connection) -> dict[tuple[Method, UUID], str]:
    statement = select(told_above).where(told_above.c.what.in_(METHODS), told_above.c.said_json.is_not(None))
    return {(row.what, row.thing_id): row.said_json for row in connection.execute(statement)}


def _number(db: Database, page: Iterable[_Thing]) -> int:
    """Give each of them the next number, unless another process has done so."""
    things = {(one.what, one.thing_id): None if one.said is None else one.said.model_dump_json() for one in page}
    if not things:
        return 0
    with db.write() as connection:
        is_of_page = told_above.c.thing_id.in_({thing_id for _, thing_id in things})
        known = {(row.what, row.thing_id): row for row in connection.execute(select(told_above).where(is_of_page))}
        row = connection.execute(select(above)).one()
        new = {key: said for key, said in things.items() if key not in known or known[key].said_json != said}
        for what in {what for what, _ in new}:
            ids = [thing_id for one, thing_id in new if one == what]
            connection.execute(delete(told_above).where(told_above.c.what == what, told_above.c.thing_id.in_(ids)))
        numbered = enumerate(new.items(), row.last_number + 1)
        values = [
            {"what": what, "thing_id": thing_id, "number": number, "said_json": said}
            for number, ((what, thing_id), said) in numbered
        ]
        if values:
            connection.execute(insert(told_above), values)
            connection.execute(update(above).values(last_number=values[-1]["number"]))
    return len(new)


def _unarrived(connection: Connection, after: int) -> list[Told]:
    """What follows a number, one more than goes at once; read strictly, so that nothing else can leave."""
    statement = select(told_above).where(told_above.c.number > after).order_by(told_above.c.number)
    return [
        Told.model_validate_json(f'{{"number":{row.number},"said":{row.said_json}}}')
        if row.said_json is not None
        else Told(number=row.number, said=ToldGone(of=row.what, thing_id=row.thing_id))
        for row in connection.execute(statement.limit(TOLD_AT_ONCE + 1))
    ]


def _posted(client: CityClient, request: TellRequest) -> int:
    """Up to which number the server above has heard of this stream."""
    try:
        answer = parse_json(TellingView, client.post_signed("/api/relay/told", to_json(request)))
    except ContractError as error:
        raise CityAwayError(Phrase("city_answer_unreadable", why=error)) from None
    return answer.number if answer.stream_id == request.stream_id else 0


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
