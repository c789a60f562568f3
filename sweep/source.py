"""Where a sweep's input comes from: a recorded folder, or positions made one after another by a simulation.

A source gives the manifest first and then each position when its recording is complete; it never looks into the
captures.  Replay is a source, not a mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sweep.report import MANIFEST_NAME, ContractError, Position, RecordedPosition, RecordedSweep, parse_json

MAX_MANIFEST_BYTES = 4 * 1024 * 1024


class SourceError(ValueError):
    """The input of a sweep cannot be used; one line that says what to do."""


class SweepSource(Protocol):
    """Input of one sweep."""

    folder: Path
    """Paths of the manifest are relative to it."""
    manifest: RecordedSweep

    def positions(self) -> Iterator[RecordedPosition]:
        """Each position once its files are complete, in the order of the sweep."""

    def ended(self, done: Sequence[Position]) -> datetime:
        """When the sweep ended, `done` being the positions that were measured (at least the last of them)."""


class RecordedSource:
    """A folder with `sweep.json`, complete from the start."""

    def __init__(self, folder: Path) -> None:
        """Raises SourceError when the folder holds no usable manifest or a named file is missing."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        for position in self.manifest.positions:
            for name in (position.lens, position.wifi, position.ble, position.rf, position.stimulus):
                if name is not None and not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise SourceError(f"{name} leads out of {folder}; a recorded sweep keeps to its folder")

    def positions(self) -> Iterator[RecordedPosition]:
        """The manifest's positions."""
        yield from self.manifest.positions

    def ended(self, done: Sequence[Position]) -> datetime:
        """The end that was recorded; of a sweep cut short, the end of its last position."""
        if done and done[-1].position_id == self.manifest.positions[-1].id:
            return self.manifest.ended
        ends = {position.id: position.end for position in self.manifest.positions}
        return ends[done[-1].position_id] if done else self.manifest.started


def read_manifest(folder: Path) -> RecordedSweep:
    """The manifest of a recorded sweep; raises SourceError with one line when there is none or it is broken."""
    path = folder / MANIFEST_NAME
    if not folder.is_dir():
        raise SourceError(f"{folder} is not a folder; give the folder of a recorded sweep")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise SourceError(f"{folder} holds no {MANIFEST_NAME}; give the folder of a recorded sweep") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return parse_json(RecordedSweep, data, max_bytes=MAX_MANIFEST_BYTES)
    except ContractError as error:
        raise SourceError(f"{path}: {error}") from None
