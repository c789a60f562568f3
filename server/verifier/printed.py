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
    kind: str
    key: Key | None
    objection: str | None
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
        found.complain(f"no record here has the hash {printed.digest}")
        return
    key = record.key
    if record.objection is not None or key is None:
        found.complain_of(record.log_index, f"the record {printed.digest} does not count: {record.objection}")
        return
    at = datetime.fromtimestamp(min(record.received_ms // 1000, LAST_SECOND), UTC)
    probe = "" if key.probe_id is None else f" {key.probe_id}"
    found.proven.append(
        f"the record {printed.digest} is log index {record.log_index}: {record.kind}, received "
        f"{at:%Y-%m-%d %H:%M:%S} UTC, signed by key {key.key_id} ({key.role}{probe})"
    )


def say_list(printed: Printed | None, listed: Iterable[bytes], name: str, found: Findings) -> None:
    """Say whether a printed list is of just these records."""
    if printed is not None and printed.what == "records":
        text = "".join(f"{one.hex()}\n" for one in sorted(listed))
        if hashlib.sha256(text.encode()).hexdigest() == printed.digest:
            found.proven.append(f"the printed list is of just the records that {name} lists")
        else:
            found.complain(f"the printed list is not of the records that {name} lists")


def say_log(printed: Printed | None, size: int, roots: Mapping[int, bytes], found: Findings) -> None:
    """Say whether the log here, of `size` entries, begins with the one that the paper was printed from."""
    if printed is None or printed.size is None:
        return
    if printed.size in roots and roots[printed.size] == printed.root:
        found.proven.append(f"the first {printed.size} entries are those of the log that the paper was printed from")
    elif printed.size in roots:
        found.complain(f"the first {printed.size} entries are not those of the log that the paper was printed from")
    else:
        found.unproven.append(f"that paper and file are of one log: {printed.size} entries there, {size} here")
