"""Correction over flows: those that were chosen before the light share most of the error, all others the rest.

Input is the p-value of each flow tested and whether it was chosen; output is the p-values after correction, in the same
order.  Anybody may send in a thousand made-up names while the light plays: what these cost must not be paid by what
sent like a camera before.

Why this holds at the level it says: the chips are drawn by themselves, so traffic that does not see the light is the
same whichever chips come.  A choice that knows nothing of the chips is fixed for it, and so is how many of its kind
there are at least; Holm's method within each family keeps to its share of the error, and the shares add up to one
(Bonferroni).  A family in which nobody was tested gives its share to the other: it gives none away where its own flows
see no light, since those are there whichever chips come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CHOSEN_SHARE: Final = 0.9
"""Of the error, for the flows that were chosen: guessed; it costs them a ninth of their p-value where there are
others, and what was not chosen can still be found."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment; order kept."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = largest
    return adjusted


def correct(p_values: Sequence[float], is_chosen: Sequence[bool]) -> list[float]:
    """Holm within each family, divided by the family's share of the error; order kept."""
    adjusted = [0.0] * len(p_values)
    for family in (True, False):
        places = [place for place, one in enumerate(is_chosen) if one == family]
        share = share_of(is_chosen, is_chosen=family)
        for place, p_value in zip(places, holm([p_values[place] for place in places]), strict=True):
            adjusted[place] = min(1.0, p_value / share)
    return adjusted


def share_of(everybody: Sequence[bool], *, is_chosen: bool) -> float:
    """The share of the error of one family; all of it where it is the only one."""
    if len(set(everybody)) < 2:
        return 1.0
    return CHOSEN_SHARE if is_chosen else 1.0 - CHOSEN_SHARE


def hardest_p(everybody: Sequence[bool], *, is_chosen: bool, p_value: float) -> float:
    """The p-value that a flow of this family has to reach if none of the others of it follows."""
    return p_value * share_of(everybody, is_chosen=is_chosen) / max(1, sum(one == is_chosen for one in everybody))
