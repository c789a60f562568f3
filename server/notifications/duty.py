"""Who is on duty for a district: its supervisors and evidence officers, also those of the whole city, by a flag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select

from server.interface.errors import invalid
from server.interface.fields import Role
from server.interface.views.notifications import DutyView
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import duties, notification_choices, push_subscriptions, users
from sweep.phrases import Phrase

ON_DUTY_ROLES: tuple[Role, ...] = ("supervisor", "evidence_officer")


def people_of(connection: Connection, district_id: str) -> tuple[DutyView, ...]:
    """Who may be on duty for a district, and who is."""
    on_duty = set(connection.scalars(select(duties.c.user_id).where(duties.c.district_id == district_id)))
    reached = set(connection.scalars(select(push_subscriptions.c.user_id)))
    has_mail = notification_choices.c.mail_sealed.is_not(None)
    reached |= set(connection.scalars(select(notification_choices.c.user_id).where(has_mail)))
    return tuple(
        DutyView(
            username=row.username,
            name=row.display_name,
            role=row.role,
            is_on=row.user_id in on_duty,
            can_be_reached=row.user_id in reached,
        )
        for row in _may_be(connection, district_id)
    )


def put_on(connection: Connection, district_id: str, username: str, *, is_on: bool, actor: str) -> None:
    """Put somebody on duty for a district, or off; ApiError 400 for who cannot be."""
    found = next((row for row in _may_be(connection, district_id) if row.username == username), None)
    if found is None:
        raise invalid(Phrase("not_for_duty"), code="not_for_duty")
    own = duties.c.district_id == district_id, duties.c.user_id == found.user_id
    was_on = connection.execute(delete(duties).where(*own)).rowcount == 1
    if is_on:
        values = {"district_id": district_id, "user_id": found.user_id, "since_ms": now_ms()}
        connection.execute(insert(duties).values(values))
    if was_on != is_on:
        detail = {"username": username, "is_on": is_on}
        record(connection, actor=actor, action="duty.changed", object_id=district_id, detail=detail)


def _may_be(connection: Connection, district_id: str) -> Sequence[Row[Any]]:
    is_here = or_(users.c.district_id == district_id, users.c.district_id.is_(None))
    may_be = select(users).where(is_here, users.c.is_active, users.c.role.in_(ON_DUTY_ROLES))
    return connection.execute(may_be.order_by(users.c.display_name, users.c.username)).all()
