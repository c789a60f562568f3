"""The record that the contract would have for a thermometer."""

from __future__ import annotations

from typing import Literal

from sweep.report.base import Finite
from sweep.report.observations import ObservationBase


class ThermometerObservation(ObservationBase):
    """How warm it was at one position."""

    modality: Literal["thermometer"]
    celsius: Finite
