"""Passkeys (WebAuthn): a person's own keys in phones and security keys, each bound to this server's name.

Input are answers of browsers; output is the `Person` who was verified at the device, or a refusal.  The library
`webauthn` checks what the specification asks for; this module keeps keys and counters.  A passkey that does not verify
its person (a fingerprint, a PIN of the device) is none: one factor that was found on the street is not a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from webauthn import base64url_to_bytes, verify_authentication_response, verify_registration_response
from webauthn.helpers import bytes_to_base64url, parse_attestation_object
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    CredentialDeviceType,
    RegistrationCredential,
)

from server.interface.errors import ApiError, invalid, not_found
from server.interface.people_requests import NewPasskey, PasskeyAnswer
from server.interface.views.people import PasskeyView
from server.people.auth import Person, person_of
from server.people.challenges import Challenges, Purpose
from server.people.relying_party import RelyingParty
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.db import Database
from server.store.schema import passkeys, users
from sweep.phrases import Phrase
from sweep.report import new_id

MAX_PASSKEYS = 10  # guessed: two phones, a desk and keys on a ring
ALGORITHMS = (Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256)
"""What nearly every authenticator offers one of (WebAuthn level 3, section 5.4)."""
FORMATS = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
"""Attestation is not asked for: browsers then send none, or what the key says of itself."""
MALFORMED = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
)
"""What the library lets through of bytes that are no answer of a passkey."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose passkey it is."""

    user_id: UUID
    username: str
    password_ms: int


def passkeys_of(connection: Connection, user_id: UUID) -> tuple[PasskeyView, ...]:
    """A person's passkeys, the oldest first."""
    statement = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_ms)
    return tuple(
        PasskeyView(
            passkey_id=row.passkey_id,
            name=row.name,
            is_synced=row.is_synced,
            created=from_ms(row.created_ms),
            last_used=None if row.last_used_ms is None else from_ms(row.last_used_ms),
        )
        for row in connection.execute(statement)
    )


def ids_of(connection: Connection, user_id: UUID) -> tuple[str, ...]:
    """Credential ids of a person in base64url."""
    statement = select(passkeys.c.credential_id).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_ms)
    return tuple(map(bytes_to_base64url, connection.scalars(statement)))


def owner_of(db: Database, answer: PasskeyAnswer) -> Owner | None:
    """Whose passkey an answer names; it proves nothing yet."""
    statement = (
        select(users.c.user_id, users.c.username, users.c.password_ms)
        .join(passkeys, passkeys.c.user_id == users.c.user_id)
        .where(passkeys.c.credential_id == _bytes(answer.credential_id))
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else Owner(row.user_id, row.username, row.password_ms)


def register(connection: Connection, party: RelyingParty, person: Person, challenge: bytes, new: NewPasskey) -> None:
    """Keep a new passkey of this person; ApiError 400 for what is none, 409 for a known one or too many."""
    credential_id, public_key, sign_count, is_synced = verified_new(party, challenge, new)
    held = select(func.count()).where(passkeys.c.user_id == person.user_id)
    if (connection.scalar(held) or 0) >= MAX_PASSKEYS:
        raise ApiError(409, Phrase("too_many_passkeys", most=MAX_PASSKEYS))
    known = select(passkeys.c.passkey_id).where(passkeys.c.credential_id == credential_id)
    if connection.scalar(known) is not None:
        raise ApiError(409, Phrase("known_passkey"))
    connection.execute(
        insert(passkeys).values(
            passkey_id=new_id(),
            user_id=person.user_id,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=sign_count,
            is_synced=is_synced,
            name=new.name,
            created_ms=now_ms(),
        )
    )
    record(
        connection,
        actor=person.display_name,
        action="passkey.added",
        object_id=person.username,
        detail={"name": new.name, "synced": is_synced},
    )


def remove(connection: Connection, person: Person, passkey_id: UUID) -> None:
    """Forget one of a person's passkeys; ApiError 404 unless it is theirs."""
    own = (passkeys.c.passkey_id == passkey_id) & (passkeys.c.user_id == person.user_id)
    name = connection.scalar(select(passkeys.c.name).where(own))
    if name is None:
        raise not_found(Phrase("passkey_not_found"))
    connection.execute(delete(passkeys).where(own))
    record(
        connection,
        actor=person.display_name,
        action="passkey.removed",
        object_id=person.username,
        detail={"name": name},
    )


def prove(
    db: Database,
    party: RelyingParty,
    challenges: Challenges,
    cookie: str,
    answer: PasskeyAnswer,
    *,
    purpose: Purpose,
    whom: str = "",
) -> Person:
    """The active person whose passkey answered this challenge.

    ApiError 400 when the challenge is over, 401 when the answer does not hold, and for a counter that went back.
    """
    with db.write() as connection:
        challenge = challenges.spend(connection, cookie, purpose, whom)
    return person_of(_answered(db, party, challenge, answer), "passkey")


def prove_over(db: Database, party: RelyingParty, challenge: bytes, answer: PasskeyAnswer) -> tuple[Person, bytes]:
    """The active person whose passkey signed this challenge, which follows from what it is about, and its COSE key.

    ApiError 401 when the answer does not hold.  Whoever keeps the answer proves the same again and nothing else.
    """
    row = _answered(db, party, challenge, answer)
    return person_of(row, "passkey"), row.public_key


def encoded(data: bytes) -> str:
    """Bytes in base64url, as browsers and passkeys have them."""
    return bytes_to_base64url(data)


def _answered(db: Database, party: RelyingParty, challenge: bytes, answer: PasskeyAnswer) -> Row[Any]:
    """The passkey, with its active owner, that answered this challenge; it is counted."""
    statement = (
        select(passkeys, users)
        .join(users, users.c.user_id == passkeys.c.user_id)
        .where(passkeys.c.credential_id == _bytes(answer.credential_id))
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None or not row.is_active or answer.user_handle != bytes_to_base64url(row.user_id.bytes):
        raise _wrong()
    count, is_synced = verified(party, challenge, row, answer)
    is_as_read = (passkeys.c.passkey_id == row.passkey_id) & (passkeys.c.sign_count == row.sign_count)
    with db.write() as connection:
        used = {"sign_count": count, "last_used_ms": now_ms(), "is_synced": is_synced}
        if connection.execute(update(passkeys).where(is_as_read).values(used)).rowcount != 1:
            raise _wrong()  # removed or used meanwhile
    return row


def record_failure(db: Database, owner: Owner | None, *, address: str, code: str) -> None:
    """Write down an answer that did not hold."""
    with db.write() as connection:
        record(
            connection,
            actor="unknown",
            action="login.failed",
            object_id="(unknown passkey)" if owner is None else owner.username,
            detail={"address": address, "way": "passkey", "why": code},
        )


def verified_new(party: RelyingParty, challenge: bytes, new: NewPasskey) -> tuple[bytes, bytes, int, bool]:
    """(credential id, public key as COSE, sign counter, whether it is synchronised between devices)."""
    try:
        attestation = _bytes(new.attestation)
        made = parse_attestation_object(attestation)
        data = made.auth_data.attested_credential_data
        if made.fmt not in FORMATS or data is None:
            raise ValueError(Phrase("passkey_format_unsupported"))
        found = verify_registration_response(
            credential=RegistrationCredential(
                id=bytes_to_base64url(data.credential_id),
                raw_id=data.credential_id,
                response=AuthenticatorAttestationResponse(_bytes(new.client_data), attestation),
            ),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    except MALFORMED as error:
        raise invalid(Phrase("passkey_refused", why=type(error).__name__), code="passkey_refused") from None
    is_synced = found.credential_device_type == CredentialDeviceType.MULTI_DEVICE and found.credential_backed_up
    return found.credential_id, found.credential_public_key, found.sign_count, is_synced


def verified(party: RelyingParty, challenge: bytes, row: Row[Any], answer: PasskeyAnswer) -> tuple[int, bool]:
    """(new sign counter, whether the passkey is synchronised); ApiError 401 for an answer that does not hold."""
    try:
        verify = partial(
            verify_authentication_response,
            credential=AuthenticationCredential(
                id=answer.credential_id,
                raw_id=_bytes(answer.credential_id),
                response=AuthenticatorAssertionResponse(
                    _bytes(answer.client_data), _bytes(answer.authenticator_data), _bytes(answer.signature)
                ),
            ),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            require_user_verification=True,
        )
        found = verify(credential_current_sign_count=0)
    except MALFORMED:
        raise _wrong() from None
    try:
        verify(credential_current_sign_count=row.sign_count)
    except WebAuthnException:
        raise ApiError(401, Phrase("counter_went_back")) from None
    return found.new_sign_count, found.credential_backed_up


def _bytes(text: str) -> bytes:
    """What base64url says; the length of bounded letters only, so that nothing else has to be checked."""
    return base64url_to_bytes(text)


def _wrong() -> ApiError:
    return ApiError(401, Phrase("wrong_passkey"))
