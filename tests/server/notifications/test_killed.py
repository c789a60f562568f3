"""A server that is killed while it sends: its message comes again, once, and none is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from server.config.settings import Settings
from server.notifications import queue
from server.notifications.choices import ways_to
from server.store.clock import now_ms
from server.store.schema import sendings
from tests.server.killed_server import KilledServer
from tests.server.notifications.world import World, new_world, with_ways
from tests.waiting import wait_until


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    with new_world(settings, tmp_path) as found:
        yield found


def test_killed_between_sending_and_writing_it_down(world: World, settings: Settings, repo_root: Path) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim)
    with world.services.db.write() as connection:
        queue.enqueue(connection, kim.user_id, ways_to(connection, kim.user_id, None), due_ms=0, now=now_ms())
    ways = with_ways(settings, world.mail, world.push)
    names = ("smtp_url", "smtp_roots", "mail_from", "push_contact", "push_services")
    server = KilledServer(ways, repo_root, more={f"ANSIM_{name.upper()}": str(getattr(ways, name)) for name in names})
    is_serving = threading.Event()

    def kill() -> None:
        is_serving.wait(60.0)  # it may send before it has said that it serves
        server.kill()

    world.push.on_taken = kill
    try:
        server.start()
        is_serving.set()
        wait_until(lambda: server.is_over, "its end")
        assert (len(world.push.taken), world.outcomes()) == (1, [None])
        world.push.on_taken = lambda: None
        with world.services.db.write() as connection:
            assert (connection.scalar(select(sendings.c.lease_ms)) or 0) > now_ms()
            connection.execute(update(sendings).values(lease_ms=0))  # five minutes later
        server.start()
        wait_until(lambda: world.outcomes() == ["sent"], "the message")
    finally:
        server.kill()
    assert len(world.push.taken) == 2
    assert [line[0] for line in world.logged()] == ["notification.sent"] * 2
