"""Bounded field types of requests and views: every number and every text from outside passes one of these."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from server.interface.plain_text import has_link
from server.verifier import signing_rules
from sweep.phrases import Phrase
from sweep.report import has_unsafe_character

MAX_LOG_INDEX = 2**53 - 1


def clean(text: str) -> str:
    """The text; ValueError when it holds control or formatting characters."""
    if has_unsafe_character(text):
        raise ValueError(Phrase("control_character"))
    return text


def no_link(text: str) -> str:
    """The text; ValueError when it leads to anything outside."""
    if has_link(text):
        raise ValueError(Phrase("text_holds_link"))
    return text


def is_version_7(value: UUID) -> UUID:
    """The id; ValueError when it is no UUIDv7."""
    if value.version != 7:
        raise ValueError(Phrase("not_a_uuidv7"))
    return value


Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]
NewPassword = Annotated[str, StringConstraints(min_length=10, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AppCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
"""What an authenticator app shows."""
LoginCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z -]{6,30}$")]
"""That, or a recovery code."""
PersonName = Annotated[str, StringConstraints(min_length=2, max_length=60), AfterValidator(clean)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(clean)]
Search = Annotated[str, StringConstraints(max_length=100), AfterValidator(clean)]
Reason = Annotated[Line, AfterValidator(no_link)]
"""Why somebody does something, in words that lead nowhere."""
OptionalLine = Annotated[str, StringConstraints(max_length=300), AfterValidator(clean)]
SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
TimeOrderedId = Annotated[UUID, AfterValidator(is_version_7)]
"""Made by the page when somebody acted, and the id of the entry: sent again it is one act."""
StickerCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{8,16}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
LogIndex = Annotated[int, Field(ge=-1, le=MAX_LOG_INDEX)]

KeyRole = signing_rules.KeyRole
"""What a key signs as."""
Role = Literal[
    "admin",
    "inspector",
    "viewer",
    "supervisor",
    "district_officer",
    "city_officer",
    "auditor",
    "evidence_officer",
    "facility_owner",
    "facility_staff",
    "cleaner",
]
CITY_ROLES: frozenset[Role] = frozenset({"admin", "city_officer"})
"""Roles of the whole city: they belong to no district."""
FACILITY_ROLES: frozenset[Role] = frozenset({"facility_owner", "facility_staff", "cleaner"})
"""People of single facilities: they see their own rooms' last check, and nothing of what was seen or will come."""
ENTRY_ROLES: frozenset[Role] = frozenset(
    {"admin", "inspector", "supervisor", "district_officer", "evidence_officer", "cleaner"}
)
"""Whose decisions become entries, and who therefore stand in the register of persons."""
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Badge = Annotated[str, StringConstraints(pattern=r"^[A-HJ-NP-TV-Z][0-9A-HJ-NP-TV-Z]{7}$")]
"""What a badge shows as letters and as QR code: Crockford's alphabet, no secret."""
DistrictId = Annotated[str, StringConstraints(pattern=SLUG)]
EquipmentResult = Literal[
    "to_inspect", "nothing_detected", "partly", "not_assessable", "clear", "no_report", "not_measured"
]
"""`not_measured`: persons inspected with other instruments than a probe."""
VisitMode = Literal["full", "quick", "checked", "instruments", "by_eye", "imported", "cited"]
"""How a room was visited: with a probe (two kinds of sweep); with instruments whose function was checked in every zone,
with instruments, by eye; or as an office's own list says of the past, with its original cited or not."""
INSPECTED_WITH: tuple[VisitMode, ...] = ("checked", "instruments", "by_eye")
"""Without a probe."""
IMPORTED_AS: tuple[VisitMode, ...] = ("imported", "cited")
"""Taken over from an office's list, and added to nothing that was done here."""
PersonsResult = Literal["confirmed", "found", "suspected", "recheck", "nothing_unusual", "not_done", "not_recorded"]
ZoneState = Literal["to_inspect", "clear", "nothing_detected", "not_assessable", "not_looked"]
FindingState = Literal["confirmed", "found", "suspected", "recheck", "to_inspect", "defect", "no_camera"]
"""What all of them mean: server/standing/README.md."""
BodyState = Literal["present", "erased", "missing"]
CommandAnswer = Literal["waiting", "accepted", "refused"]
RoomSex = Literal["women", "men", "unisex", "family"]
"""For whom a room is."""


def _no_floor_zero(floor: int) -> int:
    if floor == 0:
        raise ValueError(Phrase("no_floor_zero"))
    return floor


Floor = Annotated[int, Field(ge=-20, le=200), AfterValidator(_no_floor_zero)]
"""1 is the ground floor, -1 the first below it."""
Stalls = Annotated[int, Field(ge=0, le=200)]
CaseBegan = Literal["probe", "instrument", "by_eye", "public"]
"""By what a case was opened."""
CaseState = Literal[
    "candidate",
    "not_reached",
    "looked_at",
    "not_camera",
    "defect",
    "repaired",
    "hole_repaired",
    "camera",
    "room_closed",
    "police_called",
    "handed_over",
    "reported_to_city",
    "police_camera",
    "police_none",
]
FOUND: frozenset[CaseState] = frozenset(
    {"camera", "room_closed", "police_called", "handed_over", "reported_to_city", "police_camera"}
)
"""A camera was found, and the police have not said that it was none: nothing that belongs to the case may be erased."""
Turn = Literal["pair", "facility", "supervisor", "police", "nobody"]
"""Who does what comes next in a case; nobody once it is closed."""
FindAsks = Literal["report", "hand_over", "police_result"]
"""What a find asks for next: 112, the hand-over to the police, or what they say it was."""
