"""How long answers take to people of a facility, in a room with many open cases and in one with none: not to be told.

No clock decides here: two servers side by side are asked in turns, in an order drawn anew each time, and ranks of the
times are compared, so that a busy machine slows both alike.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from server.config.settings import Settings
from server.ingest.case_entries import report_strange
from server.interface.fields import Role
from server.people.auth import Person
from server.public_page.stickers import replace_sticker
from server.store.schema import facilities, rooms, user_facilities, users
from sweep.report import new_id
from tests.server.conftest import Client, Site, running
from tests.server.sweep_kit import DEMO_ROOM, Probe

CASES = 200
ROUNDS = 600
FAR_APART = 4.0
"""Standard deviations of the rank sum: 1 in 16,000 when both are alike."""


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Mann and Whitney's U in standard deviations from what it is when both are drawn from one distribution."""
    both = sorted((*((value, 0) for value in one), *((value, 1) for value in other)))
    ranks = sum(rank for rank, (_, which) in enumerate(both, 1) if which == 0)
    n, m = len(one), len(other)
    return (ranks - n * (n + m + 1) / 2) / sqrt(n * m * (n + m + 1) / 12)


def test_the_comparison_sees_a_small_difference_and_no_chance_one() -> None:
    rng = random.Random(20)
    times = [[rng.lognormvariate(1.6, 0.3) for _ in range(ROUNDS)] for _ in range(2)]
    assert abs(distance(*times)) < FAR_APART
    assert abs(distance(times[0], [value * 1.1 for value in times[1]])) > FAR_APART


def _city(site: Site, *, has_cases: bool) -> tuple[Client, Client, str]:
    """(an owner, a cleaner, the code on the door) of a room that was visited, with many open cases or none."""
    probe, sweep_id = Probe(), new_id()
    site.admit(probe.signer)
    for wire in (probe.report_changed(sweep_id, findings=()), probe.opened(sweep_id)):
        assert site.send(wire).status_code == 200
    people = {role: site.login(role, "시설-01") for role in ROLES}
    with site.db.write() as connection:
        ids = connection.scalars(select(facilities.c.facility_id)).all()
        found = connection.execute(select(users.c.user_id, users.c.role)).all()
        rows = [{"user_id": row.user_id, "facility_id": one} for row in found for one in ids]
        connection.execute(insert(user_facilities), rows)
        code = replace_sticker(connection, DEMO_ROOM, actor="test")
        where = [DEMO_ROOM] * CASES if has_cases else []
        cleaner = Person(UUID(int=1), "x", "미화원-01", "cleaner", "p-aaaaaaaaaa")
        for room_id in where:
            report_strange(connection, site.services.server_signer, cleaner, room_id, "문에 구멍")
        assert connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == DEMO_ROOM)) is not None
    return people["facility_owner"], people["cleaner"], code


ROLES: tuple[Role, ...] = ("facility_owner", "cleaner")


@pytest.mark.soak
def test_no_time_to_answer_tells_of_open_cases(tmp_path: Path) -> None:
    rng = random.Random(4)
    with ExitStack() as stack:
        cities = []
        for has_cases in (False, True):
            folder = tmp_path / f"world-{has_cases}"
            folder.mkdir()
            settings = Settings(data_dir=folder, port=0, min_free_mib=0, web_dir=folder / "dist")
            cities.append(_city(stack.enter_context(running(settings)), has_cases=has_cases))

        def own_rooms(city: int) -> int:
            return cities[city][0].get("/api/facility/rooms").status_code

        def looks(city: int) -> int:
            return cities[city][1].post(f"/api/facility/rooms/{DEMO_ROOM}/looks", {}).status_code

        def door(city: int) -> int:
            return cities[city][0].http.get(f"/r/{cities[city][2]}").status_code

        def refused(city: int) -> int:
            return cities[city][0].get("/api/cases").status_code

        for ask, status in ((own_rooms, 200), (looks, 201), (door, 200), (refused, 403)):
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(ROUNDS + 20):
                for city in rng.sample((0, 1), 2):
                    began_s = time.perf_counter()
                    assert ask(city) == status
                    if number >= 20:  # the first ones fill caches
                        times[city].append(time.perf_counter() - began_s)
            away = distance(*times)
            medians = ", ".join(f"{1000 * statistics.median(one):.2f} ms" for one in times)
            print(f"{ask.__name__}: {ROUNDS} each, medians {medians} without and with {CASES} cases, {away:+.1f} sd")
            assert abs(away) < FAR_APART, ask.__name__
