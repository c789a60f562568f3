"""Live messages about the room itself: how well each surface was seen, told while it is looked at and after each
position, and after each position which devices ask for a look.

Like all live messages they are never evidence; the report has the last word.  Devices that send like no camera are a
count only: a bystander's telephone is nobody's business.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .base import Count, Dbm, Finite, Metres, Mhz, Record, Seconds, Slug, Text
from .sweep import NextPosition
from .verdicts import TargetCoverage, WallView

DeviceWhy = Literal[
    "follows_light",
    "follows_motion",
    "cited",
    "video_uplink",
    "may_be_camera",
    "camera_hint",
    "analog_video",
    "probable_video",
]


class CoverageEvent(Record):
    """With what probability each target in a zone would have been found so far, and its surfaces unrolled."""

    type: Literal["coverage"]
    zone_id: Slug
    targets: Annotated[tuple[TargetCoverage, ...], Field(max_length=40)]
    walls: Annotated[tuple[WallView, ...], Field(max_length=66)] = ()
    """As in the report's coverage by the lens; empty where nothing was filmed from inside the zone."""


class DeviceLevel(Record):
    """How strongly a device was received at one position."""

    position_index: Count
    """Which position of the sweep, from 0."""
    zone_id: Slug
    level_dbm: Dbm


class DeviceSummary(Record):
    """A device that asks for a look, or for something to be done now."""

    modality: Literal["wifi", "ble", "rf"]
    tag: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")] | None
    """Of its first address, as in the report; null for an emitter without one."""
    group: Literal["look", "act"]
    """`act`: it followed what was played, or a candidate cites it; `look`: by its sending alone it may be a camera."""
    why: DeviceWhy
    vendor: Text | None
    channel_mhz: Mhz | None
    levels: Annotated[tuple[DeviceLevel, ...], Field(min_length=1, max_length=64)]
    """At each position that received it, in the order of the positions; the last ones where there are more."""


class DevicesEvent(Record):
    """Devices heard so far: those that ask for something one by one, the others as a count."""

    type: Literal["devices"]
    quiet: Count
    """Devices that send like no camera, or of which too little was heard to tell."""
    untold: Count
    """Of these, those of which too little was heard."""
    devices: Annotated[tuple[DeviceSummary, ...], Field(max_length=16)]
    """`act` first, then the strongest."""
    left_out: Count = 0
    """More of them than are listed."""
    stands: Count
    """Positions so far."""
    next_stand: NextPosition | None
    """Where one more measurement would tell most about where they are."""


class Nearness(Record):
    """One thing that may be a camera, as the probe in the hand senses it just now."""

    modality: Literal["lens", "wifi", "rf"]
    """`rf`: all that the detector hears together, beyond what it heard outside the door."""
    tag: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")] | None
    """Of a transmitter's first address, as in the report."""
    channel_mhz: Mhz | None
    trend: Literal["none", "first", "warmer", "colder", "same"]
    """`none`: nothing was received lately, which is no change; `first`: too little to compare."""
    level_dbm: Dbm | None
    """Of the mean power of the last moment; null for `none` and for a lens."""
    best_dbm: Dbm | None
    """The strongest so far at this position."""
    change_db: Finite | None
    """Against where something was last said."""
    step_db: Finite | None
    """What a change has to come to: less may be fading."""
    right_deg: Annotated[float, Field(ge=-180, le=180)] | None
    """Of a lens candidate, to the right of where the camera looks now; null where it is not in the picture."""
    up_deg: Annotated[float, Field(ge=-90, le=90)] | None
    """And above."""
    range_m: Metres | None
    """To the surface, where a range sensor tells it."""
    snr: Finite | None
    """Of the candidate at its best."""
    silent_s: Seconds
    """Since the last reading."""


class NearEvent(Record):
    """What leads to a candidate within a position, twice a second while something is sensed; it is never told again."""

    type: Literal["near"]
    zone_id: Slug
    things: Annotated[tuple[Nearness, ...], Field(max_length=4)]
    """Lens, then transmitters; empty when the position is over."""
