"""Districts by their outlines: which one holds a point.  The only module that needs shapely, and only while it works.

Input is GeoJSON of polygons with a name each, WGS 84; output is the name of a district.  Outlines of a city are
simplified, so that a point near a border says nothing against the district that a file names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from server.districts.register import add_district, all_districts
from server.interface.errors import ApiError, invalid
from server.interface.fields import SLUG
from server.store.audit import record
from server.store.schema import district_outlines
from sweep.phrases import Phrase
from sweep.report import LocalText, display_text

MAX_OUTLINES_BYTES = 8 * 1024 * 1024
MOST_OUTLINES = 300  # derived: the country has 226 cities, counties and districts
# Measured: of 4,585 restrooms of Seoul 401 lie outside the outline (2013, simplified) of the district that their row
# names, 398 of them by less than this.
BORDER_M = 400.0
METRES_OF_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Outline:
    """A district and its outline."""

    name: str
    code: str
    name_en: str
    geometry_json: str


class Districts:
    """Outlines that can be asked."""

    def __init__(self, outlines: Sequence[Outline]) -> None:
        """ApiError 503 without shapely, 400 for what is no polygon."""
        try:
            import shapely  # an extra of its own: a server that imports no files does without
        except ImportError:
            raise ApiError(503, Phrase("outlines_unavailable")) from None
        self._shapely: Any = shapely
        try:
            shapes = [shapely.from_geojson(outline.geometry_json) for outline in outlines]
        except shapely.errors.GEOSException:
            raise invalid(Phrase("outlines_not_geojson"), code="outlines_refused") from None
        if any(shape.geom_type not in {"Polygon", "MultiPolygon"} for shape in shapes):
            raise invalid(Phrase("outline_not_a_polygon"), code="outlines_refused")
        self._shapes = dict(zip((outline.name for outline in outlines), shapes, strict=True))
        shapely.prepare(shapes)

    def at(self, latitude_deg: float, longitude_deg: float) -> str:
        """The district that surely holds the point; empty where a border is near, or no district."""
        near = [
            name for name, shape in self._shapes.items() if self._metres(shape, latitude_deg, longitude_deg) <= BORDER_M
        ]
        return near[0] if len(near) == 1 else ""

    def is_far_from(self, name: str, latitude_deg: float, longitude_deg: float) -> bool:
        """Does the point lie clearly outside the district of this name? False where there is no such outline."""
        shape = self._shapes.get(name)
        if shape is None:
            return False
        return self._metres(shape, latitude_deg, longitude_deg) > BORDER_M

    def _metres(self, shape: Any, latitude_deg: float, longitude_deg: float) -> float:
        point = self._shapely.Point(longitude_deg, latitude_deg)
        if shape.covers(point):
            return 0.0
        nearest = self._shapely.shortest_line(point, shape).coords[1]
        east = (nearest[0] - longitude_deg) * math.cos(math.radians(latitude_deg))
        return math.hypot(east, nearest[1] - latitude_deg) * METRES_OF_DEGREE


def read_outlines(data: bytes) -> tuple[Outline, ...]:
    """Outlines of a GeoJSON file with `name`, and `code` and `name_eng` where there are any; ApiError 400."""
    refused = invalid(Phrase("outlines_not_geojson"), code="outlines_refused")
    if len(data) > MAX_OUTLINES_BYTES:
        raise refused
    try:
        features = json.loads(data)["features"]
        outlines = tuple(
            Outline(
                name=display_text(str(feature["properties"]["name"]), limit=60),
                code=display_text(str(feature["properties"].get("code", "")), limit=20),
                name_en=display_text(str(feature["properties"].get("name_eng", "")), limit=100),
                geometry_json=json.dumps(feature["geometry"]),
            )
            for feature in features
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refused from None
    if not 0 < len(outlines) <= MOST_OUTLINES or len({outline.name for outline in outlines}) != len(outlines):
        raise refused
    Districts(outlines)
    return outlines


def store_outlines(connection: Connection, outlines: Sequence[Outline], *, actor: str) -> None:
    """Keep these outlines instead of those that are there, and know their districts; those with a name known stay."""
    connection.execute(delete(district_outlines))
    rows = [
        {"name": one.name, "code": one.code, "name_en": one.name_en, "geometry_json": one.geometry_json}
        for one in outlines
    ]
    connection.execute(insert(district_outlines), rows)
    known = {one.name.ko for one in all_districts(connection)}
    for one in outlines:
        if one.name not in known and re.fullmatch(SLUG, one.code):
            add_district(connection, one.code, LocalText(ko=one.name, en=one.name_en or one.name), actor=actor)
    record(connection, actor=actor, action="outlines.stored", object_id="districts", detail={"count": len(rows)})


def stored_districts(connection: Connection) -> Districts | None:
    """The outlines that are kept; None where there are none."""
    rows = connection.execute(select(district_outlines).order_by(district_outlines.c.name)).all()
    return Districts([Outline(r.name, r.code, r.name_en, r.geometry_json) for r in rows]) if rows else None
