"""The record that the contract would have for a thermometer."""

from __future__ import annotations

from typing import Literal

from sweep.report.base import Finite, LocalText
from sweep.report.observations import ObservationBase, Shown


class ThermometerObservation(ObservationBase):
    """How warm it was at one position."""

    shown = Shown(LocalText(ko="온도", en="temperature"), "온도 측정", "sun", is_radio=False)
    modality: Literal["thermometer"]
    celsius: Finite
