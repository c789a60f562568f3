"""Keeps what a sweep sampled, as a recorded sweep that `replay` runs again.

Input is a new folder, what each position's modalities wrote into theirs and what the head answered; output is the
folder with its manifest.  Nothing else decides whether a sweep may be kept: a live one only where the room is a
laboratory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sweep.link.rf_recording import keep_rf
from sweep.modality.messages import MeasureRf, RfHeard
from sweep.modality.next_position import OUTSIDE_ID
from sweep.phrases import Phrase
from sweep.report import MANIFEST_NAME, MODALITIES, RecordedPosition, RecordedSweep, to_json

RF_NAME: Final = "rf.json"
OUTSIDE_NAME: Final = "outside-rf.json"
FILES: Final = {"lens": "lens", "wifi": "wifi.pcapng", "ble": "ble.json", "rf": RF_NAME}
"""What each modality leaves in the folder of a position, by its field in the manifest; one without a field leaves a
file or a folder by its own name."""


class SweepRecorderError(ValueError):
    """A sweep cannot be kept there; one line."""


class SweepRecorder:
    """One sweep that is kept."""

    def __init__(self, folder: Path) -> None:
        """Raises SweepRecorderError where the folder holds something or cannot be made."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise SweepRecorderError(Phrase("keep_folder_not_empty", folder=folder))
        except OSError as error:
            raise SweepRecorderError(Phrase("folder_not_made", folder=folder, why=error)) from None

    def keep_position(self, position_id: str) -> Path:
        """The new folder of a position.  Raises OSError."""
        folder = self.folder / position_id
        folder.mkdir()
        return folder

    def heard_rf(self, position_id: str, ask: MeasureRf, heard: RfHeard) -> None:
        """Keep what the head answered at a position.  Raises OSError."""
        if ask.is_outside:
            keep_rf(self.folder / OUTSIDE_NAME, heard)
        else:
            keep_rf(self.folder / position_id / RF_NAME, heard)

    def finish(self, manifest: RecordedSweep, positions: Sequence[RecordedPosition]) -> None:
        """Write the manifest of what was done.  Raises OSError."""
        kept = manifest.model_copy(
            update={
                "positions": tuple(self._recorded(one) for one in positions) or manifest.positions[:1],
                "baseline_rf": OUTSIDE_NAME if (self.folder / OUTSIDE_NAME).exists() else None,
                "baseline_own": None,
                "baseline_wifi": self._there(f"{OUTSIDE_ID}/{FILES['wifi']}"),
            }
        )
        (self.folder / MANIFEST_NAME).write_bytes(to_json(kept) + b"\n")

    def _there(self, name: str) -> str | None:
        return name if (self.folder / name).exists() else None

    def _recorded(self, one: RecordedPosition) -> RecordedPosition:
        paths = {field: self._there(f"{one.id}/{name}") for field, name in FILES.items()}
        more = {name: f"{one.id}/{name}" for name in MODALITIES if name not in FILES}
        kept = {name: path for name, path in more.items() if (self.folder / path).exists()}
        return one.model_copy(update=paths | {"own": None, "stimulus": None, "more": kept})
