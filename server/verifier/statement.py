"""The signed statement in a ZIP: what the file is about, each other file in it by name, size and hash, a checkpoint.

Input are a ZIP file and the form that its statement has; output are what it says, and findings.  Nothing of what it
says is believed before a server key of its log signed it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from server.verifier import anchors as outside
from server.verifier.anchors import Anchors
from server.verifier.envelopes import DIGEST
from server.verifier.findings import Findings, PackageError
from server.verifier.first_reading import without_newline
from server.verifier.key_table import Key, KeyTable
from server.verifier.package_lines import Header, read_document
from server.verifier.printed import LAST_SECOND
from server.verifier.strict import is_index, read_exact
from server.verifier.zip_file import MAX_FILES, NAME, ZipFile
from sweep.entry import notes
from sweep.entry.dsse import EntryError, SignedEntry, verify_signature
from sweep.entry.notes import NoteError, VerifierKey
from sweep.phrases import Phrase

MAX_STATEMENT_BYTES = 256 * 1024
FROM_CLOCK = timedelta(hours=24)
"""How far times in the ZIP may be from that of the statement: they name no zone, and making a month takes a while."""
_ORIGIN = re.compile(r"ansim-log/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Form:
    """What a sort of ZIP has for a statement."""

    what: Phrase
    """What it is called in a complaint."""
    statement: str
    """Name of the file that holds it."""
    media_type: str
    members: tuple[str, ...]
    texts: tuple[str, ...]
    """Of the members, those that are texts."""
    most_files: int = MAX_FILES


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as the statement names it."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> Self:
        """A file with this content."""
        return cls(name, len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Statement:
    """What it says, its signature not verified."""

    document: SignedEntry
    said: dict[str, Any]
    files: tuple[NamedFile, ...]
    note: notes.Note
    head: notes.Checkpoint
    """The checkpoint in it."""
    header: Header


def read_statement(book: ZipFile, form: Form, found: Findings) -> Statement:
    """The statement of a ZIP; PackageError when it has none of this form."""
    try:
        document, said = _read(book.read(form.statement, MAX_STATEMENT_BYTES), form)
        note = notes.parse_note(said["checkpoint"])
        head = notes.parse_checkpoint(note.text)
        files = _read_files(said["files"], form.most_files)
    except (ValueError, NoteError) as error:
        raise PackageError(Phrase("statement_unreadable", what=form.what, why=error)) from None
    origin = _ORIGIN.fullmatch(said["origin"])
    if origin is None or head.origin != said["origin"]:
        raise PackageError(Phrase("statement_of_another_log", what=form.what))
    found.origin, found.root_hash = said["origin"], head.root.hex()
    header = Header(said["origin"], origin[1], origin[2], "structure", said["checkpoint"])
    return Statement(document, said, files, note, head, header)


def check_names(book: ZipFile, form: Form, statement: Statement, records: str | None, found: Findings) -> None:
    """Complain of files that are missing, of another time, or here without being named; nothing is unpacked."""
    named = {one.name: one for one in statement.files}
    for name in named:
        if name not in book:
            found.complain(Phrase("named_file_missing", name=name))
    made = datetime.fromtimestamp(min(statement.said["made_ms"] // 1000, LAST_SECOND), UTC)
    for part in book.parts:
        if part.name != form.statement and part.name not in named:
            found.complain(Phrase("file_not_named", name=part.name))
        if abs(part.made - made) > FROM_CLOCK or part.made != book.parts[0].made:
            found.complain(Phrase("file_of_another_time", name=part.name, made=part.made))
    if records is not None and records not in named:
        found.complain(Phrase("statement_without_records"))


def check_contents(book: ZipFile, statement: Statement, found: Findings) -> None:
    """Complain of each file that is here and not the one that is named."""
    sizes = {part.name: part.size for part in book.parts}
    for one in statement.files:
        if one.name not in sizes:
            continue
        digest = hashlib.sha256()
        for piece in book.pieces(one.name):
            digest.update(piece)
        if (sizes[one.name], digest.hexdigest()) != (one.size, one.sha256):
            found.complain(Phrase("file_is_another", name=one.name))


def is_signed(statement: Statement, keys: KeyTable, found: Findings) -> bool:
    """Did a server key that counts at the end of the log sign statement and checkpoint? Else complain."""
    signers = [key for key in keys.of_role("server") if key.counts_at(statement.head.size - 1)]
    is_stated = any(has_signed(statement.document, key) for key in signers)
    if not is_stated:
        found.complain(Phrase("statement_unsigned"))
    lines = [VerifierKey(found.origin, notes.ED25519, key.public_key) for key in signers]
    is_sealed = outside.is_note_signed(statement.note, lines, outside.IN_FILE, found)
    if not is_sealed:
        found.complain(Phrase("statement_checkpoint_unsigned"))
    return is_stated and is_sealed


def has_signed(document: SignedEntry, key: Key) -> bool:
    """Does the signature of this key hold?"""
    try:
        verify_signature(document, document.payload_type, key.public_key)
    except EntryError:
        return False
    return True


def say_anchors(statement: Statement, keys: KeyTable, anchors: Anchors, form: Form, found: Findings) -> None:
    """What the anchors that a person brought prove, and what stays open without them."""
    found.proven.append(Phrase("records_proven", size=statement.head.size))
    given = None
    if anchors.checkpoint is not None:
        lines = [VerifierKey(found.origin, notes.ED25519, key.public_key) for key in keys.of_role("server")]
        given = _say_checkpoint(anchors.checkpoint, statement.head, lines, anchors.witness, form, found)
    if anchors.witness is not None:
        outside.check_witness(anchors.witness, (statement.note, given), found)
    else:
        found.unproven.append(Phrase("unproven_seen_by_others"))
    outside.say_root_key(anchors, statement.header.root_key_id, found)


def _read(data: bytes, form: Form) -> tuple[SignedEntry, dict[str, Any]]:
    value = read_exact(without_newline(data), max_bytes=MAX_STATEMENT_BYTES)
    document = read_document(value, re.compile(re.escape(form.media_type)), MAX_STATEMENT_BYTES)
    said = read_exact(document.payload, max_bytes=MAX_STATEMENT_BYTES)
    if type(said) is not dict or tuple(said) != form.members or type(said["v"]) is not int or said["v"] != 1:
        raise ValueError(Phrase("statement_members_unknown"))
    if not all(type(said[name]) is str for name in form.texts) or not is_index(said["made_ms"]):
        raise ValueError(Phrase("statement_member_invalid"))
    return document, said


def _read_files(told: Any, most: int) -> tuple[NamedFile, ...]:
    if not isinstance(told, list) or len(told) > most:
        raise ValueError(Phrase("statement_member_invalid"))
    files = tuple(map(_read_file, told))
    if len({one.name for one in files}) != len(files):
        raise ValueError(Phrase("file_named_twice"))
    return files


def _read_file(one: Any) -> NamedFile:
    match one:
        case {"name": str(name), "size": size, "sha256": str(sha256)} if tuple(one) == ("name", "size", "sha256"):
            if NAME.fullmatch(name) and DIGEST.fullmatch(sha256) and is_index(size):
                return NamedFile(name, size, sha256)
    raise ValueError(Phrase("file_named_in_another_form"))


def _say_checkpoint(
    text: str,
    head: notes.Checkpoint,
    lines: list[VerifierKey],
    witness: VerifierKey | None,
    form: Form,
    found: Findings,
) -> notes.Note | None:
    """Hold the checkpoint given against that in the file; returns it when it is of the same entries."""
    try:
        note = notes.parse_note(text)
        given = notes.parse_checkpoint(note.text)
        signed = [notes.is_signed_by(note, line) for line in lines]
        is_signed = True in signed or (witness is not None and notes.cosigned_at(note, witness) is not None)
    except NoteError as error:
        found.complain(Phrase("of_what", what=outside.GIVEN, why=error))
        return None
    if given.origin != head.origin:
        found.complain(Phrase("checkpoint_of_another_log", what=outside.GIVEN, origin=given.origin))
    elif given.size == head.size and given.root != head.root:
        found.complain(Phrase("checkpoint_given_other_root"))
    elif not is_signed:
        found.complain(Phrase("checkpoint_given_unsigned"))
    elif (given.size, given.root) == (head.size, head.root):
        found.proven.append(Phrase("checkpoint_given_proven", what=form.what))
        return note
    else:
        found.unproven.append(Phrase("unproven_checkpoint_given", what=form.what))
    return None
