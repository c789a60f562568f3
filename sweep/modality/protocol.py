"""What a modality is to a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sweep.modality.checked_part import CheckedPart
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line
from sweep.modality.task import Task
from sweep.modality.words import Words
from sweep.report import Modality

Measure = Callable[[Task[Any], Line], Measurement]
"""What there is at one position; a source that cannot be used makes it blind with a named reason."""


class SensingModality(Protocol):
    """One modality whole.

    Where samples come from is the task's source: live, recorded or simulated; what others do for it, it asks on the
    line.
    """

    @property
    def name(self) -> Modality:
        """The contract's name."""

    @property
    def calibration(self) -> str | None:
        """Version of the calibration in force, which the report cites; None: nominal."""

    @property
    def weigher(self) -> Weigher:
        """How its evidence weighs."""

    @property
    def parts(self) -> Sequence[CheckedPart]:
        """What the reference check reads of it each morning."""

    @property
    def words(self) -> Words:
        """What it says."""

    def open(self) -> Measure:
        """Called once in the modality's own process: what it loads and what it remembers is there and nowhere else."""
