"""What Bluetooth and RF weigh: few counts, and guesses that say so.

Job: the tables of both modalities. Input: the first world; output: tables. Refuses nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sweep.plug.weights import WeightTable
from sweep.sim.city_rooms import KINDS, World
from sweep.sim.weights_counted import Counted, guessed, ratio

LINES_TOLD: Final = ((11, 12), (0, 24))
"""Pictures told by their lines, and carriers and Wi-Fi told as a picture (physical_table(12) of "
"tests/rf/test_confusion.py)."""


def radio(world: World, rng: np.random.Generator) -> dict[str, WeightTable]:
    """Bluetooth and RF: what a camera's family or carrier says, against the others of a room."""
    share = sum(kind.share for kind in KINDS if kind.radio == "analog_5800")
    told, false = LINES_TOLD
    video = (Counted.share(*told, rng).times(share), Counted.share(*false, rng).times(world.carrier / 5.0 + 0.05))
    return {
        "ble_camera_hint": guessed(
            0.3, 0.5, "a hint: sensors of the same families are heard far more often than cameras"
        ),
        "analog_video": WeightTable(
            measure="once", edges=(), weights=(ratio(*video, (told[1], false[1]), "simulated"),),
            made_from=f"{told[0]} of {told[1]} simulated pictures told by their lines, {false[0]} of {false[1]} others "
            f"(tests/rf); {share:.0%} of hidden cameras at 5.8 GHz and the carriers of others are guessed",
        ),
        "continuous_carrier": guessed(
            0.5, 0.6, "analogue at 1.2 or 2.4 GHz against motion sensors and wireless links: nobody has counted either"
        ),
        "rf_like_outside": guessed(-0.03, 0.05, "one hidden camera in eight sends analogue (guessed)"),
    }  # fmt: skip
