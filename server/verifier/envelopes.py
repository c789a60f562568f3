"""The payload of an entry, read by the letter of sweep/ENTRY.md.

Input are a payload and its type; output is an `Envelope`, or `Unread` for a version that nobody here reads.  What
breaks the format is EntryError.  The ingest path reads by it too: no entry gets into the log that a verifier refuses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.verifier.strict import is_index, read_json
from sweep.entry.dsse import (
    ENTRY_TYPE,
    MAX_ALL_BODIES_BYTES,
    MAX_BODIES,
    MAX_BODY_BYTES,
    MAX_ENVELOPE_BYTES,
    EntryError,
)
from sweep.phrases import Phrase

ENTRY_TYPES = re.compile(r"application/vnd\.ansim\.entry\.v([1-9][0-9]{0,5})\+json")
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")
KEY_ID = re.compile(r"[0-9a-f]{16}")
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
_KIND = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|\+00:00)")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_ASSURANCES = frozenset({"device", "passkey", "password", "witness", "ceremony"})
_SOURCES = frozenset({"live", "practice", "replay", "simulated"})
_TIME = frozenset({"utc", "boot_id", "boottime_ns", "synchronised", "max_error_ms"})


@dataclass(frozen=True, slots=True)
class NamedBody:
    """A body as the envelope names it."""

    media_type: str
    size: int
    commitment: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an entry of v1 says that a verifier judges; ids as they are written."""

    kind: str
    entry_id: str
    tenant: str
    room_id: str | None
    sweep_id: str | None
    key_id: str
    subject: str
    assurance: str
    source: str
    seq: int
    prev: str | None
    refs: tuple[str, ...]
    """Ids of the entries that it cites."""
    bodies: tuple[NamedBody, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of a version that nobody here reads."""

    entry_id: str | None
    """As far as it can be guessed."""


def read_payload(payload_type: str, payload: bytes) -> Envelope | Unread:
    """What the payload says; EntryError when it is no entry, or one of v1 that breaks the format."""
    if ENTRY_TYPES.fullmatch(payload_type) is None:
        raise EntryError(Phrase("payload_not_an_entry"))
    if len(payload) > MAX_ENVELOPE_BYTES:
        raise EntryError(Phrase("envelope_larger_than", most=MAX_ENVELOPE_BYTES))
    try:
        content = read_json(payload, max_bytes=MAX_ENVELOPE_BYTES)
    except ValueError as error:
        if payload_type == ENTRY_TYPE:
            raise EntryError(Phrase("envelope_invalid", why=error)) from None
        return Unread(None)
    version = content.get("v") if type(content) is dict else None
    if payload_type != ENTRY_TYPE or (type(version) is int and version != 1):
        entry_id = content.get("entry_id") if type(content) is dict else None
        return Unread(entry_id if _is(UUID_TEXT, entry_id) else None)
    if type(content) is not dict:
        raise EntryError(Phrase("envelope_not_an_object"))
    return _read_envelope(content)


def _read_envelope(content: dict[str, Any]) -> Envelope:
    unknown = content.keys() - _CHECKS.keys()
    if unknown:
        raise EntryError(Phrase("envelope_members_unknown", count=len(unknown)))
    for name, check in _CHECKS.items():
        if name not in content:
            raise EntryError(Phrase("envelope_member_missing", name=name))
        if not check(content[name]):
            raise EntryError(Phrase("envelope_member_invalid", name=name))
    bodies = tuple(NamedBody(item["media_type"], item["size"], item["commitment"]) for item in content["bodies"])
    if len({body.commitment for body in bodies}) != len(bodies):
        raise EntryError(Phrase("envelope_names_body_twice"))
    if sum(body.size for body in bodies) > MAX_ALL_BODIES_BYTES:
        raise EntryError(Phrase("bodies_too_large_together", most=MAX_ALL_BODIES_BYTES))
    names = ("kind", "entry_id", "tenant", "room_id", "sweep_id", "key_id", "subject", "assurance", "source")
    return Envelope(
        **{name: content[name] for name in (*names, "seq", "prev")}, refs=tuple(content["refs"]), bodies=bodies
    )


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _is_subject(value: object) -> bool:
    return type(value) is str and 1 <= len(value) <= 60 and not any(unicodedata.category(c) in _UNSAFE for c in value)


def _is_text(value: object) -> bool:
    return type(value) is str and len(value) <= 2_000 and not any("\ud800" <= c <= "\udfff" for c in value)


def _is_body(value: object) -> bool:
    return (
        type(value) is dict
        and value.keys() == {"media_type", "size", "commitment"}
        and _is(MEDIA_TYPE, value["media_type"])
        and is_index(value["size"])
        and value["size"] <= MAX_BODY_BYTES
        and _is(DIGEST, value["commitment"])
    )


def _is_time(value: object) -> bool:
    if type(value) is not dict or value.keys() != _TIME or not _is(_UTC, value["utc"]):
        return False
    try:
        datetime.fromisoformat(value["utc"])
    except ValueError:
        return False
    return (
        _is(UUID_TEXT, value["boot_id"])
        and is_index(value["boottime_ns"])
        and type(value["synchronised"]) is bool
        and (value["max_error_ms"] is None or is_index(value["max_error_ms"]))
    )


def _is_list(value: object, is_item: Callable[[object], bool], most: int) -> bool:
    return type(value) is list and len(value) <= most and all(map(is_item, value))


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "v": lambda value: type(value) is int and value == 1,
    "kind": lambda value: _is(_KIND, value),
    "entry_id": lambda value: _is(UUID_TEXT, value),
    "tenant": lambda value: _is(SLUG, value),
    "room_id": lambda value: value is None or _is(UUID_TEXT, value),
    "sweep_id": lambda value: value is None or _is(UUID_TEXT, value),
    "key_id": lambda value: _is(KEY_ID, value),
    "subject": _is_subject,
    "assurance": lambda value: type(value) is str and value in _ASSURANCES,
    "source": lambda value: type(value) is str and value in _SOURCES,
    "seq": lambda value: is_index(value) and value >= 1,
    "prev": lambda value: value is None or _is(DIGEST, value),
    "refs": lambda value: _is_list(value, lambda item: _is(UUID_TEXT, item), 256),
    "bodies": lambda value: _is_list(value, _is_body, MAX_BODIES),
    "time": _is_time,
    "seen_checkpoint": lambda value: value is None or _is_text(value),
}
