"""What Pydantic found wrong with a record, as a phrase: by the type of the problem and its bounds, never by its words.

Input is a validation error, or one of its problems; output is a phrase that names the field.  A type that is not known
here is told as Pydantic says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from sweep.phrases import Phrase, quote, quoted

MAX_PLACE = 60
"""Letters of each part of a field's place: a stranger chooses the keys (guessed)."""


def first_problem(error: ValidationError) -> Phrase:
    """The first problem of a validation error as one line `field.path: what is wrong (+n more)`."""
    return first_of(error.errors(include_url=False, include_input=False))


def first_of(problems: Sequence[Mapping[str, Any]]) -> Phrase:
    """The first of these problems and how many more there are."""
    first, more = problems[0], len(problems) - 1
    where = _plain(".".join(str(part)[:MAX_PLACE] for part in first["loc"]) or "record")
    if more:
        return Phrase("problems_at", place=where, why=problem(first), more=more)
    return Phrase("place_and_reason", place=where, why=problem(first))


def _plain(text: str) -> str:
    return quote(text).encode("ascii", "backslashreplace").decode()


def problem(found: Mapping[str, Any]) -> Phrase | str:
    """What is wrong, without where."""
    bounds = found.get("ctx") or {}
    inner = bounds.get("error")
    if isinstance(inner, Exception):
        return quoted(inner)
    kind = str(found["type"])
    if kind in BOUNDS:
        return BOUNDS[kind](bounds)
    families = (family for family in (kind, f"{kind.partition('_')[0]}_") if family in KINDS)
    return KINDS.get(next(families, "")) or _plain(found["msg"])


def _short(bound: object) -> object:
    return f"{bound:g}" if isinstance(bound, float) else bound


Bounds = Mapping[str, Any]
BOUNDS: Final[Mapping[str, Callable[[Bounds], Phrase]]] = {
    "missing": lambda _: Phrase("field_required"),
    "extra_forbidden": lambda _: Phrase("field_unknown"),
    "literal_error": lambda it: Phrase("must_be_one_of", choices=it["expected"]),
    "enum": lambda it: Phrase("must_be_one_of", choices=it["expected"]),
    "union_tag_invalid": lambda it: Phrase("must_be_one_of", choices=it["expected_tags"]),
    "union_tag_not_found": lambda it: Phrase("discriminator_missing", name=it["discriminator"]),
    "greater_than": lambda it: Phrase("must_be_greater", bound=_short(it["gt"])),
    "greater_than_equal": lambda it: Phrase("must_be_at_least", bound=_short(it["ge"])),
    "less_than": lambda it: Phrase("must_be_less", bound=_short(it["lt"])),
    "less_than_equal": lambda it: Phrase("must_be_at_most", bound=_short(it["le"])),
    "multiple_of": lambda it: Phrase("must_be_multiple", of=_short(it["multiple_of"])),
    "string_too_short": lambda it: Phrase("text_too_short", least=it["min_length"]),
    "string_too_long": lambda it: Phrase("text_too_long", most=it["max_length"]),
    "bytes_too_short": lambda it: Phrase("bytes_too_short", least=it["min_length"]),
    "bytes_too_long": lambda it: Phrase("bytes_too_long", most=it["max_length"]),
    "too_short": lambda it: Phrase("too_few_items", least=it["min_length"], count=it["actual_length"]),
    "too_long": lambda it: Phrase("too_many_items", most=it["max_length"], count=it["actual_length"]),
    "string_pattern_mismatch": lambda it: Phrase("must_match_pattern", pattern=it["pattern"]),
    "json_invalid": lambda it: Phrase("json_invalid", why=_plain(it["error"])),
    "url_scheme": lambda it: Phrase("must_be_url_of", schemes=it["expected_schemes"]),
}
"""A value that is missing, or out of the bounds that the problem names."""
KINDS: Final[Mapping[str, Phrase]] = {
    "int_": Phrase("must_be_integer"),
    "float_": Phrase("must_be_number"),
    "decimal_": Phrase("must_be_number"),
    "finite_": Phrase("must_be_finite"),
    "string_": Phrase("must_be_text"),
    "bool_": Phrase("must_be_true_or_false"),
    "bytes_": Phrase("must_be_bytes"),
    "list_": Phrase("must_be_list"),
    "tuple_": Phrase("must_be_list"),
    "set_": Phrase("must_be_list"),
    "frozen_": Phrase("must_be_list"),
    "dict_": Phrase("must_be_object"),
    "model_": Phrase("must_be_object"),
    "none_": Phrase("must_be_null"),
    "timezone_aware": Phrase("must_have_time_zone"),
    "datetime_": Phrase("must_be_time"),
    "date_": Phrase("must_be_date"),
    "time_": Phrase("must_be_time_of_day"),
    "uuid_": Phrase("must_be_uuid"),
    "url_": Phrase("must_be_url"),
}
"""A value of another kind than it must be, by what its type begins with."""
