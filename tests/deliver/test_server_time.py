"""Whose clock counts between probe and server, and that a header without sense moves nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from sweep.deliver.server_time import ServerTime

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


class Clocks:
    def __init__(self, ahead_s: float) -> None:
        self.wall_s = NOON.timestamp() + ahead_s
        self.boot_ns = 5_000_000_000
        self.time = ServerTime(wall_s=lambda: self.wall_s, now_ns=lambda: self.boot_ns)

    def go_on(self, seconds: float) -> None:
        self.wall_s += seconds
        self.boot_ns += round(seconds * 1e9)


@pytest.mark.parametrize("ahead_s", [-7_200.0, 315_360_000.0, 61.0])
def test_a_wrong_clock_gives_way_to_the_servers(ahead_s: float) -> None:
    clocks = Clocks(ahead_s)
    assert clocks.time.unix_s() == clocks.wall_s, "nobody was heard yet"
    clocks.time.hear(format_datetime(NOON, usegmt=True))
    clocks.go_on(30.0)
    assert clocks.time.unix_s() == pytest.approx(NOON.timestamp() + 30.0)
    assert clocks.time.now() == datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
    assert clocks.time.ahead_s == pytest.approx(ahead_s)
    clocks.wall_s -= ahead_s  # somebody set it
    assert clocks.time.ahead_s == 0.0
    clocks.wall_s += 7_200.0  # it was set wrong in the middle
    assert clocks.time.unix_s() == pytest.approx(NOON.timestamp() + 30.0)


def test_clocks_that_agree_are_the_probes_own() -> None:
    clocks = Clocks(3.0)
    clocks.time.hear(format_datetime(NOON, usegmt=True))
    assert (clocks.time.unix_s(), clocks.time.ahead_s) == (clocks.wall_s, 0.0)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Wed, 99 Nov 2026 12:00:00 GMT", "\x00", "9" * 500])
def test_what_is_no_date_tells_nothing(date: str | None) -> None:
    clocks = Clocks(7_200.0)
    clocks.time.hear(date)
    assert clocks.time.unix_s() == clocks.wall_s
