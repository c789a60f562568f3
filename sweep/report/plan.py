"""The plan of a room: its size and zones in metres, whether anyone has verified it, and which zone holds a point.

The origin is the room's upper left corner as drawn, x runs to the right, y downwards.  It refuses plans whose zones
share an id or lie outside the room.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sweep.phrases import Phrase

from .base import Count, LocalText, Record, Slug

ZoneKind = Literal["stall", "basin", "urinal", "booth", "entrance", "other"]
RoomKind = Literal["restroom", "changing_room"]
PlanMetres = Annotated[float, Field(ge=0, le=200)]
Point = tuple[PlanMetres, PlanMetres]


class Zone(Record):
    """A part of a room that is judged on its own: a stall, the basins, the entrance."""

    zone_id: Slug
    kind: ZoneKind
    name: LocalText
    polygon: Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]
    """Corners (x_m, y_m) in order, not closed."""


class Plan(Record):
    """A room's plan; reports cite its version and carry it along so that a map can always be drawn."""

    version: Count
    is_verified: bool
    """False for a template or a plan laid out from fixture counts that nobody compared with the room."""
    width_m: PlanMetres
    depth_m: PlanMetres
    zones: Annotated[tuple[Zone, ...], Field(min_length=1, max_length=80)]

    @model_validator(mode="after")
    def _zones_fit(self) -> Self:
        ids = [zone.zone_id for zone in self.zones]
        if len(set(ids)) != len(ids):
            raise ValueError(Phrase("zone_id_twice"))
        for zone in self.zones:
            if any(x > self.width_m + 0.01 or y > self.depth_m + 0.01 for x, y in zone.polygon):
                raise ValueError(Phrase("zone_outside_room", zone_id=zone.zone_id))
        return self

    def zone_at(self, x_m: float, y_m: float) -> Zone | None:
        """The first zone whose polygon holds the point (metres), by the even-odd rule; None outside all of them."""
        for zone in self.zones:
            if _contains(zone.polygon, x_m, y_m):
                return zone
        return None


def _contains(polygon: tuple[Point, ...], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def centre_of(zone: Zone) -> tuple[float, float]:
    """Mean of the zone's corners (x_m, y_m): where a marker without a position of its own is drawn."""
    n = len(zone.polygon)
    return sum(p[0] for p in zone.polygon) / n, sum(p[1] for p in zone.polygon) / n
