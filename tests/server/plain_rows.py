"""Rows of tables with what is sealed in them opened: sealing the same twice never gives the same bytes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, select

from server.store.bodies import open_read, open_row

PURPOSES = {
    "sweeps": ("inspectors", "inspectors_sealed"),
    "log_rows": ("line", "sealed"),
    "sightings": ("things", "things_sealed"),
}


def plain_rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in no order."""
    rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    for row in rows:
        if table.name == "body_data":
            slot, sealed = row.pop("slot"), row.pop("sealed")
            row["opened"] = open_row(connection, row["commitment"], slot, sealed)
        elif table.name in PURPOSES:
            purpose, column = PURPOSES[table.name]
            row[column] = open_read(connection, f"{purpose} {row['sweep_id']}", row[column])
            assert row[column] is not None
    return rows
