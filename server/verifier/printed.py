"""What a printed log names, held against a file: one record, or the digest of a list, and how long the log was.

Input is the text of its QR code (`server/exports/sheets/proof.py`), or a record hash that somebody typed; output are
words on what the file proves of it.  Nobody signed a paper, so it proves nothing of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from server.verifier.envelopes import DIGEST
from server.verifier.findings import Findings
from server.verifier.key_table import Key
from server.verifier.strict import read_base64
from sweep.phrases import Phrase

LAST_SECOND = 253_402_300_799  # of the year 9999, the last that Python can name
_LINE = re.compile(r"ansim-proof/1 (entry|records) ([0-9a-f]{64})(?: log ([0-9]{1,16}) ([A-Za-z0-9+/]{43}=))?")


@dataclass(frozen=True, slots=True)
class Printed:
    """What the paper names."""

    what: Literal["entry", "records"]
    digest: str
    """Of the record, or over the sorted record hashes of a list."""
    size: int | None = None
    root: bytes | None = None
    """Of the log from which it was printed."""


@dataclass(frozen=True, slots=True)
class Record:
    """The record in the file."""

    log_index: int
    received_ms: int
    kind: Phrase | str
    key: Key | None
    objection: Phrase | None
    """Why it does not count."""


def printed_of(text: str) -> Printed:
    """A record hash or the line of a QR code; ValueError when it is neither."""
    text = " ".join(text.split())
    if DIGEST.fullmatch(text.lower()):
        return Printed("entry", text.lower())
    line = _LINE.fullmatch(text)
    if line is None:
        raise ValueError(Phrase("printed_code_invalid"))
    size, root = (None, None) if line[3] is None else (int(line[3]), read_base64(line[4], max_bytes=32))
    return Printed("entry" if line[1] == "entry" else "records", line[2], size, root)


def say_record(printed: Printed | None, record: Record | None, found: Findings) -> None:
    """Say what the record is that a paper names; a problem when it is not here or does not count."""
    if printed is None or printed.what != "entry":
        return
    if record is None:
        found.complain(Phrase("printed_record_absent", digest=printed.digest))
        return
    key = record.key
    if record.objection is not None or key is None:
        found.complain_of(record.log_index, Phrase("printed_record_void", digest=printed.digest, why=record.objection))
        return
    at = datetime.fromtimestamp(min(record.received_ms // 1000, LAST_SECOND), UTC)
    by = f"{key.key_id} ({key.role}{'' if key.probe_id is None else f' {key.probe_id}'})"
    digest, index, kind = printed.digest, record.log_index, record.kind
    found.proven.append(Phrase("printed_record_proven", digest=digest, index=index, kind=kind, at=at, by=by))


def say_list(printed: Printed | None, listed: Iterable[bytes], name: str, found: Findings) -> None:
    """Say whether a printed list is of just these records."""
    if printed is not None and printed.what == "records":
        text = "".join(f"{one.hex()}\n" for one in sorted(listed))
        if hashlib.sha256(text.encode()).hexdigest() == printed.digest:
            found.proven.append(Phrase("printed_list_proven", name=name))
        else:
            found.complain(Phrase("printed_list_differs", name=name))


def say_log(printed: Printed | None, size: int, roots: Mapping[int, bytes], found: Findings) -> None:
    """Say whether the log here, of `size` entries, begins with the one that the paper was printed from."""
    if printed is None or printed.size is None:
        return
    if printed.size in roots and roots[printed.size] == printed.root:
        found.proven.append(Phrase("printed_log_proven", size=printed.size))
    elif printed.size in roots:
        found.complain(Phrase("printed_log_differs", size=printed.size))
    else:
        found.unproven.append(Phrase("unproven_printed_log", there=printed.size, here=size))
