"""Whether the bearing of a glint and the place of a transmitter meet, and how often they would by chance.

Input is what speaks for a zone and the regions in which its transmitters are with 90 %; output is one evidence where a
glint's spot could be held against a region.  The chance is measured for each finding: the share of the zone's wall from
which a spot of that uncertainty would touch the region.  A zone that the region covers wholly tells nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from sweep.modality.evidence import Circle, Weigher
from sweep.modality.weights import Weights
from sweep.phrases import Phrase
from sweep.report import (
    Evidence,
    Modality,
    Observation,
    Plan,
    Position,
    TransmitterPlace,
    WifiObservation,
    Zone,
    local_text,
)

STEP_M: Final = 0.1
"""Between the points of the zone's border that are asked."""
SPEAKS: Final = frozenset({"video_uplink", "video_uplink_near", "open_upload"})


def meetings(
    plan: Plan,
    zone: Zone,
    positions: Sequence[Position],
    observations: Sequence[Observation],
    weighed: Sequence[Evidence],
    located: Sequence[TransmitterPlace],
    weighers: Mapping[Modality, Weigher],
    weights: Weights,
) -> list[Evidence]:
    """The evidence of the zone's glint and its transmitter lying together, or apart; none where nothing can be said."""
    by_id = {o.observation_id: o for o in observations}
    position_by_id = {position.position_id: position for position in positions}
    glint = next((e for e in weighed if e.code == "glint" and e.observation_id in by_id), None)
    uplink = next((e for e in weighed if e.code in SPEAKS and e.observation_id in by_id), None)
    if glint is None or uplink is None or glint.observation_id is None or uplink.observation_id is None:
        return []
    seen, heard = by_id[glint.observation_id], by_id[uplink.observation_id]
    if seen.position_id not in position_by_id or not isinstance(heard, WifiObservation):
        return []
    circle = weighers["lens"].place(seen, position_by_id[seen.position_id], plan)
    tags = {token.tag for token in heard.addresses}
    place = next((one for one in located if one.address.tag in tags), None)
    if circle is None or place is None or not place.region:
        return []
    by_chance = chance_of(zone, place, circle.radius_m)
    meets = touches(place, circle)
    held = weights.rates.get("region_holds")
    if held is None or not 0.0 < by_chance < 1.0:
        return []
    a, low, high = held.share, held.low, held.high
    if not meets:
        a, low, high, by_chance = 1.0 - a, 1.0 - high, 1.0 - low, 1.0 - by_chance
    at, least, most = (math.log10(max(one, 1e-3) / by_chance) for one in (a, low, high))
    percent = 100 * by_chance
    said = Phrase("bearing_meets", percent=percent) if meets else Phrase("bearing_misses", percent=percent)
    return [
        Evidence(
            observation_id=seen.observation_id,
            modality="lens",
            code=said.code,
            text=local_text(said),
            weight_log10=round(at, 3),
            low_log10=round(min(least, at), 3),
            high_log10=round(max(most, at), 3),
            counts=(held.hits if meets else held.of - held.hits, 0),
            is_capped=False,
            weight_source=held.source,
            about=heard.observation_id,
        )
    ]


def touches(place: TransmitterPlace, circle: Circle) -> bool:
    """Whether the circle reaches into the region."""
    return any(_gap(box, circle.x_m, circle.y_m) <= circle.radius_m for box in place.region)


def chance_of(zone: Zone, place: TransmitterPlace, radius_m: float) -> float:
    """Share of the zone's border at which a circle of that radius touches the region."""
    points = _border(zone)
    hit = sum(any(_gap(box, x, y) <= radius_m for box in place.region) for x, y in points)
    return hit / len(points)


def _border(zone: Zone) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    corners = [*zone.polygon, zone.polygon[0]]
    for (ax, ay), (bx, by) in pairwise(corners):
        count = max(1, round(math.dist((ax, ay), (bx, by)) / STEP_M))
        points += [(ax + (bx - ax) * t, ay + (by - ay) * t) for t in np.arange(count) / count]
    return points


def _gap(box: tuple[float, float, float, float], x: float, y: float) -> float:
    left, top, right, bottom = box
    return math.hypot(max(left - x, 0.0, x - right), max(top - y, 0.0, y - bottom))
