"""A sequence of chips on the head's white lamp, sans-IO: the head's reports in, the next command and the times out.

The firmware plays at most 128 chips at a time, so a longer sequence is handed over in parts, each at the end of the one
before.  Output is `ChipTimes` in the Pi's time with an honest error: that of the clock, and how far the chips that were
reported lie from equal steps.  It sends nothing: who owns the head asks what is due and sends that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sweep.link.clock import ClockError, TickClock, TickUnwrapper
from sweep.link.messages import SLOT_NS, Chip, LampsOff, Message, StimulusRun
from sweep.phrases import Phrase

PART_CHIPS: Final = 128
"""What one command holds (wire protocol)."""
HAND_OVER_NS: Final = 4_000_000
"""The next part is sent this much before the last chip of a part ends: guessed, the way of a command over USB."""
LEAST_FIT: Final = 3
"""Chips from which a length is fitted; before that it is the nominal one."""
LATE_CHIPS: Final = 2.5
"""A lamp that has reported no chip for so many has stopped: guessed, one lost report and a margin."""
GUARD, PART_DONE = 2, 3
"""Reasons of `lamps_off` (wire protocol)."""


@dataclass(frozen=True, slots=True)
class ChipTimes:
    """When the chips began: chip i at `start_ns` + i x `chip_ns`, give or take `error_ns`, on CLOCK_BOOTTIME."""

    begun: int
    start_ns: int
    chip_ns: float
    error_ns: int
    unreported: int
    """Chips before the last one that began without a report."""
    cut: int
    """Times the lamp's guard put it out: it shines 4.5 s at most, so eight bright chips in a row end early."""


class ChipRun:
    """One sequence on its way; feed it with everything that the head says, and send what is `due`."""

    def __init__(self, clock: TickClock, chips: Sequence[int], chip_s: float) -> None:
        """`clock`: the head's.  Raises ValueError for chips that no command can carry."""
        self._clock = clock
        self.chips = tuple(chips)
        self._slots = round(chip_s * 1e9 / SLOT_NS)
        if not chips or not 2 <= self._slots <= 0xFFFF or any(chip not in {0, 1} for chip in chips):
            raise ValueError(Phrase("chip_values_or_length"))
        self._unwrapper = TickUnwrapper()
        self._ticks: dict[int, int] = {}
        """Unwrapped tick by number of the chip in the whole sequence."""
        self._arrived_ns: dict[int, int] = {}
        self._handed_over = 0
        self._is_late = False
        """The head has played all it was given, and there is more."""
        self._asked_ns = 0
        self._cut = 0
        self._is_off = False
        self.fault: str | None = None
        """Why the lamp plays no more, a code; None while it plays and when it has played everything."""

    def begin(self, now_ns: int) -> StimulusRun:
        """The command that starts it."""
        self._asked_ns = now_ns
        return self._next_part()

    def _next_part(self) -> StimulusRun:
        part = self.chips[self._handed_over : self._handed_over + PART_CHIPS]
        self._handed_over += len(part)
        bits = sum(chip << place for place, chip in enumerate(part))
        return StimulusRun(self._slots, len(part), bits.to_bytes(PART_CHIPS // 8, "little"))

    def take(self, message: Message, now_ns: int) -> bool:
        """Take a message of the head; True when it says something new of the chips."""
        match message:
            case Chip(tick=tick, index=index):
                part = (self._handed_over - 1) // PART_CHIPS * PART_CHIPS
                number = self._number_of(part + index)
                self._ticks[number] = self._unwrapper.unwrap(tick)
                self._arrived_ns[number] = now_ns
                return True
            case LampsOff(reason=reason) if reason == GUARD:
                self._cut += 1
                return True
            case LampsOff(reason=reason) if reason == PART_DONE:
                if self._handed_over == len(self.chips):
                    # Where the last part came a little late, this may still be the end of the part before it.
                    part = (self._handed_over - 1) // PART_CHIPS * PART_CHIPS
                    self._is_off = part == 0 or max(self._ticks, default=-1) >= part
                else:  # the report of the part's last chip was lost, or the host was late
                    self._is_late = True
                return self._is_off
            case LampsOff():
                self.fault = "lamp_went_off"
                return True
            case _:
                return False

    def _number_of(self, number: int) -> int:
        """The last chip of a part may be reported when the next part is on its way already."""
        last = max(self._ticks, default=-1)
        return number - PART_CHIPS if number > last + PART_CHIPS // 2 else number

    def due(self, now_ns: int) -> StimulusRun | None:
        """The next part when it is time to hand it over; notices a lamp that has stopped. Ask it often."""
        if self._is_late:
            self._is_late = False
            return self._next_part()
        if not self._ticks:
            if now_ns - self._asked_ns > LATE_CHIPS * self._slots * SLOT_NS + 1e9:
                self.fault = "lamp_not_playing"
            return None
        last = max(self._ticks)
        end_ns = self._expected_ns(last + 1)
        if last + 1 == self._handed_over < len(self.chips) and now_ns >= end_ns - HAND_OVER_NS:
            return self._next_part()
        if not self.is_over and now_ns > end_ns + (LATE_CHIPS - 1) * self._slots * SLOT_NS:
            self.fault = self.fault or "lamp_not_playing"
        return None

    def _expected_ns(self, number: int) -> float:
        last = max(self._ticks)
        slot_ns = SLOT_NS * (1 + self._clock.drift)
        try:
            from_ns = self._clock.to_boottime(self._ticks[last] & 0xFFFFFFFF).t_ns
        except ClockError:
            return float(self._asked_ns) + 1e9
        return from_ns + (number - last) * self._slots * slot_ns

    @property
    def is_over(self) -> bool:
        """Every chip was played to its end."""
        return self._is_off

    def times(self) -> ChipTimes | None:
        """When the chips began, by what is known of the clock now; None before the first, or without a clock."""
        if not self._ticks or not self._clock.is_set:
            return None
        numbers = sorted(self._ticks)
        ticks = [self._ticks[number] for number in numbers]
        slots = float(self._slots)
        if len(numbers) >= LEAST_FIT:
            slots = _slope(numbers, ticks)
        offsets = [tick - number * slots for number, tick in zip(numbers, ticks, strict=True)]
        first = (min(offsets) + max(offsets)) / 2
        spread = (max(offsets) - min(offsets)) / 2
        mapped = self._clock.to_boottime(round(ticks[-1]) & 0xFFFFFFFF)
        slot_ns = SLOT_NS * (1 + self._clock.drift)
        start_ns, chip_ns = round(mapped.t_ns - (ticks[-1] - first) * slot_ns), slots * slot_ns
        late_ns = sorted(at - start_ns - round(number * chip_ns) for number, at in self._arrived_ns.items())
        return ChipTimes(
            begun=numbers[-1] + 1,
            start_ns=start_ns,
            chip_ns=chip_ns,
            # A report comes just behind its chip: one that seems early, or all of them late, show the clock to be off.
            error_ns=max(mapped.error_ns + round((spread + 1) * slot_ns), late_ns[len(late_ns) // 2], -late_ns[0]),
            unreported=numbers[-1] + 1 - len(numbers),
            cut=self._cut,
        )


def _slope(numbers: list[int], ticks: list[int]) -> float:
    """Slots a chip by least squares."""
    count = len(numbers)
    mean_x, mean_y = sum(numbers) / count, sum(ticks) / count
    over = sum((x - mean_x) * (y - mean_y) for x, y in zip(numbers, ticks, strict=True))
    return over / sum((x - mean_x) ** 2 for x in numbers)
