"""What the page tells of the office's own rules, and whom it lets walk together."""

from __future__ import annotations

import pytest

from server.config.inspection_policy import read_policy
from server.config.retention import read_periods
from server.config.settings import Settings
from server.districts.register import add_district
from sweep.report import LocalText
from tests.server.conftest import Client, Site, running
from tests.server.district_kit import person


@pytest.fixture
def supervisor(site: Site) -> Client:
    """A supervisor of one of two districts."""
    with site.db.write() as connection:
        for name in ("mapo-gu", "jung-gu"):
            add_district(connection, name, LocalText(ko=name, en=name), actor="test")
    return person(site, "supervisor", "mapo-gu")


def test_the_rules_are_told_as_their_files_have_them(site: Site, supervisor: Client) -> None:
    told = supervisor.get("/api/policy").json()
    assert not told["is_own"]
    wanted = {rule.name: (rule.basis, list(rule.rooms), rule.needed_persons) for rule in read_policy()}
    assert {one["name"]: (one["basis"], one["rooms"], one["persons"]) for one in told["rules"]} == wanted
    kept = supervisor.get("/api/retention").json()
    periods = {name: (period.days, period.by, period.basis) for name, period in read_periods().items()}
    assert {one["name"]: (one["days"], one["by"], one["basis"]) for one in kept["periods"]} == periods
    assert {one["due"] for one in kept["periods"]} == {None}  # how much waits is the whole city's
    of_city = site.login("admin").get("/api/retention").json()["periods"]
    assert {one["due"] for one in of_city} == {0}
    for path in ("/api/policy", "/api/retention"):
        assert site.login("viewer").get(path).status_code == 403


def test_a_file_of_one_s_own_is_told_so(settings: Settings) -> None:
    own = settings.data_dir / "own.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(settings.inspection_policy.read_bytes())
    with running(settings.model_copy(update={"inspection_policy": own})) as site:
        assert site.login("supervisor").get("/api/policy").json()["is_own"]


def test_pairs_are_picked_from_who_may_be_one(site: Site, supervisor: Client) -> None:
    for district in ("mapo-gu", "mapo-gu", "jung-gu"):
        person(site, "inspector", district)
    assert person(site, "inspector", "mapo-gu").get("/api/schedule/inspectors").status_code == 403
    found = supervisor.get("/api/schedule/inspectors", district="jung-gu").json()["people"]
    assert {one["district_id"] for one in found} == {"mapo-gu"}
    assert len(found) == 4  # three inspectors and the supervisor
    first, second = (one["username"] for one in found[:2])
    (pair,) = supervisor.post("/api/schedule/pairs", {"first_username": first, "second_username": second}).json()[
        "pairs"
    ]
    assert set(pair["usernames"]) == {first, second}
    found = supervisor.get("/api/schedule/inspectors").json()["people"]
    assert {one["username"] for one in found if one["is_paired"]} == {first, second}
    path = f"/api/schedule/pairs/{pair['pair_id']}"
    assert [one["action"] for one in supervisor.get(path).json()["history"]] == ["pair.added"]
    assert person(site, "supervisor", "jung-gu").get(path).status_code == 404
    assert supervisor.http.delete(path, headers={"X-CSRF-Token": supervisor.csrf}).status_code == 200
    assert supervisor.get(path).status_code == 404
