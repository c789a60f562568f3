"""A package verified: read twice, line by line; what is kept of each entry lies in a temporary file (fact_table.py).

The first reading proves the form, builds the tree, follows the keys through the log and weighs the bodies; the second
verifies each signature with the keys as they stand at the end.  Then everything is judged together.  Whatever the file
holds, the outcome are problems; only a file that does not even begin as a package is a PackageError.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from server.verifier import anchors as outside
from server.verifier.anchors import Anchors
from server.verifier.envelopes import Envelope, Unread, read_payload
from server.verifier.fact_table import FactTable, fact_table
from server.verifier.facts import NOT_OF_ROOT, NOT_SIGNED, NOT_VALID, UNKNOWN_KEY, Fact, places_of
from server.verifier.findings import Findings, PackageError
from server.verifier.first_reading import Reading, claim_of, first_reading, without_newline
from server.verifier.key_table import Key
from server.verifier.package_lines import (
    MANIFEST_TYPE,
    MAX_LINE_BYTES,
    EntryLine,
    Header,
    PurgedLine,
    is_manifest,
    read_line,
    read_manifest,
)
from server.verifier.placements import Placements
from server.verifier.printed import Printed, Record, say_log, say_record
from server.verifier.statuses import check_chains, check_statuses
from sweep.entry import notes
from sweep.entry.dsse import EntryError, SignedEntry, verify_signature
from sweep.entry.kinds import KEY_KINDS
from sweep.phrases import Phrase

Lines = Callable[[], Iterator[bytes]]
"""Gives the lines of a package from the start, each with its newline if it has one; it is called twice."""


def read_lines(file: Callable[[int], bytes]) -> Iterator[bytes]:
    """Lines by a `readline` with a limit; what is longer comes in pieces, none of which is a line of a package."""
    while line := file(MAX_LINE_BYTES + 2):
        yield line


def verify(lines: Lines, anchors: Anchors = Anchors(), *, is_sealed: bool = True) -> Findings:  # noqa: B008 - frozen
    """Verify a package. Not `is_sealed`: lines without checkpoint and manifest, out of a database. PackageError."""
    found = Findings()
    paper = anchors.printed
    sizes = outside.size_of(anchors.checkpoint), None if paper is None else paper.size
    wanted_sizes = frozenset(size for size in sizes if size is not None)
    read = first_reading(lines(), found, is_sealed=is_sealed, wanted_sizes=wanted_sizes)
    header, root = read.header, read.tree.root()
    found.origin, found.scope, found.root_hash = header.origin, header.scope, root.hex()
    if found.is_cut:
        return found
    with fact_table(read.keys.bearer_of) as facts:
        wanted = None if paper is None else paper.digest
        facts.judge_rules(_second_reading(lines(), read, facts, wanted, is_sealed=is_sealed))
        check_statuses(facts, found.complain_of)
        counting = {index for index in read.own_entries() if facts.counts(index)}
        check_chains(facts, _purges(read, counting), read.keys.admitted_at, found.complain_of)
        record = _of_paper(paper, facts, read)
    _check_own(read, counting, found)
    last = found.size - 1
    signers = [key for key in read.keys.of_role("server") if key.counts_at(last)]
    inner = None
    if is_sealed:
        _check_manifest(read, signers, found)
        inner = outside.check_inner(header, found, root, _verifier_keys(header, signers))
    outer = outside.check_outer(header, found, anchors, read.roots, _verifier_keys(header, read.keys.of_role("server")))
    if anchors.witness is not None:
        outside.check_witness(anchors.witness, (inner, outer), found)
    say_record(paper, record, found)
    say_log(paper, found.size, read.roots, found)
    outside.say_what_is_missing(anchors, header, inner, found)
    _say_the_rest(read, found, is_sealed=is_sealed)
    return found


def _second_reading(
    lines: Iterator[bytes], read: Reading, facts: FactTable, wanted: str | None, *, is_sealed: bool
) -> Placements:
    """Fill the table; where rooms lie."""
    placing: list[Fact] = []
    hasher = hashlib.sha256(next(lines, b""))
    for index, line in enumerate(lines):
        if is_sealed and is_manifest(line):
            break
        hasher.update(line)
        if index in read.broken or index in read.purged:
            continue
        try:
            item = read_line(without_newline(line), is_checked=True)
            said = None if isinstance(item, PurgedLine) else read_payload(item.entry.payload_type, item.entry.payload)
        except ValueError:
            raise _changed() from None
        if isinstance(item, EntryLine) and said is not None:
            fact = _fact(item, said, read)
            facts.add(fact)
            if item.log_index in read.placed:
                placing.append(fact)
            if item.entry.entry_hash == wanted:
                read.received_ms = item.received_ms
    if hasher.digest() != read.digest:
        raise _changed()
    return places_of(placing, read.placed)


def _fact(item: EntryLine, said: Envelope | Unread, read: Reading) -> Fact:
    """What is to be judged of an entry."""
    entry_hash = bytes.fromhex(item.entry.entry_hash)
    mark = entry_hash if said.entry_id is None else uuid_bytes(said.entry_id)
    fact = Fact(item.log_index, item.status, entry_hash, mark)
    if isinstance(said, Envelope):
        fact.claim = claim_of(said, {})
        fact.seq, fact.prev = said.seq, None if said.prev is None else bytes.fromhex(said.prev)
        fact.key_id = key_id = said.key_id
    else:
        key_id = min(key_id for key_id, _ in item.entry.signatures)
    key = read.keys.find(key_id)
    fact.objection = _objection(item, key)
    fact.is_signed = fact.objection is None or fact.objection == NOT_VALID
    if key is not None and fact.claim is not None:
        fact.bearer = read.keys.bearer_of(key_id)
    if isinstance(said, Envelope) and said.kind in KEY_KINDS:
        fact.objection = None if item.log_index in read.key_entries else NOT_OF_ROOT
        fact.bearer = None  # judged already, by the keys of that moment
    return fact


def _objection(item: EntryLine, key: Key | None) -> Phrase | None:
    if key is None:
        return UNKNOWN_KEY
    try:
        verify_signature(item.entry, item.entry.payload_type, key.public_key)
    except EntryError:
        return NOT_SIGNED
    return None if key.counts_at(item.log_index) else NOT_VALID


def _of_paper(paper: Printed | None, facts: FactTable, read: Reading) -> Record | None:
    """The record that a paper names."""
    if paper is None:
        return None
    wanted = bytes.fromhex(paper.digest)
    index = facts.find(wanted)
    if index is not None:
        kind, status = facts.kind(index) or Phrase("kind_not_read_here"), facts.status(index)
        other = None if status == "accepted" else Phrase("objection_stands_as", status=status)
        key = read.keys.find(facts.key_id(index))
        return Record(index, read.received_ms, kind, key, other or facts.why_not(index))
    gone = (index for index, entry_hash in read.purged.items() if entry_hash == wanted)
    return next((Record(index, 0, "", None, Phrase("objection_purged")) for index in gone), None)


def _check_own(read: Reading, counting: set[int], found: Findings) -> None:
    """Erasures, purges and what else a log says of itself: what they name, and whether somebody who may said it."""
    erased = {name for index, names in read.erasures if index in counting for name in names or ()}
    for index, name in read.erased:
        if name not in erased:
            found.complain_of(index, Phrase("body_erased_unnamed", name=name.hex()))
    runs = []
    for index, named, is_there in read.purges:
        if index in counting and named is not None:
            runs += named
        elif index in counting and is_there:
            found.complain_of(index, Phrase("purge_unreadable"))
    for index in _outside(sorted(read.purged), sorted(runs)):
        found.complain_of(index, Phrase("purged_unnamed"))
    _check_heads(read, counting, found)
    for index, placed in read.placed.items():
        if index in counting and placed is None:
            found.complain_of(index, Phrase("placement_unreadable"))


def _check_heads(read: Reading, counting: set[int], found: Findings) -> None:
    """The heads of the access log: each follows the one before it."""
    before: str | None = None
    is_known = True
    for index, head, is_there in read.heads:
        if index not in counting:
            continue
        if head is None and is_there:
            found.complain_of(index, Phrase("access_head_unreadable"))
        elif head is not None and is_known and head[1] != before:
            found.complain_of(index, Phrase("access_head_out_of_line"))
        before, is_known = (None, False) if head is None else (head[0], True)


def _purges(read: Reading, counting: set[int]) -> dict[bytes, int]:
    """Hash of each purged entry, and the last purge that names its place; of several places the one purged first."""
    runs = [(index, run) for index, named, _ in read.purges if index in counting for run in named or ()]
    last = _last_naming(sorted(read.purged), sorted(runs, reverse=True))
    found: dict[bytes, int] = {}
    for place, index in last.items():
        entry_hash = read.purged[place]
        found[entry_hash] = min(index, found.get(entry_hash, index))
    return found


def _last_naming(places: list[int], runs: Iterable[tuple[int, tuple[int, int]]]) -> dict[int, int]:
    """The last purge that names each of the sorted places; `runs`: (purge, first and last place), the last purge first.

    A place that was named is skipped from then on, so that naming all of them again and again costs nothing.
    """
    following = list(range(len(places) + 1))
    found: dict[int, int] = {}
    for index, (first, end) in runs:
        at = _next_of(following, bisect_left(places, first))
        while at < len(places) and places[at] <= end:
            found[places[at]] = index
            following[at] = at + 1
            at = _next_of(following, at)
    return found


def _next_of(following: list[int], at: int) -> int:
    """The first place from `at` on that follows itself; the way there is shortened."""
    while following[at] != at:
        following[at] = following[following[at]]
        at = following[at]
    return at


def _outside(indices: list[int], runs: list[tuple[int, int]]) -> Iterator[int]:
    """Those of the sorted indices that lie in none of the sorted runs."""
    position, reach = 0, -1
    for index in indices:
        while position < len(runs) and runs[position][0] <= index:
            reach = max(reach, runs[position][1])
            position += 1
        if index > reach:
            yield index


def _check_manifest(read: Reading, signers: list[Key], found: Findings) -> None:
    if read.last_line is None:
        found.complain(Phrase("manifest_missing"))
        return
    try:
        document, manifest = read_manifest(without_newline(read.last_line))
    except ValueError as error:
        found.complain(Phrase("manifest_invalid", why=error))
        return
    if not any(_is_signed_by(document, key) for key in signers):
        found.complain(Phrase("manifest_unsigned"))
    header = read.header
    said = (manifest.origin, manifest.scope, manifest.tree_size, manifest.root_hash)
    if said != (header.origin, header.scope, read.tree.size, read.tree.root().hex()):
        found.complain(Phrase("manifest_of_another_log"))
    if manifest.lines_sha256 != read.digest.hex():
        found.complain(Phrase("manifest_lines_differ"))
    if manifest.bodies != {state: found.bodies[state] for state in manifest.bodies}:
        found.complain(Phrase("manifest_bodies_differ"))


def _is_signed_by(document: SignedEntry, key: Key) -> bool:
    try:
        verify_signature(document, MANIFEST_TYPE, key.public_key)
    except EntryError:
        return False
    return True


def _say_the_rest(read: Reading, found: Findings, *, is_sealed: bool) -> None:
    if found.entries["purged"]:
        found.unproven.append(Phrase("unproven_purged", count=found.entries["purged"]))
    if found.bodies["withheld"] or found.bodies["erased"]:
        withheld, erased = found.bodies["withheld"], found.bodies["erased"]
        found.unproven.append(Phrase("unproven_bodies", withheld=withheld, erased=erased))
    if found.unread:
        found.unproven.append(Phrase("unproven_unread", unread=found.unread))
    if not is_sealed:
        found.unproven.append(Phrase("unproven_database"))
    for key in read.keys.revoked():
        index = key.revoked_from_index
        found.notes.append(Phrase("note_key_revoked", key_id=key.key_id, role=key.role, index=index))
    for index, key_id in read.keys.corrected:
        found.notes.append(Phrase("note_key_corrected", index=index, key_id=key_id))


def _verifier_keys(header: Header, keys: Iterable[Key]) -> list[notes.VerifierKey]:
    return [notes.VerifierKey(header.origin, notes.ED25519, key.public_key) for key in keys]


def _changed() -> PackageError:
    return PackageError(Phrase("file_changed_while_read"))


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of an id as it is written."""
    return bytes.fromhex(text.replace("-", ""))
