"""Records of the live lens scan: what one triple brought, what a position amounts to, and how many crops are left.

Job: the frozen results of `live.py`. Input: numbers from it; output: these records. None of them holds a frame; a
confirmed candidate holds the one crop that may leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sweep.lens.live.observations import NO_DIRECTION, Direction
from sweep.lens.records import Detection
from sweep.modality.directions import SeenDirections
from sweep.report.crops import MAX_CROPS


@dataclass(frozen=True, slots=True)
class TripleQuality:
    """How good one triple is."""

    motion_px: float | None
    """Motion of the view since the last triple; None when it is not known."""
    blur_px: float
    saturated_share: float
    lamp_light_e: float
    ambient_e: float
    faults: tuple[str, ...]
    """Names of what the inspector should change: slower, glare, farther, closer, less_light."""


@dataclass(frozen=True, slots=True)
class LiveCandidate:
    """A candidate that is followed; its place is that of the last triple."""

    number: int
    x: float
    y: float
    score: float
    """Best of its looks."""
    looks: int
    """Times that the detector found it when it judged what was followed so far."""
    is_confirmed: bool
    snr: float | None = None
    """Of the best of its looks."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A confirmed candidate: its evidence, and the one picture that may be kept."""

    number: int
    detection: Detection
    """With evidence and reasons: the annotation of the crop."""
    triple: int
    crop_png: bytes | None = field(repr=False)
    """At most 64 px square, made once and never again; None when the sweep has its twenty."""
    direction: Direction = NO_DIRECTION


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What one triple brought."""

    triple: int
    quality: TripleQuality
    guidance: tuple[str, ...]
    """Names of sentences (`words.WORDS.guidance`) to say now; each at most once until it was right for a while."""
    candidates: tuple[LiveCandidate, ...]
    confirmed: tuple[Confirmed, ...]
    """Newly confirmed ones."""
    seen_share: float
    """Share of this view in which the reference lens would have shown at `range_m`."""
    seen_sr: float
    """Solid angle seen so far at that distance."""
    work_s: float


@dataclass(frozen=True, slots=True)
class LiveSummary:
    """All triples of a position."""

    triples: int
    looks: int
    """Times that what was followed so far was judged."""
    dropped: dict[str, int]
    rejections: dict[str, int]
    seen_sr: float
    range_m: float
    confirmed: tuple[Confirmed, ...]
    guidance: tuple[str, ...]
    seen: SeenDirections | None = None
    """Which directions were seen; None where nobody asked."""
    is_range_measured: bool = False
    """A range sensor told `range_m`."""
    lamp_light_e: float | None = None
    """Median light of the lamps on what was filmed; None where nothing was."""


class CropBudget:
    """How many crops a sweep may still make; one for all its positions."""

    def __init__(self, left: int = MAX_CROPS) -> None:
        self.left = left

    def take(self) -> bool:
        """Whether one more may be made, and if so it counts as made."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True
