"""The records in a ZIP verified: entries of a log, each with its place in the tree under the statement's checkpoint.

Input is a ZIP file as sweep/LOG.md describes it; output are what its records gave, and findings.  It proves that what
is here is in the log, never that the log holds nothing else: for that there is the package of the whole log.  First the
structure of the file, then who signed the statement, then what the records say together, by the rules of a package, and
the contents: records are read anew for each question, line by line, so that only a few bytes of each are kept, and not
any further when there are more problems than are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from server.verifier.anchors import Anchors
from server.verifier.bodies import Carried, check_bodies, named_erased, placed_by
from server.verifier.envelopes import DIGEST, Envelope, Unread, read_payload
from server.verifier.facts import Fact, judge_rules
from server.verifier.findings import Findings, PackageError
from server.verifier.first_reading import claim_of, without_newline
from server.verifier.key_table import Key, KeyEntryError, KeyTable, carried_body
from server.verifier.package_lines import MAX_LINE_BYTES, EntryLine, Scope, entry_of
from server.verifier.printed import Printed, Record, say_log, say_record
from server.verifier.statement import (
    Form,
    Statement,
    check_contents,
    check_names,
    has_signed,
    is_signed,
    read_statement,
)
from server.verifier.strict import read_exact, read_json
from server.verifier.verification import read_lines, uuid_bytes
from server.verifier.zip_file import ZipFile
from sweep.entry import merkle
from sweep.entry.kinds import KEY_KINDS, ROOM_PLACED
from sweep.phrases import Phrase, phrase_of

RECORDS = "records.jsonl"
Read = tuple[EntryLine, Envelope]
Hear = Callable[[EntryLine, Envelope], None]


@dataclass(slots=True)
class Proven:
    """What the first reading of the records gave."""

    book: ZipFile
    statement: Statement
    keys: KeyTable
    printed: Printed | None
    of_paper: Record | None = None
    """The record that a paper names."""
    broken: set[int] = field(default_factory=set)
    """Lines of which nothing more is to be said."""
    seen: set[object] = field(default_factory=set)
    """Ids and numbers of entries."""
    rooms: set[str] = field(default_factory=set)
    """Rooms that the records speak of."""
    last_of_root: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Number and hash of the last key entry of each root key."""
    objections: dict[int, Phrase] = field(default_factory=dict)
    """By log index, why a record does not count; key entries are judged by the keys of their moment."""
    erased: set[bytes] = field(default_factory=set)
    """Commitments that the erasures name which count."""
    is_cut: bool = False
    """Were there more problems than are told?"""


def read_proven(
    book: ZipFile,
    form: Form,
    anchors: Anchors,
    found: Findings,
    on_record: Hear | None = None,
) -> Proven | None:
    """Read statement, keys and files; None when it is no use to read on; PackageError when the file is none such.

    `on_record` is given each record that can be read, whoever may have signed it.
    """
    if form.statement not in book or RECORDS not in book:
        raise PackageError(Phrase("archive_file_missing", what=form.what, statement=form.statement, records=RECORDS))
    statement = read_statement(book, form, found)
    check_names(book, form, statement, RECORDS, found)
    read = Proven(book, statement, KeyTable(statement.header.tenant, statement.header.root_key_id), anchors.printed)
    _first_reading(read, found, on_record)
    if not is_signed(statement, read.keys, found) or read.is_cut:
        found.is_cut = True
        return None
    check_contents(book, statement, found)
    _judge(read, found)
    return read


def counting(read: Proven, found: Findings, carried: Carried | Scope) -> Iterator[Read]:
    """The records that no problem is known of, without key entries; complains of each other.

    Bodies of all are held to `carried`.
    """
    for item, envelope in _again(read, found):
        _weigh(item, envelope, carried, read, found)
        objection = read.objections.get(item.log_index)
        if read.printed is not None and read.printed.digest == item.entry.entry_hash:
            key = read.keys.find(envelope.key_id)
            read.of_paper = Record(item.log_index, item.received_ms, envelope.kind, key, objection)
        if objection is not None:
            found.complain_of(item.log_index, objection)
        elif envelope.kind not in KEY_KINDS:
            yield item, envelope


def say_printed(read: Proven, found: Findings) -> None:
    """Say what the file proves of what a paper names; after `counting`."""
    head = read.statement.head
    say_record(read.printed, read.of_paper, found)
    say_log(read.printed, head.size, {head.size: head.root}, found)


def _judge(read: Proven, found: Findings) -> None:
    """Which records count: all about a sweep together, with the rooms as the records here place them."""
    facts: list[Fact] = []
    placed: dict[int, tuple[str, list[str]] | None] = {}
    erasures: list[tuple[int, list[bytes]]] = []
    known: dict[Any, Any] = {}
    for item, envelope in _again(read, found):
        if envelope.kind in KEY_KINDS:
            continue
        key = read.keys.find(envelope.key_id)
        fact = Fact(item.log_index, "accepted", b"", b"", claim=claim_of(envelope, known))
        fact.objection = _objection(item, key)
        if key is not None:
            fact.bearer = known.get(key) or known.setdefault(key, read.keys.bearer(key))
        facts.append(fact)
        if names := named_erased(item, envelope.kind):
            erasures.append((item.log_index, names))
        if envelope.kind == ROOM_PLACED:
            said = placed_by(item)
            placed[item.log_index] = None if said is None else (said[0], [one for one in said[1] if one in read.rooms])
    judge_rules(facts, placed)
    read.objections = {fact.log_index: fact.objection for fact in facts if fact.objection is not None}
    read.erased = {name for index, names in erasures if index not in read.objections for name in names}
    for index, said in placed.items():
        if said is None and index not in read.objections:
            found.complain_of(index, Phrase("placement_unreadable"))


def _objection(item: EntryLine, key: Key | None) -> Phrase | None:
    if key is None or not has_signed(item.entry, key):
        return Phrase("objection_no_key_here")
    return None if key.counts_at(item.log_index) else Phrase("objection_key_not_valid_there")


def _weigh(item: EntryLine, envelope: Envelope, carried: Carried | Scope, read: Proven, found: Findings) -> None:
    counts, wrong = check_bodies(item, envelope, carried)
    found.bodies.update(counts)
    for words in wrong:
        found.complain_of(item.log_index, words)
    for name, state in item.states.items():
        if state == "erased" and bytes.fromhex(name) not in read.erased:
            found.complain_of(item.log_index, Phrase("body_erased_unnamed_here", name=name))


def _first_reading(read: Proven, found: Findings, on_record: Hear | None) -> None:
    """Read every record once: its form, its place in the tree, and what it says of keys."""
    head, last = read.statement.head, -1
    for number, line in enumerate(_lines(read)):
        if found.is_full:
            read.is_cut = True
            return
        try:
            item, envelope, proof = _read_record(line)
            if item.log_index <= last:
                raise ValueError(Phrase("not_in_log_order"))
        except ValueError as error:  # an EntryError is one
            found.complain(Phrase("of_record", number=number, why=error))
            read.broken.add(number)
            continue
        last = item.log_index
        found.entries["accepted"] += 1
        if isinstance(envelope, Envelope) and envelope.room_id is not None:
            read.rooms.add(envelope.room_id)
        data = merkle.leaf_data(item.entry.entry_hash, item.entry.signatures_hash, item.received_ms)
        if not merkle.is_included(merkle.leaf_hash(data), item.log_index, head.size, proof, head.root):
            found.complain_of(item.log_index, Phrase("proof_leads_elsewhere"))
        if not isinstance(envelope, Envelope):
            found.complain_of(item.log_index, Phrase("entry_version_unread"))
            read.broken.add(number)
        elif not _is_new(envelope, read):
            found.complain_of(item.log_index, Phrase("entry_repeats_earlier"))
            read.broken.add(number)
        elif envelope.kind in KEY_KINDS:
            _take_key(item, envelope, read, found)
        elif on_record is not None:
            on_record(item, envelope)


def _again(read: Proven, found: Findings) -> Iterator[Read]:
    """The records that can be read, in the order of the log, up to more problems than are told."""
    for number, line in enumerate(_lines(read)):
        if found.is_full:
            found.is_cut = True
            return
        if number not in read.broken:
            item, envelope, _ = _read_record(line, is_checked=True)
            if isinstance(envelope, Envelope):
                yield item, envelope


def _lines(read: Proven) -> Iterator[bytes]:
    return read_lines(read.book.open(RECORDS).readline)


def _read_record(line: bytes, *, is_checked: bool = False) -> tuple[EntryLine, Envelope | Unread, list[bytes]]:
    """(entry, what it says, its proof); ValueError. `is_checked`: how it is written was looked at before."""
    value = (read_json if is_checked else read_exact)(without_newline(line), max_bytes=MAX_LINE_BYTES)
    if (
        type(value) is not dict
        or next(reversed(value), None) != "proof"
        or type(proof := value.pop("proof")) is not list
    ):
        raise ValueError(Phrase("record_without_proof"))
    if not all(type(one) is str and DIGEST.fullmatch(one) for one in proof):
        raise ValueError(Phrase("hash_invalid"))
    item = entry_of(value)
    if not isinstance(item, EntryLine) or item.status != "accepted":
        raise ValueError(Phrase("not_an_accepted_entry"))
    return item, read_payload(item.entry.payload_type, item.entry.payload), [bytes.fromhex(one) for one in proof]


def _is_new(envelope: Envelope, read: Proven) -> bool:
    """Is there no entry before it with the same id, or number of the same key?"""
    marks = {uuid_bytes(envelope.entry_id), (envelope.key_id, envelope.seq)}
    is_new = read.seen.isdisjoint(marks)
    read.seen |= marks
    return is_new


def _take_key(item: EntryLine, envelope: Envelope, read: Proven, found: Findings) -> None:
    body = carried_body(envelope, item.bodies)
    try:
        if not read.keys.take(item.log_index, item.entry, envelope, claim_of(envelope, {}), body):
            found.complain_of(item.log_index, Phrase("key_entry_not_of_root"))
            return
    except KeyEntryError as error:
        found.complain_of(item.log_index, phrase_of(error))
    seq, entry_hash = read.last_of_root.get(envelope.key_id, (0, None))
    if (envelope.seq, envelope.prev) != (seq + 1, entry_hash):
        gap = Phrase("root_key_number_gap", seq=envelope.seq, key_id=envelope.key_id, before=seq)
        found.complain_of(item.log_index, gap)
    read.last_of_root[envelope.key_id] = (envelope.seq, item.entry.entry_hash)
