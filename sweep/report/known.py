"""What earlier visits to a room explained: a known screw, the shop's camera, and whether something is the same again.

Input is findings with the observations they cite; output is things that can be compared between visits.  Being known
marks and sorts; it lowers no score and hides nothing, or an offender would hide where something harmless was.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from .base import LocalText, Metres, Record, Slug, UtcTime
from .findings import Finding, SeenAs
from .observations import AddressToken, Observation, WifiObservation

SEEN_AS: Final[dict[SeenAs, LocalText]] = {
    "screw": LocalText(ko="나사", en="a screw"),
    "fitting": LocalText(ko="부속이나 손잡이", en="a fitting or a handle"),
    "indicator": LocalText(ko="표시등", en="an indicator light"),
    "drop": LocalText(ko="물방울", en="a drop of water"),
    "reflection": LocalText(ko="반사나 유리", en="a reflection or glass"),
    "other": LocalText(ko="카메라가 아닌 다른 것", en="something else that is no camera"),
}
"""What whoever looked by eye says it is."""
LEAST_RADIUS_M: Final = 0.3
"""Two circles that are drawn smaller than a hand can point mean one place (as the lens places a glint)."""
MAX_DEVICES: Final = 16


class KnownThing(Record):
    """What persons found something to be at an earlier visit."""

    zone_id: Slug
    x_m: Metres
    y_m: Metres
    radius_m: Annotated[float, Field(ge=0, le=100)]
    devices: Annotated[tuple[AddressToken, ...], Field(max_length=MAX_DEVICES)] = ()
    """Under the room's key; empty for what sends nothing that was cited."""
    what: LocalText | None
    """As they wrote it; null: that it is no camera, and nothing more."""
    decided: UtcTime
    is_look: bool = False
    """One eye said so when it was asked to look: it only comes later among looks, and explains no finding."""
    up_m: Annotated[float, Field(ge=0, le=10)] | None = None
    """Above the floor, of a look; null where nobody knows."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A place, or the devices that were heard, as they are compared."""

    zone_id: str
    x_m: float
    y_m: float
    radius_m: float
    devices: frozenset[tuple[str, str]]
    """Key id and tag."""


def devices_of(finding: Finding, observations: Iterable[Observation]) -> tuple[AddressToken, ...]:
    """Tokens under the room's key of the transmitters that a finding cites."""
    cited = {evidence.observation_id for evidence in finding.evidence_for}
    found = {
        (token.key_id, token.tag): token
        for one in observations
        if one.observation_id in cited and isinstance(one, WifiObservation)
        for token in one.addresses
        if token.scheme == "room"
    }
    return tuple(found[key] for key in sorted(found))[:MAX_DEVICES]


def thing_of(finding: Finding | KnownThing, devices: Iterable[AddressToken]) -> Thing:
    """What a finding is about, with the devices it cites."""
    tags = frozenset((token.key_id, token.tag) for token in devices)
    return Thing(finding.zone_id, finding.x_m, finding.y_m, finding.radius_m, tags)


def sameness(ours: Thing, theirs: Thing) -> Literal["device", "place"] | None:
    """By what two are the same; one device at another's place is another suspicion."""
    if ours.devices or theirs.devices:
        return "device" if ours.devices & theirs.devices else None
    return "place" if _is_one_place(ours, theirs) else None


def touches(ours: Thing, theirs: Thing) -> bool:
    """Do they share a device, or the place whatever sends there?"""
    return bool(ours.devices & theirs.devices) or _is_one_place(ours, theirs)


SAME_HEIGHT_M: Final = 0.4
"""What shines higher or lower is something else: heights are known to about that (guessed)."""


def is_one_place(known: KnownThing, here: KnownThing) -> bool:
    """Whether two that send nothing are at one place of a wall, as far as anybody knows how high they are."""
    heights = (known.up_m, here.up_m)
    is_as_high = heights[0] is None or heights[1] is None or abs(heights[0] - heights[1]) <= SAME_HEIGHT_M
    return is_as_high and sameness(thing_of(known, ()), thing_of(here, ())) is not None


def _is_one_place(ours: Thing, theirs: Thing) -> bool:
    apart_m = math.dist((ours.x_m, ours.y_m), (theirs.x_m, theirs.y_m))
    is_near = apart_m <= max(LEAST_RADIUS_M, min(ours.radius_m, theirs.radius_m))
    return ours.zone_id == theirs.zone_id and is_near
