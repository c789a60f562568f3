"""What lists may be about, a row a kind: what their columns may hold, without which they are none, who brings them in.

Pure.  What the columns are called stands in headings.toml; what becomes of their rows in kinds.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from server.imports.reading import cells, past_values, values
from server.imports.reading.lines import Subject
from server.interface.fields import Role
from server.interface.views.imports import ImportKind
from sweep.phrases import Phrase

Kind = ImportKind
LEFT_OUT = "left_out"
"""Answer for a column that is not imported."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a column may hold."""

    name: str
    said: Phrase
    fits: Callable[[str], bool] | None = None
    """Whether a cell can be this at all; None: any text may be."""
    names_people: bool = False
    """Then its cells are shown covered, and kept apart from the rows."""


@dataclass(frozen=True, slots=True)
class ListKind:
    """Something that a list may be about."""

    fields: tuple[Field, ...]
    needed: tuple[tuple[str, ...], ...]
    """Of each group one at least, or the list is not of this kind."""
    brought_by: frozenset[Role]
    """Of those who bring lists in, the ones who add such a thing by hand, too."""
    telling: frozenset[str] = frozenset()
    """One of these is there besides, or nobody can tell that the list is of this kind."""
    about: Subject = "place"

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((one for one in self.fields if one.name == name), None)


def _is_kind(cell: str) -> bool:
    return re.search(r"공중|개방|간이|이동|임시|공공|공원|민간|법정", cell) is not None


def _is_sex(cell: str) -> bool:
    return values.sex(cell)[0] is not None


def _is_sex_of_visit(cell: str) -> bool:
    return _is_sex(cell) or values.is_both(cell)


def _is_floor(cell: str) -> bool:
    return values.floor(cell)[0] is not None


def _is_count(cell: str) -> bool:
    return values.counted(cell)[1] == ""


def _is_degrees(cell: str) -> bool:
    return cells.is_degrees(cell)


def _is_day(cell: str) -> bool:
    is_made_of = re.fullmatch(r"[\d\s\-–./:,'’‘`T()년월일시분초요화수목금토오전후]+", cell) is not None
    return is_made_of and any(letter.isdigit() for letter in cell)


def _is_time(cell: str) -> bool:
    return past_values.past_time(cell)[1] in {"", "time_in_two_ways"}


def _is_method(cell: str) -> bool:
    return past_values.past_method(cell)[1] == ""


def _is_result(cell: str) -> bool:
    return past_values.past_result(cell)[1] in {"", "result_grave"}


def _is_persons(cell: str) -> bool:
    return past_values.counted_persons(cell)[1] == ""


def _is_office_phone(cell: str) -> bool:
    return not re.match(r"\+?(?:82-?)?0?1[016789]", cell)


def _is_mail(cell: str) -> bool:
    return values.mail_in(cell) != ""


_PLACE: tuple[Field, ...] = (
    Field("name", Phrase("import_field_name")),
    Field("road", Phrase("import_field_road")),
    Field("lot", Phrase("import_field_lot")),
    Field("address", Phrase("import_field_address")),
    Field("district", Phrase("import_field_district")),
)
_FACILITY: tuple[Field, ...] = (
    Field("key", Phrase("import_field_key")),
    Field("latitude", Phrase("import_field_latitude"), _is_degrees),
    Field("longitude", Phrase("import_field_longitude"), _is_degrees),
    Field("hours", Phrase("import_field_hours")),
    Field("phone", Phrase("import_field_phone"), _is_office_phone),
    Field("operator", Phrase("import_field_operator")),
    Field("installed", Phrase("import_field_installed")),
    Field("kind", Phrase("import_field_kind"), _is_kind),
)
_ROOM: tuple[Field, ...] = (
    Field("sex", Phrase("import_field_sex"), _is_sex),
    Field("floor", Phrase("import_field_floor"), _is_floor),
    Field("room", Phrase("import_field_room")),
)
_PAST: tuple[Field, ...] = (
    Field("day", Phrase("import_field_day"), _is_day),
    Field("time", Phrase("import_field_time"), _is_time),
    Field("method", Phrase("import_field_method"), _is_method),
    Field("result", Phrase("import_field_result"), _is_result),
    Field("document", Phrase("import_field_document")),
    Field("persons", Phrase("import_field_persons"), _is_persons),
    Field("inspectors", Phrase("import_field_inspectors"), names_people=True),
)
_LEFT_OUT = Field(LEFT_OUT, Phrase("import_field_left_out"))
_REGISTERS_BY: frozenset[Role] = frozenset({"admin", "district_officer"})
_PLACES_BY: frozenset[Role] = frozenset({"admin", "city_officer", "district_officer"})
KINDS: Final[Mapping[Kind, ListKind]] = {
    "inspections": ListKind(
        fields=(
            *_PLACE,
            Field("key", Phrase("import_field_key")),
            Field("sex", Phrase("import_field_sex"), _is_sex_of_visit),
            *_ROOM[1:],
            *_PAST,
            _LEFT_OUT,
        ),
        needed=(("name",), ("day",), ("method",), ("result",)),
        brought_by=_REGISTERS_BY,
    ),
    "rooms": ListKind(
        fields=(
            *_PLACE,
            *_FACILITY,
            *_ROOM,
            Field("stalls", Phrase("import_field_stalls"), _is_count),
            Field("urinals", Phrase("import_field_urinals"), _is_count),
            _LEFT_OUT,
        ),
        needed=(("name",), ("sex", "room", "floor", "stalls")),
        telling=frozenset({"sex", "floor", "room", "stalls"}),
        brought_by=_PLACES_BY,
    ),
    "facilities": ListKind(
        fields=(
            *_PLACE,
            *_FACILITY,
            Field("men_stalls", Phrase("import_field_men_stalls"), _is_count),
            Field("men_urinals", Phrase("import_field_men_urinals"), _is_count),
            Field("women_stalls", Phrase("import_field_women_stalls"), _is_count),
            _LEFT_OUT,
        ),
        needed=(("name",), ("road", "lot", "address")),
        brought_by=_PLACES_BY,
    ),
    "instruments": ListKind(
        fields=(
            Field("kind", Phrase("import_field_instrument_kind")),
            Field("maker", Phrase("import_field_maker")),
            Field("model", Phrase("import_field_model")),
            Field("serial", Phrase("import_field_serial")),
            Field("count", Phrase("import_field_count"), _is_count),
            Field("holder", Phrase("import_field_holder")),
            Field("checked", Phrase("import_field_checked"), _is_day),
            Field("good_until", Phrase("import_field_good_until"), _is_day),
            Field("passed", Phrase("import_field_passed")),
            Field("checked_by", Phrase("import_field_checked_by")),
            Field("district", Phrase("import_field_district")),
            _LEFT_OUT,
        ),
        needed=(("kind",), ("maker",), ("model",), ("serial",)),
        brought_by=_REGISTERS_BY,
        about="thing",
    ),
    "people": ListKind(
        fields=(
            Field("username", Phrase("import_field_username")),
            Field("mail", Phrase("import_field_mail"), _is_mail),
            Field("display_name", Phrase("import_field_display_name")),
            Field("role", Phrase("import_field_role")),
            Field("district", Phrase("import_field_organisation")),
            _LEFT_OUT,
        ),
        needed=(("username", "mail"), ("role",)),
        brought_by=_REGISTERS_BY,
        about="person",
    ),
}
"""In the order in which they are asked: a list of inspections names rooms, and one of rooms facilities, too."""
