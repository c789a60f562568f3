"""When a light test may end: as soon as going on can change nothing that counts.

Input is the p-value that holds at a look; output is whether it is enough, or hopeless.  Neither rule costs error: the
p-value is the smallest of those of the looks so far, each divided by the share of the error that its look may use
(alpha spending: Lan and DeMets, Biometrika 70, 1983; by Bonferroni's inequality over looks, so that dependence between
them does not matter).  It therefore holds at every stopping time, and ending later, or earlier for want of hope, calls
no more falsely.  It decides nothing about a camera.

A test that ended at the first p <= 0.05 said little: with a few flows beside it, a third of the cameras that follow
left with p of 0.01 to 0.05, which weighs six to one, although most of them come below 0.003 when the lamp goes on,
which hardly anything does by chance.
"""

from __future__ import annotations

from typing import Final

ENOUGH_P: Final = 0.003
"""Below, more light tells nothing: what sees the light without watching the zone outweighs chance there (derived; of
others one in 500 sees it, guessed in `sweep/lab/city/rooms.py`)."""
HOPELESS_FROM_CHIPS: Final = 95
"""57 s, the look that most of the error is kept for.  Of 331 cameras that would follow alone within 114 s at 10 and
20 % more light of the scene 9 have shown nothing at all by then; at 45 s, where tests ended before, it was 28
(`tests/simulators/light_runs.py`).  Of what does not see the light three in five end here (112,066 of 180,000,
`light_nulls.py`) and leave their time to other places.  Since the light is played where a transmitter is likeliest
(`sweep.modality.pending_light`), the simulated city finds as many by this rule as by the earlier one."""
HOPELESS_P: Final = 1.0
HOPELESS_AMONG: Final = 4
"""Flows at most by which the p-value is corrected here, as many as the rooms had that the rule was weighed in: with
more, and anybody can make them up, whatever has not reached one in so many would be given up."""


def is_enough(p_value: float | None) -> bool:
    """Whether a transmitter that follows has shown it so clearly that nothing is gained by going on."""
    return p_value is not None and p_value <= ENOUGH_P


def is_hopeless(p_value: float | None, chips: int, *, alone: float | None = None) -> bool:
    """Whether nothing at all has shown after so many chips; None where the flow was too thin to be tested.

    `alone` is its p-value before correction over flows.
    """
    if chips < HOPELESS_FROM_CHIPS:
        return False
    if p_value is not None and alone is not None:
        p_value = min(p_value, alone * HOPELESS_AMONG)
    return p_value is None or p_value >= HOPELESS_P
