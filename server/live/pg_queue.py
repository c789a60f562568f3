"""Operations and channels as rows of a PostgreSQL, in the one order in which every process takes them.

An operation gets its number, by the database's clock, in a turn that ends with its commit: so numbers appear in their
order, nobody who reads after a number misses a smaller one, and none is given twice even when a crash of the database
lost the last.  A notice says whether it is urgent and nothing else.  What every kept channel contains is removed after
minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, String, bindparam, column, delete, func, insert, or_, select, true
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from server.live.operations import EntryRead, encode
from server.store.revisions import GONE_US, MIGRATIONS, newest_revision
from server.store.schema import live_channels, live_operations, serving_processes
from server.store.turns import NOW_US, now_us, take_turn

NOTICES = "ansim_live"
READ_AT_ONCE = 500  # guessed: a second of two hundred probes
KEPT_US = 600_000_000  # guessed: a process cut off for half as long begins anew, and so do its pages
MOST_KEPT = 200_000  # guessed: as many as a hundred probes make in that time, and half as many again
ORIGIN = ""
"""Of what no process waits for."""
URGENT = "now"
"""What a notice says of an operation for which somebody waits: a stop, a poll of a probe."""
New = tuple[str | None, str, str]
"""(probe, origin, data) of an operation."""

# Built once, as in entries.py: building takes longer than running.
_NEW = (
    func.unnest(
        bindparam("to_probes", type_=ARRAY(String)),
        bindparam("from_origins", type_=ARRAY(String)),
        bindparam("said", type_=ARRAY(String)),
    )
    .table_valued(column("probe_id", String), column("origin", String), column("data", String), with_ordinality="nth")
    .render_derived()
)
_FIRST = select(func.greatest(func.coalesce(func.max(live_operations.c.op_id), 0) + 1, NOW_US).label("op_id")).cte(
    "first"
)
_APPEND = insert(live_operations).from_select(
    ["op_id", "probe_id", "origin", "data"],
    select(_FIRST.c.op_id + _NEW.c.nth - 1, _NEW.c.probe_id, _NEW.c.origin, _NEW.c.data).select_from(
        _FIRST.join(_NEW, true())
    ),
)
_APPEND_AND_TELL = select(func.pg_notify(NOTICES, bindparam("urgency", type_=String))).add_cte(_APPEND.cte("appended"))
_AFTER = select(live_operations, NOW_US.label("now_us")).where(live_operations.c.op_id > bindparam("after"))
_SOME = _AFTER.order_by(live_operations.c.op_id).limit(READ_AT_ONCE)
_UNKEPT = (
    select(live_operations)
    .outerjoin(live_channels, live_channels.c.probe_id == live_operations.c.probe_id)
    .where(
        live_operations.c.probe_id.is_not(None),
        live_operations.c.op_id > func.coalesce(live_channels.c.op_id, 0),
    )
    .order_by(live_operations.c.op_id)
)


def append(connection: Connection, new: Sequence[New], *, is_urgent: bool = True) -> None:
    """Give operations their numbers and tell all processes once this transaction is committed; commit it soon.

    What is not urgent waits for the readers' rest, so that they read more at once.
    """
    to_probes, from_origins, said = zip(*new, strict=True)
    take_turn(connection)
    columns = {"to_probes": list(to_probes), "from_origins": list(from_origins), "said": list(said)}
    connection.execute(_APPEND_AND_TELL, columns | {"urgency": URGENT if is_urgent else ""})


def append_entries(connection: Connection, sweep_id: UUID, kinds: Collection[str]) -> None:
    """Tell every process, with this commit, that entries of these kinds can be read."""
    new = [(None, ORIGIN, encode(EntryRead(sweep_id=sweep_id, kind=kind))) for kind in kinds]
    if new:
        append(connection, new, is_urgent=False)


def read_after(connection: Connection, op_id: int) -> list[Row[Any]]:
    """The next operations in order, `READ_AT_ONCE` of them."""
    return list(connection.execute(_SOME, {"after": op_id}).all())


def read_kept(connection: Connection) -> tuple[list[Row[Any]], list[Row[Any]], int]:
    """(the kept channels, the operations of probes that are in none of them, the last number): where one begins."""
    newest = connection.scalar(select(func.max(live_operations.c.op_id))) or 0
    channels = connection.execute(select(live_channels)).all()
    return list(channels), list(connection.execute(_UNKEPT).all()), newest


def keep_channels(
    connection: Connection, states: Mapping[str, tuple[int, str]], *, kept_us: int = KEPT_US, most: int = MOST_KEPT
) -> None:
    """Keep channels, (number of the last operation in it, state) by probe, where none newer is kept; then tidy up.

    Operations that the kept channels contain go when they are old, or more than `most`.
    """
    for probe_id, (op_id, state_json) in sorted(states.items()):
        new = insert_or_update(live_channels).values(probe_id=probe_id, op_id=op_id, state_json=state_json)
        newer = new.on_conflict_do_update(
            index_elements=[live_channels.c.probe_id],
            set_={"op_id": op_id, "state_json": state_json},
            where=live_channels.c.op_id < op_id,
        )
        connection.execute(newer)
    held = select(live_channels.c.op_id).where(live_channels.c.probe_id == live_operations.c.probe_id)
    is_held = or_(live_operations.c.probe_id.is_(None), live_operations.c.op_id <= held.scalar_subquery())
    newest = select(live_operations.c.op_id).order_by(live_operations.c.op_id.desc())
    beyond = connection.scalar(newest.offset(most).limit(1)) or 0
    last = func.greatest(beyond, now_us(connection) - kept_us)
    connection.execute(delete(live_operations).where(live_operations.c.op_id <= last, is_held))


def sign_of_life(connection: Connection, process_id: str) -> int:
    """Note that this process serves; returns how many do."""
    said = {"seen_us": NOW_US, "revision": newest_revision(MIGRATIONS)}
    new = insert_or_update(serving_processes).values(process_id=process_id, **said)
    connection.execute(new.on_conflict_do_update(index_elements=["process_id"], set_=said))
    connection.execute(delete(serving_processes).where(serving_processes.c.seen_us < NOW_US - GONE_US))
    return connection.scalar(select(func.count()).select_from(serving_processes)) or 1


def serving(connection: Connection) -> int:
    """How many processes serve this PostgreSQL, by their signs of life."""
    alive = serving_processes.c.seen_us >= NOW_US - GONE_US
    return connection.scalar(select(func.count()).select_from(serving_processes).where(alive)) or 0


def end_of_life(connection: Connection, process_id: str) -> None:
    """Note that this process serves no more."""
    connection.execute(delete(serving_processes).where(serving_processes.c.process_id == process_id))
