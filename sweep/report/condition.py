"""What state the probe itself was in while it swept: supply, heat, disk, sensor head, camera, and what it lost.

Input is what the probe read of itself; output is a section of the report.  A null says that nobody could tell, which
is not 0: a machine without a thermometer is not cold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import Field

from .base import Code, Count, Record, Seconds, Share

N = TypeVar("N", int, float)
MAX_CODES: Final = 64

Volts = Annotated[float, Field(ge=0, le=60)]
Celsius = Annotated[float, Field(ge=-60, le=200)]
Tally = Annotated[dict[Code, Count], Field(max_length=MAX_CODES)]
"""How many of what, by code."""


BankInput = Literal["a", "b"]
WattHours = Annotated[float, Field(ge=0, le=10_000)]
BankCapacity = Annotated[int, Field(ge=1_000, le=100_000)]
"""Milliampere hours as they are printed on a bank, at the 3.7 V of its cells."""


class BankState(Record):
    """What can be said of the power bank.  Its 5 V say nothing of its charge, so this is what was drawn since it was
    plugged in, held against what it is said to hold.
    """

    likely_share: Share | None
    """What is likely left; null where nobody said how full it was."""
    least_share: Share
    most_share: Share
    """It is between these, by what is not known of the bank: its converter, its age, how full it was."""
    used_wh: WattHours
    """Drawn at 5 V since it was plugged in, as far as anybody knows."""
    is_measured: bool
    """By a meter; else reckoned from what the probe was doing."""
    capacity_mah: BankCapacity | None
    """As a person read it from its label."""
    inputs: Annotated[tuple[BankInput, ...], Field(max_length=2)] | None
    """Which inputs have 5 V; null on a carrier that cannot tell."""
    because: Code | None
    """Why persons should say how full it is: `bank_untold`, `bank_swapped`, `bank_after_off`."""


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

    def followed_by(self, later: Self) -> Self:
        """Both parts of a sweep that was interrupted as one; what only one of them could tell stands for both."""
        return type(self)(
            lowest_battery_v=_of_both(min, self.lowest_battery_v, later.lowest_battery_v),
            undervolted_s=_sum(self.undervolted_s, later.undervolted_s),
            highest_processor_c=_of_both(max, self.highest_processor_c, later.highest_processor_c),
            slowed_s=_sum(self.slowed_s, later.slowed_s),
            least_disk_free_bytes=_of_both(min, self.least_disk_free_bytes, later.least_disk_free_bytes),
            head_absences=_of_both(lambda one, other: one + other, self.head_absences, later.head_absences),
            head_away_s=_sum(self.head_away_s, later.head_away_s),
            camera_faults=_of_both_tallies(self.camera_faults, later.camera_faults),
            camera_power_cuts=_of_both_tallies(self.camera_power_cuts, later.camera_power_cuts),
            hangs=self.hangs + later.hangs,
            lost=tally(Counter(self.lost) + Counter(later.lost)),
        )


def tally(counts: Counter[str]) -> dict[str, int]:
    """The commonest, in the order of their codes."""
    return dict(sorted((code, count) for code, count in counts.most_common(MAX_CODES) if count > 0))


def _of_both(join: Callable[[N, N], N], one: N | None, other: N | None) -> N | None:
    if one is None or other is None:
        return other if one is None else one
    return join(one, other)


def _sum(one: float | None, other: float | None) -> float | None:
    return _of_both(lambda a, b: round(a + b, 1), one, other)


def _of_both_tallies(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> dict[str, int] | None:
    return None if one is None and other is None else tally(Counter(one or {}) + Counter(other or {}))
