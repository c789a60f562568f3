"""The facilities that are known, as rows of a file are compared with them.

Input is the database; output is a `Known`: facilities with the row that each is known by in files of one layout, and
what persons said about rows before.  It writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select

from server.imports.reading.table import Layout
from server.imports.reading.values import bare_name, place_mark, squashed, squashed_address
from server.store.schema import facilities, facility_facts, facility_sources, import_rows, imports

CELL_DEG = 0.001  # derived: a tenth of a kilometre, so that what is 30 m away lies in the same or the next cell


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A facility that is there."""

    facility_id: UUID
    name: str
    address: str
    latitude_deg: float | None
    longitude_deg: float | None
    district: str
    kind: str
    opening_hours: str
    phone: str
    operator: str
    installed: str
    is_closed: bool
    key: str | None
    """Identifier of its row in files of this layout; None where none of them lists it."""
    sha256: str | None
    code: str | None = None
    """Number under which its district manages it."""
    district_id: str | None = None


@dataclass(slots=True)
class Known:
    """Everything that a row may be the same as."""

    by_key: dict[str, KnownPlace] = field(default_factory=dict)
    by_sha256: dict[str, list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    by_fingerprint: dict[str, list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    by_cell: dict[tuple[int, int], list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    by_mark: dict[str, list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    """By road and number, or quarter and lot."""
    by_name: dict[str, list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    by_bare_name: dict[str, list[KnownPlace]] = field(default_factory=lambda: defaultdict(list))
    """By name without the word for a restroom: what people call it for short."""
    asked: dict[tuple[str, str], str] = field(default_factory=dict)
    """(identifier, sha256) of rows about which a person was asked -> the answer, or `open`."""
    missed: set[UUID] = field(default_factory=set)
    """Facilities about which a person was asked because a file no longer lists them, and that are not closed."""

    def add(self, place: KnownPlace) -> None:
        """Know one more."""
        if place.key is not None and place.sha256 is not None:
            self.by_key[place.key] = place
            self.by_sha256[place.sha256].append(place)
        self.by_fingerprint[fingerprint(place.name, place.address)].append(place)
        self.by_name[squashed(place.name)].append(place)
        self.by_bare_name[bare_name(place.name)].append(place)
        mark = place_mark(place.address)
        if mark:
            self.by_mark[mark].append(place)
        if place.latitude_deg is not None and place.longitude_deg is not None:
            self.by_cell[cell_of(place.latitude_deg, place.longitude_deg)].append(place)


def fingerprint(name: str, address: str) -> str:
    """The same for two ways to write one place."""
    return f"{squashed(name)}|{squashed_address(address)}"


def cell_of(latitude_deg: float, longitude_deg: float) -> tuple[int, int]:
    """Of a grid in which neighbours are found."""
    return int(latitude_deg // CELL_DEG), int(longitude_deg // CELL_DEG)


def read_known(connection: Connection, layout: Layout, district_id: str | None = None) -> Known:
    """Facilities of a district, or all, but the demonstration's that came from no file; what was asked before.

    What was asked is that of the same district's files, or of the city's.
    """
    known = Known()
    source = and_(facility_sources.c.facility_id == facilities.c.facility_id, facility_sources.c.layout == layout)
    statement = (
        select(facilities, facility_facts, facility_sources.c.source_key, facility_sources.c.place_sha256)
        .outerjoin(facility_facts, facility_facts.c.facility_id == facilities.c.facility_id)
        .outerjoin(facility_sources, source)
        .where(or_(~facilities.c.is_demo, facility_facts.c.facility_id.is_not(None)))
        .order_by(facilities.c.created_ms, facilities.c.facility_id)
    )
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    for row in connection.execute(statement):
        known.add(
            KnownPlace(
                facility_id=row.facility_id,
                name=row.name_ko,
                address=row.address,
                latitude_deg=row.latitude_deg,
                longitude_deg=row.longitude_deg,
                district=row.district or "",
                kind=row.kind or "",
                opening_hours=row.opening_hours or "",
                phone=row.phone or "",
                operator=row.operator or "",
                installed=row.installed or "",
                is_closed=row.closed_ms is not None,
                key=row.source_key,
                sha256=row.place_sha256,
                code=row.code,
                district_id=row.district_id,
            )
        )
    known.asked, known.missed = asked_before(connection, layout, district_id)
    return known


def asked_before(
    connection: Connection, layout: Layout, district_id: str | None
) -> tuple[dict[tuple[str, str], str], set[UUID]]:
    """(answers by identifier and mark of a row, or `open`; facilities that a file no longer listed)."""
    answers: dict[tuple[str, str], str] = {}
    missed: set[UUID] = set()
    asked = (
        select(import_rows.c.line, import_rows.c.source_key, import_rows.c.place_sha256, import_rows.c.answer)
        .add_columns(import_rows.c.facility_id)
        .join(imports, imports.c.import_id == import_rows.c.import_id)
        .where(imports.c.layout == layout, imports.c.state == "confirmed", import_rows.c.outcome == "question")
        .where(imports.c.district_id.is_(None) if district_id is None else imports.c.district_id == district_id)
        .order_by(imports.c.confirmed_ms)
    )
    for row in connection.execute(asked):
        if row.line < 0:
            missed.add(row.facility_id)
        else:
            answers[row.source_key, row.place_sha256] = row.answer or "open"
    return answers, missed
