"""Records of a later format, read as far as this release knows them.

Input is JSON whose `v` is above every format that this release knows; output is the record without what only later
releases know, and how many fields that were.  What a later format adds may be left out: fields of records, and records
of new kinds in lists.  Anything else is a changed form, which is refused with what to do first.  A known format with
unknown fields stays refused.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from sweep.phrases import Phrase
from sweep.report.base import MAX_JSON_BYTES, ContractError, load_json, parse_json

LATEST = 1_000  # guessed: no format has a higher number
MAX_LEFT_OUT = 20_000  # derived: two new fields in each of 5,000 observations and of their parts
LAYERS = 4  # derived: what stands in a record of a new kind goes with it; a report nests three deep

R = TypeVar("R", bound=BaseModel)
Place = tuple[str | int, ...]


class NewerFormatError(ContractError):
    """A record of a later release in a form that this one cannot read."""

    def __init__(self) -> None:
        super().__init__(Phrase("newer_format"))


def parse_newer(model: type[R], data: bytes, *, max_bytes: int = MAX_JSON_BYTES) -> tuple[R, int]:
    """The record, and how many fields of a later format were left out; ContractError as `parse_json`, and newer."""
    try:
        return parse_json(model, data, max_bytes=max_bytes), 0
    except ContractError:
        said = load_json(model, data, max_bytes=max_bytes)
        if not is_later(model, said):
            raise
    return read_newer(model, said)


def is_later(model: type[BaseModel], said: Any) -> bool:
    """Whether it says that it is of a format after those of this release."""
    version = said.get("v") if isinstance(said, dict) else None
    return type(version) is int and newest_format(model) < version <= LATEST


def newest_format(model: type[BaseModel]) -> int:
    """The last format of a record that this release knows."""
    return int(max(get_args(model.model_fields["v"].annotation)))


def read_newer(model: type[R], said: dict[str, Any]) -> tuple[R, int]:
    """The same of JSON that is read and of a later format; `said` is changed."""
    said["v"] = newest_format(model)
    left_out: set[Place] = set()
    for _ in range(LAYERS):
        try:
            return model.model_validate_json(json.dumps(said)), len(left_out)
        except ValidationError as error:
            if error.error_count() > MAX_LEFT_OUT:
                raise NewerFormatError from None
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        for problem in reversed(problems):  # of a list the last first, so that the others keep their places
            left_out.add(_leave_out(said, problem["type"], problem["loc"]))
    raise NewerFormatError


def _leave_out(said: Any, problem: str, place: Place) -> Place:
    """Take out what is at this place; returns the place, the same for each record of a list."""
    match problem:
        case "extra_forbidden":
            holder = _holder(said, place)
            if not isinstance(holder, dict):
                raise NewerFormatError
        case "union_tag_invalid":
            holder = _holder(said, place)
            if not isinstance(holder, list):
                raise NewerFormatError
        case _:
            raise NewerFormatError
    del holder[place[-1]]
    return tuple(part for part in place if isinstance(part, str))


def _holder(said: Any, place: Place) -> Any:
    """What holds the last part of a place, in which the kind of a record may stand as a part too; None: nothing."""
    first, rest = place[0], place[1:]
    is_there = (isinstance(said, dict) and first in said) or (
        isinstance(said, list) and isinstance(first, int) and first < len(said)
    )
    if not rest:
        return said if is_there else None
    found = _holder(said[first], rest) if is_there else None
    return _holder(said, rest) if found is None and isinstance(first, str) else found
