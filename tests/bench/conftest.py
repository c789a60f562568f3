"""What a bench may ask for: a way to print its figures after pytest's own lines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.server.conftest import (
    database_kind,
    database_url,
    migrated_postgres,
    migrated_sqlite,
    new_postgres,
    postgres,
)

__all__ = ["database_kind", "database_url", "migrated_postgres", "migrated_sqlite", "postgres"]

_LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Call it with one line, quantity and unit included; the lines stand together at the end of the run."""
    return request.config.stash.setdefault(_LINES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the lines that the benches reported."""
    for line in config.stash.get(_LINES, []):
        terminalreporter.write_line(line)


@pytest.fixture(params=["sqlite", "postgres"])
def durable_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of each kind, whose commits are on disk."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.sqlite3'}", f"sqlite:///{tmp_path / 'two.sqlite3'}"
        return
    with new_postgres(is_durable=True) as server:
        engine = create_engine(server.url.format(""), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in ("one", "two"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        one, two = (server.url.format("").replace("/postgres?", f"/{name}?") for name in ("one", "two"))
        yield one, two
