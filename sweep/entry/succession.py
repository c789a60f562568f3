"""From the root key that a log names to the key that its server has now: what lets a client follow a new server key.

Input are the admissions that a server shows (entries with their bodies) and the id of the first root key, which every
checkpoint's origin names; output is the server's public key, or EntryError.  A client that pinned a key follows only
what the root key signed; that the log itself is still the one it saw, growth.py tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from sweep.entry.dsse import EntryError, SignedEntry, key_id_of
from sweep.entry.envelope import Body, verify_entry
from sweep.entry.kinds import KEY_ADMITTED, KEY_ADMITTED_TYPE
from sweep.report import ContractError, parse_json
from sweep.report.log_records import KeyAdmitted

MAX_ADMISSIONS = 64


def follow(admissions: Iterable[tuple[SignedEntry, tuple[Body, ...]]], root_key_id: str) -> bytes:
    """The public key of the last admission, of role `server`, after a line of root keys that begins with this one.

    Raises EntryError when an admission is not signed by the root key before it, or there is no such end.
    """
    root: bytes | None = None
    for number, (entry, bodies) in enumerate(admissions):
        if number >= MAX_ADMISSIONS:
            raise EntryError(f"more than {MAX_ADMISSIONS} admissions")
        said = _read(bodies)
        public_key = bytes.fromhex(said.public_key)
        if root is None:
            if said.role != "root" or said.key_id != root_key_id:
                raise EntryError(f"the admissions do not begin with root key {root_key_id}")
            root = public_key
        _check_signed(entry, bodies, root)
        if said.role == "root":
            if root != public_key and said.predecessor != key_id_of(root):
                raise EntryError("a root key does not follow the one before it")
            root = public_key
        elif said.role == "server":
            return public_key
        else:
            raise EntryError(f"an admission of role {said.role} leads to no server key")
    raise EntryError("the admissions end without a server key")


def _check_signed(entry: SignedEntry, bodies: tuple[Body, ...], root: bytes) -> None:
    envelope = verify_entry(entry, root)
    if envelope.kind != KEY_ADMITTED or envelope.bodies != tuple(body.ref for body in bodies):
        raise EntryError("an admission is of another kind, or its body is not the one that was signed")


def _read(bodies: tuple[Body, ...]) -> KeyAdmitted:
    if len(bodies) != 1 or bodies[0].media_type != KEY_ADMITTED_TYPE:
        raise EntryError("an admission carries one body")
    try:
        said = parse_json(KeyAdmitted, bodies[0].data)
    except ContractError as error:
        raise EntryError(f"admission: {error}") from None
    if key_id_of(bytes.fromhex(said.public_key)) != said.key_id:
        raise EntryError("key_id is not that of public_key")
    return said
