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
from sweep.phrases import Phrase, phrase_of

GIVEN = Phrase("checkpoint_given")
IN_FILE = Phrase("checkpoint_in_file")


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
    note = _open(header.checkpoint, IN_FILE, found)
    if note is None:
        return None
    head = _read(note, header, IN_FILE, found)
    if head is not None and (head.size, head.root) != (found.size, root):
        is_root = head.size == found.size
        of = Phrase("as_many_with_other_root") if is_root else Phrase("count_of_entries", count=head.size)
        found.complain(Phrase("checkpoint_in_file_differs", here=found.size, of=of))
    if not is_note_signed(note, keys, IN_FILE, found):
        found.complain(Phrase("checkpoint_in_file_unsigned"))
    return note if head is not None else None


def check_outer(
    header: Header, found: Findings, anchors: Anchors, roots: Mapping[int, bytes], keys: Iterable[VerifierKey]
) -> Note | None:
    """Hold the first entries against a checkpoint from elsewhere; `roots`: root of the tree by number of entries."""
    if anchors.checkpoint is None:
        return None
    note = _open(anchors.checkpoint, GIVEN, found)
    head = None if note is None else _read(note, header, GIVEN, found)
    if note is None or head is None:
        return None
    if head.size > found.size:
        found.complain(Phrase("checkpoint_beyond_file", size=head.size, here=found.size))
    elif roots.get(head.size) != head.root:
        found.complain(Phrase("first_entries_differ", size=head.size))
    else:
        found.proven.append(Phrase("first_entries_proven", size=head.size))
        if head.size < found.size:
            found.unproven.append(Phrase("unproven_later_entries", size=head.size))
    is_witnessed = anchors.witness is not None and _time_of(note, anchors.witness, Findings()) is not None
    if not is_note_signed(note, keys, GIVEN, found) and not is_witnessed:
        found.complain(Phrase("checkpoint_given_unsigned"))
    return note


def check_witness(witness: VerifierKey, given: Iterable[Note | None], found: Findings) -> None:
    """Complain unless this witness signed one of the checkpoints, and of each line of it that does not hold."""
    times = [(note, _time_of(note, witness, found)) for note in given if note is not None]
    for note, time in times:
        if time is not None:
            size = notes.parse_checkpoint(note.text).size
            found.proven.append(Phrase("witness_signed", name=witness.name, size=size, time=_in_words(time)))
    if all(time is None for _, time in times):
        found.complain(Phrase("witness_signed_none", name=witness.name))


def say_root_key(anchors: Anchors, key_id: str, found: Findings) -> None:
    """Hold the log's first root key against the one that a person brought."""
    if anchors.root_key is None:
        found.unproven.append(Phrase("unproven_root_key", key_id=key_id))
    elif anchors.root_key == key_id:
        found.proven.append(Phrase("root_key_proven", key_id=key_id))
    else:
        found.complain(Phrase("root_key_differs", key_id=key_id, wanted=anchors.root_key))


def say_what_is_missing(anchors: Anchors, header: Header, inner: Note | None, found: Findings) -> None:
    """Say in plain words what nobody can tell without an anchor from outside."""
    if anchors.checkpoint is None:
        found.unproven.append(Phrase("unproven_cut_off"))
    if anchors.witness is None:
        lines = 0 if inner is None else sum(line.name != header.origin for line in inner.lines)
        there = Phrase("lines_by_others", count=lines) if lines else Phrase("no_witness_signed")
        found.unproven.append(Phrase("unproven_seen", there=there))
    say_root_key(anchors, header.root_key_id, found)


def _open(text: str, what: Phrase, found: Findings) -> Note | None:
    try:
        return notes.parse_note(text)
    except NoteError as error:
        found.complain(Phrase("of_what", what=what, why=error))
        return None


def _read(note: Note, header: Header, what: Phrase, found: Findings) -> Checkpoint | None:
    try:
        head = notes.parse_checkpoint(note.text)
    except NoteError as error:
        found.complain(Phrase("of_what", what=what, why=error))
        return None
    if head.origin != header.origin:
        found.complain(Phrase("checkpoint_of_another_log", what=what, origin=head.origin))
        return None
    return head


def is_note_signed(note: Note, keys: Iterable[VerifierKey], what: Phrase, found: Findings) -> bool:
    """Did one of these keys sign it? Complain of each line of theirs that does not hold."""
    is_signed = False
    for key in keys:
        try:
            is_signed = notes.is_signed_by(note, key) or is_signed
        except NoteError as error:
            found.complain(Phrase("of_what", what=what, why=error))
    return is_signed


def _time_of(note: Note, witness: VerifierKey, found: Findings) -> int | None:
    try:
        return notes.cosigned_at(note, witness)
    except NoteError as error:
        found.complain(phrase_of(error))
        return None


def _in_words(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(min(unix_s, LAST_SECOND), UTC):%Y-%m-%d %H:%M:%S} UTC"
