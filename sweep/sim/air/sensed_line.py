"""The other end of the line for a simulated position: plays chips as the head and a person would, on the air's clock.

Input is what the one who listens says, and the runner's line; output is which chips were played when, as far as they
have begun, and whether the runner wants to leave, at which light and walking end at once.  Chips are drawn here, by the
seed, as fair coins.  Progress goes on to the runner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sweep.modality.messages import (
    PLAYED_OUT,
    Leave,
    Line,
    PlayChips,
    Played,
    ResponseTestKind,
    SkipResponseTests,
    StopChips,
    ToRunner,
    ToWorker,
)
from sweep.modality.white_lamp_rest import Light

from .sensed_air import SimulatedAir

HEAD_ANSWERS_S: Final = 0.03
"""From asking until the first chip: guessed, a command over USB."""
READY_S: Final = 5.0
"""A person has so long to get ready, as in a real walk (`run/walk_prompter`)."""
REPORT_LATE_S: Final = 0.003
"""A chip is reported so long after it began: guessed, as an emulated head's line at 115,200 baud."""
HEAD_ERROR_NS: Final = 3_000_000
"""Bound of a report's time: the head's clock bounds three times the lateness of its earliest reports."""
DRIFT: Final = 0.001
"""Standard deviation of a head's rate: guessed, a fifth of a ceramic resonator's tolerance."""
NO_LIGHT: Final = Light()


@dataclass(frozen=True, slots=True)
class _Playing:
    """One test on its way; times are seconds of the stage."""

    kind: ResponseTestKind
    chips: tuple[int, ...]
    start_s: float
    chip_s: float
    told_start_s: float
    error_ns: int
    light: Light = NO_LIGHT

    def begun(self, now_s: float) -> int:
        """Chips that are known to have begun."""
        late_s = REPORT_LATE_S if self.kind == "light" else 0.0
        return max(0, min(len(self.chips), int((now_s - late_s - self.start_s) // self.chip_s) + 1))

    def is_over(self, now_s: float) -> bool:
        """All were played."""
        return now_s >= self.start_s + len(self.chips) * self.chip_s + REPORT_LATE_S


class SimulatedLine:
    """The line of one simulated position; a `Line` (sweep/modality/messages.py)."""

    def __init__(self, runner: Line, air: SimulatedAir, seed: Sequence[int]) -> None:
        """`runner`: the line to whoever attends to the measurement; `seed`: of the room and of the position."""
        self._runner = runner
        self._air = air
        self._rng = np.random.default_rng([*seed, 0xC417])
        self._drift = float(np.random.default_rng([seed[0], 0xD21F]).normal(0.0, DRIFT))
        self._playing: _Playing | None = None
        self._told: Played | None = None

    def say(self, message: ToRunner) -> None:
        """Play, stop, or pass it on."""
        match message:
            case PlayChips():
                self._stop()
                self._playing = self._begin(message)
            case StopChips():
                self._stop()
                self._runner.say(message)
            case _:
                self._runner.say(message)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:  # noqa: ARG002  its clock moves only with the air
        """What is new of the chips, then whether the runner wants to leave, or a person no test."""
        messages: list[ToWorker] = []
        played = None if self._playing is None else self._report(self._playing)
        if played is not None and played != self._told:
            self._told = played
            messages.append(played)
        for message in self._runner.hear():
            if isinstance(message, Leave | SkipResponseTests):  # nobody but this end plays anything
                self._stop()
                messages.append(message)
        return messages

    def _begin(self, wish: PlayChips) -> _Playing:
        rng, stage, now_s = self._rng, self._air.stage, self._air.elapsed_s
        chips = tuple(int(chip) for chip in rng.integers(0, 2, wish.count))
        if wish.kind == "motion":
            start_s = now_s + READY_S
            stage.walk(start_s, wish.chip_s, chips, rng)
            return _Playing(wish.kind, chips, start_s, wish.chip_s, start_s, 0)
        start_s, chip_s = now_s + HEAD_ANSWERS_S, wish.chip_s * (1.0 + self._drift)
        light = stage.play_light(start_s, chip_s, chips)
        told_s = start_s + float(rng.uniform(-0.5, 0.5)) * HEAD_ERROR_NS / 1e9
        return _Playing(wish.kind, chips, start_s, chip_s, told_s, HEAD_ERROR_NS, light)

    def _report(self, one: _Playing) -> Played | None:
        """What is known of the test by now; None before its first chip."""
        now_s = self._air.elapsed_s
        begun = one.begun(now_s)
        if begun == 0:
            return None
        start_ns = self._air.now_ns() + round((one.told_start_s - now_s) * 1e9)
        return Played(
            begun=begun,
            start_ns=start_ns,
            chip_ns=one.chip_s * 1e9,
            error_ns=one.error_ns,
            cut=sum(1 for cut_s in one.light.cuts_s if cut_s <= now_s),
            withheld=sum(1 for number in one.light.dark if number < begun),
            ended=PLAYED_OUT if one.is_over(now_s) else None,
            chips=one.chips,
        )

    def _stop(self) -> None:
        if self._playing is not None:
            self._air.stage.stop(self._air.elapsed_s)
        self._playing = self._told = None
