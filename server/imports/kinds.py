"""Who does what with the rows of each kind of list: a row a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from server.imports.inspections.past_work import PastWork
from server.imports.instruments.instrument_rows import InstrumentWork
from server.imports.people.people_rows import PeopleWork
from server.imports.places.place_rows import FacilityWork, RoomWork
from server.imports.reading.fields import KINDS
from server.imports.reading.table import OF_FACILITIES, Layout
from server.imports.rows.rows import RowWork
from server.interface.errors import ApiError
from server.interface.fields import Role
from sweep.phrases import Phrase

WORK: Final[Mapping[Layout, RowWork]] = {
    **dict.fromkeys(OF_FACILITIES, FacilityWork()),
    "rooms": RoomWork(),
    "instruments": InstrumentWork(),
    "people": PeopleWork(),
    "inspections": PastWork(),
}


ROWS_AT_ONCE = 250  # derived: some 2,000 rows of tables; 0.1 s on SQLite here, so that a probe never waits a second
PEOPLE_AT_ONCE = 20  # measured: 35 ms each beside 600 names that none may look like, and a signed statement of each


def rows_at_once(layout: Layout) -> int:
    """How many rows are done in one transaction."""
    return PEOPLE_AT_ONCE if layout == "people" else ROWS_AT_ONCE


def brought_by(layout: Layout) -> frozenset[Role]:
    """Who brings such lists in; published layouts are of facilities."""
    return KINDS["facilities" if layout in OF_FACILITIES else layout].brought_by  # type: ignore[index]  # what is no layout of facilities is a kind


def layouts_of(role: Role) -> list[Layout]:
    """Which lists somebody of this role brings in, and sees."""
    return [layout for layout in WORK if role in brought_by(layout)]


def refuse_role(layout: Layout, role: Role) -> None:
    """ApiError 403 for a list of a kind that somebody of this role does not add by hand either."""
    roles = brought_by(layout)
    if role not in roles:
        raise ApiError(403, Phrase("role_needed", roles=" or ".join(sorted(roles))), code="not_allowed")
