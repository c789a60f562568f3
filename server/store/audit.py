"""The audit trail of ordinary tables and of access to bodies and exports: who did what to which thing, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, insert

from server.store.clock import now_ms
from server.store.schema import audit
from sweep.report import new_id


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
