"""The assumptions of the held-out mode: other lobes, clutter, hand, optics and sensor than the detector was tuned on.

Job: the same parts as `lens_tuning`, drawn from other families. Input: a seeded generator; output: parts for
`lens_tiers`. Refuses to be used for tuning.
"""

from __future__ import annotations

from sweep.sim.lens_tuning import Tuning


class Foreign(Tuning):
    """Draws used for judging only."""
