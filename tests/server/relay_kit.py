"""A Pi's server and its city's, for tests: who knows whom, what went up, and what must be at the city then."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Row, select

from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.ingest.entry_rows import Outcome
from server.log import tiles
from server.places import facilities
from server.relay.client import CityClient
from server.relay.queue import OF_ITS_OWN_LOG
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store.db import Database
from server.store.schema import entries, relayed
from server.store.stored_wire import signed_entry
from server.verifier.signing_rules import KeyRole
from sweep.entry import merkle
from sweep.entry.dsse import Signer, parse_signed
from sweep.entry.envelope import DEFAULT_TENANT, verify_receipt
from sweep.entry.growth import check_growth
from sweep.entry.kinds import BODY_ERASED
from tests.server.conftest import NO_TLS
from tests.server.log_kit import leaf_hashes, verified

PI_NAME = "pi"


def pi_settings(tmp_path: Path, migrated_sqlite: Path, city_url: str) -> Settings:
    """Of a server on a Pi whose city answers there."""
    folder = tmp_path / PI_NAME
    folder.mkdir()
    shutil.copyfile(migrated_sqlite, folder / "pi.sqlite3")
    url = f"sqlite:///{folder / 'pi.sqlite3'}"
    return Settings(data_dir=folder / "data", database_url=url, port=0, min_free_mib=0, city_url=city_url)


@contextmanager
def pi_of(settings: Settings) -> Iterator[Services]:
    """A Pi's database with its keys, without a running server."""
    services = build_services(settings)
    with closing(services.db):
        with services.db.write() as connection:
            facilities.load_demo_facility(connection)
        yield services


@contextmanager
def client_of(pi: Services, url: str) -> Iterator[CityClient]:
    """The Pi's way to its city."""
    with httpx.Client(verify=NO_TLS) as http:
        yield CityClient(url, pi.server_signer.signer, http)


PROBES = frozenset({"probe-demo-1"})
"""Those that stand beside the Pi of a test."""


def admit(
    there: Services,
    signer: Signer,
    role: KeyRole,
    probe_id: str | None = None,
    *,
    probes: frozenset[str] = frozenset(),
    tenant: str = DEFAULT_TENANT,
) -> None:
    """Admit a key and judge what waited of it."""
    from server.ingest.judging import release_quarantine

    with there.db.write() as connection:
        key = keys.admit(
            connection,
            public_key=signer.public_key,
            role=role,
            probe_id=probe_id,
            name="test",
            actor="test",
            tenant=tenant,
            probes=probes,
        )
        sign_waiting(connection, there.server_signer)
        release_quarantine(connection, key)


def introduce(city: Services, pi: Services) -> None:
    """Admit the keys of a Pi's server at its city."""
    tenant = pi.server_signer.tenant
    admit(city, pi.server_signer.signer, "relay", probes=PROBES, tenant=tenant)
    admit(city, pi.server_signer.demo_signer, "demo-relay", probes=PROBES, tenant=tenant)


def take(services: Services, wire: bytes) -> Outcome:
    """Let an entry come in by the ingest path."""
    return accept(services.db, read_arrival(wire), quarantine_max_bytes=2**30)


def states(pi: Services) -> dict[int, str]:
    """How far each entry of the Pi has got."""
    with pi.db.read() as connection:
        rows = connection.execute(select(relayed.c.log_index, relayed.c.state).order_by(relayed.c.log_index))
        return {row.log_index: row.state for row in rows}


def check_relayed(pi: Services, city: Services) -> int:
    """Everything that counts at the Pi is at the city exactly once and counts, with a receipt; both logs are whole.

    But for what the Pi erased: that is a request there.

    Returns how many entries went up.
    """
    with pi.db.read() as connection:
        here = connection.execute(select(entries).where(entries.c.status == "accepted")).all()
        receipts = {row.log_index: row for row in connection.execute(select(relayed))}
    own = {pi.server_signer.signer.key_id, pi.server_signer.demo_signer.key_id}
    going = [row for row in here if row.kind not in OF_ITS_OWN_LOG]
    with city.db.read() as connection:
        there = connection.execute(select(entries)).all()
    for row in going:
        found = [other for other in there if other.entry_hash == row.entry_hash]
        status = "quarantined" if row.key_id in own and row.kind == BODY_ERASED else "accepted"
        assert [(one.status, one.payload, one.signatures_json) for one in found] == [
            (status, row.payload, row.signatures_json)
        ]
        kept = receipts[row.log_index]
        assert kept.state == "arrived", (row.log_index, kept.state, kept.reason)
        _check_receipt(kept.receipt_json, row, found[0].log_index, city.server_signer.signer.public_key)
    for db in (pi.db, city.db):
        check_log(db)
    return len(going)


def check_log(db: Database) -> None:
    """Signatures, chains, rules and bodies hold, and the tree is the one over these entries."""
    with db.read() as connection:
        found = verified(connection)
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        root = tiles.root(connection, len(rows))
    assert found.problems == []
    assert [row.log_index for row in rows] == list(range(len(rows)))
    assert root == merkle.root_of(leaf_hashes(rows))


def _check_receipt(receipt_json: str, row: Row[Any], log_index: int, city_key: bytes) -> None:
    document, entry = parse_signed(json.loads(receipt_json)), signed_entry(row)
    commitments = tuple(json.loads(base64.b64decode(json.loads(receipt_json)["payload"]))["commitments"])
    receipt = verify_receipt(document, city_key, entry, commitments)
    assert receipt.log_index == log_index
    assert check_growth(receipt, entry, city_key, None, lambda _old, _new: ()) is not None
