"""A monthly submission verified: documents, the records they stand on, and proof that these are in the district's log.

Input is a ZIP file as sweep/LOG.md describes it; output are findings.  What it has in common with the file of a case is
read in `proven_records.py`; here each line of the log is held to the record that it stands on.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.verifier.anchors import Anchors
from server.verifier.envelopes import DIGEST
from server.verifier.findings import Findings, PackageError
from server.verifier.listed_sweeps import listed_sweeps
from server.verifier.printed import say_list
from server.verifier.proven_records import Proven, counting, read_proven, say_printed
from server.verifier.statement import Form, say_anchors
from server.verifier.zip_file import ZipFile
from sweep.phrases import Phrase

SUBMISSION_TYPE = "application/vnd.ansim.submission.v1+json"
STATEMENT = "submission.json"
FORM = Form(
    Phrase("a_submission"),
    STATEMENT,
    SUBMISSION_TYPE,
    ("v", "origin", "district", "first", "last", "made_ms", "checkpoint", "files"),
    ("origin", "first", "last", "checkpoint"),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """What its verification gave."""

    found: Findings
    read: Proven | None
    """None when nothing in it is to be believed."""
    listed: set[bytes]
    """Records that its logs list."""


def verify_submission(book: ZipFile, anchors: Anchors) -> Submission:
    """Verify a submission; PackageError when the file is none."""
    found, listed = Findings(scope="submission"), set[bytes]()
    read = read_proven(book, FORM, anchors, found)
    if read is None:
        return Submission(found, None, listed)
    said = read.statement.said
    if not (said["district"] is None or type(said["district"]) is str):
        raise PackageError(Phrase("not_a_submission"))
    of_sweeps = ((item, said) for item, said in counting(read, found, "structure") if said.sweep_id is not None)
    hashes = {bytes.fromhex(item.entry.entry_hash) for item, _ in of_sweeps}
    for part in book.parts:
        if part.name.startswith("inspection-log") and part.name.endswith(".json"):
            of_log = _check_log(book, part.name, hashes, found)
            say_list(anchors.printed, of_log, part.name, found)
            listed |= of_log
    say_anchors(read.statement, read.keys, anchors, FORM, found)
    say_printed(read, found)
    found.unproven.append(Phrase("unproven_left_out"))
    return Submission(found, read, listed)


def _check_log(book: ZipFile, name: str, hashes: set[bytes], found: Findings) -> set[bytes]:
    """The records that a log lists; complains of each line whose record is not here."""
    listed, problems = set[bytes](), found.count
    try:
        for sweep in listed_sweeps(book.pieces(name)):
            if found.is_full:
                found.is_cut = True
                break
            _check_sweep(sweep, name, listed, hashes, found)
    except PackageError:
        raise
    except ValueError:
        found.complain(Phrase("log_file_unreadable", name=name))
    if found.count == problems:
        found.proven.append(Phrase("sweeps_proven", count=len(listed), name=name))
    return listed


def _check_sweep(sweep: object, name: str, listed: set[bytes], hashes: set[bytes], found: Findings) -> None:
    one = sweep.get("entry_hash") if isinstance(sweep, dict) else None
    if type(one) is not str or DIGEST.fullmatch(one) is None:
        raise ValueError(Phrase("sweep_without_record"))
    digest = bytes.fromhex(one)
    if digest not in hashes:
        found.complain(Phrase("sweep_record_absent", name=name, record=one))
    elif digest in listed:
        found.complain(Phrase("record_used_twice", name=name, record=one))
    listed.add(digest)
