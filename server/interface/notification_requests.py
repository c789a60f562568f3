"""What comes in about notifications: what somebody wants to be told, by which way, when not, and who is on duty."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from server.interface.fields import DistrictId, Username
from server.interface.people_requests import Base64url, ThingName
from sweep.phrases import Phrase
from sweep.report import Record

NotificationKind = Literal["found", "order", "overdue", "silent"]
"""A find; an ordered visit; rooms that are overdue; a probe that fell silent in the middle of a sweep."""
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hour and minute in Korea."""
MailAddress = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9][A-Za-z0-9-]*)+$"
    ),
]


class NotificationRequest(Record):
    """What a person chose, as a whole."""

    kinds: tuple[NotificationKind, ...]
    mail: MailAddress | None
    """Null: no mail, and an address that was here is forgotten."""
    quiet_from: Clock | None
    quiet_until: Clock | None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError(Phrase("quiet_hours_go_together"))
        return self


class SubscriptionRequest(Record):
    """Where a browser takes push messages, as it says itself (RFC 8030, RFC 8291)."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,1000}$")]
    p256dh: Annotated[Base64url, StringConstraints(min_length=87, max_length=87)]
    auth: Annotated[Base64url, StringConstraints(min_length=22, max_length=22)]
    name: ThingName
    """What its person calls this device."""


class DutyRequest(Record):
    """Is somebody on duty for a district?"""

    username: Username
    is_on: bool
    district_id: DistrictId | None = None
    """For people of the whole city; those of a district mean their own."""
