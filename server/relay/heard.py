"""When each district whose server tells this one was heard last, and which is silent for too long.

Input are the keys that may tell and what came of them; output is a line a district, also of one that was never heard.
A district of which no key may tell any more is no longer waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from server.store.clock import from_ms, now_ms
from server.store.schema import keys, telling_districts, telling_keys

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Heard:
    """How it stands with a district's server."""

    heard: datetime | None
    """Null: never yet."""
    is_whole: bool
    silent_since: datetime | None
    """Since when it says nothing, or since its key was admitted, where that is longer than it may be; else null."""


def heard_districts(connection: Connection, silent_hours: int) -> dict[str, Heard]:
    """Each district that told something or is waited for; `silent_hours`: how long it may be silent."""
    of_valid = telling_keys.join(keys, keys.c.key_id == telling_keys.c.key_id)
    waited = select(telling_keys.c.district_id, func.min(telling_keys.c.since_ms)).select_from(of_valid)
    waited = waited.where(keys.c.revoked_from_index.is_(None)).group_by(telling_keys.c.district_id)
    since_ms: dict[str, int] = {row[0]: row[1] for row in connection.execute(waited)}
    told = {row.district_id: row for row in connection.execute(select(telling_districts))}
    first_ms = now_ms() - silent_hours * HOUR_MS
    found = {}
    for district_id in since_ms.keys() | told.keys():
        row = told.get(district_id)
        last_ms = since_ms.get(district_id, 0) if row is None else row.heard_ms
        is_silent = district_id in since_ms and last_ms < first_ms
        found[district_id] = Heard(
            heard=None if row is None else from_ms(row.heard_ms),
            is_whole=row is not None and row.is_whole,
            silent_since=from_ms(last_ms) if is_silent else None,
        )
    return found


def silent_districts(connection: Connection, silent_hours: int) -> list[str]:
    """Districts that are silent for too long, the longest first."""
    heard = heard_districts(connection, silent_hours)
    since = {district_id: one.silent_since for district_id, one in heard.items() if one.silent_since is not None}
    return sorted(since, key=lambda district_id: (since[district_id], district_id))
