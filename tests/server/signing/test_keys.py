"""Keys come and go by log index: revoked, reinstated, replaced, corrected; no clock decides, and nothing is dropped."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.projections import projecting
from server.signing import keys
from server.store.schema import alarms, audit, entries, sweeps
from sweep.report import new_id
from tests.entry_factory import signer
from tests.report_factory import make_report
from tests.server.conftest import Client, Site
from tests.server.log_kit import SENT, end_of, receipt_of, sent_indices, verified
from tests.server.sweep_kit import Probe

Step = Callable[[Client, str, dict[str, object]], dict[str, object]]


def _change(admin: Client, path: str, wanted: dict[str, object]) -> dict[str, object]:
    answer = admin.post(path, wanted)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, object] = answer.json()
    return found


def _rows(site: Site) -> list[tuple[str, str | None]]:
    projecting.drain(site.db)
    with site.db.read() as connection:
        found = connection.execute(
            select(entries.c.status, entries.c.reason).where(SENT).order_by(entries.c.log_index)
        ).all()
    return [(row.status, row.reason) for row in found]


def _results(site: Site) -> dict[UUID, str]:
    projecting.drain(site.db)
    with site.db.read() as connection:
        told = connection.execute(select(sweeps.c.sweep_id, sweeps.c.equipment))
        return {row.sweep_id: row.equipment for row in told}


@pytest.mark.parametrize("hours", [-1, 1, 24 * 366])
def test_no_step_of_the_clock_makes_an_entry_count_less(
    site: Site, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admitted key's entry once got a receipt and never counted, because the clock was set back by an hour."""
    probe = Probe()
    site.admit(probe.signer)
    real_ns = itertools.count(1_790_000_000_000_000_000 + hours * 3_600_000_000_000, 1_000_000)
    monkeypatch.setattr("server.store.clock.time.time_ns", lambda: next(real_ns))
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    assert _rows(site) == [("accepted", None)] * 2
    assert _results(site) == {sweep_id: "to_inspect"}


def test_a_key_may_be_valid_from_a_later_index_only(site: Site) -> None:
    probe = Probe()
    early, opened, _ = probe.whole_sweep()
    site.send(opened)
    with site.db.write() as connection:
        key = keys.admit(
            connection,
            public_key=probe.signer.public_key,
            role="demo",
            probe_id="probe-demo-1",
            name="found in a drawer",
            actor="test",
            valid_from_index=end_of(site.db),
        )
        assert release_quarantine(connection, key) == (0, 1)
    late = new_id()
    site.send(probe.opened(late))
    assert _rows(site) == [("quarantined", "key_not_valid"), ("accepted", None)]
    assert set(_results(site)) == {late} != {early}


def test_revoked_from_now_on_and_reinstated(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    first, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    admin, path = site.login("admin", "관리자-01"), f"/api/keys/{probe.signer.key_id}"
    end = end_of(site.db)
    judged = _change(admin, f"{path}/revoke", {"reason": "분실"})
    assert judged == {"key_id": probe.signer.key_id, "released": 0, "left": 0, "documents": [], "waits_for_root": False}
    second, opened, report = probe.whole_sweep()
    receipts = [site.send(wire) for wire in (opened, report)]
    assert [answer.status_code for answer in receipts] == [200, 200]
    assert _rows(site) == [("accepted", None)] * 2 + [("quarantined", "key_revoked")] * 2
    assert _results(site) == {first: "to_inspect"}
    (listed,) = [key for key in admin.get("/api/keys").json()["keys"] if key["key_id"] == probe.signer.key_id]
    assert (listed["revoked_from_index"], listed["quarantined"]) == (end, 2)
    assert admin.get("/api/probes").json()["probes"] == []
    assert _change(admin, f"{path}/reinstate", {"reason": "찾음"})["released"] == 2
    assert _rows(site) == [("accepted", None)] * 4
    assert _results(site) == {first: "to_inspect", second: "to_inspect"}
    assert [receipt_of(site.send(wire)) for wire in (opened, report)] == [receipt_of(answer) for answer in receipts]
    again = admin.post(f"{path}/reinstate", {"reason": "x"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_revoked")
    with site.db.read() as connection:
        done = connection.execute(select(audit.c.actor, audit.c.action).where(audit.c.object_id == probe.signer.key_id))
        assert [tuple(row) for row in done][1:] == [("관리자-01", "key.revoked"), ("관리자-01", "key.reinstated")]
        assert connection.scalars(select(alarms.c.code)).all() == []


def test_revoked_from_an_index_in_the_past_takes_what_came_since_away(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sent = [probe.whole_sweep() for _ in range(2)]
    for _, opened, report in sent:
        for wire in (opened, report):
            site.send(wire)
    admin, path = site.login("admin"), f"/api/keys/{probe.signer.key_id}"
    to_come = admin.post(f"{path}/revoke", {"reason": "도난", "from_index": end_of(site.db) + 1})
    assert (to_come.status_code, to_come.json()["error"]["code"]) == (400, "no_such_index")
    _rows(site)
    _change(admin, f"{path}/revoke", {"reason": "도난", "from_index": sent_indices(site.db)[2]})
    assert _rows(site) == [("accepted", None)] * 2 + [("quarantined", "key_revoked")] * 2
    assert _results(site) == {sent[0][0]: "to_inspect"}
    projecting.rebuild(site.db)
    assert _results(site) == {sent[0][0]: "to_inspect"}
    with site.db.read() as connection:
        assert verified(connection).problems == []
    assert admin.post("/api/keys/0000000000000000/revoke", {"reason": "x"}).status_code == 404


def test_a_successor_finishes_the_sweeps_of_its_predecessor_and_nobody_elses(site: Site) -> None:
    old, new, other = Probe("old", "live"), Probe("new", "live"), Probe("other", "live", probe_id="probe-b")
    site.admit(old.signer, "probe")
    site.admit(other.signer, "probe", "probe-b")
    begun, foreign = new_id(), new_id()
    for wire in (old.opened(begun), other.opened(foreign)):
        site.send(wire)
    admin, path = site.login("admin"), f"/api/keys/{old.signer.key_id}/replace"
    waiting = new.report(begun)
    site.send(waiting)  # the new key spoke before anybody admitted it
    wanted: dict[str, object] = {"public_key": new.signer.public_key.hex(), "reason": "수리"}
    assert _change(admin, path, wanted) == {
        "key_id": new.signer.key_id,
        "released": 1,
        "left": 0,
        "documents": [],
        "waits_for_root": False,
    }
    for wire in (new.report(foreign), old.opened(new_id())):
        site.send(wire)
    assert [reason for _, reason in _rows(site)] == [None, None, None, "sweep_of_another_key", "key_revoked"]
    assert _results(site) == {begun: "to_inspect", foreign: "no_report"}
    (listed,) = [key for key in admin.get("/api/keys").json()["keys"] if key["key_id"] == new.signer.key_id]
    assert (listed["role"], listed["probe_id"], listed["predecessor"]) == ("probe", "probe-demo-1", old.signer.key_id)
    third: dict[str, object] = {"public_key": signer("third").public_key.hex(), "reason": "x"}
    for again, code in ((path, "key_replaced"), (f"/api/keys/{old.signer.key_id}/reinstate", "key_replaced")):
        refused = admin.post(again, third if "replace" in again else {"reason": "x"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, code)
    with site.db.read() as connection:
        assert verified(connection).problems == []


def test_a_key_admitted_with_wrong_words_is_corrected_and_its_entries_judged_anew(site: Site) -> None:
    probe = Probe("p", "live", probe_id="probe-a", tenant="seo-gu", room_id=new_id())
    site.admit(probe.signer, "probe", "probe-b")
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    assert _rows(site) == [("quarantined", "tenant_not_allowed")] * 2
    right = {"role": "probe", "probe_id": "probe-a", "tenant": "seo-gu"}
    for wrong in (right | {"tenant": "demo-gu"}, right | {"probe_id": "probe-b"}, right):
        with site.db.write() as connection:
            key = keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="probe",
                probe_id=wrong["probe_id"],
                tenant=wrong["tenant"],
                name="x",
                actor="test",
            )
            released, _ = release_quarantine(connection, key)
        assert released == (2 if wrong is right else 0)
    assert _results(site) == {sweep_id: "to_inspect"}
    site_again = site.db
    with pytest.raises(Exception, match="is admitted as probe"), site_again.write() as connection:
        keys.admit(
            connection, public_key=probe.signer.public_key, role="demo", probe_id="probe-a", name="x", actor="test"
        )


def test_a_person_is_told_the_truth_when_the_servers_key_is_revoked(site: Site) -> None:
    """It once said 507: too many entries of keys that nobody admitted."""
    probe = Probe("p", "live")
    site.admit(probe.signer, "probe")
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    admin = site.login("admin")
    _change(admin, f"/api/keys/{site.services.server_signer.signer.key_id}/revoke", {"reason": "도난"})
    verdict = {"sweep_id": str(sweep_id), "verdict": "no_camera"}
    path = f"/api/findings/{make_report().findings[0].finding_id}/disposition"
    refused = admin.post(path, verdict)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "server_key_not_valid")
    assert _rows(site) == [("accepted", None)] * 2
    _change(admin, f"/api/keys/{site.services.server_signer.signer.key_id}/reinstate", {"reason": "아님"})
    assert admin.post(path, verdict).status_code == 201
    own = admin.post(
        f"/api/keys/{site.services.server_signer.signer.key_id}/replace",
        {"public_key": signer("x").public_key.hex(), "reason": "x"},
    )
    assert (own.status_code, own.json()["error"]["code"]) == (409, "own_key")


@pytest.mark.parametrize("first", [0, 1])
def test_a_point_for_which_anybody_can_sign_is_not_admitted(site: Site, first: int) -> None:
    point = bytes((first,)) + bytes(30) + b"\x80"  # of order 4 and 1, with the other sign of x
    with site.db.write() as connection, pytest.raises(ApiError) as refused:
        keys.admit(connection, public_key=point, role="probe", probe_id="p", name="x", actor="test")
    assert (refused.value.status, refused.value.code) == (400, "invalid_key")
