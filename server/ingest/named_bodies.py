"""Who names a body: the entries that it belongs to, those that only claim it, and whether it may be erased.

Input is a commitment; output are rows and refusals.  A body belongs to the entry with which it came, and to others of
the same district.  What anybody else wrote about it holds nothing and gives nobody a right to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from server.interface.errors import ApiError
from server.interface.fields import FOUND
from server.projections.photo_rows import is_held
from server.store.schema import body_refs, case_steps, cases, entries
from server.store.stored_bodies import owner_of
from sweep.phrases import Phrase


@dataclass(frozen=True, slots=True)
class Named:
    """The entries that name a body."""

    commitment: str
    holders: tuple[Row[Any], ...]
    """Of which it is, in the order of the log: the first and those of its district that count."""
    waiting: tuple[Row[Any], ...]
    """Those that do not count."""


def named_by(connection: Connection, commitment: str) -> Named:
    """Every entry that names a body."""
    rows = connection.execute(
        select(entries)
        .join(body_refs, body_refs.c.log_index == entries.c.log_index)
        .where(body_refs.c.commitment == commitment)
        .order_by(entries.c.log_index)
    ).all()
    owner = owner_of(connection, commitment)
    first = next((row for row in rows if row.log_index == owner), None)
    if first is None:
        return Named(commitment, (), tuple(rows))
    holders = [row for row in rows if row is first or (row.status == "accepted" and row.tenant == first.tenant)]
    waiting = [row for row in rows if row is not first and row.status != "accepted"]
    return Named(commitment, tuple(holders), tuple(waiting))


def refuse_held(connection: Connection, named: Named) -> None:
    """ApiError 409 while the body belongs to a case in which a camera was found."""
    of_steps = select(case_steps.c.case_id).where(case_steps.c.log_index.in_([row.log_index for row in named.holders]))
    sweep_ids = {row.sweep_id for row in named.holders} - {None}
    belongs = cases.c.sweep_id.in_(sweep_ids) | cases.c.case_id.in_(of_steps)
    held = select(cases.c.case_id).where(cases.c.state.in_(sorted(FOUND)), belongs)
    if connection.scalar(held.limit(1)) is not None or is_held(connection, named.commitment):
        raise ApiError(409, Phrase("legal_hold"))


def named_by_waiting(named: Named) -> ApiError:
    """The refusal to erase what entries name that do not count, until both persons answer for it."""
    count = len(named.waiting)
    return ApiError(409, Phrase("named_by_waiting", count=count))
