"""A part of the probe that the reference check reads each morning, as its modality knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sweep.modality.measurement import Measurement
from sweep.report import ReferencePartName


class CheckedPart(NamedTuple):
    """One part."""

    name: ReferencePartName
    unit: str
    sigma_db: float
    """Standard deviation of a morning's reading."""
    limit_db: float
    """Beyond this a reading fails by itself."""
    read: Callable[[Measurement], float | None]
    """What a measurement before the reference target reads of it; None: nothing."""


def loudest(levels: list[float]) -> float | None:
    """The known transmitter, which stands nearer than any other."""
    return max(levels, default=None)
