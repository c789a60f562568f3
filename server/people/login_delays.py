"""How long a login has to wait after wrong passwords: ever longer for strangers, and never because of a stranger.

Sans-IO.  Wrong passwords are counted by user name and by address, but only those of devices that nobody knows; a device
from which this person logged in before (devices.py) has a count of its own.  So a stranger who guesses delays other
strangers by a minute at most, and neither the right person at a known device nor anybody else behind the same address.
An attempt that is refused for waiting counts nothing and prolongs nothing.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.interface.errors import ApiError
from sweep.phrases import Phrase

FIRST_DELAY_S = 2.0  # guessed: nothing for a person, much for a program
LONGEST_DELAY_S = (
    60.0  # derived: 1,440 guesses a day, against 80 bits of a first password and ten letters of a chosen one
)
FORGET_S = 900.0  # guessed: a person who mistyped all morning starts afresh after lunch
ADDRESS_FACTOR = 3  # guessed: people of one office mistype at the same time
MAX_COUNTS = 20_000  # derived: 100 bytes each; the oldest is forgotten first


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """Somebody who says a user name and a password."""

    address: str
    username: str
    device: str | None
    """The known device, or the session of the person who lets another one agree; None for a stranger."""


@dataclass(slots=True)
class Count:
    """Wrong passwords under one name."""

    failures: int = 0
    last_s: float = 0.0


Counts = OrderedDict[tuple[str, str], Count]
"""By kind (`user`, `address`, `device`) and name, the oldest first."""


class Delays(Protocol):
    """Counts of wrong passwords, of this process or of all that share a database (shared_delays.py)."""

    def enter(self, attempt: LoginAttempt) -> None:
        """Count an attempt as failed until `succeeded` says otherwise; ApiError 429 with the seconds left to wait."""

    def succeeded(self, attempt: LoginAttempt) -> None:
        """The attempt was right: it counts no more, and the person starts afresh."""


class LoginDelays:
    """The counts of a process that is alone."""

    def __init__(self, free_failures: int, monotonic: Callable[[], float]) -> None:
        self._free_failures, self._monotonic = free_failures, monotonic
        self._counts = Counts()
        self._lock = threading.Lock()

    def enter(self, attempt: LoginAttempt) -> None:
        """Count an attempt as failed until `succeeded` says otherwise; ApiError 429 with the seconds left to wait."""
        with self._lock:
            count_attempt(self._counts, attempt, self._free_failures, self._monotonic())
            while len(self._counts) > MAX_COUNTS:
                self._counts.popitem(last=False)

    def succeeded(self, attempt: LoginAttempt) -> None:
        """The attempt was right: it counts no more, and the person starts afresh."""
        with self._lock:
            forgive(self._counts, attempt)


def count_attempt(counts: Counts, attempt: LoginAttempt, free_failures: int, now_s: float) -> None:
    """Count an attempt as failed; ApiError 429, and nothing counted, when it has to wait."""
    names = names_of(attempt)
    wait_s = max(_wait_s(counts, name, free_failures, now_s) for name in names)
    if wait_s > 0:
        raise _too_soon(int(wait_s) + 1)
    for name in names:
        count = counts.setdefault(name, Count())
        count.failures += 1
        count.last_s = now_s
        counts.move_to_end(name)


def forgive(counts: Counts, attempt: LoginAttempt) -> None:
    """Take back what a right attempt counted."""
    for name in names_of(attempt):
        count = counts.get(name)
        if count is None:
            continue
        count.failures -= 1
        if name[0] != "address" or count.failures <= 0:
            del counts[name]


def _wait_s(counts: Counts, name: tuple[str, str], free_failures: int, now_s: float) -> float:
    count = counts.get(name)
    if count is None:
        return 0.0
    if now_s - count.last_s > FORGET_S:
        del counts[name]
        return 0.0
    over = count.failures - free_failures * (ADDRESS_FACTOR if name[0] == "address" else 1)
    if over < 0:
        return 0.0
    delay_s: float = min(FIRST_DELAY_S * 2.0 ** min(over, 16), LONGEST_DELAY_S)
    return count.last_s + delay_s - now_s


def names_of(attempt: LoginAttempt) -> tuple[tuple[str, str], ...]:
    """(kind, name) of each count that an attempt concerns."""
    if attempt.device is not None:
        return (("device", attempt.device),)
    return (("user", attempt.username), ("address", _network_of(attempt.address)))


def _network_of(address: str) -> str:
    """The address; of IPv6 the /64, since a household has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def _too_soon(wait_s: int) -> ApiError:
    return ApiError(429, Phrase("too_many_attempts", seconds=wait_s), headers={"Retry-After": str(wait_s)})
