"""A verifier of entry format v1 written from sweep/ENTRY.md alone: it imports nothing of the project."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPE = "application/vnd.ansim.entry.v1+json"
KEYS = {
    "v", "kind", "entry_id", "tenant", "room_id", "sweep_id", "key_id", "subject", "assurance", "source", "seq", "prev",
    "refs", "bodies", "time", "seen_checkpoint",
}  # fmt: skip
TIME_KEYS = {"utc", "boot_id", "boottime_ns", "synchronised", "max_error_ms"}
HEX64 = re.compile(r"[0-9a-f]{64}")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(what)


def message_of(document: dict[str, Any]) -> tuple[bytes, bytes]:
    """(PAE, payload) of a DSSE document."""
    payload = base64.b64decode(str(document["payload"]), validate=True)
    kind = str(document["payloadType"]).encode()
    message = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    return message, payload


def verify(document: dict[str, Any], public_key: bytes) -> tuple[str, dict[str, Any]]:
    """(entry_hash, envelope) of a valid entry; ValueError says what is wrong."""
    _need(document["payloadType"] == TYPE, "payload type")
    message, payload = message_of(document)
    _need(len(payload) <= 65_536, "envelope too large")
    key_id = hashlib.sha256(public_key).hexdigest()[:16]
    signatures = document["signatures"]
    _need(1 <= len(signatures) <= 8, "number of signatures")
    ours = [s for s in signatures if s["keyid"] == key_id]
    _need(len(ours) == 1, "no signature by this key")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(base64.b64decode(ours[0]["sig"], validate=True), message)
    except InvalidSignature:
        raise ValueError("signature") from None
    envelope = json.loads(payload, object_pairs_hook=_no_twice)
    _need(set(envelope) == KEYS and envelope["v"] == 1, "keys or version")
    _need(envelope["key_id"] == key_id, "key_id")
    _need(re.fullmatch(r"[a-z][a-z0-9_.]{0,63}", envelope["kind"]) is not None, "kind")
    uuid.UUID(envelope["entry_id"])
    _need(envelope["assurance"] in {"device", "passkey", "password", "witness"}, "assurance")
    _need(envelope["source"] in {"live", "replay", "simulated"}, "source")
    _need(type(envelope["seq"]) is int and envelope["seq"] >= 1, "seq")
    _need(envelope["prev"] is None or HEX64.fullmatch(envelope["prev"]) is not None, "prev")
    _need(set(envelope["time"]) == TIME_KEYS, "time")
    _need(datetime.fromisoformat(envelope["time"]["utc"]).utcoffset() == timedelta(0), "time is not UTC")
    _need(len(envelope["bodies"]) <= 256, "number of bodies")
    for body in envelope["bodies"]:
        _need(set(body) == {"media_type", "size", "commitment"}, "body")
        _need(HEX64.fullmatch(body["commitment"]) is not None, "commitment")
    return hashlib.sha256(message).hexdigest(), envelope


def body_state(ref: dict[str, Any], salt: bytes | None, body: bytes | None) -> str:
    """`present` or `erased`; ValueError when a body is there and does not match."""
    if salt is None or body is None:
        return "erased"
    _need(len(salt) == 32, "salt")
    _need(len(body) == ref["size"], "size")
    digest = hashlib.sha256(b"ansim-body-v1" + bytes([0]) + salt + body).hexdigest()
    _need(digest == ref["commitment"], "commitment does not match")
    return "present"


def chain_gaps(envelopes: list[dict[str, Any]]) -> list[int]:
    """Sequence numbers missing below the highest one of a key."""
    there = {envelope["seq"] for envelope in envelopes}
    highest = max((s for s in there), default=0)
    return [n for n in range(1, highest + 1) if n not in there]
