"""What an entry about a key carries: one body, read and checked without a database.

Input is an envelope of a kind of `KEY_KINDS` with the bodies that came along; output is what its body says, or
EntryError with one line.
"""

from __future__ import annotations

from sweep.entry import kinds
from sweep.entry.crypto import has_small_order
from sweep.entry.dsse import EntryError, key_id_of
from sweep.entry.envelope import Body, Envelope
from sweep.phrases import Phrase
from sweep.report import ContractError, parse_json
from sweep.report.log_records import KeyAdmitted, KeyReinstated, KeyRevoked

KeyStatement = KeyAdmitted | KeyRevoked | KeyReinstated
MODELS: dict[str, tuple[str, type[KeyStatement]]] = {
    kinds.KEY_ADMITTED: (kinds.KEY_ADMITTED_TYPE, KeyAdmitted),
    kinds.KEY_REVOKED: (kinds.KEY_REVOKED_TYPE, KeyRevoked),
    kinds.KEY_REINSTATED: (kinds.KEY_REINSTATED_TYPE, KeyReinstated),
}


def read_key_body(envelope: Envelope, bodies: tuple[Body, ...]) -> KeyStatement:
    """What the entry says of a key; EntryError unless it carries just the one body that it needs."""
    media_type, model = MODELS[envelope.kind]
    if len(envelope.bodies) != 1 or len(bodies) != 1 or bodies[0].media_type != media_type:
        raise EntryError(Phrase("entry_kind_needs_body", kind=envelope.kind, media_type=media_type))
    try:
        body = parse_json(model, bodies[0].data)
    except ContractError as error:
        raise EntryError(error) from None
    if isinstance(body, KeyAdmitted) and key_id_of(bytes.fromhex(body.public_key)) != body.key_id:
        raise EntryError(Phrase("key_id_not_of_public_key"))
    if isinstance(body, KeyAdmitted) and has_small_order(bytes.fromhex(body.public_key)):
        raise EntryError(Phrase("public_key_of_small_order"))
    return body
