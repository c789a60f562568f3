"""What a database may refuse, named: a full disk, a busy writer, nobody who answers, a schema of another release."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sweep.phrases import Phrase

SQLITE_FULL = 13  # SQLITE_FULL in sqlite3.h
SQLITE_BUSY = 5  # SQLITE_BUSY in sqlite3.h
SQLITE_READ_ONLY = 8  # SQLITE_READONLY in sqlite3.h
POSTGRES_READ_ONLY = "25006"  # read_only_sql_transaction
SQLITE_AWAY = frozenset({10, 14})  # SQLITE_IOERR, SQLITE_CANTOPEN in sqlite3.h
POSTGRES_AWAY = ("08", "57P")  # connection_exception; admin_shutdown, crash_shutdown, cannot_connect_now
SQLITE_NO_INDEX = 10 | (19 << 8)  # SQLITE_IOERR_SHMSIZE in sqlite3.h: no room for the index of the write-ahead log
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
POSTGRES_FULL = "53100"  # disk_full, PostgreSQL manual, appendix A
POSTGRES_BUSY = frozenset({"55P03", "53300", "40P01", "40001"})
"""lock_not_available, too_many_connections, deadlock_detected; serialization_failure: a replica gave a read up."""


class DiskFullError(Exception):
    """The database could not grow; nothing of the transaction was kept."""


class NoRoomError(Exception):
    """A file for a person did not fit on its disk, which need not be the database's."""


class BusyError(Exception):
    """Another writer was not done in time, or no connection was free; nothing was kept, and it may be tried again."""


class AwayError(Exception):
    """The database does not answer; nothing was kept, and it may be tried again when it is back."""


class StorageError(AwayError):
    """The object storage does not answer, refuses or is another one; it may be tried again when it is back."""


class ReadOnlyError(AwayError):
    """The database takes no writes, while what is there can be read."""


class SchemaError(Exception):
    """The database has the schema of another release than this one; the message says what to do."""


@contextmanager
def named_faults() -> Iterator[None]:
    """Tell a full disk and a busy database from any other fault of the driver."""
    try:
        yield
    except PoolTimeoutError:
        raise BusyError(Phrase("database_no_free_connection")) from None
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(Phrase("disk_full")) from error
        raise
    except InternalError as error:
        if getattr(error.orig, "sqlstate", None) != POSTGRES_READ_ONLY:
            raise
        raise ReadOnlyError(Phrase("database_read_only")) from error
    except OperationalError as error:
        code, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
        if _is_full(code, state, str(error.orig)):
            raise DiskFullError(Phrase("disk_full")) from error
        if (code is not None and code & 0xFF == SQLITE_BUSY) or state in POSTGRES_BUSY:
            raise BusyError(Phrase("database_writer_busy")) from error
        if code is not None and code & 0xFF == SQLITE_READ_ONLY:
            raise ReadOnlyError(Phrase("database_read_only")) from error
        if _is_away(code, state, error.connection_invalidated):
            raise AwayError(Phrase("database_does_not_answer")) from error
        raise


@contextmanager
def whole_file(part: Path, path: Path | None = None) -> Iterator[None]:
    """What is written here goes when the block fails; NoRoomError, by the name that a person knows."""
    try:
        yield
    except BaseException as error:
        part.unlink(missing_ok=True)
        code = getattr(error, "sqlite_errorcode", None)
        if getattr(error, "errno", None) in NO_ROOM or (code is not None and code & 0xFF == SQLITE_FULL):
            raise NoRoomError(Phrase("no_room_for_file", file=path or part)) from error
        raise


def _is_full(code: int | None, state: str | None, words: str) -> bool:
    """Is it that there is no room? A PostgreSQL that has none for a connection says so in words alone."""
    if code is not None:
        return code & 0xFF == SQLITE_FULL or code == SQLITE_NO_INDEX
    return state == POSTGRES_FULL or (state is None and os.strerror(errno.ENOSPC) in words)


def _is_away(code: int | None, state: str | None, is_invalidated: bool) -> bool:
    """Is it that nobody answers? PostgreSQL's driver gives neither code nor state when it cannot connect."""
    if code is not None:
        return code & 0xFF in SQLITE_AWAY
    return is_invalidated or state is None or state.startswith(POSTGRES_AWAY)
