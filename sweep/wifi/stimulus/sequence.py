"""The chip sequence that the white lamp plays, or when somebody walked, as a file: `stimulus.json` of a recorded sweep.

Input is JSON `{"start", "start_uncertainty_s", "chip_s", "chips"}`, or with `"marks": [[from, to], …]` (seconds after
`start`) in place of the last two; output is a `ChipSequence`.  `start` is in epoch seconds of the capture's clock.  A
file that is anything else raises `SequenceError` with one line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import CaptureFileError, read_document, shown
from sweep.phrases import Phrase

MAX_FILE_OCTETS: Final = 1024 * 1024
MIN_CHIPS, MAX_CHIPS = 8, 10_000
MAX_UNCERTAINTY_S: Final = 30.0
"""Beyond this the lag search covers so much that nothing could be found: guessed."""
MARK_STEP_S: Final = 0.5
"""Marked times are rounded to this: guessed, as well as somebody presses a button."""
MIN_WALKS, MAX_WALKS = 6, 1_000
"""Fewer walks can hardly be shuffled: derived, 6 walks and 6 pauses have half a million orders."""
MAX_MARKED_S: Final = 3_600.0


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
    marks: tuple[tuple[float, float], ...] = ()
    """From when until when somebody walked, seconds after the start, where a person chose the times; chips say the same
    in steps of MARK_STEP_S.  Empty where chips were drawn."""

    @property
    def duration_s(self) -> float:
        """From the start of the first to the end of the last chip."""
        return self.chip_s * len(self.chips)

    @property
    def pace_s(self) -> float:
        """Length of a chip, or of a walk or pause on average."""
        return self.duration_s / (2 * len(self.marks)) if self.marks else self.chip_s

    def to_json(self) -> dict[str, Any]:
        """The object that `read_sequence` reads."""
        if self.marks:
            marks = [list(mark) for mark in self.marks]
            return {"start": self.start_s, "start_uncertainty_s": self.start_uncertainty_s, "marks": marks}
        return {
            "start": self.start_s,
            "start_uncertainty_s": self.start_uncertainty_s,
            "chip_s": self.chip_s,
            "chips": list(self.chips),
        }


def begin_later(sequence: ChipSequence, from_s: float) -> ChipSequence | None:
    """What is left of a sequence from `from_s` after its start on: its chips from the first that begins then or later.

    Marked times go on with the first whole pause, since a walk or pause that is cut is none of the lengths that were
    chosen.  None when nothing that could be judged is left.
    """
    if from_s <= 0:
        return sequence
    if sequence.marks:
        ended_s = [last for _, last in sequence.marks if last >= from_s]
        if len(ended_s) <= MIN_WALKS:
            return None
        moved = [(a - ended_s[0], b - ended_s[0]) for a, b in sequence.marks[-len(ended_s) + 1 :]]
        return mark_walks(sequence.start_s + ended_s[0], sequence.start_uncertainty_s, tuple(moved))
    skipped = ceil(from_s / sequence.chip_s - 1e-9)
    if skipped >= len(sequence.chips):
        return None
    start_s = sequence.start_s + skipped * sequence.chip_s
    return replace(sequence, start_s=start_s, chips=sequence.chips[skipped:])


def mark_walks(start_s: float, start_uncertainty_s: float, marks: tuple[tuple[float, float], ...]) -> ChipSequence:
    """The sequence of walks that somebody began and ended when they liked.

    `start_s` is when the standing still before the first walk began; `marks` are ascending, in seconds after it; the
    sequence ends with the last walk.
    """
    steps = np.rint(np.array(marks) / MARK_STEP_S).astype(np.int64)
    chips = np.zeros(int(steps[-1, 1]), dtype=np.int64)
    for first, last in steps:
        chips[first:last] = 1
    return ChipSequence(start_s, start_uncertainty_s, MARK_STEP_S, tuple(chips.tolist()), marks)


def shuffle_marked(chips: NDArray[np.int8], count: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """`count` rows that might as well have been marked: the same walks and pauses, each in another order, turned round.

    The p-value from these is exact when whoever marked the times did not know the traffic, when no order of the walks
    and none of the pauses was likelier than another, and when all might have begun at another time (what runs out at
    the end comes in at the beginning).  Rows depend on the lengths alone, not on the order that was marked.
    """
    begins = np.flatnonzero((chips == 1) & (np.roll(chips, 1) == 0))
    if not len(begins):
        return np.tile(chips, (count, 1))
    turned = np.roll(chips, -int(begins[0]))  # on the circle no walk is cut
    edges = np.flatnonzero(np.diff(turned)) + 1
    lengths = np.diff(np.concatenate([[0], edges, [len(turned)]]))
    walks, pauses = np.sort(lengths[0::2]), np.sort(lengths[1::2])
    rows = np.empty((count, len(chips)), dtype=np.int8)
    value = np.resize([1, 0], len(lengths)).astype(np.int8)
    for row in rows:
        lengths[0::2], lengths[1::2] = rng.permutation(walks), rng.permutation(pauses)
        row[:] = np.roll(np.repeat(value, lengths), int(rng.integers(len(chips))))
    return rows


def read_sequence(path: Path) -> ChipSequence:
    """Read a chip sequence; SequenceError (one line) when the file holds none."""
    document = read_document(path, MAX_FILE_OCTETS, Phrase("give_sequence"), SequenceError)
    if not isinstance(document, dict):
        raise SequenceError(Phrase("sequence_not_an_object", file=shown(path)))
    start_s = _number(document, "start", 0.0, 4e9, path)
    uncertainty_s = _number(document, "start_uncertainty_s", 0.0, MAX_UNCERTAINTY_S, path)
    if "marks" in document and "chips" not in document:
        return mark_walks(start_s, uncertainty_s, _read_marks(document["marks"], path))
    chips = document.get("chips")
    is_binary = isinstance(chips, list) and all(type(chip) is int and chip in {0, 1} for chip in chips)
    if not isinstance(chips, list) or not is_binary or not MIN_CHIPS <= len(chips) <= MAX_CHIPS:
        raise SequenceError(Phrase("chips_not_zeros_and_ones", file=shown(path), least=MIN_CHIPS, most=MAX_CHIPS))
    return ChipSequence(
        start_s=start_s,
        start_uncertainty_s=uncertainty_s,
        chip_s=_number(document, "chip_s", 0.05, 60.0, path),
        chips=tuple(chips),
    )


def _read_marks(marks: Any, path: Path) -> tuple[tuple[float, float], ...]:
    """Walks that are apart, each long enough to be told from a pause."""
    pairs = marks if isinstance(marks, list) else []
    times = [time for pair in pairs if isinstance(pair, list) and len(pair) == 2 for time in pair]
    is_timed = all(isinstance(time, int | float) and not isinstance(time, bool) for time in times)
    if not MIN_WALKS <= len(pairs) <= MAX_WALKS or len(times) != 2 * len(pairs) or not is_timed:
        raise SequenceError(Phrase("marks_not_pairs", file=shown(path), least=MIN_WALKS, most=MAX_WALKS))
    gaps = np.diff(np.array([0.0, *times], dtype=np.float64))
    if not (gaps >= 2 * MARK_STEP_S).all() or not times[-1] <= MAX_MARKED_S:
        raise SequenceError(
            Phrase("marks_not_ascending", file=shown(path), most_s=MAX_MARKED_S, least_s=2 * MARK_STEP_S)
        )
    return tuple((float(first), float(last)) for first, last in pairs)


def _number(document: dict[str, Any], field: str, low: float, high: float, path: Path) -> float:
    value = document.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise SequenceError(Phrase("sequence_number_out_of_range", file=shown(path), field=field, low=low, high=high))
