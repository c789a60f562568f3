"""What the server exports holds, whatever happened to its keys and entries before, in the eyes of both verifiers."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert

from server.api.app import build_services
from server.api.service.services import Services
from server.cli.package import checkpoint_of
from server.config.settings import Settings
from server.ingest import quarantine
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.log import tiles
from server.log.order import next_index
from server.log.package import Packed, signed_package
from server.projections import projecting
from server.server_keys import root
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store.schema import checkpoints
from server.verifier.package_lines import Scope
from server.verifier.signing_rules import KeyRole
from sweep.entry.dsse import ENTRY_TYPE, SignedEntry
from sweep.entry.envelope import to_wire
from sweep.entry.notes import COSIGNATURE, VerifierKey, cosign
from sweep.report import new_id
from tests.entry_factory import salted, signer
from tests.server.sweep_kit import Probe, desk
from tests.server.verifier.judges import both, findings

ROUNDS = 6
FULL = 200
HONEST = re.compile(
    r"log index \d+: (conflicts with log index \d+|is number \d+ of key|the body [0-9a-f]{64} is missing|"
    r"number \d+ of key [0-9a-f]{16} does not follow)"
)
"""What may be wrong with an honest log: what a probe lost, or two entries that claim one place."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    services = build_services(Settings(data_dir=tmp_path))
    with contextlib.closing(services.db):
        yield services


def packed(services: Services, scope: Scope = "full") -> bytes:
    with services.db.write() as connection:
        sign_waiting(connection, services.server_signer)
    projecting.drain(services.db)
    with services.db.read() as connection:
        return b"".join(
            signed_package(
                connection,
                services.server_signer.signer,
                origin=services.heads.origin(connection),
                scope=scope,
                checkpoint=checkpoint_of(connection, services),
                root_hash=tiles.root(connection, tiles.tree_size(connection)),
                packed=Packed(),
            )
        )


class Town:
    """Probes, desks and strangers that do what they like, and an administrator who does what is allowed."""

    def __init__(self, services: Services, random: Random) -> None:
        self.services, self.random = services, random
        self.speakers = [
            Probe("a", "live", probe_id="probe-a"),
            Probe("a2", "live", probe_id="probe-a"),
            Probe("b", "live", probe_id="probe-b"),
            Probe("d"),
            desk("desk", "live"),
            Probe("x", "live", probe_id="probe-x"),
        ]
        self.sweeps: list[UUID] = [new_id() for _ in range(3)]
        self.sent: list[bytes] = []

    def send(self, wire: bytes) -> None:
        self.sent.append(wire)
        with contextlib.suppress(ApiError):
            accept(self.services.db, read_arrival(wire), quarantine_max_bytes=10**9)

    def speak(self) -> None:
        """One more entry, of any speaker about any sweep, perhaps out of order or in a place that is taken."""
        random = self.random
        probe, sweep_id = random.choice(self.speakers), random.choice(self.sweeps)
        if random.random() < 0.1 and probe.seq > 1:
            probe.seq -= 1  # a place that is taken already
        elif random.random() < 0.05:
            probe.seq += 1  # something is lost
        kind = random.randrange(7)
        if kind == 0:
            self.send(probe.opened(sweep_id))
        elif kind <= 2:
            self.send(probe.report_changed(sweep_id))
        elif kind == 3:
            self.send(probe.disposition(sweep_id, "recheck"))
        elif kind == 4:
            self.send(probe.entry("custody.handed_over", sweep_id=random.choice((None, sweep_id)))[1])
        elif kind == 5:
            entry, _ = probe.entry("note.left", (salted("text/plain", b"x"),), sweep_id=sweep_id)
            self.send(to_wire(entry, ()))  # its body never comes
        else:
            self.send(self._unread(probe))

    def _unread(self, probe: Probe) -> bytes:
        payload = b'{"v":2,"entry_id":"%s","n":%d}' % (str(new_id()).encode(), len(self.sent))
        other = self.random.choice(self.speakers)
        kind = self.random.choice((ENTRY_TYPE, ENTRY_TYPE.replace("v1", "v2")))
        by = {one.signer.key_id: one.signer.sign(kind, payload).signatures[0] for one in (probe, other)}
        signatures = tuple(by.values())[: self.random.choice((1, 2))]
        return to_wire(SignedEntry(kind, payload, signatures), (salted("text/plain", payload),))

    def rule(self) -> None:
        """One act about a key."""
        random, db = self.random, self.services.db
        key = random.choice(self.speakers).signer
        with contextlib.suppress(ApiError), db.write() as connection:
            act = random.randrange(6)
            if act <= 1:
                self._admit(connection)
                return
            if act == 2:
                index = random.randrange(next_index(connection) + 1)
                found = keys.revoke(connection, key.key_id, actor="t", reason="x", from_index=index)
            elif act == 3:
                found = keys.reinstate(connection, key.key_id, actor="t", reason="x")
            elif act == 4:
                new = signer(f"new-{random.random()}")
                found = keys.replace_key(connection, key.key_id, public_key=new.public_key, actor="t", reason="x")
            else:
                quarantine.discard(connection, key.key_id, actor="t", reason="x")
                sign_waiting(connection, self.services.server_signer)
                return
            release_quarantine(connection, keys.the_key(connection, key.key_id))
            release_quarantine(connection, found)
            sign_waiting(connection, self.services.server_signer)

    def _admit(self, connection: Connection) -> None:
        probe = self.random.choice(self.speakers)
        role: KeyRole = "demo" if probe.source != "live" else "probe"
        if probe.assurance == "password":
            role = self.random.choice(("server", "relay", "relay"))
        spoken_for = self.random.choice((probe.probe_id, probe.probe_id, "probe-z"))
        probe_id = spoken_for if role in {"probe", "demo"} else None
        near = self.random.sample(("probe-a", "probe-b", "probe-z"), 2) if role == "relay" else []
        found = keys.admit(
            connection,
            public_key=probe.signer.public_key,
            role=role,
            probe_id=probe_id,
            name="x",
            actor="t",
            probes=frozenset(near),
            valid_from_index=self.random.choice((0, 0, next_index(connection))),
        )
        release_quarantine(connection, found)
        sign_waiting(connection, self.services.server_signer)

    def again(self) -> None:
        """What was sent before is sent once more."""
        if self.sent:
            self.send(self.random.choice(self.sent))


def _town(seed: int, place: Path) -> tuple[list[str], list[str]]:
    services = build_services(Settings(data_dir=place))
    with contextlib.closing(services.db):
        town = Town(services, Random(seed))
        for _ in range(40):
            town.random.choice((town.speak, town.speak, town.speak, town.rule, town.again))()
        return both(packed(services))


@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(FULL, marks=pytest.mark.soak)])
def test_whatever_happens_the_statuses_follow_from_the_log(tmp_path: Path, rounds: int) -> None:
    wrong: list[Any] = []
    for seed in range(rounds):
        first, second = _town(seed + 1_000 * rounds, tmp_path / str(seed))
        strange = [line for line in first if not HONEST.match(line)]
        if strange or bool(first) != bool(second):
            wrong.append((seed, strange, first[:2], second[:2]))
    assert wrong == []


def test_a_log_whose_root_key_was_handed_over(services: Services) -> None:
    new, probe = signer("root-2"), Probe("a", "live", probe_id="probe-a")
    with services.db.write() as connection:
        root.hand_over(connection, services.server_signer, new.public_key, actor="t", reason="x")
        keys.admit(
            connection,
            public_key=probe.signer.public_key,
            role="probe",
            probe_id="probe-a",
            name="x",
            actor="t",
            is_in_force=False,
        )
    accept(services.db, read_arrival(probe.opened(new_id())), quarantine_max_bytes=10**9)
    before = packed(services)
    with services.db.write() as connection:
        asked_of, asked = root.read_requests(root.requests(connection, services.server_signer))
        assert asked_of == new.key_id
        assert root.accept_signed(connection, root.sign_requests(new, asked)) == 2
    after = packed(services)
    assert [both(before), both(after)] == [([], []), ([], [])]
    assert before.count(b'"status":"quarantined"') == 1
    assert after.count(b'"status":"quarantined"') == 0


def test_a_package_carries_the_line_of_the_witness_that_signed_just_it(tmp_path: Path) -> None:
    key, outside = signer("witness"), "http://127.0.0.1:9"
    known = VerifierKey("witness.example.kr", COSIGNATURE, key.public_key)
    services = build_services(Settings(data_dir=tmp_path, witness_url=outside, witness_key=str(known)))
    with contextlib.closing(services.db) as db:
        with db.write() as connection:
            note = services.heads.note(connection)
            text = note.partition("\n\n")[0] + "\n"
            line = cosign(text, known, key.sign_bytes, 1_772_000_000)
            row = {"size": tiles.tree_size(connection), "note": note + line, "signed_ms": 1}
            connection.execute(insert(checkpoints).values(row))
        data = packed(services)
        assert both(data, witness=known) == ([], [])
        assert "the witness witness.example.kr signed the tree of 3 entries" in str(
            findings(data, witness=known).proven[0]
        )
        accept(db, read_arrival(Probe().opened(new_id())), quarantine_max_bytes=10**9)
        first, second = both(packed(services), witness=known)
        assert (bool(first), bool(second)) == (True, True)
        assert both(packed(services), witness=known, checkpoint=note_of(data)) == ([], [])


def note_of(data: bytes) -> str:
    """The checkpoint inside a package."""
    return str(json.loads(data.splitlines()[0])["checkpoint"])


def test_each_scope_of_a_served_log_holds(services: Services) -> None:
    town = Town(services, Random(3))
    for probe in town.speakers[:3]:
        with services.db.write() as connection:
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="probe",
                probe_id=probe.probe_id,
                name="x",
                actor="t",
            )
            sign_waiting(connection, services.server_signer)
        sweep_id = new_id()
        town.send(probe.opened(sweep_id))
        town.send(probe.report(sweep_id))
    scopes: tuple[Scope, ...] = ("full", "city", "structure")
    sizes = []
    for scope in scopes:
        data = packed(services, scope)
        assert both(data) == ([], [])
        sizes.append(len(data))
        assert (b"not really a picture" in base64_texts(data)) == (scope == "full")
    assert sizes == sorted(sizes, reverse=True)


def base64_texts(data: bytes) -> bytes:
    """Every body of a package in plain."""
    lines = [json.loads(line) for line in data.splitlines()[1:-1]]
    return b"".join(base64.b64decode(body["data"]) for line in lines for body in line["bodies"])
