"""How strongly a simulated emitter arrives where the inspector stands.

Input is the place and power of an emitter, the place of the listener and a seed; output is a level per frame.
Log-distance path loss, one shadowing value per pair of places and fast fading per frame; the same seed gives the same
air.  It is a model for demonstrations and tests, not a measurement of any room.
"""

from __future__ import annotations

import math
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

LOSS_AT_1M_DB: Final = 40.2
"""Derived: free space at 2.44 GHz over 1 m, 20 log10(4 pi / 0.123)."""
EXPONENT: Final = 2.2
"""Guessed: rooms with partitions that do not reach the ceiling, between free space (2) and offices (3)."""
SHADOWING_DB: Final = 2.5
FADING_DB: Final = 1.5
"""Guessed: bodies and partitions of one small room; the location estimate is tested with 6 dB."""
FLOOR_DBM: Final = -95.0
"""Below this nothing is received."""


def mean_level_dbm(
    address: str, emitter_xy_m: tuple[float, float], listener_xy_m: tuple[float, float], tx_dbm: float, seed: int
) -> float:
    """Level of an emitter at a place, shadowing included."""
    distance_m = max(math.dist(emitter_xy_m, listener_xy_m), 0.3)
    label = f"{seed}|{address}|{listener_xy_m[0]:.2f}|{listener_xy_m[1]:.2f}"
    shadow_db = np.random.default_rng(zlib.crc32(label.encode())).normal(0.0, SHADOWING_DB)
    return tx_dbm - LOSS_AT_1M_DB - 10.0 * EXPONENT * math.log10(distance_m) + float(shadow_db)


def frame_levels_dbm(mean_dbm: float, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole-number levels of `count` frames around a mean."""
    return np.clip(np.rint(rng.normal(mean_dbm, FADING_DB, count)), -110, -5).astype(np.int64)


def receives(levels_dbm: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which frames the receiver hears: almost all when strong, half at FLOOR_DBM + 5."""
    odds = 1.0 / (1.0 + np.exp(-(levels_dbm - (FLOOR_DBM + 5.0)) / 1.5))
    heard: NDArray[np.bool_] = rng.random(len(levels_dbm)) < 0.985 * odds
    return heard
