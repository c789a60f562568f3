"""The first reading of a package: its form, the tree over it, the keys it establishes and the bodies it carries.

Input are lines; output is a `Reading`, which holds a few bytes for what the second reading and the judgement need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from server.verifier.bodies import check_bodies, erased_by, head_in, placed_by, purged_by
from server.verifier.envelopes import Envelope, Unread, read_payload
from server.verifier.findings import MAX_PROBLEMS, Findings, PackageError
from server.verifier.key_table import KeyEntryError, KeyTable, carried_body
from server.verifier.package_lines import EntryLine, Header, PurgedLine, is_manifest, read_header, read_line
from server.verifier.signing_rules import Claim
from sweep.entry import merkle
from sweep.entry.dsse import EntryError
from sweep.entry.kinds import ERASED_TYPE, KEY_KINDS, KNOWN_KINDS, PHOTO_EXPIRED_TYPE
from sweep.phrases import Phrase, phrase_of


@dataclass(slots=True)
class Reading:
    """What it leaves."""

    header: Header
    keys: KeyTable
    tree: merkle.Frontier = field(default_factory=merkle.Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    """Root by number of entries, of the sizes that a checkpoint from outside and a paper name."""
    wanted_sizes: frozenset[int] = frozenset()
    key_entries: set[int] = field(default_factory=set)
    """Log indices of key entries that count."""
    purged: dict[int, bytes] = field(default_factory=dict)
    """Entry hash by index."""
    erased: list[tuple[int, bytes]] = field(default_factory=list)
    """(log index, commitment) of bodies that stand as erased."""
    erasures: list[tuple[int, list[bytes] | None]] = field(default_factory=list)
    purges: list[tuple[int, list[tuple[int, int]] | None, bool]] = field(default_factory=list)
    """(log index, runs of indices, is its body there)."""
    heads: list[tuple[int, tuple[str, str | None] | None, bool]] = field(default_factory=list)
    """(log index, (head, before), is its body there)."""
    placed: dict[int, tuple[str, list[str]] | None] = field(default_factory=dict)
    """(district, rooms) by index of what says where rooms lie; None: it cannot be read."""
    digest: bytes = b""
    """SHA-256 of all lines before the manifest."""
    last_line: bytes | None = None
    """What stands where the manifest must."""
    received_ms: int = 0
    """Of the record that a paper names."""
    broken: set[int] = field(default_factory=set)
    """Lines that nobody can read, by the index they have."""

    def own_entries(self) -> set[int]:
        """Indices of the entries in which a log speaks of itself: what they say holds if they count."""
        said = (self.erasures, self.purges, self.heads)
        return {one[0] for some in said for one in some} | self.placed.keys()


def first_reading(lines: Iterator[bytes], found: Findings, *, is_sealed: bool, wanted_sizes: frozenset[int]) -> Reading:
    """Read all lines once; `wanted_sizes`: numbers of entries of which the root is to be kept. PackageError."""
    first = next(lines, b"")
    header = _read_header(first)
    read = Reading(header, KeyTable(header.tenant, header.root_key_id), wanted_sizes=wanted_sizes)
    hasher = hashlib.sha256(first)
    if 0 in wanted_sizes:
        read.roots[0] = read.tree.root()
    for line in lines:
        if read.last_line is not None:
            found.complain(Phrase("something_after_manifest"))
            break
        if is_sealed and is_manifest(line):
            read.last_line = line
            continue
        if len(read.broken) > MAX_PROBLEMS:
            found.is_cut = True
            break
        hasher.update(line)
        _take_line(line, read, found)
        if read.tree.size in wanted_sizes:
            read.roots[read.tree.size] = read.tree.root()
    read.digest = hasher.digest()
    return read


def _take_line(line: bytes, read: Reading, found: Findings) -> None:
    index = read.tree.size
    try:
        item = read_line(without_newline(line))
        if item.log_index != index:
            raise ValueError(Phrase("log_index_out_of_place", log_index=item.log_index, index=index))
    except ValueError as error:
        found.complain_of(index, Phrase("line_not_of_package", why=error))
        found.entries["broken"] += 1
        read.broken.add(index)
        read.tree.append(merkle.leaf_hash(b""))
        return
    if isinstance(item, PurgedLine):
        found.entries["purged"] += 1
        read.purged[index] = bytes.fromhex(item.entry_hash)
        read.tree.append(_leaf(item.entry_hash, item.signatures_hash, item.received_ms))
        return
    found.entries[item.status] += 1
    read.tree.append(_leaf(item.entry.entry_hash, item.entry.signatures_hash, item.received_ms))
    try:
        envelope = read_payload(item.entry.payload_type, item.entry.payload)
    except EntryError as error:
        found.complain_of(index, Phrase("entry_not_acceptable", why=error))
        read.broken.add(index)
        return
    if isinstance(envelope, Envelope) and envelope.key_id not in {key_id for key_id, _ in item.entry.signatures}:
        found.complain_of(index, Phrase("envelope_key_did_not_sign"))
    if isinstance(envelope, Unread):
        found.unread += 1
        if item.states or (item.bodies and read.header.scope != "full"):
            found.complain_of(index, Phrase("unread_version_with_bodies"))
        return
    found.unread += envelope.kind not in KNOWN_KINDS
    _weigh_bodies(item, envelope, read, found)
    if envelope.kind in KEY_KINDS:
        _take_key_entry(item, envelope, read, found)


def _weigh_bodies(item: EntryLine, envelope: Envelope, read: Reading, found: Findings) -> None:
    counts, wrong = check_bodies(item, envelope, read.header.scope)
    found.bodies.update(counts)
    for line in wrong:
        found.complain_of(item.log_index, line)
    read.erased += [(item.log_index, bytes.fromhex(name)) for name, state in item.states.items() if state == "erased"]
    match envelope.kind:
        case "body.erased":
            read.erasures.append((item.log_index, erased_by(item, ERASED_TYPE)))
        case "photo.expired":
            read.erasures.append((item.log_index, erased_by(item, PHOTO_EXPIRED_TYPE)))
        case "quarantine.purged":
            read.purges.append((item.log_index, purged_by(item), bool(item.bodies)))
        case "access_log.head":
            read.heads.append((item.log_index, head_in(item), bool(item.bodies)))
        case "room.placed":
            read.placed[item.log_index] = placed_by(item)
        case _:
            pass


def _take_key_entry(item: EntryLine, envelope: Envelope, read: Reading, found: Findings) -> None:
    body = carried_body(envelope, item.bodies)
    try:
        counts = read.keys.take(item.log_index, item.entry, envelope, claim_of(envelope, {}), body)
    except KeyEntryError as error:
        found.complain_of(item.log_index, phrase_of(error))
        counts = True
    if counts:
        read.key_entries.add(item.log_index)


def _read_header(line: bytes) -> Header:
    if line.startswith(b'{"ansim_log":1,'):
        raise PackageError(Phrase("package_version_1"))
    try:
        return read_header(without_newline(line))
    except ValueError as error:
        raise PackageError(Phrase("not_a_log_package", why=error)) from None


def without_newline(line: bytes) -> bytes:
    """The line itself; ValueError when it does not end as a line must."""
    if not line.endswith(b"\n"):
        raise ValueError(Phrase("line_cut_off_or_too_long"))
    return line[:-1]


def _leaf(entry_hash: str, signatures_hash: str, received_ms: int) -> bytes:
    return merkle.leaf_hash(merkle.leaf_data(entry_hash, signatures_hash, received_ms))


def claim_of(said: Envelope, known: dict[Any, Any]) -> Claim:
    """What an entry says of itself, as the rules see it; `known` keeps each text once."""
    names = ("kind", "source", "tenant", "assurance", "subject", "room_id", "sweep_id")
    texts = {name: getattr(said, name) for name in names}
    return Claim(**{name: known.setdefault(text, text) for name, text in texts.items()})
