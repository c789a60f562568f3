"""Who could have changed a record at a time, beside who did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.signing import keys
from server.store.schema import access_log, users
from sweep.report import utc_now
from tests.server.conftest import Site
from tests.server.district_kit import District, district, person

MINE, THEIRS = "mapo-gu", "jung-gu"


@pytest.fixture
def mine(site: Site) -> District:
    district(site, THEIRS)
    return district(site, MINE)


def _asked(site: Site, home: District, **more: str) -> Any:
    at = more.pop("at", utc_now().isoformat())
    answer = person(site, "auditor", MINE).get(f"/api/rooms/{home.room_id}/could-change", at=at, reason="감사", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_keys_of_the_district_and_the_log_could_and_no_others(site: Site, mine: District) -> None:
    found = _asked(site, mine)
    said = {(key["signatory"], key["tenant"], key["wrote"]) for key in found["keys"]}
    assert said == {("probe", MINE, 2), ("server", "demo-gu", 0), ("demo server", "demo-gu", 0), ("root", "demo-gu", 0)}
    assert (found["district"], found["log_size"] > 6) == (MINE, True)
    with site.db.write() as connection:
        keys.revoke(connection, mine.probe.signer.key_id, actor="test", reason="분실")
    before = _asked(site, mine, at=(utc_now() - timedelta(days=1)).isoformat())
    assert (before["log_size"], before["keys"]) == (0, [one for one in before["keys"] if one["wrote"] == 0])
    assert "probe" in {key["signatory"] for key in _asked(site, mine, at=str(found["at"]))["keys"]}
    site.send(district(site, "seo-gu").probe.opened(mine.sweep_id))
    assert "probe" not in {key["signatory"] for key in _asked(site, mine)["keys"]}


def test_persons_of_the_district_and_the_city_could_and_who_did_is_counted(site: Site, mine: District) -> None:
    one = person(site, "inspector", MINE)
    person(site, "inspector", THEIRS)
    person(site, "viewer", MINE)
    person(site, "supervisor", None)
    verdict = {"sweep_id": str(mine.sweep_id), "verdict": "cannot_exclude"}
    assert one.post(f"/api/findings/{mine.finding_id}/disposition", verdict).status_code == 201
    site.send(mine.probe.opened(mine.sweep_id))  # whatever is written next registers who is new
    found = _asked(site, mine)
    said = sorted((who["role"], who["district"] or "", who["wrote"]) for who in found["persons"])
    assert said == [("inspector", MINE, 1), ("supervisor", "", 0)]
    assert found["registered_since"] is not None
    of_case = _asked(site, mine, case_id=str(mine.case_id))
    assert {who["wrote"] for who in of_case["persons"]} == {0}
    with site.db.read() as connection:
        noted = connection.scalars(select(access_log.c.reason).where(access_log.c.action == "changers.viewed")).all()
        names = set(connection.scalars(select(users.c.display_name)))
    assert noted == ["감사", "감사"]
    assert {who["name"] for who in found["persons"]} <= names


def test_it_is_for_auditors_and_with_a_reason(site: Site, mine: District) -> None:
    path, at = f"/api/rooms/{mine.room_id}/could-change", utc_now().isoformat()
    assert person(site, "inspector", MINE).get(path, at=at, reason="x").status_code == 403
    assert person(site, "auditor", THEIRS).get(path, at=at, reason="x").status_code == 404
    assert person(site, "auditor", MINE).get(path, at=at).status_code == 400
    assert person(site, "auditor", MINE).get(path, at="2026-11-30T09:00:00", reason="x").status_code == 400
