"""Whose turn it is on the sensor head: RF windows, the strobed lamps of the camera, or the light test; sans-IO.

One at a time: lamp pulses would be heard in RF windows, and the light of the test would be seen in the frames. Who asks
first is served first. A strobe and a light test are not interrupted by others, since a camera without triggers times
out and a test that was cut is lost; RF windows make way once they have had their least. Input is asks, endings and the
time; output is whose turn begins or ends and who waits for whom. It knows no head and no lamp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

User = Literal["rf", "strobe", "chips"]
RF_LEAST_S: Final = 8.0
"""Fifty windows of 0.1 s, from which RF counts as fully measured, and one visit to each of the tuner's frequencies
(32 ms to settle, 64 ms to listen, 77 of them: 7.4 s); derived."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Whose turn begins."""

    user: User


@dataclass(frozen=True, slots=True)
class Yield:
    """Who has to let go of the head, since somebody waits."""

    user: User
    to: User


@dataclass(frozen=True, slots=True)
class Wait:
    """Who has to wait, and for whom."""

    user: User
    on: User


Turn = Begin | Yield | Wait


class Schedule:
    """Decides; whoever has the head obeys."""

    def __init__(self) -> None:
        self.holder: User | None = None
        """Whose turn it is."""
        self._since_s = 0.0
        self._waiting: list[User] = []
        self._told: set[User] = set()

    @property
    def waiting(self) -> tuple[User, ...]:
        """Who waits, the next one first."""
        return tuple(self._waiting)

    def ask(self, user: User) -> None:
        """Somebody wants the head; asking again while it waits or has it changes nothing."""
        if user != self.holder and user not in self._waiting:
            self._waiting.append(user)

    def end(self, user: User) -> None:
        """Somebody is done, or wants it no more."""
        if self.holder == user:
            self.holder = None
        if user in self._waiting:
            self._waiting.remove(user)
        self._told.discard(user)

    def clear(self) -> None:
        """The head is gone, and with it every ask."""
        self.holder = None
        self._waiting.clear()
        self._told.clear()

    def step(self, now_s: float) -> list[Turn]:
        """What changes now: at most one that yields and one that begins, and whom each waits for, told once."""
        turns: list[Turn] = []
        if self.holder == "rf" and self._waiting and now_s - self._since_s >= RF_LEAST_S:
            turns.append(Yield("rf", self._waiting[0]))
            self.holder = None
        if self.holder is None and self._waiting:
            self.holder, self._since_s = self._waiting.pop(0), now_s
            self._told.clear()
            turns.append(Begin(self.holder))
        if self.holder is not None:
            for user in self._waiting:
                if user not in self._told:
                    self._told.add(user)
                    turns.append(Wait(user, self.holder))
        return turns
