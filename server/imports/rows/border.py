"""The border of a district's own import: rows that name another district are refused, those that name none are its own.

Input is a district, or none for the whole city; output are places with their district.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from server.districts.register import all_districts
from server.imports.reading.cells import is_district
from server.imports.rows.place import Place


class Named(NamedTuple):
    """The district that a text names, in whatever words: `한빛구`, `한빛구청 환경과`."""

    district_id: str | None
    name: str
    doubt: str = ""
    refusal: str = ""


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

    def named(self, text: str, home: str | None) -> Named:
        """The district that a text names; where it names none, the own one, or `home` where there is but one."""
        found = [(one, ko) for ko, one in self.ids.items() if re.search(rf"(?<![가-힣]){re.escape(ko)}", text)]
        others = [one for one in _DISTRICT_IN.findall(text) if one not in self.ids]
        if self.district_id is not None:
            is_other = any(one != self.district_id for one, _ in found) or (
                not found and bool(others) and is_district(self.name)
            )
            return Named(self.district_id, self.name, refusal="other_district" if is_other else "")
        if len(found) == 1:
            return Named(*found[0])
        if found or others:
            return Named(None, "", doubt="district_unknown")
        only = len(self.ids) == 1 and home is not None
        return Named(home, next(iter(self.ids), "")) if only else Named(None, "", doubt="district_missing")


_DISTRICT_IN = re.compile(r"(?<![가-힣])([가-힣]{1,6}[구군])(?=청|\s|$)")
"""What looks like the name of a district."""
