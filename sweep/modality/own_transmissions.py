"""The probe's own transmissions: a log that its radios keep while they send, and the intervals that RF windows have to
avoid. Input is who transmits when, output is intervals in the windows' nanoseconds, widened by what the clocks may be
off. It switches no radio off, and it says None, never "silent", where nobody kept a log.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sweep.modality.addresses import parse_address
from sweep.report import OwnTransmission, RfWindow

Radio = Literal["ble_scan", "hotspot", "uplink", "phone", "earphone"]

MARGIN_NS = 50_000_000
"""A controller or driver sends this much later than it was asked, at most (guessed: Wi-Fi queues drain in 10 ms)."""
RESONATOR_ERROR = 0.005
"""A recording counts the head's ticks, whose ceramic resonator is off by up to 0.5 %."""
MAX_REMEMBERED = 2_000
FULL_LOG = OwnTransmission(radio="uplink", start_s=0.0, end_s=31 * 86_400.0)
"""What takes the place of a log that overflowed: everything may be the probe's own."""


@dataclass(slots=True)
class _Sending:
    radio: Radio
    start_ns: int
    end_ns: int | None


class OwnTransmissions:
    """The log of one process; safe to use from several threads."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        """`now_ns` is CLOCK_BOOTTIME, the time of the RF windows."""
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._sendings: deque[_Sending] = deque(maxlen=MAX_REMEMBERED)
        self._forgotten_until_ns = 0

    @contextmanager
    def sending(self, radio: Radio) -> Iterator[None]:
        """The radio may transmit from here to the end of the block."""
        one = self._begin(radio)
        try:
            yield
        finally:
            with self._lock:
                one.end_ns = self._now_ns()

    def turn_on(self, radio: Radio) -> None:
        """The radio may transmit from now on, until it is turned off or this process ends."""
        self._begin(radio)

    def turn_off(self, radio: Radio) -> None:
        """The radio is silent from now on, which somebody has seen."""
        with self._lock:
            for one in self._sendings:
                if one.radio == radio and one.end_ns is None:
                    one.end_ns = self._now_ns()

    def note(self, radio: Radio) -> None:
        """The radio transmits about now, shortly."""
        with self._lock:
            now_ns = self._now_ns()
            self._append(_Sending(radio, now_ns, now_ns))

    def _begin(self, radio: Radio) -> _Sending:
        with self._lock:
            one = _Sending(radio, self._now_ns(), None)
            self._append(one)
            return one

    def _append(self, one: _Sending) -> None:
        if len(self._sendings) == MAX_REMEMBERED:  # what still goes on is not forgotten
            oldest = next((each for each in self._sendings if each.end_ns is not None), self._sendings[0])
            self._forgotten_until_ns = self._now_ns() if oldest.end_ns is None else oldest.end_ns
            self._sendings.remove(oldest)
        self._sendings.append(one)

    def during(self, start_ns: int, end_ns: int) -> tuple[OwnTransmission, ...]:
        """What was sent in a capture whose first window begins at `start_ns` and whose last one ends at `end_ns`.

        What still goes on counts to the end of the capture.
        """
        with self._lock:
            if start_ns < self._forgotten_until_ns:
                return (FULL_LOG,)
            return tuple(
                OwnTransmission(
                    radio=one.radio,
                    start_s=max(0.0, (one.start_ns - start_ns) / 1e9),
                    end_s=max(0.0, ((end_ns if one.end_ns is None else one.end_ns) - start_ns) / 1e9),
                )
                for one in self._sendings
                if one.start_ns <= end_ns + MARGIN_NS and (one.end_ns is None or one.end_ns >= start_ns - MARGIN_NS)
            )


def own_addresses(interfaces: Path = Path("/sys/class/net")) -> frozenset[int]:
    """Addresses of this machine's network interfaces, as numbers: the probe's own station and access point."""
    found = set()
    for path in interfaces.glob("*/address"):
        try:
            found.add(parse_address(path.read_text(encoding="ascii").strip()))
        except (OSError, ValueError):  # unplugged meanwhile, or no hardware address
            continue
    return frozenset(found - {0})


def intervals_ns(own: Sequence[OwnTransmission] | None, start_ns: int) -> tuple[tuple[int, int], ...] | None:
    """(from, to) of each transmission in the time of windows of which the first begins at `start_ns`, widened by what
    the clocks may be off, which grows with the time into the capture; None where nobody kept a log.
    """
    if own is None:
        return None
    return tuple(
        (
            start_ns + round(one.start_s * (1 - RESONATOR_ERROR) * 1e9) - MARGIN_NS,
            start_ns + round(one.end_s * (1 + RESONATOR_ERROR) * 1e9) + MARGIN_NS,
        )
        for one in own
    )


def without_own(windows: Sequence[RfWindow], own: Sequence[OwnTransmission] | None) -> tuple[RfWindow, ...]:
    """The windows of a capture that none of its own transmissions touches; all of them where nobody kept a log."""
    if not windows:
        return ()
    spans = intervals_ns(own, min(window.t_ns for window in windows)) or ()
    return tuple(
        window
        for window in windows
        if not any(a < window.t_ns + round(window.duration_s * 1e9) and window.t_ns < b for a, b in spans)
    )
