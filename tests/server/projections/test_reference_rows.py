"""Reference checks at the server: taken, listed by probe and district, an alarm for a probe that lost sensitivity."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.projections.projecting import rebuild
from server.store.schema import alarms, entries, reference_checks
from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import to_wire
from sweep.report import (
    ClockReading,
    ReferenceCheck,
    ReferenceChecked,
    ReferencePart,
    ReferenceReadings,
    Source,
    to_json,
)
from sweep.report.reference import CheckStatus
from tests.entry_factory import make_entry, salted, signer
from tests.report_factory import START
from tests.server.conftest import Site


def checked(when: datetime, status: CheckStatus = "passed", probe_id: str = "probe-1") -> ReferenceChecked:
    part = ReferencePart(part="lamp", status=status, value=58.4, expected=60.0, unit="dB", cusum=3.1)
    clock = ClockReading(utc=when, synchronised=True, max_error_ms=50)
    return ReferenceChecked(
        v=1,
        probe_id=probe_id,
        check=ReferenceCheck(status=status, checked=clock, parts=(part,)),
        readings=(ReferenceReadings(part="lamp", repeats=(58.3, 58.4, 58.6), sigma_db=0.3, limit_db=1.76),),
        cusum_k=1.5,
        cusum_h=2.84,
    )


class Checks:
    """Signs checks of one probe, each following the one before."""

    def __init__(self, probe_id: str = "probe-1", tenant: str = "demo-gu", source: Source = "live") -> None:
        self.signer, self.probe_id, self.tenant, self.source = signer(f"checks {probe_id}"), probe_id, tenant, source
        self.last: SignedEntry | None = None
        self.seq = 0

    def wire(self, told: ReferenceChecked | bytes, media_type: str = kinds.REFERENCE_TYPE) -> bytes:
        body = salted(media_type, told if isinstance(told, bytes) else to_json(told))
        self.seq += 1
        self.last = make_entry(
            self.signer, self.seq, None if self.last is None else self.last.entry_hash,
            kind=kinds.REFERENCE_CHECKED, bodies=(body,), source=self.source, sweep_id=None, room_id=None,
            tenant=self.tenant, subject=self.probe_id,
        )  # fmt: skip
        return to_wire(self.last, (body,))


def codes(site: Site) -> list[str]:
    with site.db.read() as connection:
        return list(connection.scalars(select(alarms.c.code).order_by(alarms.c.at_ms, alarms.c.alarm_id)))


def days(number: float) -> datetime:
    return START + timedelta(days=number)


def test_checks_are_listed_by_probe_the_newest_first(site: Site) -> None:
    probe = Checks()
    site.admit(probe.signer, "probe", probe_id="probe-1")
    for day in (0, 2, 1):  # one came late
        assert site.send(probe.wire(checked(days(day)))).status_code == 200
    client = site.login("supervisor")
    answer = client.get("/api/probes/probe-1/reference-checks").json()
    assert [one["told"]["check"]["checked"]["utc"] for one in answer["checks"]] == [
        days(day).strftime("%Y-%m-%dT%H:%M:%SZ") for day in (2, 1, 0)
    ]
    newest = answer["checks"][0]
    assert newest["told"]["readings"][0]["repeats"] == [58.3, 58.4, 58.6]
    assert (newest["source"], newest["key_id"]) == ("live", probe.signer.key_id)
    assert len(client.get("/api/probes/probe-1/reference-checks", limit=1).json()["checks"]) == 1
    assert client.get("/api/probes/probe-2/reference-checks").json()["checks"] == []
    path = "/api/probes/probe-1/reference-checks"
    assert site.login("inspector").get(path).status_code == 200, "whoever takes the probe along"
    assert site.login("cleaner").get(path).status_code == 403


def test_a_probe_that_goes_out_of_control_raises_one_alarm(site: Site) -> None:
    probe = Checks()
    site.admit(probe.signer, "probe", probe_id="probe-1")
    statuses: tuple[CheckStatus, ...] = ("passed", "out_of_control", "out_of_control", "passed", "out_of_control")
    for day, status in enumerate(statuses):
        site.send(probe.wire(checked(days(day), status)))
    assert codes(site) == ["probe_out_of_control"] * 2


def test_a_rebuild_gives_the_same_rows_and_no_new_alarm(site: Site) -> None:
    probe = Checks()
    site.admit(probe.signer, "probe", probe_id="probe-1")
    for day in range(3):
        site.send(probe.wire(checked(days(day), "out_of_control")))
    with site.db.read() as connection:
        before = connection.execute(select(reference_checks).order_by(reference_checks.c.log_index)).all()
    rebuild(site.db)
    with site.db.read() as connection:
        assert connection.execute(select(reference_checks).order_by(reference_checks.c.log_index)).all() == before
    assert len(before) == 3
    assert codes(site) == ["probe_out_of_control"]


def test_what_waited_in_quarantine_is_read_once_its_key_is_admitted_and_gone_when_that_is_revoked(site: Site) -> None:
    probe = Checks()
    wire = probe.wire(checked(days(0)))
    site.send(wire)
    client, path = site.login("admin"), "/api/probes/probe-1/reference-checks"
    assert client.get(path).json()["checks"] == []
    site.admit(probe.signer, "probe", probe_id="probe-1")
    released = client.post(f"/api/quarantine/{probe.signer.key_id}/release")
    assert released.status_code == 200, released.text
    assert len(client.get(path).json()["checks"]) == 1
    gone = client.post(f"/api/keys/{probe.signer.key_id}/revoke", {"reason": "분실", "from_index": 0})
    assert gone.status_code == 200, gone.text
    assert client.get(path).json()["checks"] == []


@pytest.mark.parametrize("case", ["no record", "another probe"])
def test_a_check_that_cannot_be_read_is_kept_and_marked(site: Site, case: str) -> None:
    probe = Checks()
    site.admit(probe.signer, "probe", probe_id="probe-1")
    told = b"{}" if case == "no record" else checked(days(0), probe_id="probe-2")
    assert site.send(probe.wire(told)).status_code == 200, "an outbox never wedges"
    assert codes(site) == ["unreadable_body"]
    with site.db.read() as connection:
        row = connection.execute(select(entries).where(entries.c.kind == kinds.REFERENCE_CHECKED)).one()
    assert (row.status, row.is_readable, row.reason) == ("accepted", False, "unreadable_body")
    assert site.login("admin").get("/api/probes/probe-1/reference-checks").json()["checks"] == []


def test_a_simulated_check_is_told_from_a_real_one(site: Site) -> None:
    probe = Checks("probe-demo-1", source="simulated")
    site.admit(probe.signer, "demo", probe_id="probe-demo-1")
    site.send(probe.wire(checked(days(0), probe_id="probe-demo-1")))
    (one,) = site.login("auditor").get("/api/probes/probe-demo-1/reference-checks").json()["checks"]
    assert one["source"] == "simulated"
