"""Engines for SQLite (WAL, synchronous=FULL) and PostgreSQL: durable commits, bounded waits, private files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

SQLITE_PRAGMAS = ("synchronous=FULL", "trusted_schema=OFF", "secure_delete=ON")
CONNECT_WAIT_S = 10.0  # guessed: as long as a writer waits
READERS = 8  # connections that are kept
KEEP_ALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}  # guessed: gone within 25 s
MORE_READERS = 56  # derived: forty threads of routes, and as many streams again as PostgreSQL's default of 100 leaves


def make_private(name: str) -> None:
    """Make an SQLite file that only its owner reads; SQLite gives its other files the same mode."""
    if name and not name.startswith((":", "file:")):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def sqlite_engine(url: str, begin: str, wait_s: float, *, pool_size: int, pragmas: tuple[str, ...]) -> Engine:
    """Connections to an SQLite file whose transactions begin with `begin`, each prepared by `pragmas`."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else MORE_READERS,
        pool_timeout=CONNECT_WAIT_S,
        hide_parameters=True,  # a fault must not write into a log what the statement carried
        connect_args={"timeout": wait_s, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # sqlite3 must not begin transactions of its own; `begin` below does
        for pragma in (*SQLITE_PRAGMAS, *pragmas):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_engine(
    url: str,
    *,
    pool_size: int,
    pool_pre_ping: bool = True,
    execution_options: dict[str, Any] | None = None,
    pool_wait_s: float = CONNECT_WAIT_S,
    connect_args: dict[str, Any] | None = None,
    **more: Any,
) -> Engine:
    """Connections to a PostgreSQL; with `pool_pre_ping` each is tried before it is given away."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else MORE_READERS // 2,
        pool_timeout=pool_wait_s,
        pool_pre_ping=pool_pre_ping,
        hide_parameters=True,
        execution_options=execution_options or {},
        connect_args=connect_args or {},
        **more,
    )


def prepare_postgres_writer(engine: Engine, wait_s: float) -> None:
    """Durable commits and bounded waits for the writer, whatever the server's defaults are."""

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.execute("SET synchronous_commit = on")
        raw.execute("SET jit = off")  # compiling costs 12 ms a query where a table of 10^6 rows is estimated dear
        raw.execute(f"SET lock_timeout = {int(wait_s * 1000)}")
        raw.commit()
