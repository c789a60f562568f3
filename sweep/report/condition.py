"""What state the probe itself was in while it swept: supply, heat, disk, sensor head, camera, and what it lost.

Input is what the probe read of itself; output is a section of the report.  A null says that nobody could tell, which
is not 0: a machine without a thermometer is not cold.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import Code, Count, Record, Seconds

Volts = Annotated[float, Field(ge=0, le=60)]
Celsius = Annotated[float, Field(ge=-60, le=200)]
Tally = Annotated[dict[Code, Count], Field(max_length=64)]
"""How many of what, by code."""


class ProbeCondition(Record):
    """The probe's own state during a live sweep; null where nobody could tell."""

    lowest_battery_v: Volts | None
    """As the sensor head measures it."""
    undervolted_s: Seconds | None
    """How long the board's own supply alarm stood."""
    highest_processor_c: Celsius | None
    slowed_s: Seconds | None
    """How long the board ran slower than it can, for heat or for its supply."""
    least_disk_free_bytes: Count | None
    """On the disk that holds what is signed and not delivered yet."""
    head_absences: Count | None
    """Times the sensor head was not there; null for a probe without one."""
    head_away_s: Seconds | None
    """How long in all."""
    camera_faults: Tally | None
    """Positions at which the camera failed, by the reason in their coverage; null for a probe without one."""
    camera_power_cuts: Tally | None
    """Times its supply was cut though the room was declared empty, by why; likewise."""
    hangs: Count
    """Times the sweep's own process stood still so long that lamps and camera went off by themselves."""
    lost: Tally
    """What was lost on the way to a measurement, by where: bytes and messages of the sensor head's line, and what each
    modality dropped. What a measurement refused is in the coverage."""
