"""The process that makes documents: `python -m server.exports.jobs.export_worker`, started by export_queue.py alone.

Input are jobs, one JSON line each on standard input; output are their progress and end, one JSON line each on standard
output, and the document in the file that the job names, once it is whole.  One job at a time; it reads the database and
writes only that file.  A fault of ours ends the process, which the queue takes for the failure of its job.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from sqlalchemy import Connection

from server.exports.gathering.case_file import write_case_file
from server.exports.gathering.inspection_log import today, write_log_to
from server.exports.gathering.parted_log import write_parts
from server.exports.gathering.submission import write_submission
from server.exports.jobs.export_job import TEMPORARY, wanted_of
from server.exports.sheets.fonts import FontsMissingError
from server.interface.formats import Format
from server.projections.log_records import ExportError
from server.projections.projecting import drain
from server.store.crypto.body_keys import BodyKeys, BodyKeysError, overwrite_and_unlink
from server.store.db import Database
from server.store.faults import AwayError, BusyError
from server.store.objects import ObjectStore, place_of
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase, packed, phrase_of

NICENESS = 10  # guessed: the ingest path and the page go first


def main() -> None:
    """Work until standard input ends."""
    os.nice(NICENESS)
    for line in sys.stdin:
        work(json.loads(line), sys.stdout)


def work(job: dict[str, Any], out: TextIO) -> None:
    """One job, from its line to its last word."""

    def say(**words: Any) -> None:
        out.write(json.dumps(words, ensure_ascii=False) + "\n")
        out.flush()

    wanted, path = wanted_of(job), Path(job["path"])
    told: dict[str, int] = {}

    def progress(done: int, total: int, **parts: int) -> None:
        nonlocal told
        now = {"percent": min(100 * done // max(total, 1), 99), **parts}
        if now != told:
            told = now
            say(**now)

    def make(file: BinaryIO, connection: Connection) -> None:
        signer = partial(_signer, job["signing_key"])
        if wanted.case_id is not None:
            file.write(write_case_file(connection, wanted, today(), signer(), progress))
        elif wanted.part_size:
            write_parts(
                file, connection, wanted, today(), signer,
                lambda one: progress(one.sweeps_done, one.sweeps, parts_done=one.parts_done, parts=one.parts),
            )  # fmt: skip
        elif wanted.format is Format.ZIP:
            file.write(write_submission(connection, wanted, today(), signer(), on_sweep=progress))
        else:
            write_log_to(file, connection, wanted, today(), on_sweep=progress)

    try:
        keys = BodyKeys(Path(job["body_keys"]), Path(job["store_key"]))
        objects = ObjectStore(place_of(job["storage_url"])) if job["storage_url"] else None
        db = Database(job["database_url"], keys, objects, replica_url=job["replica_url"])
        with contextlib.closing(db), _whole_only(path) as file:
            drain(db)
            _make_from(db, make, file)
    except (
        FontsMissingError,
        OverflowError,
        AwayError,
        BusyError,
        BodyKeysError,
    ) as error:  # the first is an ExportError too
        say(failed=packed(phrase_of(error)) | {"is_refused": False})
    except ExportError as error:
        say(failed=packed(phrase_of(error)) | {"is_refused": True})
    else:
        say(ready=path.stat().st_size)


def _make_from(db: Database, make: Callable[[BinaryIO, Connection], None], file: BinaryIO) -> None:
    """Make the document from the replica, where there is one, and anew from the primary when that ends meanwhile."""
    if db.replica is not None:
        try:
            with db.read_whole() as connection:
                make(file, connection)
        except (AwayError, BusyError):
            file.seek(0)
            file.truncate()
        else:
            return
    with db.read() as connection:
        make(file, connection)


@contextlib.contextmanager
def _whole_only(path: Path) -> Iterator[BinaryIO]:
    """A file that is at its place once it is whole; what of it is not lies among the temporary files, or nowhere."""
    half = path.parent / TEMPORARY / path.name
    half.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        half.touch(mode=0o600)
        with half.open("wb") as file:
            yield file
        half.replace(path)
    finally:
        overwrite_and_unlink(half)


def _signer(path: str | None) -> Signer:
    """The server's key, which is never made here."""
    if path is None or not Path(path).is_file():
        raise BodyKeysError(Phrase("server_key_missing"))
    return Signer.load_or_create(Path(path))


if __name__ == "__main__":
    main()
