"""One round of telling: notice what is new, decide who is told, send what is due.

Input is the database, the ways that the operator set up, and now; output are rows.  Nothing is written while nothing
happens, nothing is held open while anything is sent, and whatever goes wrong on a way stays in the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from server.config.settings import LOOPBACK, Settings
from server.notifications import events, queue
from server.notifications.choices import chosen, subscription_of
from server.notifications.events import Event
from server.notifications.mail import MailSender
from server.notifications.outcomes import GONE, Outcome
from server.notifications.web_push import PushSender
from server.people.devices import KnownDevices
from server.store.clock import from_ms
from server.store.db import Database
from server.store.schema import notifications, notified_people, sendings, users

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Ways:
    """How people are told here; neither where the operator set up nothing."""

    key: bytes
    """Under which addresses are sealed."""
    mail: MailSender | None
    push: PushSender | None

    @property
    def are_there(self) -> bool:
        """Is anybody told anything?"""
        return self.mail is not None or self.push is not None


def ways_of(settings: Settings, devices: KnownDevices, clock_s: Callable[[], float]) -> Ways:
    """What the operator set up."""
    mail = push = None
    if settings.smtp_url:
        mail = MailSender(
            settings.smtp_url,
            settings.mail_from,
            password=settings.smtp_password,
            roots=settings.smtp_roots,
            page=settings.public_url,
            loopback=LOOPBACK,
        )
    if settings.push_contact:
        push = PushSender(settings.push_contact, settings.push_services, devices.vapid_seed, LOOPBACK, clock_s)
    return Ways(devices.notification_key, mail, push)


def look(db: Database, ways: Ways, seen: Iterable[Event], today: date, now: int) -> None:
    """Notice what is new, `seen` by this process or standing in the tables, and let who may be told of it be told."""
    with db.read() as connection:
        new = [*events.unnoticed(connection, today, now), *events.unknown(connection, seen)]
        is_idle = not new and not events.untold(connection, now)
    if is_idle:
        return
    with db.write() as connection:
        events.notice(connection, new, now)
        for row, people in events.untold(connection, now):
            events.tell(connection, ways.key, row, people, now)


def send_due(db: Database, ways: Ways, now: Callable[[], int]) -> int:
    """Send what is due until nothing is; returns how many attempts there were."""
    attempts = 0
    while True:
        began = now()
        with db.read() as connection:
            if not queue.has_due(connection, began):
                return attempts
        with db.write() as connection:
            taken = queue.take(connection, began)
        done = {row.sending_id: _send(db, ways, row, now()) for row in taken}
        with db.write() as connection:
            queue.settle(connection, done, began, now())
        attempts += len(done)


def forget(connection: Connection, kept_days: int, now: int) -> int:
    """Remove who was told and what was sent longer ago than its period; returns how many rows went.

    That a find or an order was noticed stays, so that nobody is told of it again.
    """
    before = now - kept_days * DAY_MS
    old = (notifications.c.noticed_ms < before) & notifications.c.told_ms.is_not(None)
    of_old = select(notifications.c.notification_id).where(old)
    gone = connection.execute(delete(notified_people).where(notified_people.c.notification_id.in_(of_old))).rowcount
    passing = notifications.c.kind.in_(("overdue", "silent"))
    gone += connection.execute(delete(notifications).where(old, passing)).rowcount
    return gone + connection.execute(delete(sendings).where(sendings.c.ended_ms < before)).rowcount


def _send(db: Database, ways: Ways, row: Row[Any], now: int) -> Outcome:
    with db.read() as connection:
        role = connection.scalar(select(users.c.role).where(users.c.user_id == row.user_id, users.c.is_active))
        if role is None:
            return GONE
        own = chosen(connection, ways.key, row.user_id, role)
        browser = None if row.way == "mail" else subscription_of(connection, ways.key, row)
    if row.way == "mail" and ways.mail is not None and own.mail is not None:
        return ways.mail.send(own.mail, row.sending_id, from_ms(now))
    if browser is not None and ways.push is not None:
        return ways.push.send(browser)
    return GONE
