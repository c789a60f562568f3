"""The server's clock can be moved for made-up records, comes back by itself, and nothing that serves moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.store.clock import entry_time, from_ms, moved_to, now_ms

SERVER = Path(__file__).resolve().parents[3] / "server"
THEN = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)


def test_a_moved_clock_goes_on_from_there_and_comes_back() -> None:
    before = now_ms()
    with moved_to(THEN):
        assert timedelta(0) <= from_ms(now_ms()) - THEN < timedelta(minutes=1)
        assert abs(entry_time().utc - from_ms(now_ms())) < timedelta(minutes=1)
        with moved_to(THEN + timedelta(days=1)):
            assert from_ms(now_ms()) - THEN >= timedelta(days=1)
        assert from_ms(now_ms()) - THEN < timedelta(hours=1)
    assert before <= now_ms() < before + 600_000


def test_only_the_made_up_city_moves_it() -> None:
    moving = {path.name for path in SERVER.rglob("*.py") if "moved_to" in path.read_text(encoding="utf-8")}
    assert moving == {"clock.py", "demo_city.py", "demo_city_year.py"}
