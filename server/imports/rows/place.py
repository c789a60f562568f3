"""A facility as a row of a file tells it, in the words of this server, with what was odd about the row.

A `Place` is what two rows are compared by: `place_sha256` is the same exactly when everything but the row's identifier
is.  Notes say what was put right or left out without asking; doubts are for a person to decide.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sweep.report import RoomKind

FacilityKind = Literal["public", "opened", "portable", "temporary", "changing", "other"]
Basis = Literal["statute", "ordinance", "consent"]
Sex = Literal["men", "women", "all"]
STATUTE = "공중화장실 등에 관한 법률 제12조"
"""Inspection at least twice a year, including for cameras, since 2023-07-21: of restrooms that the public may use."""


@dataclass(frozen=True, slots=True)
class PlannedRoom:
    """A room as it can be known from a file."""

    sex: Sex
    number: int
    """Of several rooms for the same people, from 1 on."""
    kind: RoomKind = "restroom"
    name: str = ""
    """Where the file has one."""
    stalls: int = 0
    urinals: int = 0
    is_counted: bool = False
    """Are stalls and urinals counted in the file? Otherwise its plan is the template of its kind."""
    basis: Basis | None = None
    citation: str = ""
    dated: str = ""
    document: str = ""
    floor: int | None = None
    """1 is the ground floor, -1 the first below it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A facility of a file, or one of its rooms with it."""

    key: str
    """The file's identifier, which its publisher may delete and use again."""
    name: str
    address: str
    district: str
    """Empty: the row does not tell."""
    latitude_deg: float | None
    longitude_deg: float | None
    kind: FacilityKind
    opening_hours: str
    phone: str
    operator: str
    installed: str
    """YYYY-MM, or empty."""
    rooms: tuple[PlannedRoom, ...]
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of everything that the row says but its identifier."""
        said = {name: value for name, value in asdict(self).items() if name not in {"key", "notes", "doubts"}}
        for room in said["rooms"]:  # as it was before a file could tell a floor
            if room["floor"] is None:
                del room["floor"]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def facility_sha256(self) -> str:
        """Of what it says of the facility alone: the same for all its rooms in a list of rooms."""
        return replace(self, rooms=(), notes=(), doubts=(), key="").sha256

    def to_json(self) -> str:
        """For `place_of`."""
        return json.dumps(asdict(self), ensure_ascii=False)


def place_of(text: str) -> Place:
    """The place that `to_json` wrote."""
    values: dict[str, Any] = json.loads(text)
    values["rooms"] = tuple(PlannedRoom(**room) for room in values["rooms"])
    values["notes"], values["doubts"] = tuple(values["notes"]), tuple(values["doubts"])
    return Place(**values)
