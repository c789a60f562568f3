"""The list of rooms: page by page, of one facility, by words of their names, each with its own last sweep."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from server.places.facilities import template_plan
from server.store.clock import now_ms
from server.store.schema import facilities, plans, rooms
from sweep.report import new_id, to_json
from tests.server.conftest import Client, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe


@pytest.fixture
def city(site: Site) -> Site:
    """Five facilities, two of one name, with forty rooms of few names."""
    randomness = random.Random(5)
    with site.db.write() as connection:
        for number, name in enumerate(("가람공원", "가람공원", "Zoo", "zoo 100%", "나루_역")):
            facility_id = new_id()
            connection.execute(
                insert(facilities).values(
                    facility_id=facility_id,
                    code=f"11-{number:03d}",
                    name_ko=name,
                    name_en=("Alpha", "Beta", "Gamma", "Delta", "Epsilon")[number],
                    address="x",
                    is_demo=False,
                    created_ms=now_ms(),
                )
            )
            for _ in range(8):
                room_id = new_id()
                connection.execute(
                    insert(rooms).values(
                        room_id=room_id,
                        facility_id=facility_id,
                        name_ko=randomness.choice(("여자 화장실", "남자 화장실")),
                        name_en=randomness.choice(("Women's", "Men's")),
                        kind="restroom",
                        created_ms=now_ms(),
                    )
                )
                for version in (1, 2):
                    plan = template_plan("restroom").model_copy(update={"version": version})
                    connection.execute(
                        insert(plans).values(
                            room_id=room_id,
                            version=version,
                            plan_json=to_json(plan).decode(),
                            is_verified=version == 2,
                            created_ms=now_ms(),
                            created_by="x",
                        )
                    )
    return site


def _pages(client: Client, **parameters: str | int) -> Iterator[list[dict[str, Any]]]:
    after: dict[str, str] = {}
    while True:
        answer = client.get("/api/rooms", **parameters, **after)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page["rooms"]
        if page["next"] is None:
            return
        assert page["next"] == page["rooms"][-1]["room_id"]
        after = {"after": page["next"]}


def test_pages_of_any_size_are_the_whole_list_in_one_order(city: Site) -> None:
    viewer = city.login("viewer")
    (whole,) = _pages(viewer, limit=200)
    assert len(whole) == 42
    assert len({room["room_id"] for room in whole}) == 42
    assert whole == sorted(whole, key=lambda room: (room["facility_name"]["ko"], UUID(room["facility_id"]).hex))
    assert {room["plan_version"] for room in whole} == {1, 2}
    for limit in (1, 7, 41, 42):
        pages = list(_pages(viewer, limit=limit))
        assert [room for page in pages for room in page] == whole
        assert all(len(page) == limit for page in pages[:-1])
    assert viewer.get("/api/rooms").json()["next"] is None


def test_rooms_of_one_facility_and_by_words(city: Site) -> None:
    viewer = city.login("viewer")
    (whole,) = _pages(viewer, limit=200)
    facility = str(whole[-1]["facility_id"])
    assert [room for page in _pages(viewer, facility_id=facility, limit=3) for room in page] == [
        room for room in whole if room["facility_id"] == facility
    ]
    for search, names in (
        ("가람", {"가람공원"}),
        ("ZOO", {"Zoo", "zoo 100%"}),
        ("100%", {"zoo 100%"}),
        ("루_", {"나루_역"}),
        ("11-004", {"나루_역"}),
        ("alph", {"가람공원"}),
        ("가람 zoo", set()),
    ):
        found = [room for page in _pages(viewer, search=search, limit=5) for room in page]
        assert {room["facility_name"]["ko"] for room in found} == names, search
    women = [room for page in _pages(viewer, search="zoo 여자", limit=2) for room in page]
    assert women == [
        room for room in whole if "zoo" in room["facility_name"]["ko"].lower() and "여자" in room["room_name"]["ko"]
    ]


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"after": str(new_id())}, 404),
        ({"limit": 0}, 400),
        ({"limit": 201}, 400),
        ({"search": "a" * 101}, 400),
        ({"search": "a\0b"}, 400),
        ({"facility_id": "x"}, 400),
    ],
)
def test_questions_that_have_no_answer(site: Site, parameters: dict[str, str | int], status: int) -> None:
    assert site.login("viewer").get("/api/rooms", **parameters).status_code == status


def test_each_room_of_a_page_shows_its_own_last_sweep(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    _, *first = probe.whole_sweep()
    probe.start += timedelta(hours=1)
    sweep_id, *second = probe.whole_sweep()
    for wire in (*first, *second):
        assert site.send(wire).status_code == 200
    viewer = site.login("viewer")
    for page in (viewer.get("/api/rooms"), viewer.get("/api/rooms", search="", limit=200)):
        last = {room["room_id"]: room["last_sweep"] for room in page.json()["rooms"]}
        assert last.pop(str(DEMO_ROOM))["sweep_id"] == str(sweep_id)
        assert list(last.values()) == [None]
    with site.db.write() as connection:
        connection.execute(update(facilities).values(is_demo=False))
    assert [room["last_sweep"] for room in viewer.get("/api/rooms").json()["rooms"]] == [None, None]


def test_a_page_of_rooms_is_compressed_and_what_holds_a_token_is_not(city: Site) -> None:
    viewer = city.login("viewer")
    whole = viewer.get("/api/rooms", limit=200)
    assert whole.headers["Content-Encoding"] in {"gzip", "br", "zstd"}
    assert "Accept-Encoding" in whole.headers["Vary"]
    assert int(whole.headers.get("Content-Length", whole.num_bytes_downloaded)) < len(whole.content) / 4
    assert "Content-Encoding" not in viewer.get("/api/me").headers
    plain = viewer.http.get("/api/rooms", params={"limit": 200}, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == whole.json()
