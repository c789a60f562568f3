"""From the root key that a log names to the key that its server has now: what lets a client follow a new server key.

Input are the admissions that a server shows (entries with their bodies), the id of the first root key, which every
checkpoint's origin names, and the key that the client knows; output is the server's public key, or EntryError.  A
client follows only what the root key signed, and only forwards: to a key that was admitted in the place of the one that
it knows, at once or one after the other.  So a key that was rotated out leads nobody back.  That the log itself is
still the one it saw, growth.py tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sweep.entry.dsse import EntryError, SignedEntry, key_id_of
from sweep.entry.envelope import Body, verify_entry
from sweep.entry.kinds import KEY_ADMITTED, KEY_ADMITTED_TYPE
from sweep.report import ContractError, parse_json
from sweep.report.log_records import KeyAdmitted

MAX_ADMISSIONS = 64


def follow(admissions: Iterable[tuple[SignedEntry, tuple[Body, ...]]], root_key_id: str, known: bytes) -> bytes:
    """The public key of the first admission of role `server`, after a line of root keys that begins with this one.

    Behind it stand the admissions of the keys before it, newest first, as far back as that of the key which replaced
    `known`.  Raises EntryError when one is not signed by a root key of the line, or the line does not lead to `known`.
    """
    roots: list[bytes] = []
    server: bytes | None = None
    before: str | None = None
    for number, (entry, bodies) in enumerate(admissions):
        if number >= MAX_ADMISSIONS:
            raise EntryError(f"more than {MAX_ADMISSIONS} admissions")
        said = _read(bodies)
        public_key = bytes.fromhex(said.public_key)
        if not roots:
            if said.role != "root" or said.key_id != root_key_id:
                raise EntryError(f"the admissions do not begin with root key {root_key_id}")
            roots.append(public_key)
        if server is None:
            _check_signed(entry, bodies, roots[-1:])
            if said.role == "root":
                if roots[-1] != public_key and said.predecessor != key_id_of(roots[-1]):
                    raise EntryError("a root key does not follow the one before it")
                roots.append(public_key)
                continue
            server, before = public_key, said.key_id
        else:
            _check_signed(entry, bodies, roots)
        if said.role != "server" or said.key_id != before:
            raise EntryError(f"an admission of role {said.role} leads to no server key")
        before = said.predecessor
        if before == key_id_of(known):
            return server
    if server is None:
        raise EntryError("the admissions end without a server key")
    raise EntryError("the server's key was not admitted in the place of the one that is known")


def _check_signed(entry: SignedEntry, bodies: tuple[Body, ...], roots: Sequence[bytes]) -> None:
    signing = {key_id for key_id, _ in entry.signatures}
    envelope = verify_entry(entry, next((root for root in roots if key_id_of(root) in signing), roots[-1]))
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
