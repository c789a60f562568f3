"""The chip sequence that the white lamp plays, as a file: `SEQ.json` of `sweep stimulus`.

Input is JSON `{"start", "start_uncertainty_s", "chip_s", "chips"}`; output is a `ChipSequence`.  Times are epoch
seconds of the capture's clock.  A file that is anything else raises `SequenceError` with one line.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sweep.packets import CaptureFileError, open_regular_file, shown

MAX_FILE_OCTETS: Final = 1024 * 1024
MIN_CHIPS, MAX_CHIPS = 8, 10_000
MAX_UNCERTAINTY_S: Final = 30.0
"""Beyond this the lag search covers so much that nothing could be found: guessed."""


class SequenceError(CaptureFileError):
    """A file that holds no chip sequence; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class ChipSequence:
    """When the lamp was on."""

    start_s: float
    """Start of the first chip, epoch seconds of the capture's clock."""
    start_uncertainty_s: float
    """The true start lies within this of `start_s`."""
    chip_s: float
    chips: tuple[int, ...]
    """1 while the lamp is on, 0 while it is off."""

    @property
    def duration_s(self) -> float:
        """From the start of the first to the end of the last chip."""
        return self.chip_s * len(self.chips)

    def to_json(self) -> dict[str, Any]:
        """The object that `read_sequence` reads."""
        return {
            "start": self.start_s,
            "start_uncertainty_s": self.start_uncertainty_s,
            "chip_s": self.chip_s,
            "chips": list(self.chips),
        }


def draw_chips(count: int) -> tuple[int, ...]:
    """Chips to play: each one a fair coin of its own, from the operating system, as the p-values take for granted."""
    return tuple(secrets.randbelow(2) for _ in range(count))


def read_sequence(path: Path) -> ChipSequence:
    """Read a chip sequence; SequenceError (one line) when the file holds none."""
    with open_regular_file(path) as stream:
        octets = stream.read(MAX_FILE_OCTETS + 1)
    if len(octets) > MAX_FILE_OCTETS:
        raise SequenceError(f"{shown(path)}: too large for a chip sequence; give the SEQ.json of the sweep")
    try:
        document = json.loads(octets)
    except (ValueError, RecursionError):
        raise SequenceError(f"{shown(path)}: not valid JSON; give the SEQ.json of the sweep") from None
    if not isinstance(document, dict):
        raise SequenceError(f"{shown(path)}: must be an object with start, start_uncertainty_s, chip_s and chips")
    chips = document.get("chips")
    is_binary = isinstance(chips, list) and all(type(chip) is int and chip in {0, 1} for chip in chips)
    if not isinstance(chips, list) or not is_binary or not MIN_CHIPS <= len(chips) <= MAX_CHIPS:
        raise SequenceError(f"{shown(path)}: chips must be {MIN_CHIPS} to {MAX_CHIPS} numbers, each 0 or 1")
    return ChipSequence(
        start_s=_number(document, "start", 0.0, 4e9, path),
        start_uncertainty_s=_number(document, "start_uncertainty_s", 0.0, MAX_UNCERTAINTY_S, path),
        chip_s=_number(document, "chip_s", 0.05, 60.0, path),
        chips=tuple(chips),
    )


def _number(document: dict[str, Any], field: str, low: float, high: float, path: Path) -> float:
    value = document.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise SequenceError(f"{shown(path)}: {field} must be a number from {low:g} to {high:g}")
