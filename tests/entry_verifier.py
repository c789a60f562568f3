"""A verifier of entry format v1 written from sweep/ENTRY.md alone: it imports nothing of the project.

`verify` judges one entry; log_verifier.py reads the entries of an exported log through the same lines.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPE = "application/vnd.ansim.{}.v1+json"
HEX16, HEX64 = re.compile("[0-9a-f]{16}"), re.compile("[0-9a-f]{64}")
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MEDIA = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
UTC = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)


# --- how things are written -----------------------------------------------------------------------------------------


class Wrong(Exception):
    """What was read is not what the documents describe."""


def need(condition: object, what: str) -> None:
    if not condition:
        raise Wrong(what)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len({name for name, _ in pairs}) == len(pairs), "a key stands twice")
    return dict(pairs)


def no_constant(_name: str) -> None:
    raise Wrong("NaN or Infinity")


def depth(value: Any) -> int:
    deepest, stack = 0, [(value, 0)]
    while stack:
        one, level = stack.pop()
        if isinstance(one, dict | list):
            deepest = max(deepest, level + 1)
            stack += [(child, level + 1) for child in (one.values() if isinstance(one, dict) else one)]
    return deepest


def read_json(data: bytes) -> Any:
    need(sum(map(data.count, (b",", b"[", b"{"))) <= 8192 and data.count(b'"') <= 32768, "too much structure")
    try:
        value = json.loads(str(data, "utf-8"), object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Wrong("not JSON") from error
    need(depth(value) <= 32, "nested too deep")
    return value


def unbase64(text: Any) -> bytes:
    need(isinstance(text, str), "base64 that is no string")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong("not base64") from error
    need(base64.b64encode(raw) == text.encode(), "stray bits in base64")
    return raw


def members(value: Any, *names: str) -> list[Any]:
    """The values of an object that has just these members, in this order."""
    need(isinstance(value, dict) and list(value) == list(names), f"not an object with {', '.join(names)}")
    return list(value.values())


def fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


def is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def is_one(value: Any) -> bool:
    return is_number(value) and value == 1


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def key_id(public_key: bytes) -> str:
    return sha(public_key).hex()[:16]


def holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- signed documents, envelopes, notes -----------------------------------------------------------------------------


@dataclass
class Dsse:
    kind: str
    payload: bytes
    signatures: dict[str, bytes]

    @property
    def pae(self) -> bytes:
        kind = self.kind.encode()
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)

    def signed_by(self, public_key: bytes) -> bool:
        signature = self.signatures.get(key_id(public_key))
        return signature is not None and holds(public_key, signature, self.pae)


def read_dsse(value: Any, kind: re.Pattern[str]) -> Dsse:
    name, payload, listed = members(value, "payloadType", "payload", "signatures")
    need(fits(kind, name), "a document of another type")
    raw = unbase64(payload)
    need(len(raw) <= 65536, "a payload that is too long")
    need(isinstance(listed, list) and 1 <= len(listed) <= 8, "1 to 8 signatures")
    signatures = {}
    for item in listed:
        by, text = members(item, "keyid", "sig")
        need(fits(HEX16, by) and by not in signatures, "keyid")
        signatures[by] = unbase64(text)
        need(len(signatures[by]) == 64, "a signature has 64 bytes")
    return Dsse(name, raw, signatures)


def read_envelope(document: Dsse) -> dict[str, Any] | None:
    """The envelope of v1, None for an unread entry; Wrong for what the log does not take."""
    value: Any = None
    try:
        value = read_json(document.payload)
    except Wrong:
        need(document.kind != TYPE.format("entry"), "an envelope that is no JSON")
    if document.kind != TYPE.format("entry"):
        return None
    version = value.get("v") if isinstance(value, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version != 1:
        return None
    check_envelope(value)
    need(value["key_id"] in document.signatures, "the envelope names a key that did not sign")
    return dict(value)


def check_envelope(e: Any) -> None:
    names = "v kind entry_id tenant room_id sweep_id key_id subject assurance source seq prev refs bodies time"
    need(isinstance(e, dict) and set(e) == {*names.split(), "seen_checkpoint"}, "members of the envelope")
    need(is_one(e["v"]) and fits(re.compile("[a-z][a-z0-9_.]{0,63}"), e["kind"]), "v or kind")
    need(fits(UUID, e["entry_id"]) and fits(SLUG, e["tenant"]) and fits(HEX16, e["key_id"]), "an id")
    need(all(e[name] is None or fits(UUID, e[name]) for name in ("room_id", "sweep_id")), "room or sweep")
    need(isinstance(e["subject"], str) and 1 <= len(e["subject"]) <= 60, "subject")
    need(not {unicodedata.category(c) for c in e["subject"]} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, "subject")
    need(e["assurance"] in ["device", "passkey", "password", "witness", "ceremony"], "assurance")
    need(e["source"] in ["live", "practice", "replay", "simulated"], "source")
    need(is_number(e["seq"]) and e["seq"] >= 1, "seq")
    need(e["prev"] is None or fits(HEX64, e["prev"]), "prev")
    need(isinstance(e["refs"], list) and len(e["refs"]) <= 256 and all(fits(UUID, r) for r in e["refs"]), "refs")
    need(isinstance(e["bodies"], list) and len(e["bodies"]) <= 256, "bodies")
    for body in e["bodies"]:
        need(isinstance(body, dict) and set(body) == {"media_type", "size", "commitment"}, "a body")
        need(fits(MEDIA, body["media_type"]) and fits(HEX64, body["commitment"]), "a body")
        need(is_number(body["size"]) and body["size"] <= 8388608, "size")
    need(sum(body["size"] for body in e["bodies"]) <= 16777216, "sizes together")
    need(len({body["commitment"] for body in e["bodies"]}) == len(e["bodies"]), "a commitment twice")
    t = e["time"]
    need(isinstance(t, dict), "time")
    need(set(t) == {"utc", "boot_id", "boottime_ns", "synchronised", "max_error_ms"}, "time")
    need(fits(UTC, t["utc"]) and fits(UUID, t["boot_id"]) and is_number(t["boottime_ns"]), "time")
    need(isinstance(t["synchronised"], bool) and (t["max_error_ms"] is None or is_number(t["max_error_ms"])), "time")
    try:
        datetime.fromisoformat(t["utc"])
    except ValueError as error:
        raise Wrong("a time that never was") from error
    seen = e["seen_checkpoint"]
    need(seen is None or (isinstance(seen, str) and len(seen) <= 2000), "seen_checkpoint")
    need(seen is None or not re.search("[\ud800-\udfff]", seen), "seen_checkpoint")


def commitment(salt: bytes, body: bytes) -> str:
    return sha(b"ansim-body-v1\0", salt, body).hex()


# --- one entry ------------------------------------------------------------------------------------------------------


def verify(document: dict[str, Any], public_key: bytes) -> tuple[str, dict[str, Any]]:
    """(entry_hash, envelope) of a valid entry of this key; Wrong says what does not hold."""
    read = read_dsse(document, re.compile(re.escape(TYPE.format("entry"))))
    envelope = read_envelope(read)
    if envelope is None:
        raise Wrong("another version")
    need(envelope["key_id"] == key_id(public_key), "key_id")
    need(read.signed_by(public_key), "signature")
    return sha(read.pae).hex(), envelope


def body_state(ref: dict[str, Any], salt: bytes | None, body: bytes | None) -> str:
    """`present` or `erased`; Wrong when a body is there and does not match."""
    if salt is None or body is None:
        return "erased"
    need(len(salt) == 32, "salt")
    need(len(body) == ref["size"], "size")
    need(commitment(salt, body) == ref["commitment"], "commitment does not match")
    return "present"


def chain_gaps(envelopes: list[dict[str, Any]]) -> list[int]:
    """Sequence numbers missing below the highest one of a key."""
    there = {envelope["seq"] for envelope in envelopes}
    return [n for n in range(1, max(there, default=0) + 1) if n not in there]
