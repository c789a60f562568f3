"""A monthly submission verified: documents, the records they stand on, and proof that these are in the district's log.

Input is a ZIP file as sweep/LOG.md describes it; output are findings.  The statement names every file by its hash and
is signed by a server key; each record carries its place in the tree under the statement's checkpoint.  It proves that
what is here is in the log, never that the log holds nothing else: for that there is the package of the whole log.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.verifier import anchors as outside
from server.verifier.anchors import Anchors
from server.verifier.bodies import check_bodies
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

SUBMISSION_TYPE = "application/vnd.ansim.submission.v1+json"
STATEMENT, RECORDS = "submission.json", "records.jsonl"
MAX_FILES = 20
MAX_BYTES = 1024 * 1024 * 1024  # guessed: a hundred times the month of a large district
MAX_STATEMENT_BYTES = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_ORIGIN = re.compile(r"ansim-log/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/([0-9a-f]{16})")
_MEMBERS = ("v", "origin", "district", "first", "last", "made_ms", "checkpoint", "files")


@dataclass(slots=True)
class _Read:
    """What the records gave."""

    keys: KeyTable
    size: int
    root: bytes
    hashes: set[str] = field(default_factory=set)
    """Of the entries that are here and hold."""
    others: list[tuple[EntryLine, Envelope]] = field(default_factory=list)


def is_submission(path: Path) -> bool:
    """Does the file begin as a ZIP?"""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def verify_submission(path: Path, anchors: Anchors = Anchors()) -> Findings:  # noqa: B008 - frozen
    """Verify a submission; PackageError when the file is none, OSError."""
    found = Findings(scope="submission")
    try:
        with zipfile.ZipFile(path) as book:
            return _verify(book, anchors, found)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise PackageError(f"not a submission: the ZIP cannot be read ({error})") from None


def _verify(book: zipfile.ZipFile, anchors: Anchors, found: Findings) -> Findings:
    names = [part.filename for part in book.infolist()]
    if STATEMENT not in names or RECORDS not in names:
        raise PackageError(f"not a submission: {STATEMENT} or {RECORDS} is missing")
    if len(names) > MAX_FILES or sum(part.file_size for part in book.infolist()) > MAX_BYTES:
        raise PackageError("not a submission: more in it than there can be")
    try:
        document, said = _read_statement(_part(book, STATEMENT, MAX_STATEMENT_BYTES))
        note = notes.parse_note(said["checkpoint"])
        head = notes.parse_checkpoint(note.text)
    except (ValueError, NoteError) as error:
        raise PackageError(f"not a submission: its statement cannot be read ({error})") from None
    origin = _ORIGIN.fullmatch(said["origin"])
    if origin is None or head.origin != said["origin"]:
        raise PackageError("not a submission: statement and checkpoint are not of one log")
    found.origin, found.root_hash = said["origin"], head.root.hex()
    _check_files(book, names, said["files"], found)
    read = _Read(KeyTable(origin[1], origin[2]), head.size, head.root)
    _read_records(_part(book, RECORDS, MAX_BYTES).splitlines(keepends=True), read, found)
    _judge(read, found)
    signers = [key for key in read.keys.of_role("server") if key.counts_at(head.size - 1)]
    if not any(_has_signed(document, key) for key in signers):
        found.complain("no server key of this log that counts signed the statement")
    header = Header(said["origin"], origin[1], origin[2], "structure", said["checkpoint"])
    lines = [VerifierKey(found.origin, notes.ED25519, key.public_key) for key in signers]
    if not any(_is_by(note, line, found) for line in lines):
        found.complain("no server key of this log that counts signed the checkpoint in the file")
    for name in names:
        if name.startswith("inspection-log") and name.endswith(".json"):
            _check_log(_part(book, name, MAX_BYTES), name, read.hashes, found)
    _say_anchors(anchors, header, note, head, found)
    return found


def _part(book: zipfile.ZipFile, name: str, most: int) -> bytes:
    with book.open(name) as part:
        data = part.read(most + 1)
    if len(data) > most:
        raise PackageError(f"not a submission: {name} is too large")
    return data


def _read_statement(data: bytes) -> tuple[SignedEntry, dict[str, Any]]:
    value = read_exact(data.removesuffix(b"\n"), max_bytes=MAX_STATEMENT_BYTES)
    document = read_document(value, re.compile(re.escape(SUBMISSION_TYPE)), MAX_STATEMENT_BYTES)
    said = read_exact(document.payload, max_bytes=MAX_STATEMENT_BYTES)
    if type(said) is not dict or tuple(said) != _MEMBERS or type(said["v"]) is not int or said["v"] != 1:
        raise ValueError("a statement has other members")
    texts = ("origin", "first", "last", "checkpoint")
    if not all(type(said[name]) is str for name in texts) or not is_index(said["made_ms"]):
        raise ValueError("a member of the statement is not what it must be")
    if not (said["district"] is None or type(said["district"]) is str) or type(said["files"]) is not list:
        raise ValueError("a member of the statement is not what it must be")
    return document, said


def _check_files(book: zipfile.ZipFile, names: list[str], told: list[Any], found: Findings) -> None:
    """Complain of files that are missing, changed, or here without being named."""
    named = []
    for one in told:
        is_form = type(one) is dict and tuple(one) == ("name", "size", "sha256")
        if not is_form or not all(type(one[name]) is str for name in ("name", "sha256")) or not is_index(one["size"]):
            raise PackageError("not a submission: its statement names a file in another form")
        named.append(one["name"])
        if names.count(one["name"]) != 1 or _NAME.fullmatch(one["name"]) is None:
            found.complain(f"the file {one['name']} is missing, or stands twice")
            continue
        data = _part(book, one["name"], MAX_BYTES)
        if len(data) != one["size"] or hashlib.sha256(data).hexdigest() != one["sha256"]:
            found.complain(f"the file {one['name']} is not the one that the statement names")
    for name in names:
        if name != STATEMENT and name not in named:
            found.complain(f"the file {name} stands here and the statement names it nowhere")
    if RECORDS not in named:
        found.complain("the statement does not name the records")


def _read_records(lines: Iterable[bytes], read: _Read, found: Findings) -> None:
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
        if not merkle.is_included(merkle.leaf_hash(data), item.log_index, read.size, path, read.root):
            found.complain_of(item.log_index, "its proof does not lead to the checkpoint")
        if not isinstance(envelope, Envelope):
            found.complain_of(item.log_index, "an entry of a version that nobody reads")
            continue
        counts, wrong = check_bodies(item, envelope, "structure")
        found.bodies.update(counts)
        for words in wrong:
            found.complain_of(item.log_index, words)
        if envelope.kind in KEY_KINDS:
            _take_key(item, envelope, read, found)
        else:
            read.others.append((item, envelope))


def _take_key(item: EntryLine, envelope: Envelope, read: _Read, found: Findings) -> None:
    body = carried_body(envelope, item.bodies)
    try:
        if not read.keys.take(item.log_index, item.entry, envelope, claim_of(envelope, {}), body):
            found.complain_of(item.log_index, "no root key of this log signed what it says of a key")
    except KeyEntryError as error:
        found.complain_of(item.log_index, str(error))


def _judge(read: _Read, found: Findings) -> None:
    """Complain of each record that its key did not sign, may not sign or could not sign any more."""
    for item, envelope in read.others:
        key = read.keys.find(envelope.key_id)
        if key is None or not _has_signed(item.entry, key):
            found.complain_of(item.log_index, "no key that is admitted here signed it")
        elif not key.counts_at(item.log_index):
            found.complain_of(item.log_index, "its key did not count at that place")
        elif (rule := broken_rule(claim_of(envelope, {}), read.keys.bearer(key))) is not None:
            found.complain_of(item.log_index, f"its key may not sign this ({rule})")
        else:
            read.hashes.add(item.entry.entry_hash)


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


def _say_anchors(anchors: Anchors, header: Header, note: notes.Note, head: notes.Checkpoint, found: Findings) -> None:
    found.proven.append(f"the records here are in the log of {head.size} entries")
    if anchors.checkpoint is not None:
        try:
            given = notes.parse_checkpoint(notes.parse_note(anchors.checkpoint).text)
        except NoteError as error:
            found.complain(f"the checkpoint given: {error}")
        else:
            if (given.origin, given.size) == (head.origin, head.size) and given.root != head.root:
                found.complain("the checkpoint given is of as many entries with another root hash")
            elif given == head:
                found.proven.append("the checkpoint given is that of this submission")
            else:
                found.unproven.append("that the checkpoint given and this submission are of one log: other sizes")
    if anchors.witness is not None:
        outside.check_witness(anchors.witness, (note,), found)
    else:
        found.unproven.append("that anybody but the operator saw this log (--witness)")
    if anchors.root_key is None:
        found.unproven.append(f"that root key {header.root_key_id} is the district's (--root)")
    elif anchors.root_key != header.root_key_id:
        found.complain(f"this log begins with root key {header.root_key_id}, not with {anchors.root_key}")
    else:
        found.proven.append(f"every key was admitted under root key {anchors.root_key}")
    found.unproven.append("that no sweep was left out, and that no key here was revoked since: see the whole log")


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
