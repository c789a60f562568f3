"""One run of the strobed lamps, sans-IO: which command begins it, and when each trigger was, under which lamp.

Input is what was asked for and the head's messages; output is the command, `Trigger`s in the Pi's time, and counts of
what led to none.  A trigger whose time is not known well enough to tell it from its neighbours is dropped and counted.
It owns no port and reads no clock but the head's.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from sweep.link.clock import ClockError, TickClock
from sweep.link.messages import SLOT_NS, Exposure, LampRun, LampsOff, Message, RedBurst
from sweep.modality.strobe import PAIR_WITHIN_SHARE, SHORT_SCALE, Phase, Strobe, Trigger
from sweep.phrases import Phrase

PHASE_NUMBERS: Final[dict[Phase, int]] = {"C": 0, "A": 1, "B": 2, "M": 3, "R": 4, "N": 5}
"""Phases as the wire protocol counts them."""
PHASE_LETTERS: Final = {number: letter for letter, number in PHASE_NUMBERS.items()}
MARGIN_SLOTS: Final = 4
"""Of an exposure that a pulse leaves dark: it begins two slots after the trigger (wire protocol) and ends as early."""
GROUP_MAX: Final = 6
"""Exposures of a group (wire protocol)."""
PULSE_SLOTS: Final = (2, 62)
"""Shortest and longest pulse of a lamp (wire protocol, firmware/limits.toml)."""
RED_SLOTS: Final = 12
"""Each red pulse (firmware/limits.toml: 400 us)."""
GUARD: Final = 2
"""Reason of `lamps_off` for one pulse that was cut (wire protocol); after any other the lamps no longer run."""
SILENT_PERIODS: Final = 25
"""Without a trigger for so many, the lamps do not run (guessed: half a second)."""
BEGIN_WITHIN_NS: Final = 1_000_000_000
"""Until the first trigger (guessed)."""
SETTLE_NS: Final = 8_000_000_000
"""Within which the head's clock is known well enough: `clock.LEAST_SPAN_NS` and a margin (derived)."""


class StrobeRun:
    """Feed it with everything that the head says."""

    def __init__(self, clock: TickClock, ask: Strobe) -> None:
        """Raises ValueError for what no command can carry."""
        self._clock = clock
        self._longest_ns = round(ask.longest_s * 1e9)
        self._period_slots = round(1e9 / ask.fps / SLOT_NS)
        if not 0 < self._period_slots <= 0xFFFF or not 1 <= len(ask.order) <= GROUP_MAX or "R" in ask.order:
            raise ValueError(Phrase("strobe_phases_or_period"))
        if not 0.0 < ask.exposure_s <= 2.0 or not 0 <= ask.short_every <= 0xFF or not 1 <= ask.red_count <= 0xFF:
            raise ValueError(Phrase("strobe_exposure_or_rounds"))
        phases = bytes(PHASE_NUMBERS[letter] for letter in ask.order)
        least, most = PULSE_SLOTS
        self._pulse_slots = min(most, max(least, math.ceil(round(ask.exposure_s * 1e9 / SLOT_NS, 3))))
        short_slots = max(least, round(self._pulse_slots * SHORT_SCALE))
        self.command = LampRun(
            period_slots=self._period_slots,
            exposure_slots=self._pulse_slots + MARGIN_SLOTS,
            phase_count=len(phases),
            phases=phases.ljust(GROUP_MAX, b"\0"),
            pulse_slots=bytes((self._pulse_slots,) * len(phases)).ljust(GROUP_MAX, b"\0"),
            short_slots=bytes((short_slots,) * len(phases)).ljust(GROUP_MAX, b"\0"),
            short_every=ask.short_every,
        )
        """What begins it."""
        self._red_every_ns = round(ask.red_every_s * 1e9)
        self._red_count = ask.red_count
        self._red_asked_ns: int | None = None
        self._begun_ns: int | None = None
        self._heard_ns: int | None = None
        self.dropped: Counter[str] = Counter()
        """Triggers that cannot be used, by reason."""
        self.went_off: int | None = None
        """Reason number of the head when the lamps last went off by themselves."""

    @property
    def period_ns(self) -> int:
        """From trigger to trigger, as the head counts it."""
        return self._period_slots * SLOT_NS

    def take(self, message: Message) -> Trigger | None:
        """A trigger, where the message is one whose time is known."""
        match message:
            case Exposure(tick=tick, trigger=number, phase=phase, lit_slots=lit):
                letter = PHASE_LETTERS.get(phase)
                if letter is None:
                    self.dropped["phase_unknown"] += 1
                    return None
                try:
                    mapped = self._clock.to_boottime(tick)
                except ClockError:
                    self.dropped["clock_not_set"] += 1
                    return None
                self._heard_ns = mapped.t_ns
                if mapped.error_ns > PAIR_WITHIN_SHARE * self.period_ns:
                    self.dropped["clock_not_settled"] += 1
                    return None
                self._begun_ns = self._begun_ns or mapped.t_ns
                usual = RED_SLOTS if letter == "R" else self._pulse_slots
                return Trigger(number, mapped.t_ns, letter, lit > 0, lit / usual if lit else 1.0)
            case LampsOff(reason=reason):
                self.went_off = reason
                return None
            case _:
                return None

    def due(self, now_ns: int) -> RedBurst | None:
        """A red burst whose time has come; whoever sends it answers for the declaration.

        The head refuses it while red rests.
        """
        if self._begun_ns is None or self._red_every_ns == 0:
            return None
        if self._red_asked_ns is not None and now_ns - self._red_asked_ns < self._red_every_ns:
            return None
        self._red_asked_ns = now_ns
        return RedBurst(self.command.exposure_slots, self._pulse_slots, RED_SLOTS, self._red_count, is_room_empty=1)

    def fault(self, now_ns: int, asked_ns: int) -> str | None:
        """Why no more triggers come, a code; None while they do. `asked_ns`: when the command was answered."""
        if self.went_off not in {None, GUARD}:
            return "lamp_went_off"
        patience_ns = BEGIN_WITHIN_NS if self._heard_ns is None else SILENT_PERIODS * self.period_ns
        since_ns = asked_ns if self._heard_ns is None else self._heard_ns
        return "no_triggers" if now_ns - since_ns > patience_ns else None

    def is_over(self, now_ns: int, asked_ns: int) -> bool:
        """Whether it has lasted as long as was asked, from the first trigger that could be used."""
        return now_ns - (self._begun_ns or asked_ns + SETTLE_NS) >= self._longest_ns
