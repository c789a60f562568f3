"""What a person is told, by which ways, and who is on duty."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import Role
from server.interface.notification_requests import NotificationKind
from server.interface.views.answer import View

Way = Literal["push", "mail"]
SendingOutcome = Literal["sent", "expired", "dead", "gone"]
"""`expired`: it did not get through within a day; `dead`: it was refused for good; `gone`: the browser is no more."""


class PushSubscriptionView(View):
    """A browser that asked to be told."""

    subscription_id: UUID
    name: str
    created: datetime


class NotificationView(View):
    """Something a person was told of."""

    kind: NotificationKind
    at: datetime
    case_id: UUID | None
    """Of a find."""
    district_id: str | None


class LastSending(View):
    """What became of the last message to a person by a way."""

    way: Way
    outcome: SendingOutcome
    at: datetime


class NotificationSettings(View):
    """What a person chose and may choose, and what they were told lately."""

    push_key: str | None
    """This server's key for push messages (VAPID); null: it sends none."""
    has_mail: bool
    """Does this server send mail?"""
    allowed: tuple[NotificationKind, ...]
    """What this role may be told of."""
    kinds: tuple[NotificationKind, ...]
    mail: str | None
    quiet_from: str | None
    quiet_until: str | None
    subscriptions: tuple[PushSubscriptionView, ...]
    duty: tuple[str, ...]
    """Districts for which they are on duty: finds there are told whatever else was chosen."""
    told: tuple[NotificationView, ...]
    """Newest first."""
    last: tuple[LastSending, ...]


class DutyView(View):
    """Who may be on duty for a district."""

    username: str
    name: str
    role: Role
    is_on: bool
    can_be_reached: bool
    """By push or mail."""


class DutyList(View):
    """Who is told of finds in a district."""

    people: tuple[DutyView, ...]
