"""The border of a district's own import: rows that name another district are refused, those that name none are its own.

Input is a district, or none for the whole city; output are places with their district.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from server.districts.register import all_districts
from server.imports.cells import is_district
from server.imports.place import Place


@dataclass(frozen=True, slots=True)
class Border:
    """What a file may speak of."""

    district_id: str | None
    """None: the whole city."""
    name: str
    ids: Mapping[str, str]
    """Of the districts that are known, by their Korean names."""

    @classmethod
    def of(cls, connection: Connection, district_id: str | None) -> Border:
        """The border of a district."""
        ids = {one.name.ko: one.district_id for one in all_districts(connection)}
        name = next((ko for ko, one in ids.items() if one == district_id), "")
        return cls(district_id, name, ids)

    def place(self, place: Place) -> tuple[Place, str]:
        """(the place in this district, or why it is refused)."""
        if self.district_id is None:
            return place, ""
        if not place.district:
            doubts = tuple(one for one in place.doubts if one != "district_missing")
            notes = tuple(sorted({*place.notes, "district_of_importer"}))
            return replace(place, district=self.name, doubts=doubts, notes=notes), ""
        is_other = self.ids.get(place.district, self.district_id) != self.district_id
        if is_other or (is_district(self.name) and place.district != self.name):
            return place, "other_district"
        return place, ""
