"""How strongly transmitters that may be cameras are received, moment by moment, while a position is listened to.

Input is frames as they are parsed and which addresses matter; output is a message to the runner for each transmitter
that was heard in a moment.  Of one that was silent, or whose channel was not listened to, nothing is said.  It keeps no
frame and touches no air.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from sweep.modality.messages import LevelNow
from sweep.wifi.frames.dot11 import Dot11Frames
from sweep.wifi.frames.radio_headers import NO_LEVEL

MOST_LED: Final = 3
"""Transmitters that somebody can be led to at a time; beside a lens, four fill a phone (guessed)."""
Led = Mapping[str, Collection[int]]
"""Addresses of transmitters by tag, the surest first."""
NOBODY_LED: Final[Led] = MappingProxyType({})


class LiveLevels:
    """One for a position."""

    def __init__(self, say: Callable[[LevelNow], None], led: Led) -> None:
        """`led`: to whom somebody is led; of more than `MOST_LED` the first."""
        self._say = say
        self._led: dict[str, Collection[int]] = {}
        self._power: dict[str, tuple[float, int, int]] = {}
        """Of each in this moment: sum of the power in mW, frames, channel."""
        for tag in reversed(list(led)):
            self.lead(tag, led[tag])

    def lead(self, tag: str, addresses: Collection[int]) -> None:
        """Tell of this one, too, before those that were led to earlier."""
        self._led.pop(tag, None)
        if addresses:
            self._led = dict([(tag, addresses), *self._led.items()][:MOST_LED])

    def add(self, frames: Dot11Frames) -> None:
        """Frames of the moment that goes on."""
        for tag, addresses in self._led.items():
            is_its = np.isin(frames.ta, np.array(list(addresses), np.uint64)) & (frames.rssi_dbm != NO_LEVEL)
            levels = frames.rssi_dbm[is_its].astype(np.float64)
            if len(levels):
                power, count, _ = self._power.get(tag, (0.0, 0, 0))
                power += float(np.sum(10.0 ** (levels / 10.0)))
                self._power[tag] = power, count + len(levels), int(frames.channel_mhz[is_its][-1])

    def tell(self, now_ns: int, seconds: float) -> None:
        """The moment is over; it was listened for so long."""
        heard, self._power = self._power, {}
        for tag, (power, count, mhz) in heard.items():
            if mhz > 0:
                self._say(LevelNow(tag, mhz, now_ns, seconds, round(float(10.0 * np.log10(power / count)), 2)))
