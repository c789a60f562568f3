"""The process that makes documents: `python -m server.exports.jobs.export_worker`, started by export_queue.py alone.

Input are jobs, one JSON line each on standard input; output are their progress and end, one JSON line each on standard
output, and the document in the file that the job names.  One job at a time; it reads the database and writes only that
file.  A fault of ours ends the process, which the queue takes for the failure of its job.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from server.exports.gathering.case_file import write_case_file
from server.exports.gathering.inspection_log import LogRequest, today, write_log_to
from server.exports.gathering.submission import write_submission
from server.exports.sheets.fonts import FontsMissingError
from server.interface.formats import Format
from server.projections.log_records import ExportError, Period
from server.projections.projecting import drain
from server.store.crypto.body_keys import BodyKeys, BodyKeysError
from server.store.db import Database
from server.store.faults import AwayError, BusyError
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

    wanted = LogRequest(
        Format(job["format"]),
        Period(date.fromisoformat(job["first"]), date.fromisoformat(job["last"])),
        UUID(job["room_id"]) if job["room_id"] else None,
        job["organisation"],
        job["requested_by"],
        job["reason"],
        job["district_id"],
        UUID(job["sweep_id"]) if job["sweep_id"] else None,
        job["with_sheets"],
        UUID(job["case_id"]) if job["case_id"] else None,
        job["document_no"],
        job["may_name"],
        job["is_redacted"],
    )
    percent = -1

    def progress(done: int, total: int) -> None:
        nonlocal percent
        if 100 * done // max(total, 1) > percent:
            percent = 100 * done // max(total, 1)
            say(percent=min(percent, 99))

    try:
        path = Path(job["path"])
        path.touch(mode=0o600)
        keys = BodyKeys(Path(job["body_keys"]), Path(job["store_key"]))
        with contextlib.closing(Database(job["database_url"], keys)) as db:
            drain(db)
            with db.read() as connection, path.open("wb") as file:
                if wanted.case_id is not None:
                    file.write(write_case_file(connection, wanted, today(), _signer(job["signing_key"]), progress))
                elif wanted.format is Format.ZIP:
                    signer = _signer(job["signing_key"])
                    file.write(write_submission(connection, wanted, today(), signer, on_sweep=progress))
                else:
                    write_log_to(file, connection, wanted, today(), on_sweep=progress)
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


def _signer(path: str | None) -> Signer:
    """The server's key, which is never made here."""
    if path is None or not Path(path).is_file():
        raise BodyKeysError(Phrase("server_key_missing"))
    return Signer.load_or_create(Path(path))


if __name__ == "__main__":
    main()
