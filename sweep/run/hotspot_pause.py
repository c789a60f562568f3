"""A pause of the probe's own access point while the head measures RF, so that some windows are not its own.

Input is when RF begins and ends, and the time; output is commands to the access point and the log of what the probe
sends. The log is the measure: it says "silent" only from the moment at which the access point was seen to be off until
it is asked to come back, and whatever lies outside that is left out as before.  A phone hears nothing meanwhile; the
head's button does.  What could not be switched off goes on sending, and is written down as sending.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Literal

from sweep.host.access_point import AccessPoint
from sweep.modality.own_transmissions import OwnTransmissions

TRIES: Final = 5
"""To switch it on again before it is given up (guessed); the agent tries anew when it starts."""

State = Literal["sending", "falling", "silent", "rising", "lost"]


class HotspotPause:
    """Of one sweep; `tick` comes many times a second."""

    def __init__(
        self,
        access_point: AccessPoint,
        own: OwnTransmissions,
        pause_s: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`pause_s`: how long it is silent at most, in each measurement."""
        self._point, self._own, self._pause_s, self._clock_s = access_point, own, pause_s, clock_s
        self.state: State = "sending"
        self._is_wanted = False
        self._until_s = 0.0
        self._tries = 0

    def begin(self) -> None:
        """The head begins to measure."""
        self._is_wanted = True
        if self.state == "sending":
            self._point.ask("down")
            self.state = "falling"

    def end(self) -> None:
        """It measures no more."""
        self._is_wanted = False
        self.tick()

    def tick(self) -> None:
        """Look what became of the last command, and give the next."""
        if self.state == "falling" and (done := self._point.has_done()) is not None:
            if done:
                self._own.turn_off("hotspot")
                self.state, self._until_s = "silent", self._clock_s() + self._pause_s
            else:
                self.state = "sending"
        if self.state == "silent" and (not self._is_wanted or self._clock_s() >= self._until_s):
            self._own.turn_on("hotspot")  # from the first beacon on, whenever that is
            self._tries = TRIES
            self._rise()
        elif self.state == "rising" and (done := self._point.has_done()) is not None:
            if done:
                self.state = "sending"
            else:
                self._rise()

    def close(self) -> None:
        """Leave it switched on, and wait for that."""
        self._is_wanted = False
        if self.state == "falling":
            self._point.wait()
        self.tick()
        while self.state == "rising":
            self._point.wait()
            self.tick()

    def _rise(self) -> None:
        if self._tries == 0:
            self.state = "lost"
            return
        self._tries -= 1
        self._point.ask("up")
        self.state = "rising"
