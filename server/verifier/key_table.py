"""The keys of a log as its own entries establish them: admitted, corrected, replaced, revoked, reinstated.

Input are key entries in the order of the log; output are the keys with their role, line and validity.  A key entry is
judged at its own index by the root keys that those before it established; everything else is judged by the table as it
stands at the end.  A server's key that is not the log's own counts as a relay (pens.py).  A body that is not what
sweep/LOG.md describes changes nothing and is a KeyEntryError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, get_args

from server.verifier.envelopes import DIGEST, KEY_ID, SLUG, Envelope
from server.verifier.log_signers import Admitted, LogSigners
from server.verifier.package_lines import CarriedBody
from server.verifier.signing_rules import Bearer, Claim, KeyRole, broken_rule
from server.verifier.strict import is_index, read_json
from sweep.entry.crypto import has_small_order
from sweep.entry.dsse import EntryError, SignedEntry, key_id_of, verify_signature
from sweep.entry.kinds import (
    KEY_ADMITTED,
    KEY_ADMITTED_TYPE,
    KEY_REINSTATED,
    KEY_REINSTATED_TYPE,
    KEY_REVOKED,
    KEY_REVOKED_TYPE,
)
from sweep.phrases import Phrase

MAX_OWN_BYTES = 64 * 1024  # as an envelope; bodies of key entries and of the server's own kinds hold a few fields
BODY_TYPES = {KEY_ADMITTED: KEY_ADMITTED_TYPE, KEY_REVOKED: KEY_REVOKED_TYPE, KEY_REINSTATED: KEY_REINSTATED_TYPE}
_MEMBERS = {
    KEY_ADMITTED: {
        "v", "key_id", "public_key", "algorithm", "role", "tenant", "probe_id", "name", "valid_from_index",
        "predecessor",
    },
    KEY_REVOKED: {"v", "key_id", "from_index", "reason"},
    KEY_REINSTATED: {"v", "key_id", "reason"},
}  # fmt: skip
_OF_RELAYS: frozenset[KeyRole] = frozenset({"relay", "demo-relay"})
"""Roles whose admissions have one member more, `probes`."""
MOST_PROBES = 100


class KeyEntryError(ValueError):
    """A key entry that may speak and says nothing that can be; the message is one line."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its latest admission and its latest revocation or reinstatement leave it."""

    key_id: str
    public_key: bytes
    role: KeyRole
    tenant: str
    probe_id: str | None
    valid_from_index: int
    predecessor: str | None
    probes: frozenset[str] = frozenset()
    revoked_from_index: int | None = None

    def counts_at(self, log_index: int) -> bool:
        """Does it count at this index?"""
        is_revoked = self.revoked_from_index is not None and self.revoked_from_index <= log_index
        return self.valid_from_index <= log_index and not is_revoked


class KeyTable:
    """All keys that the log has admitted so far."""

    def __init__(self, tenant: str, first_root: str) -> None:
        """`tenant` and key id of the first root key, as the log's origin names them."""
        self._tenant, self._first_root = tenant, first_root
        self._keys: dict[str, Key] = {}
        self.corrected: list[tuple[int, str]] = []
        """Log index and key id where an admission says something else of a key than the one before."""
        self._admitted_at: dict[str, int] = {}
        self._pens = LogSigners()
        self._last_root = first_root
        """The root key that may sign now: of each other one its successor was admitted."""

    def find(self, key_id: str) -> Key | None:
        """The key of this id."""
        return self._keys.get(key_id)

    def admitted_at(self, key_id: str) -> int:
        """Log index of the first admission of a key of the table."""
        return self._admitted_at[key_id]

    def bearer(self, key: Key) -> Bearer:
        """The key as the rules see it."""
        line = key.key_id
        while (before := self._keys[line].predecessor) is not None:
            line = before
        return Bearer(key.role, key.probe_id, key.tenant, line, key.probes)

    def bearer_of(self, key_id: str) -> Bearer:
        """The same of a key of the table."""
        return self.bearer(self._keys[key_id])

    def of_role(self, role: KeyRole) -> tuple[Key, ...]:
        """The keys of one role."""
        return tuple(key for key in self._keys.values() if key.role == role)

    def revoked(self) -> tuple[Key, ...]:
        """The keys that are revoked."""
        return tuple(key for key in self._keys.values() if key.revoked_from_index is not None)

    def take(self, log_index: int, entry: SignedEntry, envelope: Envelope, claim: Claim, body: bytes | None) -> bool:
        """Let a key entry act; False when it does not count; KeyEntryError when it counts and cannot act.

        `body` is the only body that the envelope names, None when it is not there or not of the kind's type.
        """
        root = self._keys.get(envelope.key_id) or self._first(envelope, body)
        if root is None or root.key_id != self._last_root or not root.counts_at(log_index):
            return False
        if broken_rule(claim, Bearer(root.role, root.probe_id, root.tenant, root.key_id)) is not None:
            return False
        try:
            verify_signature(entry, entry.payload_type, root.public_key)
        except EntryError:
            return False
        content = _content(envelope.kind, body)
        match envelope.kind:
            case "key.admitted":
                self._admit(log_index, content, envelope.subject)
            case "key.revoked":
                if content["from_index"] > log_index:
                    raise KeyEntryError(Phrase("revocation_index_beyond_itself"))
                key = self._known(content)
                self._keys[key.key_id] = replace(key, revoked_from_index=content["from_index"])
            case _:
                key = self._known(content)
                self._keys[key.key_id] = replace(key, revoked_from_index=None)
        return True

    def _first(self, envelope: Envelope, body: bytes | None) -> Key | None:
        """The first root key, which admits itself."""
        if envelope.key_id != self._first_root or envelope.kind != KEY_ADMITTED:
            return None
        try:
            content = _content(envelope.kind, body)
        except KeyEntryError:
            return None
        is_self = content["key_id"] == self._first_root and content["role"] == "root"
        return _key(content) if is_self and content["tenant"] == self._tenant else None

    def _admit(self, log_index: int, content: dict[str, Any], subject: str) -> None:
        key = _key(content)
        said = Admitted(key.key_id, key.role, key.probe_id, key.predecessor, content["name"], subject)
        key = replace(key, role=self._pens.take(said))
        before, seen = key.predecessor, {key.key_id}
        if before is not None:
            old = self._keys.get(before)
            if old is None or (old.role, old.tenant, old.probe_id) != (key.role, key.tenant, key.probe_id):
                raise KeyEntryError(Phrase("key_predecessor_invalid", key_id=key.key_id))
        while before is not None:
            if before in seen:
                raise KeyEntryError(Phrase("key_follows_itself", key_id=key.key_id))
            seen.add(before)
            before = self._keys[before].predecessor
        known = self._keys.get(key.key_id)
        if "root" in (key.role, known and known.role) and not self._is_in_line(key, known):
            raise KeyEntryError(Phrase("named_root_key_not_a_successor", key_id=key.key_id))
        if known is not None:
            key = replace(key, revoked_from_index=known.revoked_from_index)
            if known != key:
                self.corrected.append((log_index, key.key_id))
        self._keys[key.key_id] = key
        if key.role == "root" and known is None:
            self._last_root = key.key_id
        self._admitted_at.setdefault(key.key_id, log_index)

    def _is_in_line(self, root: Key, known: Key | None) -> bool:
        """Does a root key follow the last one, or is it one of them as it was, or the first?"""
        if known is not None:
            return (root.role, root.predecessor) == (known.role, known.predecessor)
        return root.key_id == self._first_root or root.predecessor == self._last_root

    def _known(self, content: dict[str, Any]) -> Key:
        key = self._keys.get(content["key_id"])
        if key is None:
            raise KeyEntryError(Phrase("key_never_admitted", key_id=content["key_id"]))
        return key


def carried_body(envelope: Envelope, bodies: Iterable[CarriedBody]) -> bytes | None:
    """The one body of a key entry out of those that are there; None when it is not there as it must be."""
    if len(envelope.bodies) != 1 or envelope.bodies[0].media_type != BODY_TYPES[envelope.kind]:
        return None
    wanted = (envelope.bodies[0].commitment, envelope.bodies[0].media_type)
    return next((body.data for body in bodies if (body.commitment, body.media_type) == wanted), None)


def _content(kind: str, body: bytes | None) -> dict[str, Any]:
    if body is None:
        raise KeyEntryError(Phrase("key_entry_without_body"))
    try:
        value = read_json(body, max_bytes=MAX_OWN_BYTES)
    except ValueError as error:
        raise KeyEntryError(Phrase("key_entry_body_invalid", why=error)) from None
    if type(value) is not dict or value.keys() - {"probes"} != _MEMBERS[kind]:
        raise KeyEntryError(Phrase("key_entry_members_unknown"))
    is_form = type(value["v"]) is int and value["v"] == 1 and _is_key_id(value["key_id"])
    if kind == KEY_ADMITTED:
        is_form = is_form and _is_admission(value)
    else:
        is_form = (
            is_form and "probes" not in value and type(value["reason"]) is str and is_index(value.get("from_index", 0))
        )
    if not is_form:
        raise KeyEntryError(Phrase("key_entry_member_invalid"))
    return value


def _is_admission(value: dict[str, Any]) -> bool:
    return (
        type(value["public_key"]) is str
        and DIGEST.fullmatch(value["public_key"]) is not None
        and key_id_of(bytes.fromhex(value["public_key"])) == value["key_id"]
        and not has_small_order(bytes.fromhex(value["public_key"]))
        and type(value["algorithm"]) is str
        and value["algorithm"] == "ed25519"
        and type(value["role"]) is str
        and value["role"] in get_args(KeyRole)
        and type(value["tenant"]) is str
        and SLUG.fullmatch(value["tenant"]) is not None
        and (value["probe_id"] is None or type(value["probe_id"]) is str)
        and type(value["name"]) is str
        and is_index(value["valid_from_index"])
        and (value["predecessor"] is None or _is_key_id(value["predecessor"]))
        and ("probes" in value) == (value["role"] in _OF_RELAYS)
        and _are_probes(value.get("probes", []))
    )


def _are_probes(value: object) -> bool:
    if type(value) is not list or len(value) > MOST_PROBES:
        return False
    return all(type(probe) is str and SLUG.fullmatch(probe) is not None for probe in value)


def _is_key_id(value: object) -> TypeGuard[str]:
    return type(value) is str and KEY_ID.fullmatch(value) is not None


def _key(content: dict[str, Any]) -> Key:
    return Key(
        content["key_id"],
        bytes.fromhex(content["public_key"]),
        content["role"],
        content["tenant"],
        content["probe_id"],
        content["valid_from_index"],
        content["predecessor"],
        frozenset(content.get("probes", ())),
    )
