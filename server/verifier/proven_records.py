"""A ZIP of documents and records verified: a statement that names every file, and records proven to be in the log.

Input is an open ZIP file as sweep/LOG.md describes it; output are what its records gave, and findings.  The statement
is signed by a server key; each record carries its place in the tree under the statement's checkpoint.  It proves that
what is here is in the log, never that the log holds nothing else: for that there is the package of the whole log.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.verifier import anchors as outside
from server.verifier.anchors import Anchors
from server.verifier.bodies import Carried, check_bodies
from server.verifier.envelopes import DIGEST, Envelope, read_payload
from server.verifier.findings import Findings, PackageError
from server.verifier.first_reading import claim_of
from server.verifier.key_table import Key, KeyEntryError, KeyTable, carried_body
from server.verifier.package_lines import EntryLine, Header, read_document, read_line
from server.verifier.signing_rules import broken_rule
from server.verifier.strict import is_index, read_exact, read_json, write_exact
from sweep.entry import merkle, notes
from sweep.entry.dsse import EntryError, SignedEntry, verify_signature
from sweep.entry.kinds import KEY_KINDS
from sweep.entry.notes import NoteError, VerifierKey

RECORDS = "records.jsonl"
MAX_FILES = 20
MAX_BYTES = 1024 * 1024 * 1024  # guessed: a hundred times the month of a large district
MAX_STATEMENT_BYTES = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_ORIGIN = re.compile(r"ansim-log/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Form:
    """What a sort of ZIP has for a statement."""

    what: str
    """What it is called in a complaint."""
    statement: str
    """Name of the file that holds it."""
    media_type: str
    members: tuple[str, ...]
    texts: tuple[str, ...]
    """Of the members, those that are texts."""


@dataclass(slots=True)
class Proven:
    """What the records gave."""

    document: SignedEntry
    said: dict[str, Any]
    """The statement."""
    names: list[str]
    """Of all files."""
    note: notes.Note
    head: notes.Checkpoint
    """The checkpoint in the statement."""
    header: Header
    keys: KeyTable
    records: list[tuple[EntryLine, Envelope]] = field(default_factory=list)
    """All of them that can be read, in the order of the log."""
    counting: list[tuple[EntryLine, Envelope]] = field(default_factory=list)
    """Those that no problem is known of, without key entries."""


def read_proven(book: zipfile.ZipFile, form: Form, found: Findings) -> Proven:
    """Read statement, files and records, and judge all but the bodies; PackageError when the file is none such."""
    names = [part.filename for part in book.infolist()]
    if form.statement not in names or RECORDS not in names:
        raise PackageError(f"not a {form.what}: {form.statement} or {RECORDS} is missing")
    if len(names) > MAX_FILES or sum(part.file_size for part in book.infolist()) > MAX_BYTES:
        raise PackageError(f"not a {form.what}: more in it than there can be")
    try:
        document, said = _read_statement(part_of(book, form.statement, MAX_STATEMENT_BYTES), form)
        note = notes.parse_note(said["checkpoint"])
        head = notes.parse_checkpoint(note.text)
    except (ValueError, NoteError) as error:
        raise PackageError(f"not a {form.what}: its statement cannot be read ({error})") from None
    origin = _ORIGIN.fullmatch(said["origin"])
    if origin is None or head.origin != said["origin"]:
        raise PackageError(f"not a {form.what}: statement and checkpoint are not of one log")
    found.origin, found.root_hash = said["origin"], head.root.hex()
    _check_files(book, names, said["files"], form, found)
    header = Header(said["origin"], origin[1], origin[2], "structure", said["checkpoint"])
    read = Proven(document, said, names, note, head, header, KeyTable(origin[1], origin[2]))
    _read_records(part_of(book, RECORDS, MAX_BYTES).splitlines(keepends=True), read, found)
    _judge(read, found)
    _check_signers(read, found)
    return read


def check_carried(read: Proven, carried: Carried | None, found: Findings) -> None:
    """Hold the bodies of every record to what such a file carries; None: what `structure` does."""
    for item, envelope in read.records:
        counts, wrong = check_bodies(item, envelope, "structure" if carried is None else carried)
        found.bodies.update(counts)
        for words in wrong:
            found.complain_of(item.log_index, words)


def part_of(book: zipfile.ZipFile, name: str, most: int = MAX_BYTES) -> bytes:
    """A file of the ZIP; PackageError when it is larger than `most` bytes."""
    with book.open(name) as part:
        data = part.read(most + 1)
    if len(data) > most:
        raise PackageError(f"{name} is too large")
    return data


def _read_statement(data: bytes, form: Form) -> tuple[SignedEntry, dict[str, Any]]:
    value = read_exact(data.removesuffix(b"\n"), max_bytes=MAX_STATEMENT_BYTES)
    document = read_document(value, re.compile(re.escape(form.media_type)), MAX_STATEMENT_BYTES)
    said = read_exact(document.payload, max_bytes=MAX_STATEMENT_BYTES)
    if type(said) is not dict or tuple(said) != form.members or type(said["v"]) is not int or said["v"] != 1:
        raise ValueError("a statement has other members")
    if not all(type(said[name]) is str for name in form.texts) or not is_index(said["made_ms"]):
        raise ValueError("a member of the statement is not what it must be")
    if type(said["files"]) is not list:
        raise ValueError("a member of the statement is not what it must be")
    return document, said


def _check_files(book: zipfile.ZipFile, names: list[str], told: list[Any], form: Form, found: Findings) -> None:
    """Complain of files that are missing, changed, or here without being named."""
    named = []
    for one in told:
        is_form = type(one) is dict and tuple(one) == ("name", "size", "sha256")
        if not is_form or not all(type(one[name]) is str for name in ("name", "sha256")) or not is_index(one["size"]):
            raise PackageError(f"not a {form.what}: its statement names a file in another form")
        named.append(one["name"])
        if names.count(one["name"]) != 1 or _NAME.fullmatch(one["name"]) is None:
            found.complain(f"the file {one['name']} is missing, or stands twice")
            continue
        data = part_of(book, one["name"])
        if len(data) != one["size"] or hashlib.sha256(data).hexdigest() != one["sha256"]:
            found.complain(f"the file {one['name']} is not the one that the statement names")
    for name in names:
        if name != form.statement and name not in named:
            found.complain(f"the file {name} stands here and the statement names it nowhere")
    if RECORDS not in named:
        found.complain("the statement does not name the records")


def _read_records(lines: Iterable[bytes], read: Proven, found: Findings) -> None:
    last = -1
    for number, line in enumerate(lines):
        try:
            value = read_json(line.removesuffix(b"\n"), max_bytes=MAX_BYTES)
            if type(value) is not dict or type(value.get("proof")) is not list or not line.endswith(b"\n"):
                raise ValueError("not a record with its proof")
            proof = value.pop("proof")
            if not all(type(one) is str and DIGEST.fullmatch(one) for one in proof):
                raise ValueError("a hash is none")
            item = read_line(write_exact(value))
            if not isinstance(item, EntryLine) or item.status != "accepted" or item.log_index <= last:
                raise ValueError("not an accepted entry in the order of the log")
            envelope = read_payload(item.entry.payload_type, item.entry.payload)
        except ValueError as error:  # an EntryError is one
            found.complain(f"record {number}: {error}")
            continue
        last = item.log_index
        found.entries["accepted"] += 1
        data = merkle.leaf_data(item.entry.entry_hash, item.entry.signatures_hash, item.received_ms)
        path = [bytes.fromhex(one) for one in proof]
        if not merkle.is_included(merkle.leaf_hash(data), item.log_index, read.head.size, path, read.head.root):
            found.complain_of(item.log_index, "its proof does not lead to the checkpoint")
        if not isinstance(envelope, Envelope):
            found.complain_of(item.log_index, "an entry of a version that nobody reads")
            continue
        read.records.append((item, envelope))


def _judge(read: Proven, found: Findings) -> None:
    """Take the keys in, then complain of each other record that its key did not, may not or could not sign any more."""
    for item, envelope in read.records:
        if envelope.kind in KEY_KINDS:
            _take_key(item, envelope, read, found)
    for item, envelope in read.records:
        if envelope.kind in KEY_KINDS:
            continue
        key = read.keys.find(envelope.key_id)
        if key is None or not _has_signed(item.entry, key):
            found.complain_of(item.log_index, "no key that is admitted here signed it")
        elif not key.counts_at(item.log_index):
            found.complain_of(item.log_index, "its key did not count at that place")
        elif (rule := broken_rule(claim_of(envelope, {}), read.keys.bearer(key))) is not None:
            found.complain_of(item.log_index, f"its key may not sign this ({rule})")
        else:
            read.counting.append((item, envelope))


def _take_key(item: EntryLine, envelope: Envelope, read: Proven, found: Findings) -> None:
    body = carried_body(envelope, item.bodies)
    try:
        if not read.keys.take(item.log_index, item.entry, envelope, claim_of(envelope, {}), body):
            found.complain_of(item.log_index, "no root key of this log signed what it says of a key")
    except KeyEntryError as error:
        found.complain_of(item.log_index, str(error))


def _check_signers(read: Proven, found: Findings) -> None:
    signers = [key for key in read.keys.of_role("server") if key.counts_at(read.head.size - 1)]
    if not any(_has_signed(read.document, key) for key in signers):
        found.complain("no server key of this log that counts signed the statement")
    lines = [VerifierKey(found.origin, notes.ED25519, key.public_key) for key in signers]
    if not any(_is_by(read.note, line, found) for line in lines):
        found.complain("no server key of this log that counts signed the checkpoint in the file")


def say_anchors(read: Proven, anchors: Anchors, form: Form, found: Findings) -> None:
    """What the anchors that a person brought prove, and what stays open without them."""
    found.proven.append(f"the records here are in the log of {read.head.size} entries")
    if anchors.checkpoint is not None:
        _say_checkpoint(anchors.checkpoint, read.head, form, found)
    if anchors.witness is not None:
        outside.check_witness(anchors.witness, (read.note,), found)
    else:
        found.unproven.append("that anybody but the operator saw this log (--witness)")
    root_key_id = read.header.root_key_id
    if anchors.root_key is None:
        found.unproven.append(f"that root key {root_key_id} is the district's (--root)")
    elif anchors.root_key != root_key_id:
        found.complain(f"this log begins with root key {root_key_id}, not with {anchors.root_key}")
    else:
        found.proven.append(f"every key was admitted under root key {anchors.root_key}")


def _say_checkpoint(text: str, head: notes.Checkpoint, form: Form, found: Findings) -> None:
    try:
        given = notes.parse_checkpoint(notes.parse_note(text).text)
    except NoteError as error:
        found.complain(f"the checkpoint given: {error}")
        return
    if (given.origin, given.size) == (head.origin, head.size) and given.root != head.root:
        found.complain("the checkpoint given is of as many entries with another root hash")
    elif given == head:
        found.proven.append(f"the checkpoint given is that of this {form.what}")
    else:
        found.unproven.append(f"that the checkpoint given and this {form.what} are of one log: other sizes")


def _has_signed(document: SignedEntry, key: Key) -> bool:
    try:
        verify_signature(document, document.payload_type, key.public_key)
    except EntryError:
        return False
    return True


def _is_by(note: notes.Note, key: VerifierKey, found: Findings) -> bool:
    try:
        return notes.is_signed_by(note, key)
    except NoteError as error:
        found.complain(f"the checkpoint in the file: {error}")
        return False
