"""What comes in as JSON: strict records, read from the raw bytes and bounded before they are parsed.

`read_body` stops at its limit; `json_body` is the FastAPI dependency that turns the body into a record and `describe`
puts the same record into OpenAPI.  Duplicate keys, NaN, unknown fields and control characters are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field, RootModel, model_validator
from pydantic.json_schema import models_json_schema
from starlette.requests import ClientDisconnect, Request

from server.interface.case_requests import CaseRequest, LookRequest, SecondPerson, StepRequest
from server.interface.errors import ApiError, invalid
from server.interface.fields import (
    MAX_LOG_INDEX,
    Degrees,
    DistrictId,
    Floor,
    Line,
    LoginCode,
    NewPassword,
    OptionalLine,
    Password,
    PersonName,
    PublicKey,
    RoomSex,
    Slug,
    Stalls,
    TimeOrderedId,
    Username,
)
from server.interface.people_requests import (
    AgreeRequest,
    BadgeSheetRequest,
    CodeRequest,
    DistrictRequest,
    InviteRequest,
    MoveRequest,
    NewPasskey,
    PasskeyAnswer,
    PinRequest,
    SubjectRequest,
)
from server.interface.photo_requests import (
    EvidenceKeyRequest,
    OpenPhotoRequest,
    PhotoCheckRequest,
    PhotoDeclarationRequest,
    PhotoRequest,
)
from server.interface.practice_requests import PracticeRequest, PracticeSweep
from server.interface.views.probes import EntryEvent
from server.interface.visit_requests import SignatureRequest, VisitNoteRequest
from sweep.report import (
    BankCapacity,
    ContractError,
    LiveMessage,
    LocalText,
    LookKind,
    Mode,
    Plan,
    Record,
    RoomKind,
    SeenAs,
    UtcTime,
    parse_json,
)

MAX_REQUEST_BYTES = 64 * 1024  # derived: the largest plan (80 zones of 64 corners) takes about 100 kB, see MAX_PLAN
MAX_PLAN_BYTES = 256 * 1024
MAX_LIVE_BYTES = 256 * 1024  # derived: 50 messages of two texts of 1,000 Korean letters
BYTES_PER_VALUE = 4  # derived: a plan's corners, "[0.5,1.0],", are the densest that is sent and have 5

Model = TypeVar("Model", bound=BaseModel)


OrderDay = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2100, 12, 31))]


class LoginRequest(Record):
    """User name and password, and the code of whoever has a second factor."""

    username: Username
    password: Password
    code: LoginCode | None = None


class PasswordRequest(Record):
    """A new password of one's own."""

    current_password: Password
    new_password: NewPassword


class ExportRequest(Record):
    """Which inspection log to make, and why."""

    format: Literal["csv", "pdf", "xlsx", "hwpx", "json", "zip"]
    period_first: date
    period_last: date
    """Korean days, both included."""
    room_id: UUID | None = None
    sweep_id: UUID | None = None
    """One sweep alone: in a PDF its form, then what the equipment says."""
    with_sheets: bool = False
    """In a PDF the sheets of every sweep behind the summary."""
    reason: Line


class FacilityRequest(Record):
    """A new facility."""

    name: LocalText
    address: Line
    code: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    district_id: DistrictId | None = None
    """For people of the whole city; those of a district add to their own."""
    latitude_deg: Degrees | None = None
    longitude_deg: Degrees | None = None


class RoomRequest(Record):
    """A new room; without a plan it gets a template marked as not verified."""

    name: LocalText
    kind: RoomKind
    plan: Plan | None = None
    sex: RoomSex | None = None
    """None: as the name says, if it does; the same of the floor."""
    floor: Floor | None = None
    stalls: Stalls | None = None
    """None: as the plan has them."""


class RoomPartsRequest(Record):
    """For whom a room is, on which floor, with how many stalls; null: not known."""

    sex: RoomSex | None
    floor: Floor | None
    stalls: Stalls | None


class BasisRequest(Record):
    """On what basis a room is inspected; a consent has its date and says where the document is kept."""

    basis: Literal["statute", "ordinance", "consent"]
    citation: OptionalLine = ""
    dated: date | None = None
    document: OptionalLine = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.basis == "consent" and (self.dated is None or not self.document):
            raise ValueError("a consent needs its date and document")
        if self.basis != "consent" and not self.citation:
            raise ValueError("name the clause")
        return self


class ReportCaseRequest(Record):
    """A case for a report of the public, in the words of who takes it over."""

    what: Annotated[Line, Field(max_length=200)]


class CloseReportRequest(Record):
    """What became of a report of the public."""

    outcome: Literal["looked_at", "nothing_there", "not_a_report"]
    note: OptionalLine = ""


class PairRequest(Record):
    """Two inspectors who walk together."""

    first_username: Username
    second_username: Username
    district_id: DistrictId | None = None
    """For inspectors of the whole city; null: their own district, or this server's."""


class VisitOrderRequest(Record):
    """A visit besides the regular ones."""

    facility_id: UUID
    first_day: OrderDay
    last_day: OrderDay
    """Korean days, both included."""
    with_police: bool = False
    reason: Line


class SpecialRequest(Record):
    """Is a facility a special zone, inspected more often?"""

    is_special: bool


class ImportAnswerRequest(Record):
    """What a person decides about a row of a file."""

    answer: Literal["add", "update", "close", "leave"]


class PhoneClaim(Record):
    """Two readings of the phone's clock: by their distance the server knows how long the decision waited."""

    decided: UtcTime
    """When the person decided."""
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


class AdmitRequest(Record):
    """The key of a probe, as `sweep key` prints it, and what to call it."""

    public_key: PublicKey
    role: Literal["probe", "demo"]
    probe_id: Slug
    name: Annotated[Line, Field(max_length=100)]
    district_id: DistrictId | None = None
    """Whose probe it is; None: of the district of this server."""


class KeyReasonRequest(Record):
    """Why; it is written down."""

    reason: Line


class RevokeRequest(KeyReasonRequest):
    """Let a key speak no more, by default from now."""

    from_index: Annotated[int, Field(ge=0, le=MAX_LOG_INDEX)] | None = None


class ReplaceKeyRequest(KeyReasonRequest):
    """The new key of the same probe."""

    public_key: PublicKey


class CommandRequestBase(Record):
    """What every command request carries."""

    command_id: UUID | None = None
    """Made by the caller so that sending twice does it once; the server makes one when absent."""


class StartRequest(CommandRequestBase):
    """Begin a sweep of a room."""

    command: Literal["start"]
    room_id: UUID
    mode: Mode
    inspectors: Annotated[tuple[PersonName, ...], Field(min_length=2, max_length=6)]
    told_time: UtcTime | None = None
    """The phone's time of day, which a probe takes whose own clock nobody has set, and says so."""


class DeclareEmptyRequest(CommandRequestBase):
    """Two persons declare the room empty and closed."""

    command: Literal["declare_empty"]
    sweep_id: UUID
    declared_by: tuple[PersonName, PersonName]
    """As they call themselves; where both are identified, the command names their accounts instead."""
    second_person: SecondPerson | None = None
    """Needed where the probe is real, once for each pair in a sweep and anew after each pause."""


class PositionRequest(CommandRequestBase):
    """The inspector stands here now."""

    command: Literal["position"]
    sweep_id: UUID
    zone_id: Slug
    x_m: Annotated[float, Field(ge=0, le=200)]
    y_m: Annotated[float, Field(ge=0, le=200)]
    facing_deg: Annotated[float, Field(ge=0, lt=360)]


class SkipTrialsRequest(CommandRequestBase):
    """No response test at this position, or no more of it."""

    command: Literal["skip_trials"]
    sweep_id: UUID
    position_index: Annotated[int, Field(ge=0, le=400)]
    """As the trial told it."""


class SecondLookRequest(CommandRequestBase):
    """The inspector stands at the next place of a second look."""

    command: Literal["second_look"]
    sweep_id: UUID
    finding_id: UUID
    kind: LookKind


class NothingSeenRequest(CommandRequestBase):
    """The inspector looked at a candidate's spot by eye and saw nothing."""

    command: Literal["nothing_seen"]
    sweep_id: UUID
    finding_id: UUID


class ExplainedRequest(CommandRequestBase):
    """The inspector looked at a candidate's spot by eye and knows what it is."""

    command: Literal["explained"]
    sweep_id: UUID
    finding_id: UUID
    seen_as: SeenAs


class BankRequest(CommandRequestBase):
    """What power bank is plugged in, and how full it was then."""

    command: Literal["bank"]
    sweep_id: UUID | None
    """Null where no sweep goes on."""
    capacity_mah: BankCapacity
    charge: Literal["full", "unknown", "same"]


class SimpleRequest(CommandRequestBase):
    """Measure outside the door or skip that; walk where the last position was; go on, or close a sweep."""

    command: Literal["walk", "outside", "skip_outside", "reference", "resume", "finish"]
    sweep_id: UUID


class StopRequest(CommandRequestBase):
    """Somebody came in, or the sweep is to end: stop."""

    command: Literal["pause", "abort"]
    sweep_id: UUID | None
    """Null: whatever the probe is doing, when the page has not heard what that is."""


AnyCommandRequest = Annotated[
    StartRequest
    | DeclareEmptyRequest
    | PositionRequest
    | SkipTrialsRequest
    | SecondLookRequest
    | NothingSeenRequest
    | ExplainedRequest
    | BankRequest
    | SimpleRequest
    | StopRequest,
    Field(discriminator="command"),
]


class CommandRequest(RootModel[AnyCommandRequest]):
    """A command for a probe, as the phone asks for it."""


class LiveBatch(RootModel[LiveMessage | Annotated[tuple[LiveMessage, ...], Field(min_length=1, max_length=50)]]):
    """One live message or up to fifty."""

    @property
    def messages(self) -> tuple[LiveMessage, ...]:
        """The messages in the order sent."""
        return self.root if isinstance(self.root, tuple) else (self.root,)


REQUESTS: tuple[type[BaseModel], ...] = (
    LoginRequest,
    PasswordRequest,
    ExportRequest,
    PracticeRequest,
    PracticeSweep,
    FacilityRequest,
    RoomRequest,
    RoomPartsRequest,
    BasisRequest,
    ImportAnswerRequest,
    ReportCaseRequest,
    CloseReportRequest,
    PairRequest,
    VisitOrderRequest,
    SpecialRequest,
    Plan,
    DispositionRequest,
    VisitNoteRequest,
    SignatureRequest,
    CaseRequest,
    StepRequest,
    PhotoDeclarationRequest,
    PhotoRequest,
    OpenPhotoRequest,
    PhotoCheckRequest,
    EvidenceKeyRequest,
    LookRequest,
    DistrictRequest,
    BadgeSheetRequest,
    SubjectRequest,
    InviteRequest,
    MoveRequest,
    CodeRequest,
    PinRequest,
    AgreeRequest,
    NewPasskey,
    PasskeyAnswer,
    EraseRequest,
    AdmitRequest,
    KeyReasonRequest,
    RevokeRequest,
    ReplaceKeyRequest,
    CommandRequest,
    LiveBatch,
)
EVENTS: tuple[type[BaseModel], ...] = (LiveMessage, EntryEvent)  # what the event stream carries beside ProbeView


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body, or ApiError 413 as soon as it is known to be larger than `max_bytes`."""
    too_large = ApiError(413, "too_large", "요청이 너무 큽니다", f"the request has more than {max_bytes} bytes")
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > max_bytes:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:  # nobody hears the answer; without it each such client would fill the log
        raise ApiError(400, "cut_off", "요청이 중간에 끊겼습니다", "the request ended before its body did") from None
    return b"".join(chunks)


def json_body(
    model: type[Model],
    max_bytes: int = MAX_REQUEST_BYTES,
    *,
    words_for: Callable[[str], LocalText | None] = lambda _problem: None,
) -> Any:
    """FastAPI dependency: the request's JSON as `model`; 400 with one line when it does not keep the contract.

    `words_for`: what to tell a person whose form lacks something, from the line that names the field.
    """

    async def read(request: Request) -> Model:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            # a form on another site can send anything but this type without asking the browser's permission
            raise ApiError(415, "json_needed", "JSON으로 보내야 합니다", "send JSON as application/json")
        body = await read_body(request, max_bytes)
        try:
            return parse_json(model, body, max_bytes=max_bytes, max_values=max_bytes // BYTES_PER_VALUE)
        except ContractError as error:
            words = words_for(str(error))
            if words is None:
                raise
            raise invalid(f"{words.en} ({error})", ko=words.ko) from None

    return Depends(read)


def describe(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def request_schemas() -> dict[str, Any]:
    """JSON schemas of everything in `REQUESTS` and `EVENTS` and what it refers to, by name."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in (*REQUESTS, *EVENTS)], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions
