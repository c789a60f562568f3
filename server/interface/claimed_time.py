"""Which time counts: the one that a probe claims, or the one at which the server received it.  One rule, here.

A claimed time counts unless it is later than the receipt by more than the error that its clock admits, or earlier than
there were such probes; then the time of receipt counts.  Earlier is no fault: a probe sends late.  What is claimed is
never changed, and both are shown.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sweep.report import ClockReading

BELIEVED_ERROR = timedelta(
    hours=1
)  # guessed: a clock that admits to be further off says nothing about the order of visits
FIRST_PROBE = datetime(2025, 1, 1, tzinfo=UTC)  # no probe of this project is older: a clock before this was never set


def counted(claimed: ClockReading, received: datetime) -> datetime:
    """The time that counts for months, orders and what is due."""
    error = timedelta(milliseconds=min(claimed.max_error_ms or 0, BELIEVED_ERROR // timedelta(milliseconds=1)))
    if claimed.utc > received + error or claimed.utc < FIRST_PROBE:
        return received
    return claimed.utc
