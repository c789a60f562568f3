"""Records in files: read no more than may be there, and refuse with one line that names the file.

Input is a path that a person gave; output is a record, or the error the caller asks for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from sweep.phrases import Phrase, Spoken, quote, words

from .base import MAX_JSON_BYTES, ContractError, R, parse_json
from .problems import first_problem

Refusal = Callable[[Phrase], Exception]
"""Makes the caller's error from what is wrong."""


def read_bounded(
    path: Path, max_bytes: int, refusal: Refusal = ContractError, *, advice: Phrase | None = None
) -> bytes:
    """The bytes of a file of at most `max_bytes`; `advice`: what to do where there is none.  Raises `refusal`."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        if advice is not None and isinstance(error, FileNotFoundError):
            raise refusal(Phrase("file_unreadable_advice", file=path, why=error, advice=advice)) from None
        raise refusal(Phrase("file_unreadable", file=path, why=error)) from None
    if len(data) > max_bytes:
        raise refusal(Phrase("file_larger_than", file=path, most=max_bytes))
    return data


def read_json(
    model: type[R],
    path: Path,
    refusal: Refusal = ContractError,
    *,
    max_bytes: int = MAX_JSON_BYTES,
    advice: Phrase | None = None,
) -> R:
    """The record in a JSON file; `advice`: what to do where there is none.  Raises `refusal`."""
    data = read_bounded(path, max_bytes, refusal, advice=advice)
    try:
        return parse_json(model, data, max_bytes=max_bytes)
    except ContractError as error:
        raise refusal(Phrase("place_and_reason", place=path, why=error)) from None


def read_toml(model: type[R], path: Path, refusal: Refusal = ContractError, *, max_bytes: int) -> R:
    """The record in a TOML file.  Raises `refusal`."""
    data = read_bounded(path, max_bytes, refusal)
    try:
        return model.model_validate(tomllib.loads(data.decode("utf-8")))
    except ValidationError as error:
        raise refusal(Phrase("place_and_reason", place=path, why=first_problem(error))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal(Phrase("file_invalid_toml", file=path, why=_fault(error))) from None


def _fault(error: Exception) -> Phrase | Spoken:
    """What is wrong with a file that should be TOML; the parser, which speaks English, ends with the place if there is
    one.
    """
    if isinstance(error, UnicodeDecodeError):
        return Phrase("toml_not_utf8")
    if isinstance(error, RecursionError):
        return Phrase("toml_too_deep")
    said = quote(str(error))
    numbers = re.findall(r"\d+", said.rpartition("(")[2])
    place = Phrase("toml_place", line=numbers[0], column=numbers[1]) if len(numbers) == 2 else Phrase("toml_ends_early")
    return Spoken(ko=words(place, "ko"), en=said)
