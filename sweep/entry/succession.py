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
from sweep.phrases import Phrase
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
            raise EntryError(Phrase("too_many_admissions", most=MAX_ADMISSIONS))
        said = _read(bodies)
        public_key = bytes.fromhex(said.public_key)
        if not roots:
            if said.role != "root" or said.key_id != root_key_id:
                raise EntryError(Phrase("admissions_begin_elsewhere", key_id=root_key_id))
            roots.append(public_key)
        if server is None:
            _check_signed(entry, bodies, roots[-1:])
            if said.role == "root":
                if roots[-1] != public_key and said.predecessor != key_id_of(roots[-1]):
                    raise EntryError(Phrase("root_key_not_a_successor"))
                roots.append(public_key)
                continue
            server, before = public_key, said.key_id
        else:
            _check_signed(entry, bodies, roots)
        if said.role != "server" or said.key_id != before:
            raise EntryError(Phrase("admission_role_unexpected", role=said.role))
        before = said.predecessor
        if before == key_id_of(known):
            return server
    if server is None:
        raise EntryError(Phrase("admissions_without_server_key"))
    raise EntryError(Phrase("server_key_not_a_successor"))


def _check_signed(entry: SignedEntry, bodies: tuple[Body, ...], roots: Sequence[bytes]) -> None:
    signing = {key_id for key_id, _ in entry.signatures}
    envelope = verify_entry(entry, next((root for root in roots if key_id_of(root) in signing), roots[-1]))
    if envelope.kind != KEY_ADMITTED or envelope.bodies != tuple(body.ref for body in bodies):
        raise EntryError(Phrase("admission_body_differs"))


def _read(bodies: tuple[Body, ...]) -> KeyAdmitted:
    if len(bodies) != 1 or bodies[0].media_type != KEY_ADMITTED_TYPE:
        raise EntryError(Phrase("admission_needs_one_body"))
    try:
        said = parse_json(KeyAdmitted, bodies[0].data)
    except ContractError as error:
        raise EntryError(Phrase("admission_invalid", why=error)) from None
    if key_id_of(bytes.fromhex(said.public_key)) != said.key_id:
        raise EntryError(Phrase("key_id_not_of_public_key"))
    return said
