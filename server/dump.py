"""The log as a file: JSON lines, first the keys, then every entry with the bodies that are there.

Input is a database; output are lines that `verify.py` reads without one.  Bodies travel with their salts, so the file
holds everything that the log holds: it is as confidential as the database.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from server import keys
from server.projections import bodies_of
from server.schema import body_data, entries
from server.signatures import signed_entry

DUMP_VERSION = 1
PAGE = 200


def dump_lines(connection: Connection, *, with_bodies: bool = True) -> Iterator[str]:
    """Lines of the dump, without line ends: a header with the keys, then one entry each in the order of the log."""
    admitted = [
        {
            "key_id": key.key_id,
            "public_key": key.public_key.hex(),
            "role": key.role,
            "probe_id": key.probe_id,
            "tenant": key.tenant,
            "valid_from_index": key.valid_from_index,
            "revoked_from_index": key.revoked_from_index,
            "predecessor": key.predecessor,
        }
        for key in keys.all_keys(connection)
    ]
    yield _line({"ansim_log": DUMP_VERSION, "keys": admitted})
    after = -1
    while True:
        rows = connection.execute(
            select(entries).where(entries.c.log_index > after).order_by(entries.c.log_index).limit(PAGE)
        ).all()
        for row in rows:
            yield _line(
                {
                    "log_index": row.log_index,
                    "received_ms": row.received_ms,
                    "status": row.status,
                    "entry_hash": row.entry_hash,
                    "dsse": signed_entry(row).to_json(),
                    "bodies": _bodies(connection, row.log_index) if with_bodies else [],
                    "states": {
                        body.commitment: body.state for body in bodies_of(connection, row.log_index, with_data=False)
                    },
                }
            )
        if len(rows) < PAGE:
            return
        after = rows[-1].log_index


def _bodies(connection: Connection, log_index: int) -> list[dict[str, str]]:
    found = []
    for body in bodies_of(connection, log_index):
        if body.data is not None:
            salt = connection.scalar(select(body_data.c.salt).where(body_data.c.commitment == body.commitment))
            found.append(
                {
                    "media_type": body.media_type,
                    "salt": base64.b64encode(salt or b"").decode(),
                    "data": base64.b64encode(body.data).decode(),
                }
            )
    return found


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
