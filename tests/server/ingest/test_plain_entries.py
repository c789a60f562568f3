"""Entries that are stored together lie there as if each had come alone, and cost a dozen statements in all."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, select

from server.ingest.arrivals import Arrival, read_arrival
from server.ingest.entries import write
from server.ingest.entry_rows import Outcome
from server.ingest.plain_entries import write_plain
from server.places import facilities
from server.signing import keys
from server.store.db import Database
from server.store.schema import alarms, body_data, body_refs, due_sweeps, entries, erased_bodies, quarantine
from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import parse_envelope, sign_envelope, to_wire
from sweep.report import new_id
from tests.entry_factory import salted
from tests.server.conftest import keys_in
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import Probe

MIB = 1024 * 1024
PROBES, GROUPS, MOST_TOGETHER = 12, 50, 8
ERASED = salted(kinds.CROP_TYPE, b"erased")
CLOCKS = {"received_ms", "arrived_ms", "at_ms", "alarm_id"}


@dataclass
class Senders:
    """Probes that send what a probe sends, and what it never should."""

    randomness: random.Random
    probes: list[Probe] = field(default_factory=lambda: [Probe(f"probe-{number}") for number in range(PROBES)])
    stranger: Probe = field(default_factory=lambda: Probe("stranger"))
    sent: list[Arrival] = field(default_factory=list)
    held: list[bytes] = field(default_factory=list)
    """What comes later than what follows it."""

    def group(self) -> list[Arrival]:
        """What waits for the writer together."""
        found: list[Arrival] = []
        for _ in range(self.randomness.randint(1, MOST_TOGETHER)):
            found.append(self._one())
            self.sent.append(found[-1])
        return found

    def _one(self) -> Arrival:
        probe = self.randomness.choice(self.probes)
        odd: list[Callable[[Probe], bytes]] = [
            self._rival,
            self._broken_chain,
            self._skipped,
            self._late,
            self._stolen_id,
            self._stolen_place,
            self._forbidden,
            self._with_known_bodies,
            self._unknown_version,
            lambda _: self.stranger.opened(new_id()),
            lambda probe: probe.entry("of.tomorrow", (salted("a/b", bytes([probe.seq % 256])),), sweep_id=new_id())[1],
            lambda probe: probe.entry(kinds.REPORT)[1],  # about no sweep
        ]
        if self.held and self.randomness.random() < 0.1:
            return read_arrival(self.held.pop())
        if self.sent and self.randomness.random() < 0.1:
            return self.randomness.choice(self.sent)
        make = self.randomness.choice(odd) if self.randomness.random() < 0.3 else self._plain
        return read_arrival(make(probe))

    def _plain(self, probe: Probe) -> bytes:
        sweep_id = new_id()
        return probe.opened(sweep_id) if self.randomness.random() < 0.5 else probe.report(sweep_id)

    def _rival(self, probe: Probe) -> bytes:
        if probe.seq == 0:
            return self._plain(probe)
        probe.seq -= 1
        return probe.opened(new_id())

    def _broken_chain(self, probe: Probe) -> bytes:
        probe.prev = "00" * 32
        return probe.opened(new_id())

    def _skipped(self, probe: Probe) -> bytes:
        probe.seq += 1
        return probe.opened(new_id())

    def _late(self, probe: Probe) -> bytes:
        self.held.append(probe.opened(new_id()))
        return self._plain(probe) if self.randomness.random() < 0.5 else self._broken_chain(probe)

    def _stolen_id(self, probe: Probe) -> bytes:
        return self._renamed(probe, self.randomness.choice(self.sent).entry_id) if self.sent else self._plain(probe)

    def _stolen_place(self, probe: Probe) -> bytes:
        probe.seq -= probe.seq > 0
        return self._renamed(probe, new_id())

    def _renamed(self, probe: Probe, entry_id: UUID) -> bytes:
        envelope = parse_envelope(probe.entry("of.tomorrow", sweep_id=new_id())[0].payload)
        signed = sign_envelope(envelope.model_copy(update={"entry_id": entry_id}), probe.signer)
        probe.prev = signed.entry_hash
        return to_wire(signed, ())

    def _forbidden(self, probe: Probe) -> bytes:
        probe.source = "live"
        wire = probe.opened(new_id())
        probe.source = "simulated"
        return wire

    def _with_known_bodies(self, probe: Probe) -> bytes:
        return probe.entry("of.tomorrow", (salted("a/b", b"the same"), ERASED), sweep_id=new_id())[1]

    def _unknown_version(self, probe: Probe) -> bytes:
        signed = probe.signer.sign("application/vnd.ansim.entry.v2+json", self.randomness.randbytes(20).hex().encode())
        return to_wire(SignedEntry(signed.payload_type, signed.payload, signed.signatures), ())


def _admit(connection: Connection, probe: Probe) -> None:
    keys.admit(
        connection,
        public_key=probe.signer.public_key,
        role="demo",
        probe_id="probe-demo-1",
        name="test",
        actor="test",
    )


def _prepare(db: Database, senders: Senders, first: Arrival) -> None:
    """A database that knows the probes, the last of them revoked, a first entry and an erased body."""
    db.migrate()
    with db.write() as connection:
        facilities.load_demo_facility(connection)
        for probe in senders.probes:
            _admit(connection, probe)
        write(connection, first, quarantine_max_bytes=0)
        connection.execute(erased_bodies.insert().values(commitment=ERASED.commitment, erased_ms=0, log_index=0))
        keys.revoke(connection, senders.probes[-1].signer.key_id, actor="test", reason="test", from_index=0)


@pytest.fixture
def together(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(Database(database_url, keys_in(tmp_path / "together"))) as db:
        yield db


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(Database(f"sqlite:///{tmp_path / 'alone.sqlite3'}", keys_in(tmp_path))) as db:
        yield db


def _verified(senders: Senders, arrival: Arrival) -> bytes | None:
    known = {probe.signer.key_id: probe.signer.public_key for probe in senders.probes}
    return None if arrival.envelope is None else known.get(arrival.envelope.key_id)


def _write_one(connection: Connection, arrival: Arrival) -> Outcome:
    return write(connection, arrival, quarantine_max_bytes=MIB, network="192.0.2.1", is_read_later=True)


def _stored(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything that the ingest path wrote, but for clocks."""
    found = {}
    with db.read() as connection:
        for table in (entries, body_refs, body_data, due_sweeps, quarantine, alarms):
            rows = plain_rows(connection, table)
            kept = [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]
            found[table.name] = sorted(kept, key=repr)
    return found


def _seen(outcome: Outcome) -> tuple[object, ...]:
    return (outcome.log_index, outcome.entry_id, outcome.status, outcome.is_new, outcome.kind, outcome.reason)


@pytest.mark.parametrize("seed", range(4))
def test_a_group_lies_there_as_if_each_had_come_alone(together: Database, alone: Database, seed: int) -> None:
    senders = Senders(random.Random(seed))
    first = read_arrival(senders.probes[0].opened(new_id()))
    for db in (together, alone):
        _prepare(db, senders, first)
    plain_ones = others = 0
    for round_number in range(GROUPS):
        if round_number == GROUPS // 2:  # what its key sent before still waits, and may come again
            senders.probes.append(senders.stranger)
            for db in (together, alone):
                with db.write() as connection:
                    _admit(connection, senders.stranger)
        group = senders.group()
        with together.write() as connection:
            plain = write_plain(connection, [(arrival, _verified(senders, arrival)) for arrival in group])
            rest = [number for number in range(len(group)) if number not in plain]
            outcomes = plain | {number: _write_one(connection, group[number]) for number in rest}
        with alone.write() as connection:
            for number in (*plain, *rest):
                assert _seen(_write_one(connection, group[number])) == _seen(outcomes[number])
        plain_ones, others = plain_ones + len(plain), others + len(rest)
    assert _stored(together) == _stored(alone)
    assert plain_ones > GROUPS
    assert others > GROUPS
    with together.read() as connection:
        assert set(connection.scalars(select(entries.c.status))) == {"accepted", "conflict", "quarantined"}
        codes = set(connection.scalars(select(alarms.c.code)))
    assert codes >= {"conflict", "chain_break", "source_not_allowed"}


def test_eight_plain_entries_take_a_dozen_statements(together: Database) -> None:
    senders = Senders(random.Random(1), [Probe(f"probe-{number}") for number in range(9)])
    _prepare(together, senders, read_arrival(senders.probes[0].opened(new_id())))
    reports = [read_arrival(probe.report(new_id())) for probe in senders.probes[:8]]
    said: list[str] = []
    with together.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *arguments: said.append(arguments[2]))
        plain = write_plain(connection, [(arrival, _verified(senders, arrival)) for arrival in reports])
    assert len(plain) == 8
    of_tree = [one for one in said if "log_tiles" in one]
    assert len(of_tree) == 2, of_tree  # its last tile, and that tile with the new leaves
    assert len(said) - len(of_tree) <= 12, said


def test_a_key_of_which_two_entries_wait_is_taken_in_its_order(together: Database) -> None:
    senders, probe = Senders(random.Random(1)), Probe("probe-0")
    _prepare(together, senders, read_arrival(probe.opened(new_id())))
    arrivals = [read_arrival(probe.opened(new_id())) for _ in range(4)]
    with together.write() as connection:
        assert write_plain(connection, [(arrival, probe.signer.public_key) for arrival in arrivals]) == {}
        assert [_write_one(connection, arrival).log_index for arrival in arrivals] == [1, 2, 3, 4]
        assert connection.execute(select(alarms)).all() == []


def test_two_keys_that_claim_one_id_at_once_are_a_conflict(together: Database) -> None:
    senders = Senders(random.Random(1))
    one, other = senders.probes[1:3]
    _prepare(together, senders, read_arrival(senders.probes[0].opened(new_id())))
    group = [read_arrival(one.opened(new_id()))]
    group.append(read_arrival(senders._renamed(other, group[0].entry_id)))
    with together.write() as connection:
        assert write_plain(connection, [(arrival, _verified(senders, arrival)) for arrival in group]) == {}
        assert [_write_one(connection, arrival).status for arrival in group] == ["accepted", "conflict"]
