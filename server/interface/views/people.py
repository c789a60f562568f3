"""Who is logged in."""

from __future__ import annotations

from server.interface.fields import Role
from server.interface.views.answer import View
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


class AccountView(View):
    """An account as those see it who keep it."""

    username: str
    display_name: str
    role: Role
    district_id: str | None
    is_active: bool


class AccountList(View):
    """Accounts by name."""

    users: tuple[AccountView, ...]


class DistrictList(View):
    """Districts by name."""

    districts: tuple[DistrictView, ...]


class Invited(View):
    """A new account; the password has to be changed at the first login."""

    username: str
    one_time_password: str


class LoginView(View):
    """Answer to a login; the session itself is in the cookie."""

    user: UserView
    csrf_token: str


class MeView(View):
    """Who am I? Both null when nobody is logged in."""

    user: UserView | None
    csrf_token: str | None
