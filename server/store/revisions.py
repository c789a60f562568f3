"""At which revision a schema is, and which this release knows; Alembic is spoken to here alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.store.faults import SchemaError
from sweep.phrases import Phrase

MIGRATIONS = Path(__file__).parent / "migrations"


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
    """Run the migrations up to `revision` inside the caller's transaction."""
    command.upgrade(_alembic(migrations, connection), revision)


def refuse_newer(connection: Connection, migrations: Path) -> None:
    """Raise SchemaError for a schema that these migrations do not know."""
    found, newest = revision_of(connection), newest_revision(migrations)
    known = {script.revision for script in _known(migrations).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(Phrase("database_of_newer_release", found=found, known=newest))
