"""A row of a file and what it is; how a file was given, by whom; what is to be done with rows of one kind.

Records only: what reads, judges, writes and takes back the rows of each kind stands in a module of its own (kinds.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row

from server.imports.reading.fields import Kind
from server.imports.reading.table import Table
from server.imports.rows.deciding import Decision, Missing
from server.imports.rows.outlines import Districts
from server.ingest.persons import ServerSigner
from server.interface.errors import ApiError
from server.people.auth import Person


class Item(Protocol):
    """What a row tells."""

    @property
    def key(self) -> str:
        """What it is known by in lists like this."""
        ...

    def to_json(self) -> str:
        """As it is kept; `name`, `address` and `district` in it are shown to people."""
        ...


class Judged(NamedTuple):
    """A row of a file and what it is."""

    line: int
    raw: dict[str, str]
    item: Item
    mark: str
    """Of what it says; of a room in a list of rooms, of what it says of its facility."""
    decision: Decision


@dataclass(frozen=True, slots=True)
class Given:
    """How a file was given: its sheet, what it is about, and for whom."""

    sheet: str | None = None
    kind: Kind | None = None
    """None: told by its columns."""
    district_id: str | None = None
    """The one that it is confined to; None: the whole city's."""
    person: Person | None = None
    """Who brings it in; None: a command of the operator."""


class By(NamedTuple):
    """Who has something done."""

    actor: str
    person: Person | None = None
    """None: a command of the operator."""
    signer: ServerSigner | None = None
    """Of entries in the log, for a person."""


class Made(NamedTuple):
    """What a row became."""

    facility_id: UUID | None = None
    object_id: UUID | None = None
    before: dict[str, Any] | None = None
    """What it was before; None: it was made."""


class RowWork(Protocol):
    """What is done with rows of one kind; each inside the caller's transaction."""

    def judge(
        self, connection: Connection, table: Table, districts: Districts | None, given: Given, /
    ) -> tuple[list[Judged], list[Missing]]:
        """Each row of a table, and what the table no longer lists."""
        ...

    def keep_apart(self, connection: Connection, import_id: UUID, rows: Sequence[Judged], /) -> None:
        """Keep what of a preview's rows may not lie with them."""
        ...

    def is_overtaken(self, connection: Connection, found: Row[Any], /) -> bool:
        """Was something added by hand since this import was previewed?"""
        ...

    def apply(
        self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By, /
    ) -> Mapping[int, Made | ApiError]:
        """Do these rows of an import; returns what each became, by line, or why nothing became of it."""
        ...

    def take_back(self, connection: Connection, found: Row[Any], rows: Sequence[Row[Any]], by: By, /) -> set[int]:
        """Undo these rows; returns the lines of those that stay, because they are in use by now."""
        ...


class WholeRows:
    """For kinds whose rows hold all that is kept of them."""

    def keep_apart(self, _connection: Connection, _import_id: UUID, _rows: Sequence[Judged]) -> None:
        """Keep nothing apart."""
