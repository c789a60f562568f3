"""What is said of looks by eye, in Korean and English: where, for how long, and what an answer leads to."""

from __future__ import annotations

from typing import Final

from sweep.modality.eye_looks import AskedLook
from sweep.report import EyeOutcome, LensObservation, LocalText, Observation, Plan, Position, WallSpot, Zone
from sweep.report.eye_looks import EYE_OUTCOMES
from sweep.report.sentences import Sentences
from sweep.report.walls.spots import place_words

ASKED: Final = Sentences("eye_look.asked", "glance close")
WHERE: Final = Sentences("eye_look.where", "ahead left right glint zone")
CAME_OF: Final = Sentences("eye_look.came_of", "nowhere close_look candidate guide not_answered")
GLINTS: Final = Sentences("eye_look.glints", "glints")
"""First word on a zone in which something glints."""
AHEAD_DEG: Final = 5.0
"""Nearer to the middle nobody says left or right: guessed."""


def where_of(plan: Plan, zone: Zone, position: Position, seen: Observation | None, spot: WallSpot | None) -> LocalText:
    """In which zone, and for a glint on which wall, how high and beside what; where nobody knows the wall, in which
    direction from where one stands.
    """
    if spot is not None:
        return place_words(plan, zone, position, spot)
    code, degrees, range_m = "zone", 0.0, "–"
    if seen is not None:
        code = "glint"
    if isinstance(seen, LensObservation) and seen.bearing_deg is not None:
        degrees = abs(seen.bearing_deg)
        code = "ahead" if degrees < AHEAD_DEG else "right" if seen.bearing_deg > 0.0 else "left"
        range_m = "–" if seen.range_m is None else f"{seen.range_m:.1f}"
    said, values = WHERE[code], {"degrees": f"{degrees:.0f}", "range": range_m}
    return LocalText(ko=said.ko.format(zone=zone.name.ko, **values), en=said.en.format(zone=zone.name.en, **values))


def asked_text(look: AskedLook) -> LocalText:
    """What the inspector is asked to do there."""
    return ASKED["close" if look.is_close else "glance"].text(seconds=f"{look.planned_s:.0f}")


def came_of_text(look: AskedLook, answer: EyeOutcome, leads_to: str | None) -> LocalText:
    """What came of a look, and what it leads to."""
    said, name = CAME_OF["not_answered" if answer == "not_answered" else leads_to or "nowhere"], EYE_OUTCOMES[answer]
    return LocalText(
        ko=said.ko.format(where=look.where.ko, answer=name.ko), en=said.en.format(where=look.where.en, answer=name.en)
    )
