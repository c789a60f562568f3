"""Prompts a person through the chips of a walking test: walk while a chip is 1, stand still while it is 0.

Input is chips that were drawn, and the time; output is what to tell the person now, until when it holds, and which
chips have begun.  It begins with some seconds to get ready, in which nobody walks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sweep.modality.messages import PLAYED_OUT, Played

READY_S: Final = 5.0
"""To read the first prompt and look up: guessed."""


@dataclass(frozen=True, slots=True)
class PromptNews:
    """Something changed for the person."""

    prompt: Literal["walk", "stand"]
    elapsed_s: float
    next_prompt_s: float
    """Until the prompt changes, from now."""
    played: Played | None
    """None while the person gets ready."""


class WalkPrompter:
    """One walking test on its way; times are CLOCK_BOOTTIME."""

    def __init__(self, chips: Sequence[int], chip_s: float, now_ns: int) -> None:
        self._chips = tuple(chips)
        self._chip_ns = chip_s * 1e9
        self._start_ns = now_ns + round(READY_S * 1e9)
        self._told = -2

    @property
    def longest_s(self) -> float:
        """Of all chips."""
        return len(self._chips) * self._chip_ns / 1e9

    def step(self, now_ns: int) -> PromptNews | None:
        """What is new since the last call; None when nothing is."""
        chip = max(-1, min(int((now_ns - self._start_ns) // self._chip_ns), len(self._chips)))
        if chip == self._told:
            return None
        self._told = chip
        elapsed_s = max(0.0, (now_ns - self._start_ns) / 1e9)
        if chip < 0:
            return PromptNews("stand", 0.0, self._until_s(self._next_change(-1), now_ns), None)
        is_over = chip == len(self._chips)
        played = Played(
            begun=min(chip + 1, len(self._chips)),
            start_ns=self._start_ns,
            chip_ns=self._chip_ns,
            error_ns=0,
            ended=PLAYED_OUT if is_over else None,
            chips=self._chips,
        )
        prompt: Literal["walk", "stand"] = "walk" if not is_over and self._chips[chip] else "stand"
        left_s = 0.0 if is_over else self._until_s(self._next_change(chip), now_ns)
        return PromptNews(prompt, min(elapsed_s, self.longest_s), left_s, played)

    def _next_change(self, chip: int) -> int:
        """Number of the next chip that differs; before the first one a person stands."""
        now = self._chips[chip] if chip >= 0 else 0
        later = range(chip + 1, len(self._chips))
        return next((number for number in later if self._chips[number] != now), len(self._chips))

    def _until_s(self, chip: int, now_ns: int) -> float:
        return round(max(0.0, (self._start_ns + chip * self._chip_ns - now_ns) / 1e9), 1)
