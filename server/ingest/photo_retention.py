"""Photographs of which the period of retention is over: deleted by the server itself, each with an entry that says so.

Input is the period and how long the server has run since it last looked; output are statements that, signed, destroy
the bodies (erasure_entries.py).  A case that is open or in which a camera was found holds all of its photographs.  A
step of the clock deletes nothing: what is due waits until the server has run for some more days and it still is.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, not_, select, update

from server.signing.statements import is_asked, say
from server.standing.cases import CLOSED, FOUND
from server.store.clock import now_ms, today
from server.store.schema import cases, erased_bodies, photos
from sweep.entry import kinds
from sweep.report.photo_records import PhotoExpired

DAY_MS = 86_400_000
GRACE_S = 72 * 3600  # guessed: that a clock is wrong by months is noticed within three days, a weekend among them
AT_ONCE = 200  # guessed: some hundred milliseconds of the only writer


def expire(connection: Connection, kept_days: int | None, basis: str, elapsed_s: int) -> int:
    """Say of photographs that are due for long enough that they are deleted; returns how many.

    `elapsed_s`: how long the server has run since this was called last.  Sign what it says in the same transaction
    (`sign_waiting`): the bodies go with the entry.  None: nobody decided a period, and nothing goes.
    """
    if kept_days is None:
        return 0
    is_due = photos.c.photo_id.in_(_due(kept_days))
    connection.execute(update(photos).where(not_(is_due), photos.c.overdue_s > 0).values(overdue_s=0))
    connection.execute(update(photos).where(is_due).values(overdue_s=photos.c.overdue_s + elapsed_s))
    ripe = select(photos.c.photo_id, photos.c.commitment).where(is_due, photos.c.overdue_s >= GRACE_S)
    done = 0
    for row in connection.execute(ripe.order_by(photos.c.log_index).limit(AT_ONCE)).all():
        body = PhotoExpired(v=1, photo_id=row.photo_id, commitment=row.commitment, kept_days=kept_days, basis=basis)
        if not is_asked(connection, kinds.PHOTO_EXPIRED, body):
            say(connection, kinds.PHOTO_EXPIRED, body, actor="system")
            done += 1
    return done


def count_due(connection: Connection, kept_days: int | None) -> int:
    """How many photographs are past their period and wait to be deleted."""
    return 0 if kept_days is None else len(connection.scalars(_due(kept_days)).all())


def _due(kept_days: int) -> Select[tuple[UUID]]:
    """Ids of photographs that are there, older than the period by the clock, and held by no case."""
    is_erased = select(erased_bodies.c.commitment).where(erased_bodies.c.commitment == photos.c.commitment).exists()
    of_case = photos.join(cases, cases.c.case_id == photos.c.case_id)
    statement = select(photos.c.photo_id).select_from(of_case)
    return statement.where(photos.c.taken_ms < now_ms() - kept_days * DAY_MS, ~is_erased, _lets_go())


def _lets_go() -> ColumnElement[bool]:
    """Condition on `cases`: closed, not to be opened again today, and no camera was found."""
    is_open_again = and_(cases.c.state == "not_camera", cases.c.reopens <= today().isoformat())
    return and_(cases.c.state.in_(sorted(CLOSED - FOUND)), not_(is_open_again))
