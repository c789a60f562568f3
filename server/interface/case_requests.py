"""What persons send about cases: the steps without what the server knows itself, and the second person beside them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.interface.fields import Badge, LoginCode, Password, Pin, TimeOrderedId, Username
from server.interface.people_requests import PasskeyAnswer
from sweep.phrases import Phrase
from sweep.report import Record
from sweep.report.base import Text
from sweep.report.case_records import (
    Defect,
    Millimetres,
    NotReached,
    Person,
    Photographed,
    PoliceAsked,
    PoliceCalled,
    PoliceResult,
    Rechecked,
    Reopened,
    Repaired,
    RepairHanded,
    ReportedToCity,
    RoomClosed,
    RoomCorrected,
    Seen,
    Witnessed,
)

SECOND_WAYS: frozenset[frozenset[str]] = frozenset(
    map(
        frozenset,
        (
            {"passkey"},
            {"username", "pin"},
            {"badge", "pin"},
            {"username", "password"},
            {"username", "password", "code"},
        ),
    )
)


PROVING_WAYS = frozenset(map(frozenset, ({"passkey"}, {"pin"}, {"password"}, {"password", "code"})))


class SecondPerson(Record):
    """The other one who is there, by something of their own: two taps by one thumb are not two persons.

    By passkey alone; by user name or badge and PIN; or by user name and password, with a code where there is a second
    factor.  A badge can be photographed, so it never stands alone.
    """

    username: Username | None = None
    badge: Badge | None = None
    password: Password | None = None
    code: LoginCode | None = None
    pin: Pin | None = None
    passkey: PasskeyAnswer | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        given = frozenset(name for name in type(self).model_fields if getattr(self, name) is not None)
        if given not in SECOND_WAYS:
            raise ValueError(Phrase("login_way_needed"))
        return self


class ProveRequest(Record):
    """Oneself once more, for what a Pi said in one's name: by passkey, by PIN, or by password (with a code)."""

    password: Password | None = None
    code: LoginCode | None = None
    pin: Pin | None = None
    passkey: PasskeyAnswer | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        given = frozenset(name for name in type(self).model_fields if getattr(self, name) is not None)
        if given not in PROVING_WAYS:
            raise ValueError(Phrase("proof_needed"))
        return self


class LookedAtRequest(Record):
    """Two persons looked by eye."""

    step: Literal["looked_at"]
    seen: Seen


class NotCameraRequest(Record):
    """Two persons agree what it was."""

    step: Literal["not_camera"]
    what: Text
    reopens: date | None = None
    """When it opens again; None: after a quarter."""


class UnchangedRequest(Record):
    """One person looked again, and nothing changed."""

    step: Literal["unchanged"]


class CameraRequest(Record):
    """Two persons see a camera, or cannot rule one out."""

    step: Literal["camera"]
    was_touched: bool


class HandedOverRequest(Record):
    """The police seized it, before two persons."""

    step: Literal["handed_over"]
    officer: Person
    station: Text
    rank: Text
    receipt_no: Text
    seal_no: Text


class DefectRequest(Record):
    """Something to be repaired."""

    step: Literal["defect_found"]
    defect: Defect
    measured_mm: Millimetres | None = None
    is_door: bool = False
    has_own_ventilation: bool = False
    installed: date | None = None
    """When the partition was put in; None: not known."""
    due: date | None = None


class SuspicionRequest(Record):
    """Somebody saw something strange."""

    step: Literal["reported"]
    what: Text


StepChoice = Annotated[
    LookedAtRequest
    | NotCameraRequest
    | UnchangedRequest
    | CameraRequest
    | DefectRequest
    | NotReached
    | RepairHanded
    | Repaired
    | Rechecked
    | RoomClosed
    | Photographed
    | PoliceCalled
    | HandedOverRequest
    | PoliceAsked
    | PoliceResult
    | ReportedToCity
    | Witnessed
    | Reopened
    | RoomCorrected,
    Field(discriminator="step"),
]


class StepRequest(Record):
    """The next step of a case."""

    step: StepChoice
    second_person: SecondPerson | None = None
    seen: Seen | None = None
    """What both saw, where they decide at once: the look is recorded before the decision, by the same proof."""
    step_id: TimeOrderedId | None = None
    """Made by the page: a step that is sent again because its answer was lost is one step."""


class CaseRequest(Record):
    """A case that no finding opened."""

    step: Annotated[SuspicionRequest | DefectRequest, Field(discriminator="step")]
    case_id: TimeOrderedId | None = None
    """Made by the page: a case that is opened again because the answer was lost is one case."""


class LookRequest(Record):
    """The daily look of whoever cleans."""

    look_id: UUID | None = None
    """Made by the page, so that the same look sent again counts once."""
    strange: Text | None = None
    """What is strange, if anything is."""
