"""The server's clocks: milliseconds since 1970, and the two-clock time that goes into entries the server signs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sweep.entry.envelope import EntryTime
from sweep.report import utc_now

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNC_STAMP = Path("/run/systemd/timesync/synchronized")


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """An aware time as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_ms(unix_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def entry_time() -> EntryTime:
    """Now, by wall clock and boot clock; `synchronised` when systemd's time service says so, its error is not known."""
    return EntryTime(
        utc=utc_now(),
        boot_id=UUID(BOOT_ID.read_text(encoding="ascii").strip()),
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        synchronised=TIMESYNC_STAMP.exists(),
        max_error_ms=None,
    )
