"""Inviting, moving and leaving, and what people of a facility can tell about open cases: nothing."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import insert, select

from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from server.public_page.stickers import replace_sticker
from server.store.schema import entries, facilities, inspector_pairs, user_facilities, users
from sweep.entry.kinds import CASE_STEP
from sweep.report import new_id
from tests.server.conftest import NO_TLS, PASSWORD, QUICK_HASH, Client, Site, running
from tests.server.statements import asked_of_databases
from tests.server.sweep_kit import DEMO_ROOM, Probe
from tests.waiting import PATIENCE_S

SAYS_HOW_LONG_THE_LOG_IS = ("/api/log/",)
"""Public proofs of the whole server's log: they name no room and say nothing of one, but grow with every entry."""
OF_THE_KEYS_OF_THIS_RUN = frozenset({"/api/logout", "/api/server-key/succession"})
OF_THIS_RUN = re.compile(
    r'"(csrf_token|username|public_key|verifier_key|key_id|admissions)":("[^"]*"|\[[^]]*\])'
    r'|"secret":"[^"]*","address":"[^"]*","qr_code":"[^"]*"|"key":"[^"]*","ends":"[^"]*","pins_to":"[^"]*"'
)
"""Tokens and keys that every run makes anew."""
_FACILITIES = select(facilities.c.facility_id)


def test_people_are_invited_moved_and_leave(site: Site) -> None:
    admin = site.login("admin")
    for district_id in ("mapo-gu", "jung-gu"):
        name = {"ko": district_id, "en": district_id}
        assert admin.post("/api/districts", {"district_id": district_id, "name": name}).status_code == 201
    invited = {"username": "officer", "display_name": "담당-01", "role": "district_officer", "district_id": "mapo-gu"}
    password = admin.post("/api/users", invited).json()["one_time_password"]
    officer = site.anonymous()
    officer.csrf = officer.post("/api/login", {"username": "officer", "password": password}).json()["csrf_token"]
    assert officer.get("/api/users").json()["error"]["code"] == "password_change_needed"
    changed = officer.post("/api/password", {"current_password": password, "new_password": "quite-another-1"})
    officer.csrf = changed.json()["csrf_token"]
    assert officer.get("/api/users").json()["error"]["code"] == "second_factor_needed"
    site.strengthen(officer)
    kim = {"username": "kim", "display_name": "점검자-07", "role": "inspector"}
    for wrong in ({"role": "admin"}, {"role": "auditor"}, {"district_id": "jung-gu"}):
        assert officer.post("/api/users", kim | wrong).status_code == 403, wrong
    assert officer.post("/api/users", kim | {"role": "cleaner"}).json()["error"]["code"] == "facilities_needed"
    assert officer.post("/api/users", kim).status_code == 201
    listed = {user["username"]: user["district_id"] for user in officer.get("/api/users").json()["users"]}
    assert listed == {"officer": "mapo-gu", "kim": "mapo-gu"}
    with site.db.write() as connection:
        kim_id = connection.scalar(select(users.c.user_id).where(users.c.username == "kim"))
        auth.set_password(connection, "kim", QUICK_HASH, actor="test")
        pair = {"pair_id": new_id(), "district_id": "mapo-gu", "created_ms": 0}
        connection.execute(insert(inspector_pairs).values(first_user_id=kim_id, second_user_id=kim_id, **pair))
    client = site.anonymous()
    client.csrf = client.post("/api/login", {"username": "kim", "password": PASSWORD}).json()["csrf_token"]
    assert officer.post("/api/users/kim/move", {"role": "inspector", "district_id": "jung-gu"}).status_code == 403
    assert admin.post("/api/users/kim/move", {"role": "inspector", "district_id": "jung-gu"}).status_code == 200
    assert client.get("/api/rooms").status_code == 401  # the session ended
    with site.db.read() as connection:
        assert connection.execute(select(inspector_pairs)).all() == []  # what was assigned went back
    assert officer.post("/api/users/kim/deactivate").status_code == 404  # not of this district any more
    assert admin.post("/api/users/kim/deactivate").status_code == 200
    assert client.post("/api/login", {"username": "kim", "password": PASSWORD}).status_code == 401


FACILITY_ROLES: tuple[Role, ...] = ("cleaner", "facility_owner", "facility_staff")
LOOK_ID = str(new_id())
LAST_OF_ALL = (  # what a cleaner writes down, when everybody else has looked: it opens a case in either city
    {"look_id": LOOK_ID},
    {"look_id": LOOK_ID},
    {"strange": "문에 구멍"},
    {"strange": "https://example.com/x"},
)


def _told(answer: httpx.Response, sweep_id: UUID) -> tuple[object, ...]:
    """Status, body, its size and the other headers, without what every run makes anew."""
    told = OF_THIS_RUN.sub("", answer.text).replace(str(sweep_id), "")
    unlike = {"date"} if told == answer.text else {"date", "content-length"}
    return answer.status_code, told, sorted(item for item in answer.headers.items() if item[0] not in unlike)


def _public(site: Site, sweep_id: UUID, client: Client) -> dict[str, object]:
    """What a room's sticker shows, and what the page itself does."""
    with site.db.write() as connection:
        code = replace_sticker(connection, DEMO_ROOM, actor="test")
    form = {"what": "hole", "text": "둘째 칸 문에 구멍"}
    answers = [client.http.get(f"/r/{code}"), client.http.post(f"/r/{code}", data=form), client.http.get("/")]
    told = [_told(answer, sweep_id)[:2] for answer in answers]  # a code compresses as it happens to
    return {f"public {number}": str(one).replace(code, "") for number, one in enumerate(told)}


def _belongs(site: Site, role: Role) -> Client:
    """Somebody of every facility."""
    client = site.login(role, "시설-01")
    with site.db.write() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.role == role))
        rows = [{"user_id": user_id, "facility_id": one} for one in connection.scalars(_FACILITIES)]
        connection.execute(insert(user_facilities), rows)
    return client


def _world(settings: Settings, *, has_cases: bool) -> dict[str, object]:
    """Every answer that people of a facility get, in a city with or without open cases."""
    answers: dict[str, object] = {}
    with running(settings) as site:
        probe, sweep_id = Probe(), new_id()
        site.admit(probe.signer)
        report = probe.report(sweep_id) if has_cases else probe.report_changed(sweep_id, findings=())
        for wire in (report, probe.opened(sweep_id)):
            assert site.send(wire).status_code == 200
        if has_cases:
            _work_on_cases(site)
        with site.db.read() as connection:
            steps = connection.scalars(select(entries.c.log_index).where(entries.c.kind == CASE_STEP)).all()
        assert bool(steps) == has_cases
        paths = httpx.get(f"{site.url}/api/openapi.json", verify=NO_TLS, timeout=PATIENCE_S).json()["paths"]
        people = {role: _belongs(site, role) for role in FACILITY_ROLES}
        for role, client in people.items():
            for path, method in ((path, method) for path, operations in paths.items() for method in operations):
                if path.startswith(SAYS_HOW_LONG_THE_LOG_IS) or path in OF_THE_KEYS_OF_THIS_RUN:
                    continue
                where = re.sub(r"{\w+}", str(sweep_id), path.replace("{room_id}", str(DEMO_ROOM)))
                body: dict[str, str] | None = {} if path.endswith("/looks") else None
                with asked_of_databases() as asked:
                    answer = client.http.request(method, where, json=body, headers={"X-CSRF-Token": client.csrf})
                work = [one for one in asked if "user_facilities" in one]
                answers[f"{role} {method} {path}"] = (*_told(answer, sweep_id), work)
                if method == "get" and answer.status_code == 200 and role == "facility_owner":
                    for query in (
                        "state=open",
                        "after=0",
                        f"room_id={DEMO_ROOM}",
                        "district_id=demo-gu",
                    ):
                        asked_so = client.http.get(f"{where}?{query}")
                        answers[f"{role} {path}?{query}"] = _told(asked_so, sweep_id)
        answers |= _public(site, sweep_id, people["facility_owner"])
        for number, wanted in enumerate(LAST_OF_ALL):
            looked = people["cleaner"].post(f"/api/facility/rooms/{DEMO_ROOM}/looks", wanted)
            answers[f"look {number}"] = _told(looked, sweep_id)
        for role, client in people.items():
            answers[f"{role} afterwards"] = _told(client.get("/api/facility/rooms"), sweep_id)
    return answers


def _work_on_cases(site: Site) -> None:
    site.add_user("second", "inspector", "점검자-02")
    first, second = site.login("supervisor", "감독자-01"), {"username": "second", "password": PASSWORD}
    (case,) = first.get("/api/cases").json()["cases"]
    for step in ({"step": "looked_at", "seen": "object"}, {"step": "camera", "was_touched": False}):
        answer = first.post(f"/api/cases/{case['case_id']}/steps", {"step": step, "second_person": second})
        assert answer.status_code == 201, answer.text
    for step in ({"step": "reported", "what": "구멍"}, {"step": "defect_found", "defect": "hole"}):
        assert first.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": step}).status_code == 201


def test_people_of_a_facility_cannot_tell_a_city_with_cases_from_one_without(tmp_path: Path) -> None:
    worlds = []
    for has_cases in (False, True):
        folder = tmp_path / f"world-{has_cases}"
        folder.mkdir()
        settings = Settings(data_dir=folder, port=0, min_free_mib=0, web_dir=folder / "dist")
        worlds.append(_world(settings, has_cases=has_cases))
    without, with_cases = worlds
    assert without.keys() == with_cases.keys()
    different = {name: (without[name], with_cases[name]) for name in without if without[name] != with_cases[name]}
    assert [str(with_cases[f"look {number}"])[1:4] for number in range(4)] == ["201", "201", "201", "400"]
    rooms = [str(value) for name, value in with_cases.items() if name.endswith("get /api/facility/rooms")]
    assert len(rooms) == len(FACILITY_ROLES) and all(str(DEMO_ROOM) in answer for answer in rooms)
    print(f"{len(without)} answers compared byte by byte, {len(different)} differ")
    assert different == {}, sorted(different)
