"""What comes in about accounts and districts."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from server.interface.fields import (
    AppCode,
    DistrictId,
    LoginCode,
    NewPassword,
    Password,
    PersonName,
    Pin,
    Role,
    Username,
    clean,
)
from sweep.phrases import Phrase
from sweep.report import LocalText, Record


def _is_base64url(text: str) -> str:
    if len(text) % 4 == 1:
        raise ValueError(Phrase("not_base64url"))
    return text


_LETTERS = r"^[A-Za-z0-9_-]+$"
Base64url = Annotated[str, StringConstraints(pattern=_LETTERS, max_length=4_096), AfterValidator(_is_base64url)]
"""Bytes without padding; a credential's id has 1,023 of them at most, and the rest is of its size."""
LongBase64url = Annotated[str, StringConstraints(pattern=_LETTERS, max_length=16_384), AfterValidator(_is_base64url)]
AgreedThing = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{32,64}$")]
ThingName = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(clean)]


class BadgeSheetRequest(Record):
    """Whose badges to print, in this order."""

    usernames: Annotated[tuple[Username, ...], Field(min_length=1, max_length=200)]


class SubjectRequest(Record):
    """Who somebody is at the city's single sign-on, as its tokens say it (`sub`)."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(clean)]


class CodeRequest(Record):
    """A code of an authenticator app."""

    code: AppCode


class EnrolmentRequest(Record):
    """The code that came apart from a first password."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{8,20}$")]


class PinRequest(Record):
    """A PIN of one's own, for agreeing on somebody else's phone."""

    pin: Pin


class AgreeRequest(Record):
    """What the second person is about to agree to: the id of a case, a sweep or a body."""

    about: AgreedThing


class PasskeyAnswer(Record):
    """A passkey's answer to a challenge: what `navigator.credentials.get` gives."""

    credential_id: Base64url
    client_data: Base64url
    authenticator_data: Base64url
    signature: Base64url
    user_handle: Base64url


class NewPasskey(Record):
    """A new passkey: what `navigator.credentials.create` gives, and what its person calls it."""

    name: ThingName
    client_data: Base64url
    attestation: LongBase64url


class DistrictRequest(Record):
    """A district and its name."""

    district_id: DistrictId
    name: LocalText


class InviteRequest(Record):
    """Somebody who gets an account."""

    username: Username
    display_name: PersonName
    role: Role
    district_id: DistrictId | None = None
    """None: one's own, or for people of the whole city the whole city."""
    facility_ids: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()
    """Of an owner, a member of staff or a cleaner."""


class MoveRequest(Record):
    """Another district or role for somebody."""

    role: Role
    district_id: DistrictId | None = None
    display_name: PersonName | None = None
    """None: as before. Needed where somebody there has a name that looks the same."""


class LostRequest(Record):
    """What somebody lost. Of a phone, what it keeps can be read no more; of a second factor alone, it still can."""

    what: Literal["phone", "second_factor"]


class LoginRequest(Record):
    """User name and password, and the code of whoever has a second factor."""

    username: Username
    password: Password
    code: LoginCode | None = None


class PasswordRequest(Record):
    """A new password of one's own."""

    current_password: Password
    new_password: NewPassword
