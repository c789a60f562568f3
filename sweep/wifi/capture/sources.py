"""Where the Wi-Fi of a position comes from: the adapter, what was recorded, or a simulation that opens like an
adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sweep.modality.messages import Line
from sweep.wifi.capture.air import Air


class AirSource(Protocol):
    """A source of an air: an adapter, a kept position or a simulation."""

    @property
    def why_no_light(self) -> str | None:
        """Code that says why no lamp can play here; None when it can be asked to."""

    def open(self, line: Line) -> AbstractContextManager[tuple[Air, Line]]:
        """The air of one position and who answers there, which may be `line`.  Raises CaptureOpenError."""


@dataclass(frozen=True, slots=True)
class RecordedWifi:
    """A capture that somebody recorded, with the chips of light that were played then, or a kept position's frames."""

    path: Path
    sequence: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveWifi:
    """The adapter of this probe, in monitor mode."""

    interface: str
    why_no_light: str | None = None

    @contextmanager
    def open(self, line: Line) -> Iterator[tuple[Air, Line]]:
        """The air from now on."""
        from sweep.wifi.capture.adapter import open_adapter

        with open_adapter(self.interface) as air:
            yield air, line
