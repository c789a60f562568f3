"""The server's clocks: milliseconds since 1970, and the two-clock time that goes into entries the server signs.

`moved_to` is there for the demonstration's made-up year, before a server runs; nothing that serves may move a clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from server.interface.words import KST
from sweep.entry.envelope import EntryTime
from sweep.report import ClockReading, utc_now

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNC_STAMP = Path("/run/systemd/timesync/synchronized")


_moved_ms = 0


@contextmanager
def moved_to(moment: datetime) -> Iterator[None]:
    """Let it be `moment` for whatever this process does inside the block: for made-up records alone."""
    global _moved_ms  # noqa: PLW0603  one clock for the whole process, as there is one time
    before = _moved_ms
    _moved_ms = to_ms(moment) - time.time_ns() // 1_000_000
    try:
        yield
    finally:
        _moved_ms = before


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000 + _moved_ms


def to_ms(moment: datetime) -> int:
    """An aware time as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_ms(unix_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def entry_time() -> EntryTime:
    """Now, by wall clock and boot clock; `synchronised` when systemd's time service says so, its error is not known."""
    return EntryTime(
        utc=utc_now() + timedelta(milliseconds=_moved_ms),
        boot_id=UUID(BOOT_ID.read_text(encoding="ascii").strip()),
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        synchronised=TIMESYNC_STAMP.exists(),
        max_error_ms=None,
    )


def clock_reading() -> ClockReading:
    """Now, as a record says it."""
    when = entry_time()
    return ClockReading(utc=when.utc, synchronised=when.synchronised, max_error_ms=when.max_error_ms)


def today() -> date:
    """The day in Korea."""
    return day_of(from_ms(now_ms()))


def day_of(time: datetime) -> date:
    """The Korean day of a time."""
    return time.astimezone(KST).date()
