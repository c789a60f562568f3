"""In which district each room lies: said in the log by this server, and read from there by whoever judges an entry.

Input are rooms of which the log does not say yet where they lie, or an entry that says it; output are statements, and
rows of `room_districts`.  What a key may say of a room follows from them (signing_rules.py), here and for a verifier
without a server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, update

from server.signing.statements import SERVER_SUBJECT, say
from server.store.db import Database
from server.store.schema import IS_ACCEPTED, cases, entries, facilities, room_districts, rooms, statements, sweeps
from server.store.stored_bodies import bodies_of
from server.verifier.placements import Placements
from sweep.entry.kinds import OPENED, REPORT, ROOM_PLACED, ROOM_PLACED_TYPE
from sweep.report import ContractError, parse_json
from sweep.report.log_records import RoomPlaced

IS_PLACED = IS_ACCEPTED & (entries.c.kind == ROOM_PLACED)
AT_ONCE = 1_000  # derived: the ids of so many rooms make half of what such a body may have

# Built once: each entry passes here.
_OF_ROOMS = select(room_districts).where(room_districts.c.room_id.in_(bindparam("rooms", expanding=True)))
_UNSAID = (
    select(rooms.c.room_id, facilities.c.district_id)
    .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    .where(rooms.c.said_district.is_(None), facilities.c.district_id.is_not(None))
    .order_by(rooms.c.room_id)
    .limit(AT_ONCE)
)
_WAITS = select(literal(1)).where(_UNSAID.limit(1).exists() | select(statements.c.statement_id).exists())


def say_where_rooms_lie(connection: Connection) -> None:
    """Make statements of the rooms of which nothing was said yet; inside a write transaction."""
    while unsaid := connection.execute(_UNSAID).all():
        of_district: defaultdict[str, list[UUID]] = defaultdict(list)
        for row in unsaid:
            of_district[row.district_id].append(row.room_id)
        for district, room_ids in of_district.items():
            body = RoomPlaced(v=1, district=district, rooms=tuple(room_ids))
            say(connection, ROOM_PLACED, body, actor=SERVER_SUBJECT)
            said = update(rooms).where(rooms.c.room_id.in_(room_ids))
            connection.execute(said.values(said_district=district))


def is_all_said(connection: Connection) -> bool:
    """Does no statement wait, and is none to be made of a room?  It is asked before every entry."""
    return connection.scalar(_WAITS) is None


def has_unsaid(connection: Connection) -> bool:
    """Is there a room of which nothing was said yet?"""
    return connection.execute(_UNSAID.limit(1)).first() is not None


def read_once(db: Database) -> None:
    """Read from a log that an older release went on with where rooms lie; costs one read when all is known."""
    known, said = select(room_districts.c.room_id).limit(1), select(entries.c.log_index).where(IS_PLACED).limit(1)
    with db.read() as connection:
        if not has_unsaid(connection) or connection.scalar(known) is not None or connection.scalar(said) is None:
            return
    with db.write() as connection:
        rebuild_placements(connection)


def placements_of(connection: Connection, room_ids: Iterable[UUID | None]) -> Placements:
    """Where these rooms lie and lay."""
    places, wanted = Placements(), sorted({room_id for room_id in room_ids if room_id is not None})
    if wanted:
        for row in connection.execute(_OF_ROOMS, {"rooms": wanted}):
            places.place(row.room_id, row.from_index, row.district_id)
    return places


def take_effect(connection: Connection, log_index: int) -> set[UUID]:
    """Note where an accepted entry says that rooms lie; returns sweeps that it lets say something else."""
    forget(connection, log_index)
    said = _said_in(connection, log_index)
    if said is None:
        return set()
    wanted = list(dict.fromkeys(said.rooms))
    known = set(connection.scalars(select(room_districts.c.room_id).where(room_districts.c.room_id.in_(wanted))))
    values = [{"room_id": room_id, "from_index": log_index, "district_id": said.district} for room_id in wanted]
    connection.execute(insert(room_districts), values)
    connection.execute(update(rooms).where(rooms.c.room_id.in_(wanted)).values(said_district=said.district))
    new = [room_id for room_id in wanted if room_id not in known]  # what came before lay elsewhere, and stays so
    foreign = (
        select(sweeps.c.sweep_id)
        .join(entries, entries.c.sweep_id == sweeps.c.sweep_id)
        .where(
            sweeps.c.room_id.in_(new),
            IS_ACCEPTED,
            entries.c.kind.in_((OPENED, REPORT)),
            entries.c.tenant != said.district,
        )
    )
    moved = select(cases.c.sweep_id).where(
        cases.c.room_id.in_(new), cases.c.room_id != cases.c.recorded_room_id, cases.c.sweep_id.is_not(None)
    )  # a case that was taken into another district's room
    return set(connection.scalars(foreign.union(moved))) if new else set()


def forget(connection: Connection, log_index: int) -> None:
    """Let an entry say nothing about rooms any more, so that another has to."""
    of_entry = select(room_districts.c.room_id).where(room_districts.c.from_index == log_index)
    gone = connection.scalars(of_entry).all()
    if gone:
        connection.execute(delete(room_districts).where(room_districts.c.from_index == log_index))
        connection.execute(update(rooms).where(rooms.c.room_id.in_(gone)).values(said_district=None))


def rebuild_placements(connection: Connection) -> None:
    """Read anew from the entries where rooms lie."""
    connection.execute(delete(room_districts))
    for log_index in connection.scalars(
        select(entries.c.log_index).where(IS_PLACED).order_by(entries.c.log_index)
    ).all():
        take_effect(connection, log_index)


def _said_in(connection: Connection, log_index: int) -> RoomPlaced | None:
    """What an entry says; None when its body is not there or cannot be read."""
    for body in bodies_of(connection, log_index):
        if body.media_type == ROOM_PLACED_TYPE and body.data is not None:
            try:
                return parse_json(RoomPlaced, body.data)
            except ContractError:
                return None
    return None
