"""What has still to be sent, in the database: it survives every end of a process, and one process sends each.

A process takes messages in the one write transaction and has them for `LEASE_MS`; whoever ends meanwhile has sent them
or not, so another sends them once more: nothing is lost, and of a process that was killed each message it held may come
twice.  Whatever else happens before a person's message left rides on that one.  Each attempt stands in the access log,
without content, before it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from server.interface.views.notifications import LastSending, Way
from server.notifications.outcomes import LIFE_S, TIMEOUT_S, Outcome
from server.people import access_log
from server.people.access_log import Reader
from server.store.clock import from_ms
from server.store.schema import push_subscriptions, sendings, users
from sweep.report import new_id

AT_ONCE = 10
LEASE_MS = int(3 * AT_ONCE * TIMEOUT_S * 1_000)  # derived: connecting, speaking and ending of each may take as long
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 3_600_000  # guessed: twice as long each time, an hour at most
WAITS = sendings.c.outcome.is_(None)
MAIL_ALONE: tuple[tuple[Way, UUID | None], ...] = (("mail", None),)


def enqueue(
    connection: Connection, user_id: UUID, ways: Iterable[tuple[Way, UUID | None]], *, due_ms: int, now: int
) -> None:
    """Let a person be told by these ways, each with the browser that is meant; what waits already comes sooner."""
    for way, subscription_id in ways:
        same = and_(sendings.c.user_id == user_id, sendings.c.way == way)
        same = and_(same, sendings.c.subscription_id == subscription_id, WAITS)
        row = connection.execute(select(sendings).where(same)).first()
        expires_ms = max(due_ms, now) + LIFE_S * 1_000
        if row is None:
            values = {"sending_id": new_id(), "user_id": user_id, "way": way, "subscription_id": subscription_id}
            times = {"due_ms": due_ms, "expires_ms": expires_ms, "attempts": 0, "lease_ms": 0}
            connection.execute(insert(sendings).values(**values, **times))
            continue
        sooner = {"due_ms": min(row.due_ms, due_ms), "expires_ms": expires_ms}
        connection.execute(update(sendings).where(same).values(sooner))


def has_due(connection: Connection, now: int) -> bool:
    """Is there anything to take?"""
    return connection.scalar(select(sendings.c.sending_id).where(_is_due(now)).limit(1)) is not None


def take(connection: Connection, now: int) -> Sequence[Row[Any]]:
    """Messages for this process to send, with whom they are for; in a write transaction that ends before it sends."""
    late = {"outcome": "expired", "ended_ms": now}
    connection.execute(update(sendings).where(WAITS, sendings.c.expires_ms <= now).values(late))
    rows = connection.execute(
        select(sendings, users.c.display_name, users.c.username)
        .join(users, users.c.user_id == sendings.c.user_id)
        .where(_is_due(now))
        .order_by(sendings.c.due_ms, sendings.c.sending_id)
        .limit(AT_ONCE)
    ).all()
    for row in rows:
        access_log.note(
            connection, Reader(row.display_name, row.username, row.way), "notification.sent", str(row.sending_id), ()
        )
    taken = {"lease_ms": now + LEASE_MS, "attempts": sendings.c.attempts + 1}
    ids = [row.sending_id for row in rows]
    connection.execute(update(sendings).where(sendings.c.sending_id.in_(ids)).values(taken))
    return rows


def settle(connection: Connection, taken: Mapping[UUID, Outcome], leased: int, now: int) -> None:
    """Write down what became of what this process took at `leased`; not of what another one has meanwhile."""
    for sending_id, outcome in taken.items():
        own = and_(sendings.c.sending_id == sending_id, sendings.c.lease_ms == leased + LEASE_MS, WAITS)
        row = connection.execute(select(sendings).where(own)).one_or_none()
        if row is None:
            continue
        if outcome.verdict == "later":
            wait_ms = min(FIRST_WAIT_MS << min(row.attempts, 10), LONGEST_WAIT_MS)
            values: dict[str, Any] = {"due_ms": now + max(wait_ms, int(outcome.after_s * 1_000)), "lease_ms": 0}
        else:
            values = {"outcome": outcome.verdict, "ended_ms": now}
        connection.execute(update(sendings).where(own).values(values))
        if outcome.verdict == "gone" and row.subscription_id is not None:
            lost = push_subscriptions.c.subscription_id == row.subscription_id
            connection.execute(delete(push_subscriptions).where(lost))


def last_of(connection: Connection, user_id: UUID) -> tuple[LastSending, ...]:
    """What became of the last message to a person, by each way."""
    own = select(sendings).where(sendings.c.user_id == user_id, ~WAITS)
    newest: dict[str, Row[Any]] = {}
    for row in connection.execute(own.order_by(sendings.c.ended_ms)):
        newest[row.way] = row
    return tuple(
        LastSending(way=row.way, outcome=row.outcome, at=from_ms(row.ended_ms)) for _, row in sorted(newest.items())
    )


def was_sent_since(connection: Connection, user_id: UUID, since_ms: int, now: int) -> bool:
    """Was anything sent to a person since then, or is it on its way?"""
    is_late = or_(and_(WAITS, sendings.c.due_ms.between(since_ms, now)), sendings.c.ended_ms >= since_ms)
    own = select(sendings.c.sending_id).where(sendings.c.user_id == user_id, is_late)
    return connection.scalar(own.limit(1)) is not None


def counts(connection: Connection) -> dict[str, int]:
    """How many there are by outcome, and how many wait."""
    by_outcome = select(sendings.c.outcome, func.count()).group_by(sendings.c.outcome)
    return {outcome or "waiting": count for outcome, count in connection.execute(by_outcome)}


def _is_due(now: int) -> Any:
    return and_(WAITS, or_(and_(sendings.c.due_ms <= now, sendings.c.lease_ms <= now), sendings.c.expires_ms <= now))
