"""What each person wants to be told of and how: by role where they chose nothing, by their own word where they did.

Mail addresses and the addresses of browsers are sealed under a key outside the database, and go when their person is
moved or leaves.  Finds are nobody's choice: who is on duty is told of them, at any hour.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select

from server.interface.errors import invalid, not_found
from server.interface.fields import Role
from server.interface.notification_requests import NotificationKind, NotificationRequest, SubscriptionRequest
from server.interface.views.notifications import (
    NotificationSettings,
    NotificationView,
    PushSubscriptionView,
    Way,
)
from server.interface.words import KST
from server.notifications import queue
from server.notifications.web_push import PushSender, Subscription, hash_of, is_usable
from server.people.auth import Person
from server.store.audit import record
from server.store.clock import from_ms, now_ms, to_ms
from server.store.schema import (
    duties,
    notification_choices,
    notifications,
    notified_people,
    push_subscriptions,
)
from sweep.entry.crypto import DecryptError, decrypt, encrypt
from sweep.phrases import Phrase
from sweep.report import new_id, parse_json, to_json

ALLOWED: Final[dict[Role, tuple[NotificationKind, ...]]] = {
    "inspector": ("order", "overdue", "silent"),
    "supervisor": ("found", "order", "overdue", "silent"),
    "district_officer": ("order", "overdue", "silent"),
    "evidence_officer": ("found",),
    "city_officer": ("overdue", "silent"),
    "admin": ("order", "overdue", "silent"),
}
"""Of what each role may be told; nobody of a facility hears anything."""
DEFAULTS: Final[dict[Role, tuple[NotificationKind, ...]]] = {
    "inspector": ("order",),
    "supervisor": ("found", "order", "overdue", "silent"),
    "district_officer": ("order", "overdue"),
    "evidence_officer": ("found",),
    "city_officer": (),
    "admin": ("silent",),
}
QUIET: Final = ("22:00", "07:00")
MAX_SUBSCRIPTIONS = 5  # guessed: a phone, a desktop, and browsers that nobody has missed yet
MAX_TOLD = 50
NONCE_BYTES = 12
_DOMAIN = b"ansim-notification-v1\0"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds for one person."""

    kinds: tuple[NotificationKind, ...]
    mail: str | None
    quiet: tuple[str, str] | None

    def due_ms(self, now: int) -> int:
        """When they may be told: now, or once their quiet hours are over."""
        if self.quiet is None:
            return now
        start, end = self.quiet
        here = from_ms(now).astimezone(KST)
        clock = f"{here:%H:%M}"
        if not (start <= clock < end if start <= end else clock >= start or clock < end):
            return now
        over = here.replace(hour=int(end[:2]), minute=int(end[3:]), second=0, microsecond=0)
        return to_ms(over if clock < end else over + timedelta(days=1))


def chosen(connection: Connection, key: bytes, user_id: UUID, role: Role) -> Chosen:
    """What a person chose, or what their role is told."""
    of_person = notification_choices.c.user_id == user_id
    row = connection.execute(select(notification_choices).where(of_person)).one_or_none()
    if row is None:
        return Chosen(DEFAULTS.get(role, ()), None, QUIET)
    wanted = row.kinds.split()
    return Chosen(
        tuple(kind for kind in ALLOWED.get(role, ()) if kind in wanted),
        _opened(key, user_id, row.mail_sealed),
        None if row.quiet_from is None else (row.quiet_from, row.quiet_until),
    )


def choose(connection: Connection, key: bytes, person: Person, request: NotificationRequest) -> None:
    """Keep what a person chose; ApiError 400 for what their role is not told of."""
    if not set(request.kinds) <= set(ALLOWED.get(person.role, ())):
        raise invalid(Phrase("not_told_of_that"), code="not_told_of_that")
    connection.execute(delete(notification_choices).where(notification_choices.c.user_id == person.user_id))
    connection.execute(
        insert(notification_choices).values(
            user_id=person.user_id,
            kinds=" ".join(sorted(set(request.kinds))),
            mail_sealed=None if request.mail is None else _sealed(key, person.user_id, request.mail.encode()),
            quiet_from=request.quiet_from,
            quiet_until=request.quiet_until,
        )
    )
    detail = {"kinds": sorted(set(request.kinds)), "has_mail": request.mail is not None}
    record(
        connection, actor=person.display_name, action="notifications.chosen", object_id=person.username, detail=detail
    )


def subscribe(
    connection: Connection, key: bytes, person: Person, push: PushSender, request: SubscriptionRequest
) -> None:
    """Tell a person at this browser from now on, and nobody else there; ApiError 400 for an address that is none."""
    if not push.allows(request.endpoint) or not is_usable(request):
        raise invalid(Phrase("push_service_unknown"), code="push_service_unknown")
    own = push_subscriptions.c.user_id == person.user_id
    held = select(push_subscriptions.c.subscription_id).where(own).order_by(push_subscriptions.c.created_ms.desc())
    beyond = connection.scalars(held.offset(MAX_SUBSCRIPTIONS - 1)).all()
    known = push_subscriptions.c.endpoint_hash == hash_of(request.endpoint)
    connection.execute(delete(push_subscriptions).where(known | push_subscriptions.c.subscription_id.in_(beyond)))
    connection.execute(
        insert(push_subscriptions).values(
            subscription_id=new_id(),
            user_id=person.user_id,
            endpoint_hash=hash_of(request.endpoint),
            sealed=_sealed(key, person.user_id, to_json(request)),
            name=request.name,
            created_ms=now_ms(),
        )
    )
    record(connection, actor=person.display_name, action="push.subscribed", object_id=person.username, detail={})


def unsubscribe(connection: Connection, person: Person, subscription_id: UUID) -> None:
    """Tell a person no more at a browser; ApiError 404."""
    own = push_subscriptions.c.user_id == person.user_id, push_subscriptions.c.subscription_id == subscription_id
    if connection.execute(delete(push_subscriptions).where(*own)).rowcount == 0:
        raise not_found(Phrase("subscription_not_found"))
    record(connection, actor=person.display_name, action="push.unsubscribed", object_id=person.username, detail={})


def subscription_of(connection: Connection, key: bytes, row: Row[Any]) -> Subscription | None:
    """The browser that a sending is for; None when it is gone, or sealed under a key that is."""
    own = push_subscriptions.c.user_id == row.user_id, push_subscriptions.c.subscription_id == row.subscription_id
    sealed = connection.scalar(select(push_subscriptions.c.sealed).where(*own))
    said = _opened(key, row.user_id, sealed)
    return None if said is None else parse_json(Subscription, said.encode())


def ways_to(connection: Connection, user_id: UUID, mail: str | None) -> list[tuple[Way, UUID | None]]:
    """By which ways a person is told."""
    held = select(push_subscriptions.c.subscription_id).where(push_subscriptions.c.user_id == user_id)
    found: list[tuple[Way, UUID | None]] = [("push", one) for one in connection.scalars(held)]
    return found if mail is None else [*found, *queue.MAIL_ALONE]


def settings_of(
    connection: Connection, key: bytes, person: Person, *, push: PushSender | None, has_mail: bool
) -> NotificationSettings:
    """What a person chose and may choose, and what they were told lately."""
    own = chosen(connection, key, person.user_id, person.role)
    held = select(push_subscriptions).where(push_subscriptions.c.user_id == person.user_id)
    duty = select(duties.c.district_id).where(duties.c.user_id == person.user_id).order_by(duties.c.district_id)
    start, end = own.quiet or (None, None)
    return NotificationSettings(
        push_key=None if push is None else push.public_key,
        has_mail=has_mail,
        allowed=ALLOWED.get(person.role, ()),
        kinds=own.kinds,
        mail=own.mail,
        quiet_from=start,
        quiet_until=end,
        subscriptions=tuple(
            PushSubscriptionView(subscription_id=row.subscription_id, name=row.name, created=from_ms(row.created_ms))
            for row in connection.execute(held.order_by(push_subscriptions.c.created_ms.desc()))
        ),
        duty=tuple(connection.scalars(duty)),
        told=tuple(_told_view(row) for row in _told(connection, person)),
        last=queue.last_of(connection, person.user_id),
    )


def _told(connection: Connection, person: Person) -> Sequence[Row[Any]]:
    statement = (
        select(notifications)
        .join(notified_people, notified_people.c.notification_id == notifications.c.notification_id)
        .where(notified_people.c.user_id == person.user_id)
        .order_by(notifications.c.told_ms.desc(), notifications.c.notification_id)
        .limit(MAX_TOLD)
    )
    return connection.execute(statement).all()


def _told_view(row: Row[Any]) -> NotificationView:
    return NotificationView(
        kind=row.kind,
        at=from_ms(row.noticed_ms),
        case_id=UUID(row.object_id) if row.kind == "found" else None,
        district_id=row.district_id,
    )


def _sealed(key: bytes, user_id: UUID, said: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + encrypt(key, nonce, said, _DOMAIN + user_id.bytes)


def _opened(key: bytes, user_id: UUID, sealed: bytes | None) -> str | None:
    """What was sealed; None for nothing, and for what the key of this server does not open any more."""
    if sealed is None:
        return None
    try:
        return decrypt(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _DOMAIN + user_id.bytes).decode()
    except DecryptError:
        return None
