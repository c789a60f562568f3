"""The audit trail of ordinary tables and of access to bodies and exports: who did what to which thing, and why."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert, or_, select

from server.interface.views.trail import AuditLine
from server.store.clock import from_ms, now_ms
from server.store.schema import audit
from sweep.report import new_id

MOST_LINES = 50
SAID = frozenset(
    {
        "role",
        "district",
        "what",
        "from",
        "into",
        "name_before",
        "name_after",
        "address_before",
        "address_after",
        "is_special",
        "rooms",
        "basis",
        "sex",
        "floor",
        "stalls",
        "usernames",
        "holder",
    }
)
"""Of the details, what is shown beside a thing."""


def record(connection: Connection, *, actor: str, action: str, object_id: str, detail: Mapping[str, object]) -> None:
    """Append one line; `detail` holds plain JSON values and never an address or name of a device."""
    connection.execute(
        insert(audit).values(
            audit_id=new_id(),
            at_ms=now_ms(),
            actor=actor,
            action=action,
            object_id=object_id[:200],
            detail_json=json.dumps(detail, ensure_ascii=False, sort_keys=True),
        )
    )


def trail(connection: Connection, object_id: str, kinds: Collection[str]) -> tuple[AuditLine, ...]:
    """What was done about a thing, newest first; `kinds` are how the actions about such things begin."""
    of_kinds = or_(*(audit.c.action.startswith(f"{kind}.", autoescape=True) for kind in kinds))
    done = (
        select(audit)
        .where(audit.c.object_id == object_id, of_kinds)
        .order_by(audit.c.at_ms.desc(), audit.c.audit_id.desc())
        .limit(MOST_LINES)
    )
    return tuple(
        AuditLine(at=from_ms(row.at_ms), actor=row.actor, action=row.action, said=_said(row.detail_json))
        for row in connection.execute(done)
    )


def _said(detail: str) -> dict[str, str | int | bool | None]:
    """Of a line's details what is shown; lists as one line."""
    found: dict[str, str | int | bool | None] = {}
    for name, value in json.loads(detail).items():
        if name in SAID and (value is None or isinstance(value, str | int | bool)):
            found[name] = value
        elif name in SAID and isinstance(value, list):
            found[name] = ", ".join(str(one) for one in value)
    return found
