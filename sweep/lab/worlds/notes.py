"""What a renderer without a room of its own writes down for the truth of its clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.sim.scene.camera import Array
from sweep.sim.scene.rendered import TrueLens

SMALLEST_TRUTH_E = 60.0
"""Glints below this are left out of the truth, as in the sample truth."""
MOST_ROWS = 16
"""Glints of one object that the truth of one frame names."""


@dataclass
class Notes:
    """What a renderer without a room of its own writes down for the truth."""

    kinds: list[str] = field(default_factory=list)
    """Type of each confuser by its number."""
    rows: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def own(self, kind: str) -> int:
        """Number of a new confuser."""
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def note(
        self, frame: int, owner: npt.NDArray[np.int_], x: Array, y: Array, electrons: Array, gap_px: float
    ) -> None:
        """Strongest points of each confuser in an on_axis frame, `gap_px` apart; negative owners are lenses."""
        seen = np.flatnonzero((owner >= 0) & (electrons > SMALLEST_TRUTH_E))
        kept: dict[int, list[tuple[float, float]]] = {}
        for i in seen[np.argsort(-electrons[seen], kind="stable")]:
            mine = kept.setdefault(int(owner[i]), [])
            at = float(x[i]), float(y[i])
            if len(mine) < MOST_ROWS and all(math.hypot(at[0] - a, at[1] - b) > gap_px for a, b in mine):
                mine.append(at)
                row = {"frame": frame, "x": round(at[0], 2), "y": round(at[1], 2), "electrons": round(electrons[i])}
                self.rows.setdefault(int(owner[i]), []).append(row)

    def truth(
        self, clip: str, world: str, tier: int, width: int, last_on_axis: int, lenses: Sequence[TrueLens]
    ) -> dict[str, Any]:
        """The truth of the clip, in the layout of the clip document."""
        counts: dict[str, int] = {}
        for kind in self.kinds:
            counts[kind] = counts.get(kind, 0) + 1
        return {
            "clip": clip, "version": f"{world}-1", "tier": tier, "mode": world, "width": width,
            "last_A": last_on_axis, "lenses": [lens.truth() for lens in lenses],
            "confusers": [{"id": k, "type": self.kinds[k], "track": rows} for k, rows in sorted(self.rows.items())],
            "conf_counts": dict(sorted(counts.items())),
        }  # fmt: skip
