"""How well does somebody guess who knows the policy, the program and every past draw, but not a coming day's secret?"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from server.schedule.periods import Period, working_days
from server.schedule.random_days import SECRET_BYTES, drawn_day, is_drawn_again


@dataclass(frozen=True, slots=True)
class Guessing:
    """Of many periods, each visited on the day that was drawn."""

    working_days: int
    entropy_bits: float
    """Of the day, at the period's start."""
    measured_bits: float
    """Of the days that came out."""
    best_guess: float
    """Share of periods in which the day that came out most often was the day: naming a day at the period's start."""
    tomorrow: float
    """Share of days before a visit on which `tomorrow` was right, over all days that were still open."""
    certain: float
    """Share of periods that were open to their last day, so that the visit was certain on its eve."""
    again: float
    """Share of periods with a second visit on a later day."""

    def __str__(self) -> str:
        right = f"a day named at the start {self.best_guess:.1%}, `tomorrow` on any open day {self.tomorrow:.1%}"
        ends = f"certain on its eve {self.certain:.1%} of periods; second visit in {self.again:.1%}"
        bits = f"{self.entropy_bits:.2f} bits ({self.measured_bits:.2f} measured)"
        return f"{self.working_days} working days, {bits}; right: {right}; {ends}"


def guessing(period: Period, again_per_day: float, *, periods: int, seed: int) -> Guessing:
    """Draw so many periods, each with secrets of its own."""
    randomness = random.Random(seed)
    days = working_days(period)
    drawn: Counter[int] = Counter()
    open_days = again = 0
    for number in range(periods):
        secrets = {day: randomness.randbytes(SECRET_BYTES) for day in days}
        facility = UUID(int=number)
        day = drawn_day(facility, "monthly", days, days[-1], secrets)
        assert day is not None
        place = days.index(day)
        drawn[place] += 1
        open_days += place + 1
        again += any(is_drawn_again(facility, "monthly", again_per_day, later, secrets) for later in days[place + 1 :])
    shares = [count / periods for count in drawn.values()]
    return Guessing(
        working_days=len(days),
        entropy_bits=math.log2(len(days)) if days else 0.0,
        measured_bits=-sum(share * math.log2(share) for share in shares),
        best_guess=max(shares),
        tomorrow=periods / open_days,
        certain=drawn[len(days) - 1] / periods,
        again=again / periods,
    )
