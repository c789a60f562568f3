"""The database as one file, as it was at one moment, while it is used: for backups, by the command line alone.

Of SQLite the file is a database of its own, made by SQLite's online backup.  Of PostgreSQL it is a zstd stream of
what `COPY … (FORMAT BINARY)` says of each table in one snapshot, so that no program of another version is needed:
`"ansim-snapshot-v1\\n"`, a JSON line with the revision of the schema, then for each table a JSON line with its name
and columns, pieces of 4 bytes of length (most significant first) and that many bytes, and a piece of length 0.
Nobody is held up by it.  What cannot be read is refused with SnapshotError and leaves nothing, and a database that has
tables is never written to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from server.store.db import Database
from server.store.faults import whole_file
from server.store.schema import metadata
from sweep.phrases import Phrase

MAGIC = b"ansim-snapshot-v1\n"
SQLITE_MAGIC = b"SQLite format 3\x00"
PIECE_BYTES = 1024 * 1024
MAX_LINE_BYTES = 64 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
SQLITE_SUFFIX, POSTGRES_SUFFIX = ".sqlite3", ".pgcopy"


class SnapshotError(Exception):
    """A snapshot that cannot be read or put where it is wanted; the message is one line."""


def suffix_of(db: Database) -> str:
    """The ending of a snapshot's name."""
    return SQLITE_SUFFIX if db.is_sqlite else POSTGRES_SUFFIX


def write_snapshot(db: Database, path: Path) -> None:
    """Write the database as it is now into a new file that only its owner reads, on disk when this returns."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with whole_file(part, path):
        part.touch(mode=0o600)
        if db.is_sqlite:
            _write_sqlite(db, part)
        else:
            with part.open("wb") as file:
                _write_postgres(db, file)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)


def read_snapshot(path: Path, url: str) -> None:
    """Make the database at this URL, which has nothing in it yet, from a snapshot of the same kind; SnapshotError."""
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if start[: len(SQLITE_MAGIC)] == SQLITE_MAGIC:
            if not is_sqlite:
                raise SnapshotError(Phrase("backup_of_sqlite", file=path))
            _read_sqlite(path, Path(make_url(url).database or ""))
        elif start == MAGIC:
            if is_sqlite:
                raise SnapshotError(Phrase("backup_of_postgresql", file=path))
            _read_postgres(file, path, url)
        else:
            raise SnapshotError(Phrase("not_a_backup", file=path))


def remove_database(url: str) -> None:
    """Remove what `read_snapshot` made at this URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        with closing(Database(url)) as db:
            _drop_tables(db)
        return
    for more in ("", "-wal", "-shm"):
        Path(f"{parsed.database}{more}").unlink(missing_ok=True)


def _drop_tables(db: Database) -> None:
    with db.write() as connection:
        for name in inspect(connection).get_table_names():
            connection.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS keep_access_log")


def _write_sqlite(db: Database, part: Path) -> None:
    with db.read() as connection, closing(sqlite3.connect(part)) as copy:
        source: Any = connection.connection.driver_connection
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, that opens where nothing can be written


def _read_sqlite(path: Path, target: Path) -> None:
    if target.exists():
        raise SnapshotError(Phrase("database_already_there", target=target))
    with path.open("rb") as file:
        head = file.read(32)  # sqlite.org/fileformat2.html, 1.3: size of a page, at last how many there are
    page = int.from_bytes(head[16:18], "big")
    if path.stat().st_size != (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big"):
        raise SnapshotError(Phrase("backup_damaged", file=path, why=Phrase("backup_cut_off_or_more")))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with whole_file(part, target):
        part.touch(mode=0o600)
        shutil.copyfile(path, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)


def _write_postgres(db: Database, file: BinaryIO) -> None:
    file.write(MAGIC)
    stream = zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False)
    with db.read() as connection, stream:
        driver: Any = connection.connection.driver_connection
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        stream.write(_line({"revision": revision}))
        for table in metadata.sorted_tables:
            columns = [column.name for column in table.c]
            stream.write(_line({"table": table.name, "columns": columns}))
            with driver.cursor() as cursor, cursor.copy(_copy(table.name, columns, "TO STDOUT")) as copy:
                for piece in copy:
                    stream.write(len(piece).to_bytes(4, "big") + bytes(piece))
            stream.write(bytes(4))


def _read_postgres(file: BinaryIO, path: Path, url: str) -> None:
    with closing(Database(url)) as db:
        with db.read() as connection:
            if inspect(connection).get_table_names():
                raise SnapshotError(Phrase("database_not_empty"))
        try:
            # across frames, so that what stands behind the first one is read, and is no table
            stream = _Reader(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
            db.migrate(revision=str(stream.line()["revision"]))
            with db.write() as connection:
                driver: Any = connection.connection.driver_connection
                left = set(inspect(connection).get_table_names())
                while (head := stream.line()) is not None:
                    if head["table"] not in left:
                        raise ValueError(Phrase("backup_table_unknown"))
                    left.remove(head["table"])
                    into = _copy(str(head["table"]), [str(name) for name in head["columns"]], "FROM STDIN")
                    with driver.cursor() as cursor, cursor.copy(into) as copy:
                        for piece in stream.pieces():
                            copy.write(piece)
        except (ValueError, KeyError, TypeError, zstandard.ZstdError) as error:
            _drop_tables(db)
            raise SnapshotError(Phrase("backup_damaged", file=path, why=error)) from None
        except BaseException:
            _drop_tables(db)
            raise


class _Reader:
    """Lines and pieces of a stream."""

    def __init__(self, stream: zstandard.ZstdDecompressionReader) -> None:
        self._stream = stream
        self._rest = b""

    def line(self) -> Any:
        """The next line as JSON; None at the end."""
        while b"\n" not in self._rest:
            more = self._stream.read(PIECE_BYTES)
            if not more:
                if self._rest:
                    raise ValueError(Phrase("backup_cut_off"))
                return None
            self._rest += more
            if len(self._rest) > MAX_LINE_BYTES + PIECE_BYTES:
                raise ValueError(Phrase("backup_line_missing"))
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def pieces(self) -> Iterator[bytes]:
        """Pieces up to the empty one."""
        while length := int.from_bytes(self._take(4), "big"):
            yield self._take(length)

    def _take(self, length: int) -> bytes:
        while len(self._rest) < length:
            more = self._stream.read(max(PIECE_BYTES, length - len(self._rest)))
            if not more:
                raise ValueError(Phrase("backup_cut_off"))
            self._rest += more
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _copy(table: str, columns: list[str], way: str) -> str:
    if not all(map(_NAME.fullmatch, (table, *columns))):
        raise ValueError(Phrase("backup_name_improper"))
    return f"COPY {table} ({', '.join(columns)}) {way} (FORMAT BINARY)"
