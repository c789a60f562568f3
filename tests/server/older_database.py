"""Databases as older releases left them: all that a database holds, written into the schema of an earlier revision.

Before revision 0009 bodies and what was read from them lay in plain.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, String, insert, select, text

from server.store import schema
from server.store.bodies import keys_of, open_read
from server.store.crypto.sealing import open_body
from server.store.db import Database
from server.store.revisions import MIGRATIONS

Rows = list[dict[str, Any]]


def make_older(db: Database, revision: str) -> None:
    """Take a database back to this revision, before 0009, with its rows."""
    with db.write() as connection:
        rows = {table.name: _rows(connection, table.name) for table in schema.metadata.sorted_tables}
        _in_plain(connection, rows)
        there = MetaData()
        there.reflect(connection)
        there.drop_all(connection)
        if not db.is_sqlite:
            connection.execute(text("DROP FUNCTION keep_access_log() CASCADE"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        older = MetaData()
        older.reflect(connection)
        if not db.is_sqlite:  # a line of this release is so long that it would be compressed, and no word in it found
            for column in (one.name for one in older.tables["log_rows"].c if isinstance(one.type, String)):
                connection.execute(text(f"ALTER TABLE log_rows ALTER COLUMN {column} SET STORAGE EXTERNAL"))
        for table in older.sorted_tables:
            kept = [{name: value for name, value in row.items() if name in table.c} for row in rows.get(table.name, [])]
            if kept:
                connection.execute(insert(table), kept)


def _rows(connection: Connection, name: str) -> Rows:
    """As they lie in the table."""
    return [dict(row) for row in connection.execute(select(text("*")).select_from(text(name))).mappings()]


def _in_plain(connection: Connection, rows: dict[str, Rows]) -> None:
    keys = keys_of(connection)
    for row in rows["body_data"]:
        seed = keys.seed(row["slot"])
        assert seed is not None
        row["salt"], row["data"] = open_body(seed, row["commitment"], row["sealed"])
        row["sha256"] = hashlib.sha256(row["data"]).hexdigest()
    for row in rows["sweeps"]:
        row["inspectors_json"] = open_read(
            connection, f"inspectors {UUID(str(row['sweep_id']))}", row["inspectors_sealed"]
        )
        row["result"] = "unfinished"
    for row in rows["log_rows"]:
        row["row_json"] = open_read(connection, f"line {UUID(str(row['sweep_id']))}", row["sealed"])
    for row in rows["keys"]:
        row["valid_from_ms"] = 0
    for row in rows["findings"]:
        row["zone_id"], row["strength"] = "stall-1", "candidate"
    for row in rows["dispositions"]:
        row["note_json"] = '{"ko": "옛 메모", "en": "an old note"}'
