"""Ground types of the contract: strict frozen records, bounded numbers, clean text, UTC times and time-ordered ids.

Input is JSON bytes from a file, a serial link's owner or the network; output is a typed record or a `ContractError`
with one line that says which field is wrong.  It refuses unknown fields, duplicate keys, NaN and infinity, control
characters (NUL too), bidirectional overrides, naive times and numbers outside their bounds.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from sweep.phrases import Phrase, words
from sweep.report.problems import first_problem
from sweep.report.structure import MAX_VALUES, check_structure

MAX_JSON_BYTES = 8 * 1024 * 1024  # derived: a 30-zone sweep with 2,000 observations takes about 1.5 MB
MAX_SAFE_INTEGER = 2**53 - 1  # derived: JSON readers that hold numbers as doubles stay exact

KOREA = timezone(timedelta(hours=9), "KST")  # it has no daylight saving time


class ContractError(ValueError):
    """A record that does not keep the contract; the message is one line and names the field."""


class Record(BaseModel):
    """Base of every record: immutable, strict about types, closed to unknown fields, free of NaN and infinity."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


def has_unsafe_character(text: str) -> bool:
    """True when `text` holds a control, surrogate, private-use or bidirectional formatting character.

    Newline and tab count as unsafe: contract text is one line.  Unicode categories Cc, Cf, Cs, Co, Zl and Zp.
    """
    if text.isprintable():  # what is printable is in none of them, and nearly every text is
        return False
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in text)


def _clean(text: str) -> str:
    if has_unsafe_character(text):
        raise ValueError(Phrase("control_character"))
    return text


def _utc(value: datetime) -> datetime:
    if value.utcoffset() != timedelta(0):
        raise ValueError(Phrase("time_not_utc"))
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_clean)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_clean)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Pseudonym = Annotated[str, StringConstraints(min_length=2, max_length=60), AfterValidator(_clean)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_clean)]
DocumentNumber = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_clean)]
"""Under which an office keeps a document."""
AccountId = Annotated[str, StringConstraints(pattern=r"^p-[a-z2-7]{10}$")]
"""An account at the server: random, says nothing of its person, and is never another's."""
HexDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
HexBytes = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}){0,256}$")]

Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
TimeNs = Annotated[int, Field(ge=0, le=2**63 - 1, description="nanoseconds of CLOCK_BOOTTIME")]
Seconds = Annotated[float, Field(ge=0, le=31 * 86_400)]
Metres = Annotated[float, Field(ge=-1_000, le=1_000)]
Degrees = Annotated[float, Field(ge=-360, le=360)]
Share = Annotated[float, Field(ge=0, le=1)]
Dbm = Annotated[float, Field(ge=-200, le=100)]
Db = Annotated[float, Field(ge=-300, le=300)]
Mhz = Annotated[float, Field(ge=1, le=100_000)]
Log10 = Annotated[float, Field(ge=-30, le=30)]
Finite = Annotated[float, Field(ge=-1e12, le=1e12)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]

Source = Literal["live", "practice", "replay", "simulated"]
Mode = Literal["full", "quick"]


class LocalText(Record):
    """One sentence or name in the two languages of the project."""

    ko: LongText
    """Korean, shown first."""
    en: LongText
    """English."""


def local_text(what: Phrase | BaseException) -> LocalText:
    """What a phrase or an error says, in both languages."""
    ko, en = (display_text(words(what, language), limit=1_000) for language in ("ko", "en"))
    return LocalText(ko=ko, en=en)


class ClockReading(Record):
    """A wall-clock time with what is known of its quality (the probe may never have met a time server)."""

    utc: UtcTime
    synchronised: bool
    """True when the system clock was disciplined by NTP, GNSS or the RTC cell within its stated error."""
    max_error_ms: Count | None
    """Bound of the error in milliseconds; null when unknown."""


R = TypeVar("R", bound=BaseModel)


def reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """`object_pairs_hook` for `json.loads` that raises ValueError when a key stands twice in one object."""
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise ValueError(Phrase("key_stands_twice", key=key))
        seen[key] = value
    return seen


def _reject_constant(name: str) -> Any:
    raise ValueError(Phrase("not_a_number_of_contract", given=name))


def parse_json(model: type[R], data: bytes, *, max_bytes: int = MAX_JSON_BYTES, max_values: int = MAX_VALUES) -> R:
    """Read one record of type `model` from UTF-8 JSON bytes.

    Raises ContractError (one line) for oversize input, more than `max_values` values, malformed JSON, duplicate keys,
    NaN, unknown or missing fields and values out of bounds.
    """
    load_json(model, data, max_bytes=max_bytes, max_values=max_values)
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise ContractError(Phrase("place_and_reason", place=model.__name__, why=first_problem(error))) from None


def load_json(
    model: type[BaseModel], data: bytes, *, max_bytes: int = MAX_JSON_BYTES, max_values: int = MAX_VALUES
) -> Any:
    """What the bytes of a record of type `model` say, before its fields are looked at; ContractError as above."""
    if len(data) > max_bytes:
        raise ContractError(Phrase("record_too_large", record=model.__name__, octets=len(data), most=max_bytes))
    try:
        check_structure(data, max_values=max_values)
        return json.loads(data, object_pairs_hook=reject_duplicate_keys, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(Phrase("record_invalid_json", record=model.__name__, why=error)) from None


def to_json(record: BaseModel) -> bytes:
    """UTF-8 JSON bytes of a record, without insignificant white space."""
    return record.model_dump_json().encode()


def new_id(unix_ms: int | None = None) -> UUID:
    """A time-ordered UUIDv7 (RFC 9562 section 5.7); `unix_ms` is milliseconds since 1970, now by default."""
    ms = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    return _as_version_7((ms & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big"))


def derived_id(parent: UUID, name: str) -> UUID:
    """A UUIDv7 with the time stamp of `parent` (itself a UUIDv7) and bits that follow from parent and name.

    The same on every replay of the same recording, so that a measurement keeps its name.
    """
    digest = int.from_bytes(hashlib.sha256(parent.bytes + name.encode()).digest()[:10], "big")
    return _as_version_7((parent.int >> 80) << 80 | digest)


def _as_version_7(value: int) -> UUID:
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def utc_now() -> datetime:
    """The wall clock as an aware UTC time."""
    return datetime.now(UTC)


INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0xFE00, 0xFE10)}
"""Drawn as nothing although Unicode calls them letters or marks: Hangul fillers, variation selectors, blank Braille."""


def are_two_persons(names: tuple[str, ...]) -> bool:
    """Whether these are names of different persons, at least two; how a name is written does not make it another.

    Case, width (NFKC), composed or decomposed syllables, white space and what is invisible do not count; an empty name
    is nobody's.
    """
    persons = [_person(name) for name in names]
    return len(persons) >= 2 and all(persons) and len(set(persons)) == len(persons)


def _person(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in folded if unicodedata.category(c)[0] not in "ZC" and c not in INVISIBLE)


def display_text(raw: bytes | str, *, limit: int = 64) -> str:
    """Text that is safe to show anywhere, from hostile bytes (an SSID, a BLE name, a serial reply).

    Undecodable bytes become `\\xNN`, control, formatting and private-use characters become `\\uNNNN`; the result is cut
    to `limit` characters with an ellipsis.  Markup is left alone: escaping `<` is the job of whatever draws it.
    """
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    shown = text if text.isprintable() else "".join(_visible(c) for c in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(character: str) -> str:
    if not has_unsafe_character(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
