"""What a modality is to a sweep."""

from __future__ import annotations

from typing import Any, Protocol

from sweep.plug.evidence import Weigher
from sweep.plug.measurement import Measurement
from sweep.plug.talk import Line
from sweep.plug.task import Task
from sweep.plug.words import Words
from sweep.report import Modality


class Plug(Protocol):
    """One modality whole.  It goes into that modality's process once a sweep, and may remember what it measured there.

    Where samples come from is the task's door, live, recorded or simulated; what others do for it, it asks on the line.
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
    def words(self) -> Words:
        """What it says."""

    def measure(self, task: Task[Any], line: Line) -> Measurement:
        """What there is at one stand; a door that cannot be used makes it blind with a named reason."""
