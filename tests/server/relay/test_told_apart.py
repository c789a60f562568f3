"""A server of several districts tells of each apart: by its own policy, as far as its key may, a week late."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, insert, select, update

from server.api.service.services import Services
from server.cli.relay import state_lines
from server.districts import register
from server.relay.above import districts_told, open_above
from server.relay.client import CityAwayError, CityClient, CityRefusesError
from server.relay.heard import heard_districts
from server.relay.sealing import Identity
from server.relay.telling import ANEW_S, Teller
from server.relay.telling_keys import districts_of
from server.store.schema import facilities, sweeps, telling_districts, told_results
from sweep.phrases import words
from sweep.report import LocalText
from tests.server.conftest import NO_TLS, SECOND_IN_SOAK, Call, Site
from tests.server.relay.test_told import DAY, MONDAY, Wire, let_tell_of, room_of, visit_of
from tests.server.relay_kit import admit, pi_of, pi_settings
from tests.server.sweep_kit import Probe

pytestmark = SECOND_IN_SOAK
HOME, TOLD, UNTOLD, REFUSED = "hanbit-si", "mapo-gu", "jung-gu", "jongno-gu"
GETS = f"{TOLD}:cases,results {REFUSED}:results {UNTOLD}:"


@pytest.fixture
def city(site: Site, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Services]:
    """A city's server with three districts, which may tell the one above of two."""
    given = {"above_url": site.url, "above_gets": GETS, "tenant": HOME}
    with pi_of(pi_settings(tmp_path, migrated_sqlite, "").model_copy(update=given)) as found:
        with found.db.write() as connection:
            for name in (TOLD, UNTOLD, REFUSED):
                register.add_district(connection, name, LocalText(ko=name, en=name), actor="test")
        admit(site.services, found.server_signer.signer, "relay", tenant=TOLD)
        let_tell_of(site, found, TOLD, UNTOLD)
        yield found


def _visits(city: Services, rooms: dict[str, UUID], day: int) -> None:
    """A sweep in each room, and something in the log, so that it is looked at."""
    with city.db.write() as connection:
        connection.execute(insert(sweeps), [visit_of(room_id, MONDAY + day * DAY) for room_id in rooms.values()])
    admit(city, Probe(f"probe-{day}").signer, "probe", f"probe-{day}", tenant=HOME)


def _above(site: Site) -> dict[str, int]:
    """How many results of which district stand above."""
    with site.db.read() as connection:
        found = list(connection.scalars(select(told_results.c.district_id)))
    return {district_id: found.count(district_id) for district_id in found}


def test_each_district_is_told_by_its_policy_and_a_refused_one_stops_no_other(site: Site, city: Services) -> None:
    rooms = {name: room_of(city, name, name)[1] for name in (TOLD, UNTOLD, REFUSED, HOME)}
    now_s, wire = [0.0], Wire()
    teller = Teller(city.db, city.settings.above_policy, lambda _: (), now_s=lambda: now_s[0])

    def round_of(client: CityClient, rounds: int = 3) -> list[str | None]:
        said = []
        for _ in range(rounds):
            now_s[0] += 60.0
            trouble = teller(client)
            said.append(None if trouble is None else words(trouble, "en"))
        return said

    _visits(city, rooms, 0)
    with wire.client_of(city, site.url) as client:
        said = round_of(client)
        assert _above(site) == {TOLD: 1}
        assert said[-1] is not None
        assert f"may not tell of district {REFUSED}; the server above admits it with --tells-for {REFUSED}" in said[-1]
        told = {body_of.split(b"district=")[1].split(b"\n")[0].decode() for body_of in wire.sent}
        assert told == {TOLD, UNTOLD, REFUSED}, "what is not named is never told"
    with wire.client_of(city, "http://127.0.0.1:9") as client:
        for day in range(1, 8):
            _visits(city, rooms, day)
            for _ in range(3):
                with contextlib.suppress(CityAwayError):
                    round_of(client, 1)
    let_tell_of(site, city, TOLD, UNTOLD, REFUSED)
    with wire.client_of(city, site.url) as client:
        assert round_of(client)[-1] is None
        assert _above(site) == {TOLD: 8, REFUSED: 8}
        assert round_of(client) == [None] * 3
    with site.db.read() as connection:
        heard = {row.district_id: row.is_whole for row in connection.execute(select(telling_districts))}
    assert heard == {TOLD: True, UNTOLD: True, REFUSED: True}
    with city.db.read() as connection:
        lines = [words(line, "ko") for line in state_lines(connection)][:3]
    assert [f"구 {name}: 알린 현황 {count}건, 알릴 현황 0건" in line for name, count, line in zip(
        sorted((TOLD, UNTOLD, REFUSED)), (8, 0, 8), lines, strict=True
    )] == [True] * 3  # fmt: skip


def test_a_district_that_is_named_no_more_is_taken_back_alone(site: Site, city: Services) -> None:
    rooms = {name: room_of(city, name, name)[1] for name in (TOLD, REFUSED)}
    let_tell_of(site, city, TOLD, REFUSED, UNTOLD)
    _visits(city, rooms, 0)
    with Wire().client_of(city, site.url) as client:
        teller = Teller(city.db, city.settings.above_policy, lambda _: ())
        for _ in range(3):
            teller(client)
        assert _above(site) == {TOLD: 1, REFUSED: 1}
        open_above(city.db, site.url, [REFUSED])
        teller = Teller(city.db, {REFUSED: {"results"}}, lambda _: ())
        for _ in range(3):
            teller(client)
    assert _above(site) == {REFUSED: 1}
    with city.db.read() as connection:
        assert len(districts_told(connection)) == 3


def test_what_moved_to_another_district_is_taken_back_of_the_first_before_it_is_told_of_the_second(
    site: Site, city: Services
) -> None:
    """Also where the server above was away when it moved, and where it changed since."""
    let_tell_of(site, city, TOLD, REFUSED)
    facility_id, room_id = room_of(city, TOLD, TOLD)
    policy = {TOLD: {"results"}, REFUSED: {"results"}}
    now_s = [0.0]
    teller = Teller(city.db, policy, lambda _: (), now_s=lambda: now_s[0])

    def rounds(client: CityClient, count: int) -> None:
        for _ in range(count):
            now_s[0] += ANEW_S
            with contextlib.suppress(CityAwayError):
                teller(client)

    for away in (0, 3, 4):  # either comes first
        here, there = (TOLD, REFUSED) if away % 2 == 0 else (REFUSED, TOLD)
        with city.db.write() as connection:
            connection.execute(update(facilities).values(district_id=here))
            connection.execute(delete(sweeps))
            connection.execute(insert(sweeps), [visit_of(room_id, MONDAY)])
        with Wire().client_of(city, site.url) as client:
            rounds(client, 9)
        assert _above(site) == {here: 1}
        with city.db.write() as connection:
            moved = update(facilities).where(facilities.c.facility_id == facility_id)
            connection.execute(moved.values(district_id=there))
            connection.execute(update(sweeps).values(said="suspected"))
        with Wire().client_of(city, "http://127.0.0.1:9") as client:
            rounds(client, away)
        with Wire().client_of(city, site.url) as client:
            rounds(client, 9)
        assert _above(site) == {there: 1}


def test_a_database_that_was_restored_tells_anew_whatever_came_since(site: Site, city: Services) -> None:
    """Also where as much came since as it lacks: it is asked before anything is numbered."""
    rooms = {TOLD: room_of(city, TOLD, TOLD)[1]}
    policy = {TOLD: {"results"}}
    with Wire().client_of(city, site.url) as client:
        for day in range(3):
            _visits(city, rooms, day)
            teller = Teller(city.db, policy, lambda _: ())
            for _ in range(3):
                teller(client)
        assert _above(site) == {TOLD: 3}
        with city.db.write() as connection:  # as it was before the last two were told
            for text in (
                "UPDATE above SET last_number = 1, arrived_number = 1 WHERE last_number > 0",
                "DELETE FROM told_above WHERE number > 1",
            ):
                connection.exec_driver_sql(text)
            connection.execute(delete(sweeps).where(sweeps.c.started_ms > 1000 * (MONDAY + DAY / 2).timestamp()))
        for day in range(10, 14):
            _visits(city, rooms, day)
        teller = Teller(city.db, policy, lambda _: ())
        for _ in range(3):
            teller(client)
    with site.db.read() as connection:
        days = set(connection.scalars(select(told_results.c.day)))
    assert days == {(MONDAY + timedelta(days=day)).date().isoformat() for day in (0, 10, 11, 12, 13)}


def test_the_command_and_the_page_admit_a_key_that_tells(site: Site, call: Call) -> None:
    key = Probe("above").signer
    wanted = ("enrol", key.public_key.hex(), "--role", "relay", "--name", "시 서버")
    assert "--tells-for" in call(*wanted)[2]
    assert call(*wanted, "--tells-for", TOLD, "--tells-for", UNTOLD)[0] == 0
    assert call(*wanted, "--tells-for", TOLD, "--probe-id", "probe-1")[0] == 2
    assert f"tells of {UNTOLD} {TOLD}" in " ".join(call("keys")[1].split())
    body = {"public_key": key.public_key.hex(), "role": "relay", "name": "시 서버", "tells_for": [TOLD, REFUSED]}
    with site.db.write() as connection:
        register.add_district(connection, TOLD, LocalText(ko=TOLD, en=TOLD), actor="test")
    admin = site.login("admin")
    assert admin.post("/api/keys", body).status_code == 201
    with site.db.read() as connection:
        assert districts_of(connection, key.key_id) == {TOLD, REFUSED}
    (listed,) = (one for one in admin.get("/api/keys").json()["keys"] if one["key_id"] == key.key_id)
    assert (listed["tenant"], listed["tells_for"]) == (TOLD, [REFUSED, TOLD])
    assert admin.post("/api/keys", body | {"role": "demo-relay"}).status_code == 400


def test_the_key_that_replaces_one_tells_of_the_same_districts(site: Site, call: Call) -> None:
    """Else its districts are refused, and nobody waits for them any more."""
    first, second, third = (Probe(f"above-{number}").signer for number in range(3))
    wanted = ("enrol", first.public_key.hex(), "--role", "relay", "--name", "시 서버", "--tells-for", TOLD)
    assert call(*wanted, "--tells-for", UNTOLD)[0] == 0
    assert call("replace", first.key_id, second.public_key.hex(), "--reason", "옮김")[0] == 0
    body = {"public_key": third.public_key.hex(), "reason": "옮김"}
    assert site.login("admin").post(f"/api/keys/{second.key_id}/replace", body).status_code == 201
    with site.db.read() as connection:
        for key in (second, third):
            assert districts_of(connection, key.key_id) == {TOLD, UNTOLD}
        assert heard_districts(connection, 72).keys() == {TOLD, UNTOLD}


def test_a_key_that_tells_gets_nothing(site: Site, city: Services) -> None:
    """Neither places of its first district nor where inspectors go there."""
    identity = Identity.load_or_create(city.settings.data_dir / "relay.age")
    with httpx.Client(verify=NO_TLS) as http, pytest.raises(CityRefusesError, match="only tells"):
        CityClient(site.url, city.server_signer.signer, http).get_signed(
            f"/api/relay/down?after=0&recipient={identity.recipient}"
        )
