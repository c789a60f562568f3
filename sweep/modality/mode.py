"""What a sweep leaves out: a quick one always, any one when time runs short.  The one list of it."""

from __future__ import annotations

from typing import Final, Literal

from sweep.report import Mode, Plan
from sweep.report.plan import ZoneKind

LeftOut = Literal["open_light_test", "light_test", "other_zones", "bluetooth"]

QUICK_LEAVES_OUT: Final[dict[LeftOut, str]] = {"light_test": "quick_no_light", "other_zones": "quick_some_zones"}
"""What a quick sweep never does, with the code of the report's limit that says so."""
SHORT_LEAVES_OUT: Final[dict[LeftOut, str]] = {
    "open_light_test": "short_open_light",
    "light_test": "short_light",
    "bluetooth": "short_bluetooth",
}
"""What goes first when time runs short, in this order: the light that is only for what its traffic leaves open, then
that for what is called video; before it goes, each is given less.  Wi-Fi, RF and the camera stay, however late it
is."""
QUICK_KINDS: Final[frozenset[ZoneKind]] = frozenset({"stall", "booth"})
"""Zones of a quick sweep: where people undress."""
QUICK, SHORT_OF_TIME = "quick", "short_of_time"
"""Why something was not measured, as codes."""


def zones_of(mode: Mode, plan: Plan) -> tuple[str, ...]:
    """Zones that a sweep in this mode looks at, in the plan's order; all of them where the room has no stall."""
    wanted = tuple(zone.zone_id for zone in plan.zones if mode != "quick" or zone.kind in QUICK_KINDS)
    return wanted or tuple(zone.zone_id for zone in plan.zones)
