"""The lines of a package: header, entries and manifest, read and checked one by one.

Input is one line without its newline; output is what it says, or ValueError with one line.  It knows the form of a line
and nothing of the others: what they prove together is judged elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from server.verifier.envelopes import DIGEST, ENTRY_TYPES, KEY_ID, MEDIA_TYPE, SLUG
from server.verifier.strict import is_index, read_base64, read_exact, read_json
from sweep.entry import notes
from sweep.entry.crypto import SIGNATURE_BYTES
from sweep.entry.dsse import (
    MAX_BODIES,
    MAX_BODY_BYTES,
    MAX_ENVELOPE_BYTES,
    SALT_BYTES,
    SignedEntry,
    commit,
)
from sweep.phrases import Phrase

PACKAGE_VERSION = 2
MANIFEST_TYPE = "application/vnd.ansim.manifest.v1+json"
MAX_LINE_BYTES = 32 * 1024 * 1024  # derived: what the ingest path takes, 16 MiB, and bodies that came later
MAX_SIGNATURES = 8

Scope = Literal["full", "city", "structure"]
Status = Literal["accepted", "quarantined", "conflict"]
BodyAway = Literal["withheld", "erased", "missing"]


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    origin: str
    tenant: str
    root_key_id: str
    """Tenant and first root key, as the origin names them."""
    scope: Scope
    checkpoint: str
    """A signed note, not verified."""


@dataclass(frozen=True, slots=True)
class CarriedBody:
    """A body that stands in the line."""

    media_type: str
    size: int
    commitment: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry, its signatures not verified."""

    log_index: int
    status: Status
    received_ms: int
    entry: SignedEntry
    bodies: tuple[CarriedBody, ...]
    states: dict[str, BodyAway]


@dataclass(frozen=True, slots=True)
class PurgedLine:
    """What is left of a purged entry."""

    log_index: int
    received_ms: int
    entry_hash: str
    signatures_hash: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last line's content."""

    origin: str
    scope: str
    tree_size: int
    root_hash: str
    made_ms: int
    lines_sha256: str
    bodies: dict[str, int]


def read_header(line: bytes) -> Header:
    """The header; ValueError when it is none."""
    value = read_exact(line, max_bytes=4 * notes.MAX_NOTE_BYTES)
    if not _has(value, ("ansim_log", "origin", "scope", "checkpoint")):
        raise ValueError(Phrase("header_members_unknown"))
    version, origin, scope, checkpoint = value.values()
    if type(version) is not int or version != PACKAGE_VERSION:
        raise ValueError(Phrase("package_of_another_version"))
    if type(scope) is not str or scope not in get_args(Scope) or type(checkpoint) is not str:
        raise ValueError(Phrase("header_scope_invalid"))
    parts = origin.split("/") if type(origin) is str else []
    if len(parts) != 3 or parts[0] != "ansim-log" or not _is(SLUG, parts[1]) or not _is(KEY_ID, parts[2]):
        raise ValueError(Phrase("origin_invalid"))
    return Header(origin, parts[1], parts[2], _scope(scope), checkpoint)


def read_line(line: bytes, *, is_checked: bool = False) -> EntryLine | PurgedLine:
    """An entry's line; ValueError. `is_checked`: it was read before, so that neither form nor bodies are read again."""
    read = read_json if is_checked else read_exact
    return entry_of(read(line, max_bytes=MAX_LINE_BYTES), is_checked=is_checked)


def entry_of(value: Any, *, is_checked: bool = False) -> EntryLine | PurgedLine:
    """An entry out of what its line holds; ValueError. `is_checked` as in `read_line`."""
    match value:
        case {"log_index": index, "status": "purged", "received_ms": time} if is_index(index) and is_index(time):
            if not _has(value, ("log_index", "status", "received_ms", "entry_hash", "signatures_hash")):
                raise ValueError(Phrase("purged_entry_members_unknown"))
            if not _is(DIGEST, value["entry_hash"]) or not _is(DIGEST, value["signatures_hash"]):
                raise ValueError(Phrase("hash_invalid"))
            return PurgedLine(index, time, value["entry_hash"], value["signatures_hash"])
        case {
            "log_index": index,
            "status": "accepted" | "quarantined" | "conflict" as status,
            "received_ms": time,
            "bodies": [*bodies],
            "states": {**states},
        } if is_index(index) and is_index(time) and len(bodies) <= MAX_BODIES and len(states) <= MAX_BODIES:
            if not _has(value, ("log_index", "status", "received_ms", "dsse", "bodies", "states")):
                raise ValueError(Phrase("entry_members_unknown"))
            entry = read_document(value["dsse"], ENTRY_TYPES, MAX_ENVELOPE_BYTES)
            if not all(_is(DIGEST, name) and _is_away(state) for name, state in states.items()):
                raise ValueError(Phrase("body_state_invalid"))
            read = () if is_checked else tuple(map(_read_body, bodies))
            return EntryLine(index, status, time, entry, read, dict(value["states"]))
    raise ValueError(Phrase("not_an_entry_of_a_log"))


def read_manifest(line: bytes) -> tuple[SignedEntry, Manifest]:
    """The manifest and the document that signs it; ValueError."""
    value = read_exact(line, max_bytes=MAX_ENVELOPE_BYTES)
    document = read_document(value, re.compile(re.escape(MANIFEST_TYPE)), MAX_ENVELOPE_BYTES)
    if len(document.signatures) != 1:
        raise ValueError(Phrase("manifest_needs_one_signature"))
    content = read_exact(document.payload, max_bytes=MAX_ENVELOPE_BYTES)
    if not _has(content, ("v", "origin", "scope", "tree_size", "root_hash", "made_ms", "lines_sha256", "bodies")):
        raise ValueError(Phrase("manifest_members_unknown"))
    version, origin, scope, size, root, made_ms, lines, bodies = content.values()
    is_form = (
        type(version) is int
        and version == 1
        and type(origin) is str
        and type(scope) is str
        and is_index(size)
        and is_index(made_ms)
        and _is(DIGEST, root)
        and _is(DIGEST, lines)
        and _has(bodies, ("present", "withheld", "erased", "missing"))
        and all(map(is_index, bodies.values()))
    )
    if not is_form:
        raise ValueError(Phrase("manifest_member_invalid"))
    return document, Manifest(origin, scope, size, root, made_ms, lines, bodies)


def is_manifest(line: bytes) -> bool:
    """Does the line begin as only a manifest does?"""
    return line.startswith(b'{"payloadType":')


def read_document(value: Any, types: re.Pattern[str], max_bytes: int) -> SignedEntry:
    """A DSSE document whose type is one of these; ValueError. Verifies nothing."""
    if not _has(value, ("payloadType", "payload", "signatures")) or not _is(types, value["payloadType"]):
        raise ValueError(Phrase("not_a_signed_document"))
    signatures = value["signatures"]
    if type(signatures) is not list or not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise ValueError(Phrase("document_signature_count"))
    pairs = []
    for item in signatures:
        if not _has(item, ("keyid", "sig")) or not _is(KEY_ID, item["keyid"]):
            raise ValueError(Phrase("signature_members"))
        signature = read_base64(item["sig"], max_bytes=SIGNATURE_BYTES)
        if len(signature) != SIGNATURE_BYTES:
            raise ValueError(Phrase("signature_not_64_bytes"))
        pairs.append((item["keyid"], signature))
    if len({key_id for key_id, _ in pairs}) != len(pairs):
        raise ValueError(Phrase("two_signatures_by_one_key"))
    return SignedEntry(value["payloadType"], read_base64(value["payload"], max_bytes=max_bytes), tuple(pairs))


def _read_body(value: Any) -> CarriedBody:
    if not _has(value, ("media_type", "salt", "data")) or not _is(MEDIA_TYPE, value["media_type"]):
        raise ValueError(Phrase("body_members"))
    salt = read_base64(value["salt"], max_bytes=SALT_BYTES)
    data = read_base64(value["data"], max_bytes=MAX_BODY_BYTES)
    if len(salt) != SALT_BYTES:
        raise ValueError(Phrase("salt_size", needed=SALT_BYTES))
    return CarriedBody(value["media_type"], len(data), commit(salt, data), data)


def _has(value: object, names: tuple[str, ...]) -> bool:
    return type(value) is dict and tuple(value) == names


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _is_away(state: object) -> bool:
    return type(state) is str and state in get_args(BodyAway)


def _scope(text: str) -> Scope:
    return next(scope for scope in get_args(Scope) if scope == text)
