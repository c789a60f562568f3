"""Verify a log without the server: signatures, bodies, the chain of each key and what a key may sign.

Input are the lines of a dump; output is a list of problems in words and the counts behind them.  The keys are those
of the dump's first line unless the caller brings its own: a file that vouches for itself proves only that it is whole.
Erased and missing bodies are counted, not held against a signature.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from uuid import UUID

from server.fields import KeyRole
from server.signing_rules import Bearer, Statement, broken_rule, broken_rules_in_sweep, claim_of
from sweep.entry import (
    ENTRY_TYPE,
    Body,
    EntryError,
    Envelope,
    SignedEntry,
    from_wire,
    key_id_of,
    parse_envelope,
    verify_signature,
)
from sweep.report.kinds import KNOWN_KINDS

MAX_LINE_BYTES = 32 * 1024 * 1024
MAX_PROBLEMS = 1_000


class VerifyError(ValueError):
    """The file is not a log; the message is one line."""


@dataclass(frozen=True, slots=True)
class DumpKey:
    """A key as the dump names it."""

    public_key: bytes
    bearer: Bearer | None
    """None: pinned by the caller, and the dump says nothing of it."""
    valid_from_index: int = 0
    revoked_from_index: int | None = None


@dataclass(slots=True)
class Verification:
    """What was found."""

    entries: int = 0
    valid: int = 0
    unreadable: int = 0
    quarantined: int = 0
    purged: int = 0
    bodies_present: int = 0
    bodies_erased: int = 0
    bodies_missing: int = 0
    problems: list[str] = field(default_factory=list)

    def complain(self, line: str) -> None:
        """Add a problem; beyond a thousand only the first are kept."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(line)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry's place in the chain of its key."""

    seq: int
    entry_hash: str
    prev: str | None


def verify_lines(lines: Iterable[str], pinned: Mapping[str, bytes] | None = None) -> Verification:
    """Verify a dump; `pinned` maps key ids to public keys that are trusted instead of the dump's. VerifyError."""
    iterator = iter(lines)
    keys = _read_header(next(iterator, ""))
    if pinned is not None:
        keys = {
            key_id: replace(keys[key_id], public_key=public) if key_id in keys else DumpKey(public, None)
            for key_id, public in pinned.items()
        }
    found, chains, statements = Verification(), dict[str, list[Link]](), dict[UUID | None, list[Statement]]()
    expected = 0
    for number, line in enumerate(iterator, start=2):
        record = _read_line(line, number)
        found.entries += 1
        if record["log_index"] != expected:
            found.complain(f"log index {expected} is missing before {record['log_index']}")
        expected = record["log_index"] + 1
        _verify_one(record, keys, found, chains, statements)
    for key_id, links in sorted(chains.items()):
        _verify_chain(key_id, links, found)
    for about in statements.values():
        _verify_rules(about, found)
    return found


def _verify_one(
    record: dict[str, Any],
    keys: Mapping[str, DumpKey],
    found: Verification,
    chains: dict[str, list[Link]],
    statements: dict[UUID | None, list[Statement]],
) -> None:
    log_index = record["log_index"]
    where = f"log index {log_index}"
    if record["status"] == "purged":
        found.purged += 1
        return
    entry, bodies = _entry_of(record, where)
    if record["status"] == "quarantined":
        found.quarantined += 1
        return
    signer = next((key_id for key_id, _ in entry.signatures if key_id in keys), None)
    if signer is None:
        found.complain(f"{where}: none of its keys is known")
        return
    try:
        verify_signature(entry, entry.payload_type, keys[signer].public_key)
        envelope = parse_envelope(entry.payload) if entry.payload_type == ENTRY_TYPE else None
    except EntryError as error:
        found.complain(f"{where}: {error}")
        return
    found.valid += 1
    if record["status"] == "conflict":
        found.complain(f"{where}: conflicts with an earlier entry in the same place")
        return
    if envelope is None or envelope.kind not in KNOWN_KINDS:
        found.unreadable += 1
    if envelope is not None:
        _verify_key(envelope, keys, found, log_index)
        bearer = keys[envelope.key_id].bearer if envelope.key_id in keys else None
        if bearer is not None:
            statement = Statement(log_index, claim_of(envelope), bearer)
            statements.setdefault(envelope.sweep_id, []).append(statement)
        _verify_bodies(envelope, bodies, record["states"], found, where)
        chains.setdefault(envelope.key_id, []).append(Link(envelope.seq, entry.entry_hash, envelope.prev))


def _verify_key(envelope: Envelope, keys: Mapping[str, DumpKey], found: Verification, log_index: int) -> None:
    key = keys.get(envelope.key_id)
    where = f"log index {log_index}"
    if key is None:
        found.complain(f"{where}: the envelope names key {envelope.key_id}, which did not sign it")
    elif log_index < key.valid_from_index:
        found.complain(f"{where}: key {envelope.key_id} is valid from log index {key.valid_from_index} on")
    elif key.revoked_from_index is not None and log_index >= key.revoked_from_index:
        found.complain(f"{where}: key {envelope.key_id} is revoked from log index {key.revoked_from_index} on")


def _verify_rules(about: Sequence[Statement], found: Verification) -> None:
    """Hold what counts about one sweep, or about none, against the table of what a key may sign."""
    by_index = {item.log_index: item for item in about}
    if about[0].claim.sweep_id is None:
        broken = {index: broken_rule(item.claim, item.bearer) for index, item in by_index.items()}
    else:
        broken = broken_rules_in_sweep(about)
    for log_index, code in sorted(broken.items()):
        if code is not None:
            signatory, kind = by_index[log_index].bearer.signatory, by_index[log_index].claim.kind
            found.complain(f"log index {log_index}: the key of a {signatory} may not sign this {kind} ({code})")


def _verify_bodies(
    envelope: Envelope, bodies: tuple[Body, ...], states: Mapping[str, str], found: Verification, where: str
) -> None:
    there = {body.commitment: body.ref for body in bodies}
    for ref in envelope.bodies:
        if there.pop(ref.commitment, None) == ref:
            found.bodies_present += 1
        elif states.get(ref.commitment) == "erased":
            found.bodies_erased += 1
        else:
            found.bodies_missing += 1
    if there:
        found.complain(f"{where}: {len(there)} bodies match no commitment")


def _verify_chain(key_id: str, links: list[Link], found: Verification) -> None:
    before = Link(0, "", None)
    for link in sorted(links, key=lambda link: link.seq):
        if link.seq == before.seq:
            found.complain(f"key {key_id}: number {link.seq} stands twice")
        elif link.seq > before.seq + 1:
            last = link.seq - 1
            missing = f"number {last} is" if last == before.seq + 1 else f"numbers {before.seq + 1} to {last} are"
            found.complain(f"key {key_id}: {missing} missing")
        elif link.prev != (before.entry_hash or None):
            found.complain(f"key {key_id}: number {link.seq} does not follow number {before.seq}")
        before = link


def _read_header(line: str) -> dict[str, DumpKey]:
    try:
        header = json.loads(line)
        if header["ansim_log"] != 1:
            raise VerifyError("the log has another version than 1")
        keys = dict(_read_key(item) for item in header["keys"])
    except VerifyError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise VerifyError(
            "not a log: the first line must name version and keys; make one with sweep-server export"
        ) from None
    before = {key_id_of(bytes.fromhex(item["public_key"])): item.get("predecessor") for item in header["keys"]}
    return {key_id: _in_line(key_id, key, before) for key_id, key in keys.items()}


def _read_key(item: Any) -> tuple[str, DumpKey]:
    """A key of the header; raises ValueError, TypeError or KeyError."""
    public_key = bytes.fromhex(item["public_key"])
    key_id, role = key_id_of(public_key), item["role"]
    if role not in get_args(KeyRole):
        raise ValueError(f"role {role}")
    first, last = item.get("valid_from_index", 0), item.get("revoked_from_index")
    if type(first) is not int or not (last is None or type(last) is int):
        raise ValueError("an index is no number")
    bearer = Bearer(role, item.get("probe_id"), item.get("tenant"), key_id)
    return key_id, DumpKey(public_key, bearer, first, last)


def _in_line(key_id: str, key: DumpKey, before: Mapping[str, Any]) -> DumpKey:
    """The key with the first of its line of predecessors."""
    line, seen = key_id, {key_id}
    while (earlier := before.get(line)) in before and earlier not in seen:
        line = str(earlier)
        seen.add(line)
    return key if key.bearer is None else replace(key, bearer=replace(key.bearer, line=line))


def _read_line(line: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise VerifyError(f"line {number} is not JSON") from None
    match record:
        case {"log_index": int(), "status": str(), "dsse": dict(), "bodies": [*_], "states": dict()}:
            return dict(record)
        case _:
            pass
    raise VerifyError(f"line {number} is not an entry of a log")


def _entry_of(record: dict[str, Any], where: str) -> tuple[SignedEntry, tuple[Body, ...]]:
    try:
        return from_wire(json.dumps({"dsse": record["dsse"], "bodies": record["bodies"]}).encode())
    except EntryError as error:
        raise VerifyError(f"{where}: {error}") from None
