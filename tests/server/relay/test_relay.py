"""What a Pi's server sends to its city's, in which order, what counts as arrived, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from server.api.service.services import Services
from server.config.settings import Settings
from server.ingest import persons
from server.interface.sweep_requests import DispositionRequest
from server.people.auth import Person
from server.places.summaries import at_city_of
from server.relay import city as known_city
from server.relay.client import CityAwayError
from server.relay.up import Pushed, push, watch_head
from server.server_keys.root import sign_waiting
from server.server_keys.rotation import rotate
from server.store.schema import alarms, body_data, entries, relayed
from sweep.entry import kinds
from sweep.entry.envelope import from_wire, make_body, to_wire
from sweep.entry.notes import Checkpoint
from sweep.report import LocalText, new_id
from sweep.report.log_records import QuarantinePurged
from tests.report_factory import make_report
from tests.server.conftest import SECOND_IN_SOAK, Site, running
from tests.server.relay_kit import admit, check_relayed, client_of, introduce, pi_of, pi_settings, states, take
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

pytestmark = SECOND_IN_SOAK
INSPECTOR = Person(new_id(), "kim", "점검자-01", "inspector", "p-aaaaaaaaaa")
ADMIN = Person(new_id(), "lee", "관리자-01", "admin", "p-bbbbbbbbbb")
REASON = LocalText(ko="오인", en="mistaken")


@pytest.fixture
def pi(site: Site, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Services]:
    with pi_of(pi_settings(tmp_path, migrated_sqlite, site.url)) as found:
        yield found


def _alarms(services: Services) -> list[tuple[str, int | None]]:
    with services.db.read() as connection:
        return [(row.code, row.log_index) for row in connection.execute(select(alarms).order_by(alarms.c.at_ms))]


def index_of(there: Site, kind: str) -> int | None:
    """Where the last entry of a kind stands."""
    with there.db.read() as connection:
        index: int | None = connection.scalar(select(func.max(entries.c.log_index)).where(entries.c.kind == kind))
        return index


def decide(pi: Services, sweep_id: object) -> None:
    request = DispositionRequest.model_validate({"sweep_id": str(sweep_id), "verdict": "no_camera"}, strict=False)
    persons.record_disposition(pi.db, pi.server_signer, INSPECTOR, make_report().findings[0].finding_id, request)


def _pushed(pi: Services, site: Site) -> Pushed:
    with client_of(pi, site.url) as client:
        return push(pi.db, client)


def test_entries_go_up_as_they_are_in_the_order_of_the_log(site: Site, pi: Services) -> None:
    probe = Probe()
    admit(pi, probe.signer, "demo", "probe-demo-1")
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    introduce(site.services, pi)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        take(pi, wire)
    with pi.db.read() as connection:
        assert at_city_of(connection, [sweep_id]) == {sweep_id: False}
    assert _pushed(pi, site) == Pushed(arrived=2)
    with pi.db.read() as connection:
        assert at_city_of(connection, [sweep_id]) == {sweep_id: True}
    decide(pi, sweep_id)
    with pi.db.read() as connection:
        assert at_city_of(connection, [sweep_id]) == {sweep_id: False}
    assert _pushed(pi, site) == Pushed(arrived=1)
    assert _pushed(pi, site) == Pushed()
    assert check_relayed(pi, site.services) == 3
    with site.db.read() as connection:
        assert at_city_of(connection, [sweep_id]) == {sweep_id: None}
        kinds_there = connection.scalars(select(entries.c.kind).where(entries.c.sweep_id == sweep_id))
        assert list(kinds_there.all()) == [kinds.OPENED, kinds.REPORT, kinds.DISPOSITION]


def test_what_the_server_says_of_its_own_log_stays_and_leaves_no_gap(site: Site, pi: Services) -> None:
    from server.people.access_log import seal_days
    from server.signing.statements import say

    probe = Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    introduce(site.services, pi)
    for number in range(2):
        sweep_id, *wires = probe.whole_sweep()
        for wire in wires:
            take(pi, wire)
        decide(pi, sweep_id)
        with pi.db.write() as connection:
            seal_days(connection)
            purged = QuarantinePurged(v=1, indices=((number, number),), reason="test")
            say(connection, kinds.QUARANTINE_PURGED, purged, actor="test")
            sign_waiting(connection, pi.server_signer)
    assert _pushed(pi, site).arrived == 6
    assert check_relayed(pi, site.services) == 6
    with site.db.read() as connection:
        assert connection.scalar(select(entries.c.log_index).where(entries.c.kind == kinds.QUARANTINE_PURGED)) is None


def test_what_waits_goes_up_once_it_counts(site: Site, pi: Services) -> None:
    probe = Probe()
    introduce(site.services, pi)
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    _, opened, report = probe.whole_sweep()
    index = take(pi, opened).log_index
    assert _pushed(pi, site) == Pushed()
    assert states(pi)[index] == "waiting"
    take(pi, report)
    admit(pi, probe.signer, "demo", "probe-demo-1")
    assert _pushed(pi, site) == Pushed(arrived=2)
    assert check_relayed(pi, site.services) == 2


def test_entries_of_a_server_that_the_city_does_not_know_count_there_once_it_does(site: Site, pi: Services) -> None:
    probe = Probe()
    admit(pi, probe.signer, "demo", "probe-demo-1")
    sweep_id, *wires = probe.whole_sweep()
    for wire in wires:
        take(pi, wire)
    decide(pi, sweep_id)
    assert _pushed(pi, site) == Pushed(arrived=3)
    with site.db.read() as connection:
        about = select(entries.c.status).where(entries.c.sweep_id == sweep_id)
        assert set(connection.scalars(about)) == {"quarantined"}
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    introduce(site.services, pi)
    assert check_relayed(pi, site.services) == 3


def test_a_body_that_comes_later_is_sent_later_and_an_erased_one_never(site: Site, pi: Services) -> None:
    probe = Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    introduce(site.services, pi)
    _, opened, report = probe.whole_sweep()
    take(pi, opened)
    entry, bodies = from_wire(report)
    index = take(pi, to_wire(entry, bodies[:1])).log_index
    assert _pushed(pi, site) == Pushed(arrived=2)
    assert states(pi)[index] == "lacking"
    take(pi, report)
    assert _pushed(pi, site) == Pushed(arrived=1)
    assert _pushed(pi, site) == Pushed()
    with site.db.read() as connection:
        assert connection.scalar(select(body_data.c.commitment).where(body_data.c.commitment == bodies[1].commitment))
    photograph = make_body("image/png", b"x")
    other = take(pi, probe.entry("note", (photograph,), sweep_id=new_id())[1])
    persons.erase(pi.db, pi.server_signer, ADMIN, INSPECTOR, photograph.commitment, REASON)
    assert _pushed(pi, site) == Pushed(arrived=2)
    assert (states(pi)[index], states(pi)[other.log_index]) == ("arrived", "arrived")
    persons.erase(
        site.db, site.services.server_signer, ADMIN, INSPECTOR, photograph.commitment, REASON
    )  # as the Pi asked
    assert check_relayed(pi, site.services) == 4


def test_an_erasure_on_the_pi_is_a_request_at_the_city(site: Site, pi: Services) -> None:
    probe = Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    _, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        take(pi, wire)
    crop = from_wire(report)[1][-1].commitment
    assert _pushed(pi, site).arrived == 2
    persons.erase(pi.db, pi.server_signer, ADMIN, INSPECTOR, crop, REASON)
    assert _pushed(pi, site).arrived == 1
    where = select(body_data.c.commitment).where(body_data.c.commitment == crop)
    with site.db.read() as connection:
        assert connection.scalar(where) == crop  # nobody there knows who says so
    officer = site.login("evidence_officer", "증거-01")
    assert officer.get("/api/erasures/asked").json() == {"asked": []}
    introduce(site.services, pi)
    with site.db.read() as connection:
        assert connection.scalar(where) == crop
    assert ("kind_not_allowed", index_of(site, kinds.BODY_ERASED)) in _alarms(site.services)
    (asked,) = officer.get("/api/erasures/asked").json()["asked"]
    assert (asked["commitment"], asked["first_person"], asked["second_person"]) == (crop, "관리자-01", "점검자-01")
    assert site.login("inspector").get("/api/erasures/asked").status_code == 403
    persons.erase(site.db, site.services.server_signer, ADMIN, INSPECTOR, crop, REASON)
    take(site.services, report)
    with site.db.read() as connection:
        assert connection.scalar(where) is None
    assert officer.get("/api/erasures/asked").json() == {"asked": []}
    assert check_relayed(pi, site.services) == 3


def test_a_refusal_is_kept_with_its_reason_and_blocks_nothing(site: Site, pi: Services) -> None:
    probe, twin = Probe(), Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    take(site.services, twin.entry("note", (), sweep_id=new_id())[1])
    first = take(pi, probe.entry("other.note", (), sweep_id=new_id())[1]).log_index
    second = take(pi, probe.entry("other.note", (), sweep_id=new_id())[1]).log_index
    assert _pushed(pi, site) == Pushed(arrived=1, refused=1)
    assert states(pi)[first] == "refused" and states(pi)[second] == "arrived"
    with pi.db.read() as connection:
        reason = connection.scalar(select(relayed.c.reason).where(relayed.c.log_index == first))
    assert reason == "409: another entry has this place; both are kept and an alarm was raised"
    assert _alarms(pi) == [("relay_refused", first)]


def test_a_city_that_was_set_back_stops_the_relay(site: Site, pi: Services) -> None:
    probe = Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    for _ in range(3):
        take(pi, probe.entry("note", (), sweep_id=new_id())[1])
    assert _pushed(pi, site).arrived == 3
    _set_back(site, 2)
    later = take(pi, probe.entry("note", (), sweep_id=new_id())[1]).log_index
    assert "was set back" in str(_pushed(pi, site).trouble)
    assert states(pi)[later] == "due"
    assert _alarms(pi) == [("city_log_went_back", later)]
    assert str(_pushed(pi, site).trouble) == "stopped: city_log_went_back"
    with pi.db.write() as connection:
        known_city.forget(connection)
    assert _pushed(pi, site) == Pushed(arrived=4)


def test_a_city_that_was_set_back_is_seen_without_an_entry(site: Site, pi: Services) -> None:
    probe = Probe()
    for there in (pi, site.services):
        admit(there, probe.signer, "demo", "probe-demo-1")
    take(pi, probe.entry("note", (), sweep_id=new_id())[1])
    assert _pushed(pi, site).arrived == 1
    with client_of(pi, site.url) as client:
        head = watch_head(pi.db, client)
        assert isinstance(head, Checkpoint)
        _set_back(site, 1)
        assert "was set back" in str(watch_head(pi.db, client))
    assert _alarms(pi) == [("city_log_went_back", None)]


def test_another_key_of_the_city_is_refused(site: Site, pi: Services) -> None:
    probe = Probe()
    admit(pi, probe.signer, "demo", "probe-demo-1")
    take(pi, probe.entry("note", (), sweep_id=new_id())[1])
    with pi.db.write() as connection:
        known_city.change(connection, server_key=bytes(32))
    assert "another key" in str(_pushed(pi, site).trouble)
    assert _alarms(pi) == [("city_key_changed", None)]
    assert set(states(pi).values()) == {"due"}


def test_a_key_that_the_citys_root_put_in_the_place_of_the_first_is_followed(
    settings: Settings, tmp_path: Path, migrated_sqlite: Path
) -> None:
    probe = Probe()
    with running(settings) as site, pi_of(pi_settings(tmp_path, migrated_sqlite, site.url)) as pi:
        for there in (pi, site.services):
            admit(there, probe.signer, "demo", "probe-demo-1")
        take(pi, probe.entry("note", (), sweep_id=new_id())[1])
        assert _pushed(pi, site) == Pushed(arrived=1)
        first = site.services.server_signer.signer.key_id
        with site.db.write() as connection:
            rotate(connection, site.services.server_signer, settings.data_dir, actor="test", reason="yearly")
            sign_waiting(connection, site.services.server_signer)
    with running(settings) as site, pi_of(pi.settings) as pi:
        assert site.services.server_signer.signer.key_id != first
        take(pi, probe.entry("note", (), sweep_id=new_id())[1])
        assert _pushed(pi, site) == Pushed(arrived=1)
        assert _alarms(pi) == []


def test_a_full_quarantine_at_the_city_lets_the_rest_wait(
    settings: Settings, tmp_path: Path, migrated_sqlite: Path
) -> None:
    tight = settings.model_copy(update={"quarantine_max_mib": 1})
    with running(tight) as site, pi_of(pi_settings(tmp_path, migrated_sqlite, site.url)) as pi:
        probe = Probe()
        admit(pi, probe.signer, "demo", "probe-demo-1")
        for _ in range(3):
            take(pi, probe.entry("note", (make_body("a/b", bytes(400_000)),), sweep_id=new_id())[1])
        with pytest.raises(CityAwayError, match="507"):
            _pushed(pi, site)
        assert sorted(states(pi).values()) == ["arrived", "due", "due"]
        admit(site.services, probe.signer, "demo", "probe-demo-1")
        assert _pushed(pi, site).arrived == 2


def test_a_running_server_relays_by_itself(site: Site, tmp_path: Path, migrated_sqlite: Path) -> None:
    with running(pi_settings(tmp_path, migrated_sqlite, site.url)) as here:
        probe = Probe()
        for there in (here, site):
            there.admit(probe.signer)
        introduce(site.services, here.services)
        sweep_id, *wires = probe.whole_sweep()
        for wire in wires:
            assert here.send(wire).status_code == 200
        viewer = here.login("viewer")

        def is_at_city() -> bool:
            at_city: bool = viewer.get(f"/api/sweeps/{sweep_id}").json()["summary"]["at_city"]
            return at_city

        wait_until(is_at_city, "the sweep at the city", every_s=0.05)
        assert site.login("viewer").get(f"/api/sweeps/{sweep_id}").json()["summary"]["at_city"] is None


def _set_back(site: Site, count: int) -> None:
    """Let the city lose its last entries, as when an older copy of its database is put back."""
    from server.log import tiles
    from server.log.build import build_tree
    from server.store.schema import body_refs, due_sweeps, log_tiles

    with site.db.write() as connection:
        size = tiles.tree_size(connection)
        for table in (body_refs, due_sweeps, entries):
            connection.execute(delete(table).where(table.c.log_index >= size - count))
        connection.execute(delete(log_tiles))
    build_tree(site.db)
