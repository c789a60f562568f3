"""Records of one lens scan: what was seen in each clip, how well, and what could not be judged.

Job: the frozen results of the lens modality and their JSON. Input: numbers from the scan; output: these records.
Refuses the word clear: a scan that is not calibrated shows a candidate, shows none, or says that it cannot tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["candidate", "nothing_detected", "not_assessable"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence for (positive) or against (negative) a lens."""

    name: str
    value: float
    """The measured number the reason rests on."""
    weight: float
    """What it adds to the score."""
    text: str
    """One English sentence with the number in it."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One glint that was followed and judged, at its place in one on_axis frame."""

    clip: str
    x: float
    """Pixels, centres at integers, origin top left."""
    y: float
    frame: int
    """Index of the on_axis frame of x, y."""
    score: float
    """Larger is more lens-like; comparable between clips; not a probability."""
    verdict: Literal["lens_candidate", "glint"]
    evidence: dict[str, float]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ClipQuality:
    """How good the recording is."""

    frames: int
    triples: int
    """Groups with an on_axis, an off_axis and a dark frame."""
    triples_usable: int
    registration_failures: int
    rejections: dict[str, int]
    """Count of triples or frames per named reason."""
    saturated_share: float
    """Median share of on_axis pixels at saturation."""
    lamp_light_e: float
    """Median electrons per pixel that the on_axis lamp adds."""
    lamp_off_axis_light_e: float
    ambient_e: float
    """Median electrons per pixel without lamp."""
    motion_px_per_frame: float
    """Median motion of the scene between frames."""
    motion_blur_px: float
    """Derived: motion during one exposure."""
    guidance: tuple[str, ...]
    """What the inspector should do differently, by name: slower, closer, farther, less_light, hold_longer."""


@dataclass(frozen=True, slots=True)
class ClipCoverage:
    """Which share of the view would have shown the reference lens (1 mm, rho 0.05) in one on_axis frame."""

    seen_share: float
    """At `range_m`; 0 when nothing can be judged."""
    range_m: float
    """Distance the share is stated for."""
    range_is_estimated: bool
    """True: from the light of the wall, which is taken for white tile, good to a factor of about 1.5."""
    nearest_m: float
    farthest_m: float
    """Distances between which the median pixel would show the reference lens, within the probe's range."""
    overlap_share: float
    """Share of the last view that all usable triples saw."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """Everything about one clip."""

    clip: str
    error: str | None
    """Named reason why the folder is no readable clip; then nothing else is known."""
    message: str
    verdict: Verdict
    reason: str
    """Why, by name: `lens_candidate`, `not_calibrated` where nothing was detected, or why it is not assessable."""
    quality: ClipQuality | None
    coverage: ClipCoverage | None
    detections: tuple[Detection, ...]
    ms_per_triple: float
    is_simulated: bool = False
    """The clip says of itself that it was rendered."""

    @property
    def candidates(self) -> tuple[Detection, ...]:
        """Detections called lens candidates, best first."""
        return tuple(d for d in self.detections if d.verdict == "lens_candidate")


@dataclass(frozen=True, slots=True)
class LensScan:
    """All clips of a folder."""

    clips: tuple[ClipResult, ...]
    forest: str = ""
    """Build of what judged them."""

    @property
    def detections(self) -> tuple[Detection, ...]:
        """Detections of all clips."""
        return tuple(d for clip in self.clips for d in clip.detections)

    @property
    def ms_per_triple(self) -> float:
        """Median over the clips that were processed, reading excluded; 0 when there was none."""
        times = sorted(c.ms_per_triple for c in self.clips if c.ms_per_triple > 0)
        return times[len(times) // 2] if times else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain dict by the clip format's output rule: `clips` names those processed, `errors` those refused."""
        return {
            "clips": [c.clip for c in self.clips if c.error is None],
            "ms_per_triple": round(self.ms_per_triple, 3),
            "forest": self.forest,
            "detections": [asdict(d) for d in self.detections],
            "errors": [{"clip": c.clip, "error": c.error, "message": c.message} for c in self.clips if c.error],
            "results": [_without_detections(c) for c in self.clips],
        }


def _without_detections(clip: ClipResult) -> dict[str, Any]:
    table = asdict(clip)
    del table["detections"]
    return table
