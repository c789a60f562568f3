"""Rendered clips small enough to ship (about 400 kB)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sweep.lab.scoring.truth import ClipTruth, parse_truth
from sweep.sim.scene.wall import PlantedLens, Wall, render_clip


def render_compact_clip(out_dir: Path, *, clip: str, seed: int, lenses: Sequence[PlantedLens] = ()) -> ClipTruth:
    """Lens positions are pixels of 320 x 240; coarse steps and a short exposure leave little noise to store."""
    wall = Wall(seed, tuple(lenses), (320, 240), objects=4, e_per_dn=16.0, wall_level_dn=30.0, grain=0.03)
    return parse_truth(render_clip(out_dir, clip=clip, wall=wall, triples=4, fmt="npz").truth)
