"""Statements of SQL: counted, and compiled once for all databases of one kind.

Each test has a database of its own, for which SQLAlchemy would compile every statement anew: more than a third of what
the start of a server costs (0.14 s of one processor without this, 0.09 s with it, measured).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine, event

from server.store import engines


class Compiled(dict[Any, Any]):
    """By statement and kind of database, where SQLAlchemy asks by statement and engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        """A compiled statement."""
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> tuple[object, ...]:
    dialect, *statement = key
    return (type(dialect), dialect.server_version_info, *statement)


@contextmanager
def compiled_once() -> Iterator[None]:
    """Inside the block."""
    known = Compiled()

    def create(url: str, *, execution_options: dict[str, Any] | None = None, **options: Any) -> Engine:
        shared = {"compiled_cache": known, **(execution_options or {})}
        return create_engine(url, execution_options=shared, **options)

    with patch.object(engines, "create_engine", create):
        yield


@contextmanager
def asked_of_databases() -> Iterator[list[str]]:
    """What databases are asked inside the block, by any engine of this process."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
