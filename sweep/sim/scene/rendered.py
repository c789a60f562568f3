"""A rendered clip with its truth, whichever renderer made it.

Job: hold raw frames, the recording's own numbers and what is in it; collect the rows of the truth as frames are
exposed. Input: places and electrons by frame; output: `RenderedClip`. Refuses to be evidence: figures measured on it
are rendered figures and must say so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sweep.lens.clip.clips import ClipMeta, Frame, write_clip

SNR_FLOOR = 5.0
"""From the clip document: a lens below it does not count."""


@dataclass(frozen=True)
class RenderedClip:
    """Raw frames, what the recording says about itself, and what is in it."""

    frames: list[Frame]
    meta: ClipMeta
    truth: dict[str, Any]

    def write(self, out_dir: Path, *, truth_dir: Path | None = None, fmt: Literal["png", "npz", "npy"] = "npy") -> None:
        """Write the clip folder under `out_dir` and `<clip>.json` under `truth_dir`."""
        write_clip(out_dir / self.meta.clip, self.frames, self.meta, fmt)
        if truth_dir is not None:
            self.write_truth(truth_dir)

    def write_truth(self, folder: Path) -> None:
        """Write `<clip>.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.truth, allow_nan=False) + "\n"
        (folder / f"{self.meta.clip}.json").write_text(text, encoding="utf-8")


@dataclass
class TrueLens:
    """One planted lens and its rows, one per on_axis frame."""

    about: dict[str, Any]
    """kind, aperture_mm, range_m and what else the renderer knows."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    """off_axis over on_axis light, one per on_axis frame."""
    red_snr: list[float] = field(default_factory=list)
    """In each red frame."""

    def note(
        self, frame: int, place: tuple[float, float], electrons: float, noise_e: float, *, inside: bool, rad: float,
        peak_dn: int,
    ) -> None:  # fmt: skip
        """One on_axis frame. noise_e: of the matched filter, without the lens's own shot noise."""
        self.rows.append(
            {"frame": frame, "x": round(place[0], 3), "y": round(place[1], 3), "inside": inside,
             "e": round(electrons if inside else 0.0, 1), "snr": round(electrons / noise_e if inside else 0.0, 2),
             "peak_dn": peak_dn, "rad": round(rad, 2)}
        )  # fmt: skip

    def clear(self) -> None:
        """Forget what was noted."""
        self.rows, self.ratios, self.red_snr = [], [], []

    def truth(self) -> dict[str, Any]:
        """As truth files state a lens."""
        snr = float(np.median([row["snr"] for row in self.rows]))
        in_view = float(np.mean([row["inside"] for row in self.rows]))
        red = {"red_snr": round(float(np.median(self.red_snr)), 2)} if self.red_snr else {}
        return {
            **self.about, **red, "snr": round(snr, 2), "ba_ratio": round(float(np.median(self.ratios or [0.0])), 4),
            "detectable": snr >= SNR_FLOOR and in_view > 0.5, "track": self.rows,
        }  # fmt: skip
