"""The rule by which the sensor head lets its white light rest, as the firmware keeps it, so that a plan can know it.

Input is when chips are played; output is when the light really shines: the head puts it out after 4.5 s at a stretch,
and once its on time ran ahead of its off time by 30 s it stays dark until half of that is paid back.  It plays nothing;
a test holds it against the firmware's own core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

LONGEST_S: Final = 4.5
"""At a stretch (firmware/limits.toml, light.white, max_on_ms)."""
BALANCE_S: Final = 30.0
"""So far on may run ahead of off (balance_ms, duty_divisor 2)."""
PAID_BACK: Final = 0.5
"""Share of the balance below which it may shine again (firmware/core/lamps.c, guard_white)."""
BEGIN_AHEAD_S: Final = 3.0
"""A test begins once on is ahead by no more: then 1 in 900 sequences of 190 fair chips of 0.6 s runs into the rest,
from 15 s ahead 1 in 14 (derived: a walk of 190 steps that is held at 0)."""
DARK_SHARE: Final = 0.1
"""With more of the lit chips left dark a test denies nothing (guessed: the answer is weaker by as much)."""

Edge = tuple[float, int]
"""From when on, and the level."""


@dataclass(frozen=True, slots=True)
class Light:
    """What the lamp did with chips."""

    edges: tuple[Edge, ...] = ()
    """In order, dark before the first and after the last."""
    cuts_s: tuple[float, ...] = ()
    """When it was put out although a chip was not over."""
    dark: tuple[int, ...] = ()
    """Numbers of chips that should have shone and, since it had to rest, shone for less than half of their time."""


@dataclass(slots=True)
class WhiteAccount:
    """How far on time is ahead of off time; times are seconds of any one clock."""

    ahead_s: float = 0.0
    is_resting: bool = False
    _at_s: float = field(default=0.0)

    def ahead_at(self, t_s: float) -> float:
        """How far ahead it will be if it stays dark until then."""
        return max(0.0, self.ahead_s - max(0.0, t_s - self._at_s))

    def copy(self) -> WhiteAccount:
        """Another one, for trying out."""
        return replace(self)

    def rest_until(self, t_s: float) -> None:
        """It is dark until then."""
        self._spend(t_s, is_lit=False)

    def play(self, start_s: float, chip_s: float, chips: Sequence[int], *, end_s: float | None = None) -> Light:
        """Play chips, or as many as there is time for until `end_s`."""
        self.rest_until(start_s)
        edges, cuts, dark = list[Edge](), list[float](), list[int]()
        run_s, is_lit = 0.0, False
        over_s = start_s + len(chips) * chip_s
        end_s = over_s if end_s is None else min(end_s, over_s)
        for number, chip in enumerate(chips):
            begin_s, until_s = start_s + number * chip_s, min(start_s + (number + 1) * chip_s, end_s)
            if begin_s >= end_s:
                break
            if is_lit != (is_lit := bool(chip) and not self.is_resting):
                edges.append((begin_s, int(is_lit)))
            run_s = run_s if is_lit else 0.0
            lit_s = self._shine(until_s, run_s) if is_lit else 0.0
            if is_lit and (self._at_s < until_s or self.is_resting):  # put out, be it with the chip's end
                edges.append((self._at_s, 0))
                cuts.append(self._at_s)
                is_lit, run_s = False, 0.0
            else:
                run_s += lit_s
            if chip and self.is_resting and lit_s < chip_s / 2.0:
                dark.append(number)
            self._spend(until_s, is_lit=False)
        if is_lit:
            edges.append((end_s, 0))
        return Light(tuple(edges), tuple(cuts), tuple(dark))

    def _shine(self, until_s: float, run_s: float) -> float:
        """Lit until then, or until a guard puts it out; for how long."""
        began_s = self._at_s
        out_s = min(until_s, began_s + max(0.0, LONGEST_S - run_s), began_s + BALANCE_S - self.ahead_s)
        self._spend(out_s, is_lit=True)
        self.is_resting = self.is_resting or self.ahead_s >= BALANCE_S - 1e-9
        return out_s - began_s

    def _spend(self, t_s: float, *, is_lit: bool) -> None:
        if t_s <= self._at_s:
            return
        step_s = t_s - self._at_s
        self.ahead_s = self.ahead_s + step_s if is_lit else max(0.0, self.ahead_s - step_s)
        self._at_s = t_s
        if not is_lit and self.ahead_s <= BALANCE_S * PAID_BACK:
            self.is_resting = False
