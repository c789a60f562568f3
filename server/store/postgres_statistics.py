"""What PostgreSQL's ANALYZE keeps of a table: samples of its columns, in plain, in the catalogue pg_statistic.

A sample outlives its row, and a deleted sample stays in the catalogue's file until that is written anew.  So columns
with words are not sampled, whoever owns them may see to that; and a migration that takes away what was sampled leaves a
mark, until the catalogue has been written anew.  For that one has to be a superuser or the owner of the database, and
no transaction may be open from before: whoever serves as another role is told what is left to do.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import NotSupportedError

from server.store.schema import metadata

log = logging.getLogger(__name__)

WRITE_ANEW = "VACUUM (FULL, FREEZE) pg_catalog.pg_statistic, pg_catalog.pg_statistic_ext_data"
MARK = "samples in plain: database {} file {} transaction {}"
MARKED_TABLE = "alembic_version"
STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
COMPRESSION = {"p": "pglz", "l": "lz4"}

# Words have any length, or that of a person's name (60), or more than codes have; addresses have columns of their own.
_SAMPLED = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attstorage::text AS storage,
           a.attcompression::text AS compression,
           EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = n.nspname AND s.tablename = c.relname
                   AND s.attname = a.attname) AS is_sampled
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY(:tables) AND c.relkind = 'r' AND pg_table_is_visible(c.oid) AND a.attnum > 0
      AND NOT a.attisdropped AND a.attstattarget IS DISTINCT FROM 0
      AND (a.atttypid IN ('text'::regtype, 'bytea'::regtype) OR a.attname IN ('address', 'network')
           OR (a.atttypid = 'varchar'::regtype AND (a.atttypmod - 4 = 60 OR a.atttypmod - 4 > 130)))
    ORDER BY c.relname, a.attnum
"""
# How far back the catalogue may hold what was deleted: FREEZE leaves no row older than the oldest open transaction.
_STATE = f"""
    SELECT obj_description('{MARKED_TABLE}'::regclass, 'pg_class'),
           (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
           pg_relation_filenode(oid)::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - age(relfrozenxid)
    FROM pg_class WHERE oid = 'pg_catalog.pg_statistic'::regclass
"""  # noqa: S608  a name of ours


@dataclass(frozen=True, slots=True)
class _State:
    mark: tuple[int, ...] | None
    """Database, file of the catalogue and transaction as they were when samples were taken away; None: none were."""
    database: int
    file: int
    """The file in which the catalogue lies now."""
    oldest: int
    """No row of it was deleted before this transaction and is there still."""

    @property
    def holds_samples(self) -> bool:
        """Whether the catalogue's file may hold what was taken away; a mark that came from elsewhere says nothing."""
        if self.mark is None:
            return False
        database, file, transaction = self.mark
        return database == self.database and (file == self.file or self.oldest <= transaction)


def keep_no_samples(connection: Connection) -> None:
    """Have ANALYZE pass by every column with words, and take away what it sampled of them; in a migration."""
    there = connection.execute(text(_SAMPLED), {"tables": list(metadata.tables)}).all()
    for table in dict.fromkeys(row.relname for row in there):
        names = [row.attname for row in there if row.relname == table]
        parts = ", ".join(f"ALTER COLUMN {name} SET STATISTICS 0" for name in names)
        connection.exec_driver_sql(f"ALTER TABLE {table} {parts}")
    sampled = [row for row in there if row.is_sampled]
    for row in sampled:
        _take_away(connection, row)
    if sampled:
        leave_mark(connection)


def _take_away(connection: Connection, row: Any) -> None:
    """Drop a column's samples, by giving it the type that it has; storage and compression, which that resets, stay."""
    again = [f"TYPE {row.type}", f"SET STORAGE {STORAGE[row.storage]}"]
    if row.compression:
        again.append(f"SET COMPRESSION {COMPRESSION[row.compression]}")
    parts = ", ".join(f"ALTER COLUMN {row.attname} {part}" for part in again)
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"ALTER TABLE {row.relname} {parts}")
    except NotSupportedError:
        log.warning("a view stands on %s.%s, whose samples PostgreSQL keeps so long", row.relname, row.attname)


def leave_mark(connection: Connection) -> None:
    """Remember in the database that samples were taken away by this transaction, whose bytes are still there."""
    _, database, file, _ = connection.exec_driver_sql(_STATE).one()
    transaction = int(connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one())
    connection.exec_driver_sql(_note(MARK.format(database, file, transaction)))


def holds_samples(connection: Connection) -> bool:
    """Whether samples that were taken away may lie in the files of this database."""
    return _state(connection.exec_driver_sql(_STATE).one()).holds_samples


def write_samples_anew(driver: Any) -> None:
    """Write the marked catalogue anew, as far as this role may, and take the mark away when nothing is left in it.

    `driver`: a connection of psycopg on which every statement stands alone.
    """
    import psycopg  # the driver, which SQLite does without

    state = _state(driver.execute(_STATE).fetchone())
    if state.mark is None:
        return
    with contextlib.suppress(psycopg.OperationalError, psycopg.errors.InsufficientPrivilege):  # the mark stays
        if state.holds_samples:
            driver.execute(WRITE_ANEW)  # a warning, where this role may not
        after = _state(driver.execute(_STATE).fetchone())
        if not after.holds_samples:
            driver.execute(_note(None))
        elif after.file != state.mark[1]:  # somebody's old snapshot was open: it has to be written once more
            driver.execute(_note(MARK.format(after.database, after.file, state.mark[2])))


def _state(row: Any) -> _State:
    note, database, file, oldest = row
    numbers = tuple(int(word) for word in (note or "").split() if word.isdecimal())
    is_mark = len(numbers) == MARK.count("{}") and note == MARK.format(*numbers)
    return _State(numbers if is_mark else None, int(database), int(file), int(oldest))


def _note(words: str | None) -> str:
    return f"COMMENT ON TABLE {MARKED_TABLE} IS " + ("NULL" if words is None else f"'{words}'")
