"""The p-value of one flow: how many of the sequences that might have been played score as well as the one that was.

Input is a flow's `Response` and rows of chips; output is the p-value and the score.  A few sequences are asked first,
and more of them only where they may decide something; where none comes near the one played, `tail` goes on.  How much
is asked depends on scores and on how much the flow sends, never on what it is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .likelihood import Response
from .tail import continue_tail

FIRST_NULLS: Final = 999
EXTEND_BELOW: Final = 0.2
"""Null sequences: first few, then many where it matters; p-values under the limit only ever get more of them."""
FEWEST_NULLS, FEWEST_BELOW = 199, 0.25
"""The same of a flow in a crowd: derived, where 49 of 199 do as well, its p-value is 0.05 with a chance of 1e-19."""
HARDLY: Final = 4.0
"""So many times a flow's part of the error, a p-value comes to 1 after correction whatever more sequences say: derived,
what decides among a thousand flows is reached by 3 of the first 999 with a chance of 2e-5."""
CROWD: Final = 0.0125
"""Part of the error below which a flow is in a crowd: derived, HARDLY times it is well below FEWEST_BELOW."""
TIE_NATS: Final = 1e-4
"""Scores nearer than this are equal: derived, single precision."""


class Effort(NamedTuple):
    """How much is asked of one flow."""

    extend_below: float
    """All sequences are asked only where the share among the first ones is below."""
    in_crowd: bool = False
    """Fewer are asked first."""

    def at_look(self, share: float) -> Effort:
        """The same at a look that may use a share of the error."""
        return self._replace(extend_below=self.extend_below * share)


FLOW_ALONE: Final = Effort(EXTEND_BELOW)


def effort_of(weight: float) -> Effort:
    """What is worth asking of a flow with this part of the error."""
    return Effort(min(EXTEND_BELOW, HARDLY * weight), weight < CROWD)


def find_p_value(
    response: Response, rows: NDArray[np.int8], effort: Effort = FLOW_ALONE, *, is_drawn: bool = True
) -> tuple[float, float]:
    """Share of sequences that score like the one played (row 0) or better, itself among them; and its score.

    Where none of all rows comes near it and chips were drawn (`is_drawn`), the tail of their scores is continued.
    """
    stages = [(FIRST_NULLS + 1, effort.extend_below), (len(rows), 0.0)]
    if effort.in_crowd:
        stages.insert(0, (FEWEST_NULLS + 1, FEWEST_BELOW))
    scores, reached, p_value = np.zeros(0), 0, 1.0
    for asked, go_on_below in stages:
        scores = np.concatenate([scores, response.score(rows[len(scores) : asked])])
        reached = int((scores >= scores[0] - TIE_NATS).sum())
        p_value = reached / len(scores)
        if p_value >= go_on_below or len(scores) == len(rows):
            break
    played = float(scores[0])
    if len(scores) == len(rows) > FIRST_NULLS + 1 and reached == 1 and is_drawn:
        beyond = continue_tail(scores[1:], played, rows[0])
        p_value = p_value if beyond is None else min(p_value, beyond)
    return p_value, played
