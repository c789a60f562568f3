"""What comes in about a sweep that was delivered: verdicts of persons, and the erasing of a body."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from server.interface.fields import LoginCode, Password, TimeOrderedId, Username
from sweep.report import LocalText, Record, UtcTime


class PhoneClaim(Record):
    """Two readings of the phone's clock: by their distance the server knows how long it waited on the phone."""

    decided: UtcTime
    """When the person decided, wrote it down or signed."""
    sent: UtcTime
    """When this request was sent; another one when it is sent again."""


class DispositionRequest(Record):
    """A person's verdict on a finding."""

    sweep_id: UUID
    verdict: Literal["no_camera", "camera_found", "cannot_exclude", "recheck"]
    note: LocalText | None = None
    decision_id: TimeOrderedId | None = None
    """Sent again it is one decision."""
    claimed: PhoneClaim | None = None


class EraseRequest(Record):
    """Erase a body: needs a reason and a second person who is logged in by this very request."""

    reason: LocalText
    second_person_username: Username
    second_person_password: Password
    second_person_code: LoginCode | None = None
    despite_waiting: bool = False
    """Both persons looked at the entries that name it and do not count, and erase it all the same."""
