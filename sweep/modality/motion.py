"""How the head, and the camera on it, is turned: samples of its inertial sensor, on their way to whoever films."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImuSample:
    """What the sensor measured last when its reading began: at most 1.2 ms before. Axes as printed on the sensor."""

    t_ns: int
    """When reading began, in the time base of whoever decoded it."""
    rate_dps: tuple[float, float, float]
    """Turning about x, y, z in degrees a second; with the sensor's own offset of about 1."""
    acceleration_g: tuple[float, float, float]
    """Along x, y, z; a head at rest shows 1 g upwards."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Samples that came since the last such message, on CLOCK_BOOTTIME."""

    samples: tuple[ImuSample, ...]
