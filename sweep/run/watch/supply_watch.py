"""Whether the probe's supply lasts: the head's battery reading, the Pi's own word on its voltage and the account of the
power bank, against limits.

Input is volts as the head tells them, the alarm file of the Pi's firmware driver and what is left in the bank; output
is a notice when it runs low or recovers, and a code when the sweep must be closed while a report can still be written.
All limits are guessed: no probe has been run to the end of a battery yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sweep.host.machine import read_alarm
from sweep.link.supply import LOW_BATTERY_V
from sweep.report import BankState, LiveEvent
from sweep.run.words import notice_event

CLOSE_BATTERY_V: Final = 4.4
"""Below it the Pi may restart at any moment: 5 % below its own alarm (guessed)."""
CLOSE_AFTER_S: Final = 3.0
"""A lamp or a radio that starts pulls the supply down for a moment; an empty battery does not recover (guessed)."""
CLOSE_AFTER_ALARM_S: Final = 30.0
"""The Pi's alarm alone says less: a thin cable raises it for hours (guessed)."""
RECOVERED_V: Final = 0.1
LOW_SHARE: Final = 0.20
"""Of the power bank: at 8 W still an hour of one of 10,000 mAh, by its own account (derived, as likely as not)."""
CLOSE_SHARE: Final = 0.05
"""Then the account is as likely too high as too low: a bank that ends by itself takes the last 2 s along (guessed)."""
ENOUGH_SHARE: Final = 0.25
"""Far enough above that the notice does not flicker (guessed)."""
LOOK_EVERY_S: Final = 1.0


class SupplyWatch:
    """One for a sweep."""

    def __init__(
        self,
        alarm: Path | None = None,
        *,
        read_bank: Callable[[], BankState] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`alarm`: the file of `host.machine.find_alarm`.  `read_bank`: None where nobody keeps account of a bank."""
        self._alarm = alarm
        self._read_bank = read_bank
        self._clock_s = clock_s
        self._battery_v: float | None = None
        self._empty_since_s: float | None = None
        self._alarm_since_s: float | None = None
        self._looked_s = -LOOK_EVERY_S
        self._is_low = False
        self._is_bank_low = False
        self.must_close: str | None = None
        """Code that says why the sweep must be closed; it stays."""

    def take_battery(self, volts: float) -> None:
        """What the head measured."""
        self._battery_v = volts

    def look(self) -> list[LiveEvent]:
        """What persons should hear now."""
        now_s = self._clock_s()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        is_empty = self._battery_v is not None and self._battery_v < CLOSE_BATTERY_V
        self._empty_since_s = _since(self._empty_since_s, now_s, holds=is_empty)
        self._alarm_since_s = _since(self._alarm_since_s, now_s, holds=self._is_alarmed())
        if _lasts(self._empty_since_s, now_s, CLOSE_AFTER_S) or _lasts(self._alarm_since_s, now_s, CLOSE_AFTER_ALARM_S):
            self.must_close = "battery_low"
        return [*self._look_at_bank(), *self._tell(is_low=self._is_under(), is_recovered=self._is_recovered())]

    def _look_at_bank(self) -> list[LiveEvent]:
        if self._read_bank is None:
            return []
        left = _left_in(self._read_bank())
        if left <= CLOSE_SHARE:
            self.must_close = "battery_low"
        was_low = self._is_bank_low
        self._is_bank_low = left <= LOW_SHARE or (was_low and left < ENOUGH_SHARE)
        return [] if self._is_bank_low == was_low else [notice_event("bank_low", is_over=was_low)]

    def _tell(self, *, is_low: bool, is_recovered: bool) -> list[LiveEvent]:
        if is_low and not self._is_low:
            self._is_low = True
            return [notice_event("battery_low")]
        if self._is_low and is_recovered:
            self._is_low = False
            return [notice_event("battery_low", is_over=True)]
        return []

    def _is_under(self) -> bool:
        return self._alarm_since_s is not None or (self._battery_v is not None and self._battery_v < LOW_BATTERY_V)

    def _is_recovered(self) -> bool:
        is_charged = self._battery_v is None or self._battery_v >= LOW_BATTERY_V + RECOVERED_V
        return self._alarm_since_s is None and is_charged

    def _is_alarmed(self) -> bool:
        return self._alarm is not None and read_alarm(self._alarm) is True


def _left_in(bank: BankState) -> float:
    """What is likely left, or left at most where nobody said how full it was; a second one that is plugged in is full
    enough: nobody knows which of them gives.
    """
    if bank.inputs is not None and len(bank.inputs) > 1:
        return 1.0
    return bank.most_share if bank.likely_share is None else bank.likely_share


def _since(since_s: float | None, now_s: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return now_s if since_s is None else since_s


def _lasts(since_s: float | None, now_s: float, long_s: float) -> bool:
    return since_s is not None and now_s - since_s >= long_s
