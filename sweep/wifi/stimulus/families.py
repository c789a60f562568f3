"""Correction over flows: those that were chosen before the light share most of the error, all others the rest, and
within either each has its part by how much it sends.

Input is the p-value of each flow tested, whether it was chosen and how much it sent; output is the p-values after
correction, in the same order.  Anybody may send in a thousand made-up names while the light plays: what these cost must
not be paid by what sent like a camera before.  Nor must it where they sent like cameras before it as well: names cost
nothing, but a channel carries only so much, and a thousand of the thinnest send as much as a hundred cameras.

Why this holds at the level it says: the chips are drawn by themselves, so traffic that does not see the light is the
same whichever chips come.  A choice that knows nothing of the chips is fixed for it, and so are how many of its kind
there are at least, and how much each of them sends.  Holm's method with weights within each family (Scandinavian
Journal of Statistics 6, 1979) rejects what is true only where its p-value falls below its weight among all that is
true, whatever the others do; so each family keeps to its share of the error, and the shares add up to one (Bonferroni).
A family in which nobody was tested gives its share to the other: it gives none away where its own flows see no light,
since those are there whichever chips come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CHOSEN_SHARE: Final = 0.9
"""Of the error, for the flows that were chosen: guessed; it costs them a ninth of their p-value where there are
others, and what was not chosen can still be found."""

EQUAL_SHARE: Final = 0.25
"""Of a family's error, shared out equally, the rest by how much each flow sent.  Derived: beside uploads of any rate a
camera pays for at most four times as many flows as there are."""


def weigh(sent: Sequence[float]) -> list[float]:
    """The part of each flow of a family in its error; together one."""
    total, count = sum(sent), len(sent)
    return [(EQUAL_SHARE + (1.0 - EQUAL_SHARE) * (one * count / total if total else 1.0)) / count for one in sent]


def holm(p_values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment with weights; order kept."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i] / weights[i])
    adjusted = [0.0] * len(p_values)
    largest, left = 0.0, sum(weights)
    for index in order:
        largest = max(largest, min(1.0, p_values[index] / weights[index] * left))
        adjusted[index] = largest
        left -= weights[index]
    return adjusted


def correct(p_values: Sequence[float], is_chosen: Sequence[bool], sent: Sequence[float]) -> list[float]:
    """Holm within each family by what its flows `sent`, divided by the family's share of the error; order kept."""
    adjusted = [0.0] * len(p_values)
    for family in (True, False):
        places = [place for place, one in enumerate(is_chosen) if one == family]
        share, weights = share_of(is_chosen, is_chosen=family), weigh([sent[place] for place in places])
        for place, p_value in zip(places, holm([p_values[place] for place in places], weights), strict=True):
            adjusted[place] = min(1.0, p_value / share)
    return adjusted


def share_of(everybody: Sequence[bool], *, is_chosen: bool) -> float:
    """The share of the error of one family; all of it where it is the only one."""
    if len(set(everybody)) < 2:
        return 1.0
    return CHOSEN_SHARE if is_chosen else 1.0 - CHOSEN_SHARE


def hardest_p(p_value: float, is_chosen: Sequence[bool], sent: Sequence[float]) -> list[float]:
    """The p-value that each flow has to reach before correction if none of the others of its family follows."""
    return [p_value * weight for weight in weigh_families(is_chosen, sent)]


def weigh_families(is_chosen: Sequence[bool], sent: Sequence[float]) -> list[float]:
    """The part of each flow in all of the error; together one."""
    found = [0.0] * len(sent)
    for family in (True, False):
        places = [place for place, one in enumerate(is_chosen) if one == family]
        share = share_of(is_chosen, is_chosen=family)
        for place, weight in zip(places, weigh([sent[place] for place in places]), strict=True):
            found[place] = share * weight
    return found
