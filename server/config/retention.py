"""Retention periods as data: what is kept how long, on what basis, and who removes it (retention.toml).

Input is a TOML file; output are periods, or one line about what is wrong with it.  Nothing is removed here: the access
log and the quarantine ask for their period, and bodies of which the period is over are listed for two persons.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sweep.phrases import Phrase
from sweep.report import first_problem

STANDARD = Path(__file__).parent / "retention.toml"
NEEDED = frozenset({"access_log", "quarantine", "key_backups"})
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RetentionError(ValueError):
    """A file of periods that cannot be used; the message is one line."""


class Period(BaseModel):
    """How long one sort of thing is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ko: Words
    en: Words
    by: Literal["server", "two persons"]
    basis: Words
    """The law or the decision that it rests on."""
    days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """None: nobody decided, and nothing goes."""
    media_types: tuple[Words, ...] = ()
    """Of the bodies that are meant."""


Periods = dict[str, Period]


def read_periods(path: Path = STANDARD) -> Periods:
    """The periods in a file; raises RetentionError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {name: Period.model_validate(value) for name, value in table.items()}
    except ValidationError as error:
        raise RetentionError(Phrase("place_and_reason", place=path, why=first_problem(error))) from None
    except (OSError, ValueError) as error:
        raise RetentionError(Phrase("place_and_reason", place=path, why=error)) from None
    missing = sorted(name for name in NEEDED if name not in found or found[name].days is None)
    if missing:
        raise RetentionError(Phrase("retention_days_missing", file=path, name=missing[0]))
    return found


def days_of(periods: Periods, name: str) -> int:
    """The period of something that has one."""
    days = periods[name].days
    if days is None:
        raise RetentionError(Phrase("retention_period_missing", name=name))
    return days
