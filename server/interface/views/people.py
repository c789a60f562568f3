"""Who is logged in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import Role
from server.interface.views.answer import View
from server.interface.views.trail import AuditLine
from sweep.report import LocalText


class DistrictView(View):
    """A district: the tenant that entries name."""

    district_id: str
    name: LocalText
    is_home: bool
    """The one of this server itself."""


class UserView(View):
    """The person logged in."""

    username: str
    display_name: str
    role: Role
    district_id: str | None
    """None: the whole city."""
    must_change_password: bool
    """The password was given by somebody else: everything is refused until it is changed."""
    needs_enrolment_code: bool
    """Other ways to log in can be set up once the code is given that came apart from the first password."""
    needs_second_factor: bool
    """A password alone opens nothing for this role: everything is refused but connecting an app or adding a passkey."""


class AccountView(View):
    """An account as those see it who keep it."""

    username: str
    account: str
    """Id in entries beside the name; never another's."""
    display_name: str
    role: Role
    district_id: str | None
    is_active: bool
    first_password: Literal["waiting", "expired"] | None
    """The password that was given has not been changed yet: it may be, or a new one has to be given."""
    is_demonstration: bool
    """Made by the demonstration: needs no second factor whatever its role."""
    sessions: int
    """Logins that go on."""
    has_second_factor: bool
    """A passkey or an app beside the password."""
    facilities: tuple[LocalText, ...]
    """Of an owner, a member of staff or a cleaner."""


class AccountList(View):
    """Accounts by name."""

    users: tuple[AccountView, ...]


class AccountDetail(View):
    """An account, and what was done about it, newest first."""

    user: AccountView
    history: tuple[AuditLine, ...]


class DistrictList(View):
    """Districts by name."""

    districts: tuple[DistrictView, ...]


class Invited(View):
    """A new account, or new secrets of one: the password has to be changed at the first login, within 72 hours."""

    username: str
    one_time_password: str
    enrolment_code: str
    """To be told by another way than the password: without it no other way to log in can be set up."""


class Moved(View):
    """Somebody who keeps the password and sets up all else anew."""

    enrolment_code: str
    """To be told to them: without it no way to log in can be set up beside the password."""


class BadgeRow(View):
    """Somebody who may be a second person, with or without a badge."""

    username: str
    display_name: str
    role: Role
    district_id: str | None
    badge: str | None
    issued: datetime | None
    pin: Literal["none", "set", "locked"]
    """A badge is worth nothing without one."""


class BadgeList(View):
    """People by display name."""

    people: tuple[BadgeRow, ...]


class SignOnRow(View):
    """Somebody with an account, and the subject of the single sign-on that speaks for it."""

    username: str
    display_name: str
    role: Role
    district_id: str | None
    subject: str | None
    """None: nobody is linked, and the single sign-on opens nothing for this account."""
    linked: datetime | None
    is_of_this_provider: bool
    """False for a link to a provider that the operator has since replaced: it opens nothing either."""


class SignOnLinks(View):
    """Which accounts the city's single sign-on opens, by display name."""

    name: str | None
    """What the single sign-on is called; None: this server has none, and nobody can be linked."""
    issuer: str | None
    people: tuple[SignOnRow, ...]


class LogoutView(View):
    """The session is over."""

    sign_out_url: str | None
    """Where a browser logs out of the single sign-on by which this session was opened; None: there is nothing to do."""


class LoginView(View):
    """Answer to a login; the session itself is in the cookie."""

    user: UserView
    csrf_token: str


class MeView(View):
    """Who am I? Both null when nobody is logged in."""

    user: UserView | None
    csrf_token: str | None


class PhoneKey(View):
    """Under what a phone seals what it keeps of the person logged in; nobody else's session is given it."""

    key: str
    """32 octets in base64."""
    ends: datetime
    """When this login ends, and with it what the phone keeps to be read without a connection."""
    pins_to: str
    """To what it seals a second person's PIN (`server/people/sealed_pins.py`): a point of P-256 in base64."""


class LoginWays(View):
    """How one can log in here."""

    passkey_origin: str | None
    """The only origin at which passkeys work; None: nowhere, for want of an address with HTTPS."""
    single_sign_on: str | None
    """What the city's single sign-on is called; None: there is none."""


class PasskeyChallenge(View):
    """What `navigator.credentials.get` takes; the cookie beside it is needed with the answer."""

    challenge: str
    rp_id: str
    timeout_ms: int
    credential_ids: tuple[str, ...]
    """Passkeys that may answer; empty: any that the device has for this name."""


class PasskeyOptions(View):
    """What `navigator.credentials.create` takes; the cookie beside it is needed with the answer."""

    challenge: str
    rp_id: str
    rp_name: str
    user_id: str
    username: str
    display_name: str
    algorithms: tuple[int, ...]
    timeout_ms: int
    exclude: tuple[str, ...]
    """Credentials that this person has already."""


class PasskeyView(View):
    """One of a person's own passkeys."""

    passkey_id: UUID
    name: str
    is_synced: bool
    """Whoever keeps the passkeys of that device copies it to the person's other devices."""
    created: datetime
    last_used: datetime | None


class PasskeyList(View):
    """Passkeys, the oldest first."""

    passkeys: tuple[PasskeyView, ...]


class SecondFactorView(View):
    """A person's own second factor."""

    is_on: bool
    is_needed: bool
    """By role, whenever no passkey is used."""
    recovery_codes: int
    """How many are left."""


class NewSecondFactor(View):
    """What an authenticator app takes; it counts once a code of it came back."""

    secret: str
    """In base32, to be typed where no camera is at hand."""
    address: str
    """`otpauth://`, for an app on the same phone."""
    qr_code: str
    """The address as an image, a `data:` address of SVG."""


class RecoveryCodes(View):
    """Codes that each open once in the place of the app; they are shown this once."""

    codes: tuple[str, ...]


class PinView(View):
    """One's own PIN for agreeing on somebody else's phone, without its digits."""

    set: datetime | None
    """None: there is none."""
    is_locked: bool
    """After several wrong ones; setting it anew unlocks it."""
    badge: str | None
    """What one's badge shows."""


class SecondView(View):
    """Whether somebody of this number may be the second of two."""

    is_known: bool


class BadgeView(View):
    """A badge, as it is printed: it names somebody and proves nothing."""

    badge: str
    qr_code: str
    """The same as an image, a `data:` address of SVG."""
