"""At which revision a schema is, which this release knows, and beside which it serves; Alembic is spoken to here alone.

Migrations after `ONLY_ADDED_SINCE` only add, so that processes of an earlier release go on.  One that takes something
away, and each after it, says in its own name which release still serves beside it: `0070_from_0061` takes what no
release uses that knows 0061.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, extract, func, inspect, select, table

from server.store.faults import SchemaError
from sweep.phrases import Phrase

MIGRATIONS = Path(__file__).parent / "migrations"
ONLY_ADDED_SINCE = "0055"
GONE_US = 20_000_000  # derived: four signs of life, see live/shared.py
_FROM = "_from_"


def _alembic(migrations: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    return config


@cache
def _known(migrations: Path) -> ScriptDirectory:
    """Read once: a process that starts asks several times."""
    return ScriptDirectory.from_config(_alembic(migrations))


def newest_revision(migrations: Path) -> str | None:
    """The revision that these migrations lead to."""
    return _known(migrations).get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, migrations: Path, revision: str) -> None:
    """Run the migrations up to `revision` inside the caller's transaction; SchemaError for one that is not known."""
    if revision != "head" and revision not in _chain(migrations):
        raise SchemaError(Phrase("database_of_newer_release", found=revision, known=newest_revision(migrations)))
    command.upgrade(_alembic(migrations, connection), revision)


def refuse_newer(connection: Connection, migrations: Path) -> None:
    """Raise SchemaError for a schema that these migrations do not know."""
    found = revision_of(connection)
    if found is not None and found not in _chain(migrations):
        raise SchemaError(Phrase("database_of_newer_release", found=found, known=newest_revision(migrations)))


def serves_beside(connection: Connection, migrations: Path) -> bool:
    """Whether the schema is of a later release, which takes nothing that this one uses; SchemaError when it does."""
    found, chain = revision_of(connection), _chain(migrations)
    if found is None or found in chain:
        return False
    if served_from(found) not in chain:
        raise SchemaError(
            Phrase("database_beyond_release", found=found, needed=served_from(found), known=newest_revision(migrations))
        )
    return True


def served_from(revision: str) -> str:
    """The revision that a release has to know so that it serves a schema of this one."""
    return revision.partition(_FROM)[2] or ONLY_ADDED_SINCE


def needed_beside(found: str, migrations: Path) -> frozenset[str] | None:
    """Revisions of which a process has to know one, to go on while a schema is brought up to date; None: any does."""
    chain = _chain(migrations)
    needed = served_from(chain[-1])
    if served_from(found) == needed and found in chain[chain.index(ONLY_ADDED_SINCE) :]:
        return None
    return frozenset(chain[chain.index(needed) :] if needed in chain else ())


@cache
def _chain(migrations: Path) -> tuple[str, ...]:
    """Every revision, the oldest first."""
    return tuple(script.revision for script in reversed(list(_known(migrations).walk_revisions())))


def refuse_others(connection: Connection, migrations: Path) -> None:
    """SchemaError while processes serve this database from which the migrations take what they use."""
    found = revision_of(connection)
    needed = None if found is None else needed_beside(found, migrations)
    there = inspect(connection)
    if needed is None or not there.has_table("serving_processes"):
        return
    has_revision = any(one["name"] == "revision" for one in there.get_columns("serving_processes"))
    serving = table("serving_processes", column("revision" if has_revision else "process_id"), column("seen_us"))
    now_us = extract("epoch", func.clock_timestamp()) * 1_000_000
    alive = connection.execute(select(serving).where(serving.c.seen_us > now_us - GONE_US))
    count = sum(row[0] not in needed for row in alive)
    if count:
        raise SchemaError(Phrase("older_processes_serve", count=count, known=newest_revision(migrations)))
