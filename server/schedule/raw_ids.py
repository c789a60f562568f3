"""Ids as the database has them: a city's due list compares 100,000 of them and shows a few.

On SQLite they are 32 hexadecimal digits, whose UUIDs would take longer to make and to compare than all the rest; on
PostgreSQL they are UUIDs already.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Label, String, type_coerce

RawId = str | UUID


def raw(column: ColumnElement[UUID]) -> Label[Any]:
    """A column of ids under its own name, read as it is stored."""
    return type_coerce(column, String).label(column.key)


def id_of(value: RawId) -> UUID:
    """The id that this is."""
    return value if isinstance(value, UUID) else UUID(value)
