"""What is known from outside the file, and whether the log in the file is that log.

Input are a checkpoint, a root key and a witness's key that a person brought, with the roots of the tree that the file
gave; output are problems, and words on what is proven by them and what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from server.verifier.findings import Findings
from server.verifier.package_lines import Header
from server.verifier.printed import LAST_SECOND, Printed
from sweep.entry import notes
from sweep.entry.notes import Checkpoint, Note, NoteError, VerifierKey


@dataclass(frozen=True, slots=True)
class Anchors:
    """What a person brought; nothing of it comes from the file."""

    checkpoint: str | None = None
    """A signed note, such as the witness or an earlier export gave."""
    root_key: str | None = None
    """Key id of the first root key, as the district published it."""
    witness: VerifierKey | None = None
    printed: Printed | None = None
    """What a paper names."""


def size_of(checkpoint: str | None) -> int | None:
    """How many entries a checkpoint from outside is of; None when that cannot be read."""
    try:
        return None if checkpoint is None else notes.parse_checkpoint(notes.parse_note(checkpoint).text).size
    except NoteError:
        return None


def check_inner(header: Header, found: Findings, root: bytes, keys: Iterable[VerifierKey]) -> Note | None:
    """Complain unless the package's own checkpoint is of just these entries and signed by one of these keys."""
    note = _open(header.checkpoint, "the checkpoint in the file", found)
    if note is None:
        return None
    head = _read(note, header, "the checkpoint in the file", found)
    if head is not None and (head.size, head.root) != (found.size, root):
        size = f"{head.size} entries" if head.size != found.size else "as many entries with another root hash"
        found.complain(f"the file holds {found.size} entries; its checkpoint is of {size}")
    if not _is_signed(note, keys, "the checkpoint in the file", found):
        found.complain("no server key that counts at the end of this log signed the checkpoint in the file")
    return note if head is not None else None


def check_outer(
    header: Header, found: Findings, anchors: Anchors, roots: Mapping[int, bytes], keys: Iterable[VerifierKey]
) -> Note | None:
    """Hold the first entries against a checkpoint from elsewhere; `roots`: root of the tree by number of entries."""
    if anchors.checkpoint is None:
        return None
    what = "the checkpoint given"
    note = _open(anchors.checkpoint, what, found)
    head = None if note is None else _read(note, header, what, found)
    if note is None or head is None:
        return None
    if head.size > found.size:
        found.complain(f"{what} is of {head.size} entries; this file ends after {found.size}")
    elif roots.get(head.size) != head.root:
        found.complain(f"the first {head.size} entries are not those of {what}")
    else:
        found.proven.append(f"the first {head.size} entries are those of {what}, none dropped or changed")
        if head.size < found.size:
            found.unproven.append(f"whether all that came after the first {head.size} entries is here")
    is_witnessed = anchors.witness is not None and _time_of(note, anchors.witness, Findings()) is not None
    if not _is_signed(note, keys, what, found) and not is_witnessed:
        found.complain(f"no server key of this log signed {what}, and no witness whose key was given")
    return note


def check_witness(witness: VerifierKey, given: Iterable[Note | None], found: Findings) -> None:
    """Complain unless this witness signed one of the checkpoints, and of each line of it that does not hold."""
    times = [(note, _time_of(note, witness, found)) for note in given if note is not None]
    for note, time in times:
        if time is not None:
            size = notes.parse_checkpoint(note.text).size
            found.proven.append(f"the witness {witness.name} signed the tree of {size} entries at {_in_words(time)}")
    if all(time is None for _, time in times):
        found.complain(f"the witness {witness.name} signed none of the checkpoints")


def say_what_is_missing(anchors: Anchors, header: Header, inner: Note | None, found: Findings) -> None:
    """Say in plain words what nobody can tell without an anchor from outside."""
    if anchors.checkpoint is None:
        found.unproven.append(
            "whether entries were cut off or left out before this file was made: no checkpoint from outside was given "
            "(--checkpoint), so the file proves only that it is one with itself and with the server's key"
        )
    if anchors.witness is None:
        lines = 0 if inner is None else sum(line.name != header.origin for line in inner.lines)
        there = f"lines by others in its checkpoint ({lines}) were not checked" if lines else "no witness signed"
        found.unproven.append(f"that anybody but the operator saw this log: {there} (--witness)")
    if anchors.root_key is None:
        found.unproven.append(
            f"that root key {header.root_key_id} is the district's: compare it with what it published (--root)"
        )


def _open(text: str, what: str, found: Findings) -> Note | None:
    try:
        return notes.parse_note(text)
    except NoteError as error:
        found.complain(f"{what}: {error}")
        return None


def _read(note: Note, header: Header, what: str, found: Findings) -> Checkpoint | None:
    try:
        head = notes.parse_checkpoint(note.text)
    except NoteError as error:
        found.complain(f"{what}: {error}")
        return None
    if head.origin != header.origin:
        found.complain(f"{what} is of another log: {head.origin}")
        return None
    return head


def _is_signed(note: Note, keys: Iterable[VerifierKey], what: str, found: Findings) -> bool:
    is_signed = False
    for key in keys:
        try:
            is_signed = notes.is_signed_by(note, key) or is_signed
        except NoteError as error:
            found.complain(f"{what}: {error}")
    return is_signed


def _time_of(note: Note, witness: VerifierKey, found: Findings) -> int | None:
    try:
        return notes.cosigned_at(note, witness)
    except NoteError as error:
        found.complain(f"{error}")
        return None


def _in_words(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(min(unix_s, LAST_SECOND), UTC):%Y-%m-%d %H:%M:%S} UTC"
