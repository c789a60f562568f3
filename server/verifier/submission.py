"""A monthly submission verified: documents, the records they stand on, and proof that these are in the district's log.

Input is a ZIP file as sweep/LOG.md describes it; output are findings.  What it has in common with the file of a case is
read in `proven_records.py`; here each line of the log is held to the record that it stands on.
"""

from __future__ import annotations

import zipfile

from server.verifier.anchors import Anchors
from server.verifier.findings import Findings, PackageError
from server.verifier.proven_records import MAX_BYTES, Form, check_carried, part_of, read_proven, say_anchors
from server.verifier.strict import read_json

SUBMISSION_TYPE = "application/vnd.ansim.submission.v1+json"
STATEMENT = "submission.json"
FORM = Form(
    "submission",
    STATEMENT,
    SUBMISSION_TYPE,
    ("v", "origin", "district", "first", "last", "made_ms", "checkpoint", "files"),
    ("origin", "first", "last", "checkpoint"),
)


def verify_submission(book: zipfile.ZipFile, anchors: Anchors) -> Findings:
    """Verify a submission; PackageError when the file is none."""
    found = Findings(scope="submission")
    read = read_proven(book, FORM, found)
    if not (read.said["district"] is None or type(read.said["district"]) is str):
        raise PackageError("not a submission: its statement names a district in another form")
    check_carried(read, None, found)
    hashes = {item.entry.entry_hash for item, _ in read.counting}
    for name in read.names:
        if name.startswith("inspection-log") and name.endswith(".json"):
            _check_log(part_of(book, name), name, hashes, found)
    say_anchors(read, anchors, FORM, found)
    found.unproven.append("that no sweep was left out, and that no key here was revoked since: see the whole log")
    return found


def _check_log(data: bytes, name: str, hashes: set[str], found: Findings) -> None:
    """Complain of each line of the log whose record is not here."""
    try:
        sweeps = read_json(data, max_bytes=MAX_BYTES)["sweeps"]
        listed = [one["entry_hash"] for one in sweeps]
    except (ValueError, KeyError, TypeError):
        found.complain(f"the file {name} is not a log that can be read")
        return
    missing = [one for one in listed if one not in hashes]
    for one in missing:
        found.complain(f"{name}: the record {one} of a sweep is not among the records here")
    if not missing:
        found.proven.append(f"each of the {len(listed)} sweeps in {name} stands on a record here")
