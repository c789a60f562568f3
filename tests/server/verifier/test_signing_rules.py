"""A key signs only what it is for: the table over its whole product, at ingest, in old logs and without a server."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import exists, select, text, update

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.projections import projecting, sweep_record
from server.signing import keys
from server.store.db import Database
from server.store.schema import alarms, body_data, body_refs, cases, dispositions, entries, sweeps
from server.verifier.signing_rules import (
    CODES,
    RULES,
    SWEEP_CODES,
    Bearer,
    Claim,
    KeyRole,
    Signatory,
    Statement,
    broken_rule,
    broken_rules_in_sweep,
)
from sweep.entry.envelope import Assurance, from_wire
from sweep.entry.kinds import KNOWN_KINDS
from sweep.report import Source, new_id
from tests.server.conftest import Site
from tests.server.log_kit import SENT, end_of, sent_indices, verified
from tests.server.older_database import make_older
from tests.server.sweep_kit import DEMO_ROOM, Probe, desk

OTHER_ROOM = UUID("01920000-0000-7000-8000-00000000a002")
ENTRY_MD = Path(__file__).parents[3] / "sweep" / "ENTRY.md"
ROLES: dict[Signatory, tuple[KeyRole, str | None]] = {
    "probe": ("probe", "probe-1"),
    "demo probe": ("demo", "probe-1"),
    "server": ("server", None),
    "demo server": ("demo", None),
    "relay": ("relay", None),
    "demo relay": ("demo-relay", None),
    "witness": ("witness", None),
    "root": ("root", None),
}


def _attackers(site: Site) -> dict[str, Probe]:
    """Keys that are admitted, each about to sign what it is not for."""
    found = {
        "another probe as a supervisor": Probe("b", "live", probe_id="probe-b", subject="감독-01", assurance="passkey"),
        "another probe as itself": Probe("b", "live", probe_id="probe-b"),
        "another probe as this one": Probe("b", "live", probe_id="probe-b", subject="probe-a"),
        "the probe itself as a person": Probe(
            "a2", "live", probe_id="probe-a", subject="감독-01", assurance="password"
        ),
        "the probe itself": Probe("a2", "live", probe_id="probe-a"),
        "a witness as a person": Probe("w", "live", subject="감독-01", assurance="passkey"),
        "a witness": Probe("w", "live", subject="witness", assurance="witness"),
        "a demo probe as a person": Probe("d", "live", probe_id="probe-d", subject="감독-01", assurance="password"),
        "a server of another tenant": Probe("s", "live", subject="감독-01", assurance="password", tenant="other-gu"),
        "a server without a person": Probe("s", "live", subject="server", assurance="device"),
    }
    for name, attacker in found.items():
        named: dict[str, KeyRole] = {"witness": "witness", "demo": "demo", "server": "server", "probe": "probe"}
        role = next(role for word, role in named.items() if word in name)
        probe_id = None if role in {"server", "witness"} else attacker.probe_id
        with site.db.write() as connection:
            if keys.find_key(connection, attacker.signer.key_id) is None:
                keys.admit(
                    connection,
                    public_key=attacker.signer.public_key,
                    role=role,
                    probe_id=probe_id,
                    name=name,
                    actor="test",
                )
    return found


def _state(site: Site, sweep_id: UUID) -> tuple[str, int, str]:
    projecting.drain(site.db)
    with site.db.read() as connection:
        of_sweep = select(cases.c.stands, sweeps.c.probe_id).join(sweeps, sweeps.c.sweep_id == cases.c.sweep_id)
        stands, probe_id = connection.execute(of_sweep.where(sweeps.c.sweep_id == sweep_id)).one()
        decided = connection.scalars(select(dispositions.c.verdict).where(dispositions.c.sweep_id == sweep_id)).all()
    return stands, len(decided), probe_id


@pytest.mark.parametrize("verdict", ["no_camera", "camera_found"])
def test_no_key_but_the_servers_writes_a_persons_verdict(site: Site, verdict: str) -> None:
    victim = Probe("a", "live", probe_id="probe-a")
    site.admit(victim.signer, "probe", "probe-a")
    sweep_id, opened, report = victim.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    before = _state(site, sweep_id)
    assert before == ("to_inspect", 0, "probe-a")
    last = sent_indices(site.db)[-1]
    attackers = _attackers(site)
    for name, attacker in attackers.items():
        assert site.send(attacker.disposition(sweep_id, verdict)).status_code == 200, name
        assert _state(site, sweep_id) == before, name
    with site.db.read() as connection:
        since = SENT & (entries.c.log_index > last)
        later = connection.execute(select(entries).where(since).order_by(entries.c.log_index)).all()
        warned = set(connection.scalars(select(alarms.c.log_index).where(alarms.c.sweep_id == sweep_id)))
    assert len(later) == len(attackers)
    assert {row.status for row in later} == {"quarantined"}
    assert all(row.reason in CODES for row in later)
    assert warned == {row.log_index for row in later}
    person = desk("desk", "live", "감독-01")
    site.admit(person.signer, "server", None)
    site.send(person.disposition(sweep_id, verdict))
    assert _state(site, sweep_id) == ("found" if verdict == "camera_found" else "no_camera", 1, "probe-a")


@pytest.mark.parametrize(
    ("first", "kind"),
    [("owner", "opened"), *itertools.product(["owner", "attacker"], ["report", "sweep.note"])],
)
def test_a_sweep_is_its_openers_in_whatever_order_entries_come(site: Site, first: str, kind: str) -> None:
    victim, attacker = Probe("a", "live", probe_id="probe-a"), Probe("b", "live", probe_id="probe-b")
    for one in (victim, attacker):
        site.admit(one.signer, "probe", one.probe_id)
    sweep_id, opened, report = victim.whole_sweep()
    forged = attacker.entry(kind, sweep_id=sweep_id)[1] if "." in kind else getattr(attacker, kind)(sweep_id)
    for wire in (opened, report, forged) if first == "owner" else (forged, report, opened):
        assert site.send(wire).status_code == 200
    assert _state(site, sweep_id) == ("to_inspect", 0, "probe-a")
    with site.db.read() as connection:
        rows = connection.execute(select(entries.c.key_id, entries.c.status, entries.c.reason).where(SENT)).all()
    assert {(row.key_id == victim.signer.key_id, row.status, row.reason) for row in rows} == {
        (True, "accepted", None),
        (False, "quarantined", "sweep_of_another_key"),
    }


def test_a_rehearsal_never_takes_the_place_of_a_real_sweep(site: Site) -> None:
    real, demo = Probe("a", "live", probe_id="probe-a"), Probe("d", "simulated")
    site.admit(real.signer, "probe", "probe-a")
    site.admit(demo.signer)
    sweep_id, opened, report = real.whole_sweep()
    for wire in (demo.opened(sweep_id), demo.report(sweep_id), opened, report):
        site.send(wire)
    assert _state(site, sweep_id) == ("to_inspect", 0, "probe-a")


def test_nobody_moves_a_sweep_into_another_room(site: Site) -> None:
    probe, person = Probe("a", "live"), desk("desk", "live")
    site.admit(probe.signer, "probe")
    site.admit(person.signer, "server", None)
    sweep_id, opened, report = probe.whole_sweep()
    site.send(opened)
    probe.room_id = person.room_id = OTHER_ROOM
    for wire in (probe.report(sweep_id), person.disposition(sweep_id, "no_camera")):
        site.send(wire)
    site.send(report)
    projecting.drain(site.db)
    with site.db.read() as connection:
        room = connection.scalar(select(sweeps.c.room_id).where(sweeps.c.sweep_id == sweep_id))
        reasons = connection.scalars(select(entries.c.reason).where(SENT).order_by(entries.c.log_index)).all()
    assert room == DEMO_ROOM
    assert reasons == [None, "sweep_of_another_room", "sweep_of_another_room", None]


def test_a_live_body_names_its_own_probe(site: Site) -> None:
    probe, other = Probe("a", "live", probe_id="probe-a"), Probe("x", "live", probe_id="probe-b")
    site.admit(probe.signer, "probe", "probe-a")
    sweep_id = new_id()
    site.send(probe.entry("sweep.opened", from_wire(other.opened(sweep_id))[1], sweep_id=sweep_id)[1])
    projecting.drain(site.db)
    with site.db.read() as connection:
        assert connection.scalars(select(entries.c.reason).where(SENT)).all() == ["unreadable_body"]
        assert connection.scalars(select(sweeps.c.sweep_id)).all() == []


def test_another_tenants_entries_never_count(site: Site) -> None:
    probe = Probe("a", "live", tenant="other-gu")
    site.admit(probe.signer, "probe")
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    assert site.login("inspector").get(f"/api/sweeps/{sweep_id}").status_code == 404
    with site.db.read() as connection:
        assert connection.scalars(select(alarms.c.code)).all() == ["tenant_not_allowed"] * 2


ROOMS = (None, DEMO_ROOM)
SWEEPS = (None, UUID(int=1))
KINDS = (*sorted(KNOWN_KINDS), "custody.handed_over", "checkpoint.cosigned")
ASSURANCES: tuple[Assurance, ...] = ("device", "passkey", "password", "witness", "ceremony")
SUBJECTS = ("probe-1", "probe-2", "감독-01", "server")
SOURCES: tuple[Source, ...] = ("live", "practice", "replay", "simulated")


def _allowed(signatory: Signatory, claim: Claim) -> bool:
    """The rules again, in words of their own."""
    is_device = claim.assurance == "device"
    is_person = claim.assurance in {"password", "passkey"}
    by_device = claim.kind in {"sweep.opened", "sweep.report"} and claim.sweep_id is not None
    by_person = claim.kind in {"disposition", "body.erased", "case.step", "visit.noted", "visit.signed"}
    of_lists = {"inspection.imported", "inspection.cited", "inspection.withdrawn"}
    by_inspector = claim.kind in {"inspection.recorded", "inspection.confirmed"} | of_lists
    by_inspector &= claim.sweep_id is not None
    by_person |= claim.kind in {"photo.taken", "photo.opened", "photo.checked", "proof.given"}
    unread = claim.kind not in KNOWN_KINDS
    by_probe = claim.kind == "reference.checked" and (claim.room_id, claim.sweep_id) == (None, None)
    is_live, is_practice = claim.source == "live", claim.source == "practice"
    is_alone = (claim.room_id, claim.sweep_id) == (None, None)
    own = {"quarantine.purged", "access_log.head", "photo.expired", "room.placed", "person.registered"}
    by_itself = claim.kind in own and claim.subject == "server" and is_alone
    if claim.tenant != "gu":
        return False
    match signatory:
        case "probe":
            is_measured = is_live or is_practice
            return is_measured and is_device and claim.subject == "probe-1" and (by_device or by_probe or unread)
        case "demo probe":
            return not is_live and not is_practice and is_device and (by_device or by_probe or unread)
        case "server":
            return is_live and ((is_person and (by_person or by_inspector or unread)) or (is_device and by_itself))
        case "demo server":
            return not is_live and is_person and (by_person or by_inspector or unread)
        case "relay" | "demo relay":
            at_a_pi = by_person and claim.kind not in {"body.erased", "photo.opened", "photo.checked", "proof.given"}
            return is_live == (signatory == "relay") and is_person and at_a_pi
        case "witness":
            is_cosignature = claim.kind == "checkpoint.cosigned" and claim.assurance == "witness"
            return is_live and is_cosignature and is_alone
        case "root":
            return (
                is_live and claim.kind.startswith("key.") and not unread and claim.assurance == "ceremony" and is_alone
            )


def test_the_whole_product() -> None:
    tried = allowed = 0
    for signatory, kind, source, tenant, assurance, subject, room_id, sweep_id in itertools.product(
        ROLES, KINDS, SOURCES, ("gu", "other"), ASSURANCES, SUBJECTS, ROOMS, SWEEPS
    ):
        role, probe_id = ROLES[signatory]
        claim = Claim(kind, source, tenant, assurance, subject, room_id, sweep_id)
        code = broken_rule(claim, Bearer(role, probe_id, "gu", "k"))
        assert (code is None) == _allowed(signatory, claim), (signatory, claim, code)
        assert code is None or code in CODES
        tried, allowed = tried + 1, allowed + (code is None)
    assert (tried, 0 < allowed < tried / 10) == (8 * 27 * 4 * 2 * 5 * 4 * 4, True)


def test_no_order_of_arrival_makes_a_strangers_statement_count() -> None:
    own = Bearer("probe", "a", "gu", "line-a")
    statements = [
        (own, "sweep.opened", DEMO_ROOM),
        (own, "sweep.report", DEMO_ROOM),
        (replace(own, probe_id="b", line="line-b"), "sweep.report", DEMO_ROOM),
        (Bearer("demo", "d", "gu", "line-d"), "sweep.opened", DEMO_ROOM),
        (Bearer("server", None, "gu", "s"), "disposition", OTHER_ROOM),
        (Bearer("server", None, "gu", "s"), "disposition", DEMO_ROOM),
    ]
    for order in itertools.permutations(range(len(statements))):
        items = []
        for log_index, number in enumerate(order):
            bearer, kind, room_id = statements[number]
            source = "simulated" if bearer.role == "demo" else "live"
            who = ("감독-01", "password") if bearer.role == "server" else (bearer.probe_id or "", "device")
            claim = Claim(kind, source, "gu", who[1], who[0], room_id, UUID(int=1))
            items.append(Statement(log_index, claim, bearer))
        found = broken_rules_in_sweep(reversed(items))
        assert [found[order.index(number)] for number in range(len(statements))] == [
            None,
            None,
            "sweep_of_another_key",
            "sweep_of_another_key",
            "sweep_of_another_room",
            None,
        ]


def test_an_inspection_is_its_recorders_in_whatever_order_entries_come() -> None:
    """Whoever's word stands first in the log has the id; the other sort is refused, and the first one never falls."""
    server, probe = Bearer("server", None, "gu", "s"), Bearer("probe", "a", "gu", "line-a")
    relay = Bearer("relay", None, "gu", "r", frozenset({"a"}))
    statements: list[tuple[Bearer, str, UUID, str]] = [
        (server, "inspection.recorded", DEMO_ROOM, "password"),
        (server, "inspection.confirmed", DEMO_ROOM, "passkey"),
        (server, "visit.noted", DEMO_ROOM, "password"),
        (server, "visit.noted", OTHER_ROOM, "password"),
        (probe, "sweep.opened", OTHER_ROOM, "device"),
        (probe, "sweep.report", DEMO_ROOM, "device"),
        (relay, "disposition", DEMO_ROOM, "password"),
    ]
    for order in itertools.permutations(range(len(statements))):
        items = []
        for log_index, number in enumerate(order):
            bearer, kind, room_id, assurance = statements[number]
            subject = "a" if assurance == "device" else "감독-01"
            items.append(
                Statement(log_index, Claim(kind, "live", "gu", assurance, subject, room_id, UUID(int=1)), bearer)
            )
        found = broken_rules_in_sweep(reversed(items))
        told = [found[order.index(number)] for number in range(len(statements))]
        if order.index(0) < min(order.index(4), order.index(5)):
            another = ["sweep_of_another_key"] * 2
            assert told == [None, None, None, "sweep_of_another_room", *another, "sweep_of_another_probe"]
        else:
            assert told[0] == "sweep_of_another_key"
            assert told[4] is None


def test_a_relay_speaks_only_of_its_own_probes_sweeps() -> None:
    def found(relay: Bearer, *probes: Bearer) -> str | None:
        claim = Claim("disposition", "live", "gu", "passkey", "감독-01", DEMO_ROOM, UUID(int=1))
        items = [Statement(0, claim, relay)]
        for log_index, probe in enumerate(probes, 1):
            said = Claim("sweep.opened", "live", "gu", "device", probe.probe_id or "", DEMO_ROOM, UUID(int=1))
            items.append(Statement(log_index, said, probe))
        return broken_rules_in_sweep(items)[0]

    relay = Bearer("relay", None, "gu", "r", frozenset({"a", "c"}))
    own, other = Bearer("probe", "a", "gu", "line-a"), Bearer("probe", "b", "gu", "line-b")
    assert found(relay, own) is None
    assert found(relay, own, other) is None
    assert found(relay, other) == found(relay, other, own) == "sweep_of_another_probe"
    assert found(relay) == "sweep_of_another_probe", "nobody's sweep is not its probe's"
    assert found(replace(relay, probes=frozenset()), own) == "sweep_of_another_probe"
    assert found(replace(relay, tenant=None), own) == "sweep_of_another_probe", "of another district's probe"


def test_the_document_prints_the_table() -> None:
    section = ENTRY_MD.read_text(encoding="utf-8").split("\n## What a key may sign\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line][2:]
    written = []
    first_row: dict[str, str] = {}
    for name, told, others, sources, assurances, subject, sweep in rows:
        kinds = first_row[told.removeprefix("as ")] if told.startswith("as ") else told
        first_row.setdefault(name, kinds)
        prefix = None if others == "none" else "" if others == "all" else others.strip("`*")
        words = [frozenset(re.findall(r"`([a-z._]+)`", cell)) for cell in (kinds, sources, assurances)]
        written.append((name, words[0], prefix, words[1], words[2], subject, sweep))
    assert written == [
        (name, rule.kinds, rule.other_kinds, rule.sources, rule.assurances, rule.subject, rule.sweep)
        for name, rules in RULES.items()
        for rule in rules
    ]
    assert all(f"`{code}`" in section for code in (*CODES, *SWEEP_CODES))


def _old_log(settings: Settings) -> tuple[UUID, list[int]]:
    """A log from before the rules, in which everything counts: its sweep and the indices of what never should have."""
    services = build_services(settings)
    victim, other = Probe("a", "live", probe_id="probe-a"), Probe("b", "live", probe_id="probe-b")
    other.subject, other.assurance = "감독-01", "passkey"
    foreign = Probe("w", "live", subject="감독-01", assurance="passkey")
    admitted: tuple[tuple[Probe, KeyRole, str | None], ...] = (
        (victim, "probe", "probe-a"),
        (other, "probe", "probe-b"),
        (foreign, "witness", None),
    )
    for probe, role, probe_id in admitted:
        with services.db.write() as connection:
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role=role,
                probe_id=probe_id,
                name="x",
                actor="test",
            )
    sweep_id, opened, report = victim.whole_sweep()
    forged = [other.disposition(sweep_id, "no_camera"), foreign.disposition(sweep_id, "camera_found")]
    first = end_of(services.db)
    for wire in (opened, report, *forged):
        accept(services.db, read_arrival(wire), quarantine_max_bytes=0)
    with services.db.write() as connection:
        connection.execute(update(entries).values(status="accepted", reason=None))
    services.db.close()
    return sweep_id, [first + 2, first + 3]


def _make_older(db: Database) -> None:
    """Take the schema back to before keys had tenants, and leave what no entry refers to, as it was left then."""
    make_older(db, "0007")
    with db.write() as connection:
        orphan = {"c": "0" * 64, "s": b"s" * 32, "d": b"d"}
        connection.execute(text("INSERT INTO body_data VALUES (:c, :s, :d, :c, 0)"), orphan)


@pytest.mark.parametrize("how", ["rebuild", "first start"])
def test_a_log_from_before_the_rules_is_read_by_them(settings: Settings, how: str) -> None:
    sweep_id, forged = _old_log(settings)
    services = build_services(settings)
    with services.db.read() as connection:
        record, _ = sweep_record.read_sweep(connection, sweep_id)
        assert record.dispositions == []
    if how == "rebuild":
        projecting.rebuild(services.db)
    else:
        _make_older(services.db)
        services.db.close()
        services = build_services(settings)
    with services.db.read() as connection:
        rows = connection.execute(select(entries).where(entries.c.status == "quarantined")).all()
        assert sorted(row.log_index for row in rows) == forged
        assert set(connection.scalars(select(alarms.c.log_index))) == set(forged)
        assert connection.scalar(select(sweeps.c.equipment)) == "to_inspect"
        assert connection.scalar(select(cases.c.stands)) == "to_inspect"
        assert connection.scalars(select(dispositions.c.verdict)).all() == []
        assert {key.tenant for key in keys.all_keys(connection)} == {"demo-gu"}
        lonely = ~exists().where(body_refs.c.commitment == body_data.c.commitment)
        assert connection.scalars(select(body_data.c.commitment).where(lonely)).all() == []
    services.db.close()


def test_a_log_is_verified_by_the_same_table_without_a_server(settings: Settings) -> None:
    _, forged = _old_log(settings)
    services = build_services(settings)
    with services.db.read() as connection:
        found = verified(connection)
    services.db.close()
    assert [re.match(r"log index (\d+): ", problem) is not None for problem in map(str, found.problems)] == [
        True
    ] * len(forged)
    assert [int(problem.split()[2].strip(":")) for problem in map(str, found.problems)] == forged
    assert all("may not sign" in problem for problem in map(str, found.problems))
