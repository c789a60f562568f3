"""The city's server as this one knows it: address, pinned keys, the last head of its log, how far either way has got.

Input are settings and what was learnt; output is one row of the database, or None where no city is configured.  What
stops the relay stops it until a person has looked: `sweep-server relay --forget`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from server.store.alarms import raise_alarm
from server.store.db import Database
from server.store.schema import city, city_entries, city_keys, relayed

ONLY = 1
NOTHING_LISTED = -1
WENT_BACK = "city_log_went_back"
KEY_CHANGED = "city_key_changed"
REFUSED = "relay_refused"
ENTRY_REFUSED = "city_entry_refused"
PLAN_KEPT = "plan_kept"


@dataclass(frozen=True, slots=True)
class City:
    """What is known of the city's server."""

    url: str
    server_key: bytes | None
    """Pinned at first contact."""
    seen_note: str | None
    """The last signed head of its log."""
    stopped: str | None
    """Code of the alarm that stopped the relay."""
    listed_up_to: int
    """Log index of this server up to which every entry has its place on the way up."""
    root_key: bytes | None
    """The city's root key, pinned at first contact and followed when it was handed over."""
    down_after: int
    """Number of the last of the city's changes that came down."""
    expires_ms: int | None
    """When what came down for the shift is removed; None when nothing is there."""


_COLUMNS = (
    city.c.url,
    city.c.server_key,
    city.c.seen_note,
    city.c.stopped,
    city.c.listed_up_to,
    city.c.root_key,
    city.c.down_after,
    city.c.expires_ms,
)


def open_city(db: Database, url: str) -> None:
    """Let the database know which city is configured, or that none is; what was pinned stays."""
    with db.read() as connection:
        row = connection.execute(select(city.c.url)).one_or_none()
    wanted = url.rstrip("/") or None
    if (row is None and wanted is None) or (row is not None and row.url == wanted):
        return
    with db.write() as connection:
        if row is None:
            connection.execute(insert(city).values(city_id=ONLY, url=wanted, listed_up_to=NOTHING_LISTED, down_after=0))
        else:
            change(connection, url=wanted)


def find_city(connection: Connection) -> City | None:
    """What is known of the city; None where none is configured."""
    row = connection.execute(select(*_COLUMNS)).one_or_none()
    return None if row is None or row.url is None else City(*row)


def change(connection: Connection, **values: Any) -> None:
    """Remember something about the city."""
    connection.execute(update(city).where(city.c.city_id == ONLY).values(**values))


def stop(
    connection: Connection,
    code: str,
    key_id: str | None = None,
    sweep_id: UUID | None = None,
    log_index: int | None = None,
) -> None:
    """Raise an alarm, about the entry that was sent if one was, and relay nothing more until a person has looked."""
    raise_alarm(connection, code, key_id=key_id, sweep_id=sweep_id, log_index=log_index)
    change(connection, stopped=code)


def forget(connection: Connection) -> None:
    """Begin anew with the city: nothing is pinned, and everything goes up again, which changes nothing there."""
    connection.execute(delete(relayed))
    connection.execute(delete(city_entries))
    connection.execute(delete(city_keys))
    change(
        connection,
        server_key=None,
        seen_note=None,
        stopped=None,
        root_key=None,
        listed_up_to=NOTHING_LISTED,
        down_after=0,
    )
