"""The time of the server beside the probe's own: a probe whose clock is wrong still obeys, and says how wrong it is.

Input is the `Date` header of each answer; output is the time by which commands expire and requests are signed.  It is
the probe's own clock while the two agree, else the server's as it was last heard and CLOCK_BOOTTIME since.  It times no
evidence: whoever answers at the server's address can move it, and all he gets is a request signed for that time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sweep.host.clock import AGREE_S
from sweep.modality.liveness import boottime_ns


class ServerTime:
    """What time it is where the commands come from; safe to use from several threads."""

    def __init__(self, *, wall_s: Callable[[], float] = time.time, now_ns: Callable[[], int] = boottime_ns) -> None:
        """`wall_s` is the probe's own clock, seconds since 1970; `now_ns` is CLOCK_BOOTTIME."""
        self._wall_s = wall_s
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._heard: tuple[float, int] | None = None

    def hear(self, date: str | None) -> None:
        """The `Date` header of an answer that has just come; what is no date tells nothing."""
        try:
            heard_s = parsedate_to_datetime(date or "").replace(tzinfo=UTC).timestamp()
        except (ValueError, TypeError, OverflowError):
            return
        with self._lock:
            self._heard = (heard_s, self._now_ns())

    @property
    def ahead_s(self) -> float:
        """How far the probe's clock is ahead of the server's, negative when it is behind; 0 while they agree."""
        ahead_s = self._wall_s() - self._server_s()
        return ahead_s if abs(ahead_s) > AGREE_S else 0.0

    def unix_s(self) -> float:
        """Seconds since 1970 by the clock that counts between probe and server."""
        return self._wall_s() - self.ahead_s

    def now(self) -> datetime:
        """The same as an aware time."""
        return datetime.fromtimestamp(self.unix_s(), UTC)

    def _server_s(self) -> float:
        with self._lock:
            if self._heard is None:
                return self._wall_s()
            heard_s, heard_ns = self._heard
            return heard_s + (self._now_ns() - heard_ns) / 1e9
