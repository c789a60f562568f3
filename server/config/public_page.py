"""What the public page of a room tells besides the day of its last check: who inspects, and whom to call, as data.

Input is a TOML file with the day on which somebody made sure of it; output is a record, or one line about what is
wrong.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sweep.phrases import Phrase
from sweep.report import first_problem

STANDARD = Path(__file__).parent / "public_page.toml"
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PublicPageError(ValueError):
    """A file that cannot be used; the message is one line."""


class Contact(BaseModel):
    """Whom to call, and what for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9-]{1,14}$")]
    ko: Words
    en: Words


class Agency(BaseModel):
    """Who inspects."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ko: Words
    en: Words


class PublicPage(BaseModel):
    """The words of the page that an operator chooses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    contact: Annotated[tuple[Contact, ...], Field(min_length=1, max_length=12)]
    agency: Agency | None = None


def read_public_page(path: Path = STANDARD) -> PublicPage:
    """The record in a file; raises PublicPageError."""
    try:
        return PublicPage.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise PublicPageError(Phrase("place_and_reason", place=path, why=first_problem(error))) from None
    except (OSError, ValueError) as error:
        raise PublicPageError(Phrase("place_and_reason", place=path, why=error)) from None
