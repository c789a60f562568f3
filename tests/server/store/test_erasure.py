"""Erasure that holds: whoever has every file and today's keys opens nothing that was erased, on both databases."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, delete, func, insert, select, update

from server.api.app import build_services
from server.config.settings import Settings
from server.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError
from server.ingest import quarantine
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept, write
from server.projections import projecting
from server.signing import keys
from server.store.bodies import take_block
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import body_data, body_refs, entries, erased_bodies, log_rows, sweeps
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.report import FindingDetails, new_id, to_json
from tests.report_factory import make_report
from tests.server.body_opener import derivable, open_sealed, open_text, read_store
from tests.server.conftest import PASSWORD, SECOND_IN_SOAK, Client, PrivatePostgres, Site, running
from tests.server.log_kit import body_states, plain_lines, verified
from tests.server.older_database import make_older
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

ADDRESS = "02:5e:c2:e7:00:17"
SSID = "KKOCH-SSID-4711"
NAME = "BLE-MARKER-0815"
NOTE = "메모-표식-2718"
INSPECTOR = "점검자-표식-31"
REASON = {"ko": "보관 기간이 끝남", "en": "Retention is over"}


def _spellings(marker: bytes) -> tuple[bytes, ...]:
    return marker, marker.hex().encode(), b64encode(marker)[2:-4]


@dataclass
class Crime:
    """What was stored with unique words in it, and what was erased of it."""

    crop: bytes
    words: dict[str, bytes]
    commitments: list[str] = field(default_factory=list)
    sealed: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    """Sealed texts of projections that were read from these bodies, by purpose."""

    def plain_in(self, files: Sequence[Path]) -> dict[str, list[str]]:
        """Names of the files in which a word lies in plain, by word."""
        found: dict[str, list[str]] = {}
        for file in files:
            data = file.read_bytes()
            for what, marker in self.words.items():
                if any(spelling in data for spelling in _spellings(marker)):
                    found.setdefault(what, []).append(file.name)
        return found

    def copies_in(self, files: Sequence[Path]) -> list[str]:
        """Names of the files that hold a sealed body, whole or a piece of it."""
        pieces = [sealed[start : start + 48] for sealed in self.sealed.values() for start in (0, len(sealed) - 60)]
        return [file.name for file in files if any(piece in file.read_bytes() for piece in pieces)]


@dataclass
class Place:
    """A database whose files an attacker has."""

    settings: Settings
    folder: Path
    """With everything that the database keeps on disk."""
    backups: Path

    def files(self) -> list[Path]:
        """Every file there is, backups and working files too, but for the store and its key."""
        own = {self.settings.body_keys_path, self.settings.store_key_path}
        roots = (self.folder, self.backups, self.settings.data_dir)
        found = {path for root in roots for path in root.rglob("*") if path.is_file()}
        return sorted(found - own)


@pytest.fixture
def place(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    backups = tmp_path / "backups"
    backups.mkdir()
    options = {"data_dir": tmp_path / "data", "port": 0, "min_free_mib": 0, "web_dir": tmp_path / "dist"}
    if database_kind == "sqlite":
        (tmp_path / "db").mkdir()
        url = f"sqlite:///{tmp_path / 'db' / 'test.sqlite3'}"
        return Place(Settings.model_validate(options | {"database_url": url}), tmp_path / "db", backups)
    postgres: PrivatePostgres = request.getfixturevalue("private_postgres")
    folder = Path(parse_qs(urlsplit(postgres.url).query)["host"][0])
    return Place(Settings.model_validate(options | {"database_url": postgres.url}), folder, backups)


def _copy_files(place: Place, name: str) -> None:
    """A backup of every file but for documents and keys, as a snapshot of the disk makes it."""
    shutil.copytree(place.folder, place.backups / name, ignore=shutil.ignore_patterns(".s.*"))
    shutil.copytree(
        place.settings.data_dir, place.backups / f"{name}-data", ignore=shutil.ignore_patterns("bodies.*", "exports")
    )


def _settle(db: Database) -> None:
    """Let what is in memory reach the files."""
    with contextlib.closing(Database(db._url, db.body_keys)) as other, other._outside_transactions() as driver:
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)" if db.is_sqlite else "CHECKPOINT")
        if not db.is_sqlite:
            driver.execute("ANALYZE")


def _store_crime(site: Site, client: Client) -> tuple[Crime, UUID]:
    """A sweep with words of which none may be found again: details, a crop, a report, a person's note."""
    probe = Probe()
    site.admit(probe.signer)
    finding = make_report().findings[0].finding_id
    details = FindingDetails(
        finding_id=finding, addresses=(ADDRESS,), ssids=(SSID.encode().hex(),), names=(NAME.encode().hex(),)
    )
    sweep_id = new_id()
    assert site.send(probe.opened(sweep_id)).status_code == 200
    report = probe._made_up(sweep_id).model_copy(update={"inspectors": (INSPECTOR, "점검자-02")})
    crop = b"\x89PNG\r\n\x1a\n" + os.urandom(2_000)
    bodies = (
        make_body(kinds.REPORT_TYPE, to_json(report)),
        make_body(kinds.DETAILS_TYPE, to_json(details)),
        make_body(kinds.CROP_TYPE, crop),
    )
    assert site.send(probe.entry(kinds.REPORT, bodies, sweep_id=sweep_id)[1]).status_code == 200
    verdict = {"sweep_id": str(sweep_id), "verdict": "recheck", "note": {"ko": NOTE, "en": "-"}}
    assert client.post(f"/api/findings/{finding}/disposition", verdict).status_code == 201
    projecting.drain(site.db)
    words = {
        "address": ADDRESS.encode(),
        "SSID": SSID.encode(),
        "name": NAME.encode(),
        "note": NOTE.encode(),
        "inspector": INSPECTOR.encode(),
        "crop": crop[100:140],
        "details": to_json(details),
    }
    crime = Crime(crop, words)
    with site.db.read() as connection:
        rows = connection.execute(
            select(body_data.c.commitment, body_data.c.sealed)
            .join(body_refs, body_refs.c.commitment == body_data.c.commitment)
            .join(entries, entries.c.log_index == body_refs.c.log_index)
            .where(entries.c.sweep_id == sweep_id)
        ).all()
        crime.commitments = [row.commitment for row in rows]
        crime.sealed = {row.commitment: row.sealed for row in rows}
        line = connection.scalar(select(log_rows.c.sealed).where(log_rows.c.sweep_id == sweep_id))
        inspectors = connection.scalar(select(sweeps.c.inspectors_sealed).where(sweeps.c.sweep_id == sweep_id))
    assert line is not None
    assert inspectors is not None
    crime.texts = {f"line {sweep_id}": line, f"inspectors {sweep_id}": inspectors}
    assert len(crime.commitments) == 5
    return crime, sweep_id


def _export(client: Client) -> None:
    for format_ in ("csv", "xlsx"):
        asked = {"format": format_, "period_first": "2026-03-01", "period_last": "2026-03-31", "reason": "x"}
        assert client.post("/api/exports", asked).status_code == 202
    wait_until(
        lambda: {one["state"] for one in client.get("/api/exports").json()["exports"]} == {"ready"},
        "the documents",
        120,
    )


def _erase(site: Site, admin: Client, commitments: Sequence[str]) -> None:
    site.add_user("second", "inspector", "점검자-02")
    for commitment in commitments:
        _erase_one(admin, commitment)


def test_nothing_erased_opens_with_all_files_and_todays_keys(place: Place) -> None:
    with running(place.settings) as site:
        admin = site.login("admin", "관리자-01")
        crime, sweep_id = _store_crime(site, admin)
        _export(admin)
        assert list((place.settings.data_dir / "exports").glob("*.csv"))
        _settle(site.db)
        _copy_files(place, "before")
        opened_before = _opened(place, crime)
        assert opened_before == set(crime.commitments)
        assert len(_read(place, crime)) == 2
        _erase(site, admin, crime.commitments)
        states = {job["failure"]["code"] for job in admin.get("/api/exports").json()["exports"]}
        assert states == {"export_outdated"}
        projecting.drain(site.db)
        _settle(site.db)
        _copy_files(place, "after")
        files = place.files()
        in_plain, copies = crime.plain_in(files), crime.copies_in(files)
        assert _opened(place, crime) == set()
        assert _read(place, crime) == []
        assert admin.get(f"/api/sweeps/{sweep_id}").status_code == 404
        with site.db.read() as connection:
            found = verified(connection)
    documents = [path for path in files if path.suffix in {".csv", ".xlsx"}]
    print(f"{len(files)} files, sealed copies in {len(copies)}: {sorted(set(copies))}; plain: {in_plain}")
    assert documents == []
    assert copies, "an attacker has copies; they only do not open"
    assert in_plain == {}
    assert (found.problems, found.bodies["erased"]) == ([], 5)


def _read(place: Place, crime: Crime) -> list[str]:
    """The texts of projections that still open."""
    store = read_store(place.settings.body_keys_path.read_bytes(), place.settings.store_key_path.read_bytes())
    return [text for purpose, sealed in crime.texts.items() if (text := open_text(store, purpose, sealed)) is not None]


def _opened(place: Place, crime: Crime) -> set[str]:
    """The bodies that any key which the store still gives opens, each tried against every sealed body."""
    store = read_store(place.settings.body_keys_path.read_bytes(), place.settings.store_key_path.read_bytes())
    assert (
        store.reserved <= 3 * BLOCK
    )  # the server, and this process before and after the server cleared its block away
    return {
        commitment
        for _, seed in derivable(store, range(store.reserved))
        for commitment, sealed in crime.sealed.items()
        if open_sealed(seed, commitment, sealed) is not None
    }


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    """A database that takes what the probe of a test sends."""
    services = build_services(settings)
    with services.db.write() as connection:
        keys.admit(
            connection, public_key=Probe().signer.public_key, role="demo", probe_id="probe-demo-1", name="x", actor="x"
        )
    yield services.db
    services.db.close()


def _store(db: Database, probe: Probe, sweeps_: int = 1) -> None:
    for _ in range(sweeps_):
        for wire in probe.whole_sweep()[1:]:
            accept(db, read_arrival(wire), quarantine_max_bytes=1_000_000)


def _slots(db: Database) -> dict[int, str]:
    with db.read() as connection:
        return {
            row.slot: row.commitment for row in connection.execute(select(body_data.c.slot, body_data.c.commitment))
        }


def _crop(db: Database) -> int:
    """The slot of some crop."""
    crops = select(body_refs.c.commitment).where(body_refs.c.media_type == kinds.CROP_TYPE)
    with db.read() as connection:
        slot: int | None = connection.scalar(
            select(func.min(body_data.c.slot)).where(body_data.c.commitment.in_(crops))
        )
    assert slot is not None
    return slot


def _held(db: Database) -> set[int]:
    """The slots below the last one given out that open."""
    assert db.body_keys is not None
    store = read_store(*db.body_keys.read_files())
    return {slot for slot, _ in derivable(store, range(store.reserved))} - set(range(*db.body_keys.unused))


def _write_and_fail(db: Database, wire: bytes) -> None:
    with db.write() as connection:
        write(connection, read_arrival(wire), quarantine_max_bytes=0)
        raise KeyboardInterrupt


def test_what_was_rolled_back_does_not_open_either(db: Database) -> None:
    """Its bytes may lie in a log of the database, under a slot that nobody uses."""
    probe, before = Probe(), set(_slots(db))
    _, opened, report = probe.whole_sweep()
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            _write_and_fail(db, opened)
    for wire in (opened, report):
        accept(db, read_arrival(wire), quarantine_max_bytes=0)
    assert len(_held(db) - before) == 6
    assert destroy_dead_keys(db) == 3
    assert _held(db) == set(_slots(db))
    assert len(_held(db) - before) == 3
    assert destroy_dead_keys(db) == 0


def test_a_crash_between_the_commit_and_the_destruction_is_made_good_at_the_next_start(settings: Settings) -> None:
    services, probe = build_services(settings), Probe()
    with services.db.write() as connection:
        keys.admit(
            connection, public_key=probe.signer.public_key, role="demo", probe_id="probe-demo-1", name="x", actor="x"
        )
    _store(services.db, probe)
    slots = _slots(services.db)
    gone = min(slots)
    with services.db.write() as connection:  # the entry's transaction, without what follows it
        connection.execute(delete(body_data).where(body_data.c.slot == gone))
    services.db.close()
    with running(settings) as site:
        keys_ = site.services.db.body_keys
        assert keys_ is not None
        wait_until(lambda: not keys_.holds(gone), "the destruction", 30)
        assert all(keys_.holds(slot) for slot in slots if slot != gone)


def test_purged_bodies_of_strangers_do_not_open(db: Database) -> None:
    stranger = Probe("stranger")
    _store(db, Probe())
    kept = set(_slots(db))
    _store(db, stranger, 3)
    gone = set(_slots(db)) - kept
    with db.write() as connection:
        assert quarantine.discard(connection, stranger.signer.key_id, actor="x", reason="x") == 6
    assert destroy_dead_keys(db) == len(gone) == 9
    assert _held(db) == set(_slots(db))
    assert _held(db) & (kept | gone) == kept


def test_two_servers_share_a_store(settings: Settings) -> None:
    one, two = build_services(settings), build_services(settings)
    probe = Probe()
    with one.db.write() as connection:
        keys.admit(
            connection, public_key=probe.signer.public_key, role="demo", probe_id="probe-demo-1", name="x", actor="x"
        )
    for services in (one, two, one, two):
        take_block(services.db)
        _store(services.db, probe)
    gone = _crop(two.db)
    with two.db.write() as connection:
        connection.execute(delete(body_data).where(body_data.c.slot == gone))
    destroy_dead_keys(two.db)
    assert one.db.body_keys is not None
    assert not one.db.body_keys.holds(gone)
    _store(one.db, probe)  # what it had taken was cleared away
    _store(two.db, probe)
    with one.db.read() as connection:
        assert body_states(connection) == {"present": len(_slots(two.db)), "missing": 1}
    one.db.close()
    two.db.close()


def test_an_older_database_with_todays_keys_reads_the_erased_as_erased(settings: Settings, db: Database) -> None:
    probe = Probe()
    _store(db, probe, 2)
    projecting.drain(db)
    gone = _crop(db)
    commitment, count = _slots(db)[gone], len(_slots(db))
    with db.read() as connection:
        row = dict(connection.execute(select(body_data).where(body_data.c.slot == gone)).mappings().one())
    with db.write() as connection:
        connection.execute(delete(body_data).where(body_data.c.slot == gone))
    destroy_dead_keys(db)
    with db.write() as connection:  # the database as it was before
        connection.execute(insert(body_data).values(**row))
    with db.read() as connection:
        assert body_states(connection) == {"present": count - 1, "erased": 1}
    assert destroy_dead_keys(db) == 0
    projecting.drain(db)
    with db.read() as connection:
        after = body_states(connection)
        known = connection.execute(select(erased_bodies)).one()
        opened = [row.sealed for row in connection.execute(select(log_rows.c.sealed))]
    assert after["erased"] == 1
    assert (known.commitment, known.slot, known.log_index) == (commitment, gone, None)
    assert db.body_keys is not None
    assert len(opened) == 2


def test_a_database_without_its_own_store_is_refused(settings: Settings, db: Database) -> None:
    _store(db, Probe())
    assert db.body_keys is not None
    data = db.body_keys.read_files()
    settings.body_keys_path.unlink()
    with pytest.raises(BodyKeysError, match="put it back"):
        build_services(settings)
    assert not settings.body_keys_path.exists()
    other = settings.model_copy(update={"body_keys": str(settings.data_dir / "other")})
    BodyKeys(other.body_keys_path, other.store_key_path).create()
    with pytest.raises(BodyKeysError, match="another database"):
        build_services(other)
    settings.body_keys_path.write_bytes(data[0])
    build_services(settings).db.close()


def test_a_row_that_was_changed_reads_as_missing(db: Database) -> None:
    _store(db, Probe())
    with db.write() as connection:
        connection.execute(update(body_data).values(sealed=b"x" * 200))
    with db.read() as connection:
        assert body_states(connection) == {"missing": len(_slots(db))}


def test_an_idle_reader_delays_neither_an_erasure_nor_a_writer(place: Place) -> None:
    with running(place.settings) as site:
        admin = site.login("admin", "관리자-01")
        crime, _ = _store_crime(site, admin)
        site.add_user("second", "inspector", "점검자-02")
        longest_s, done = [0.0], threading.Event()

        def write() -> None:
            while not done.is_set():
                began = time.monotonic()
                with site.db.write() as connection:
                    connection.execute(update(sweeps).values(candidates=1).where(sweeps.c.probe_id == "nobody"))
                longest_s[0] = max(longest_s[0], time.monotonic() - began)

        with site.db.read() as connection:
            connection.execute(select(func.count()).select_from(entries)).scalar()  # an open snapshot, idle from here
            writer = threading.Thread(target=write)
            writer.start()
            began = time.monotonic()
            _erase_one(admin, crime.commitments[0])
            took_s = time.monotonic() - began
            assert _opened(place, crime) == set(crime.commitments[1:])
            done.set()
            writer.join()
    print(f"with an idle reader: erased in {took_s:.2f} s, longest wait of a writer {longest_s[0]:.2f} s")
    assert took_s < 10
    assert longest_s[0] < 5


def _erase_one(admin: Client, commitment: str) -> None:
    wanted = {"reason": REASON, "second_person_username": "second", "second_person_password": PASSWORD}
    assert admin.post(f"/api/bodies/{commitment}/erase", wanted).status_code == 201


def test_a_migration_seals_what_an_older_release_left_in_plain(place: Place) -> None:
    with running(place.settings) as site:
        crime, _ = _store_crime(site, site.login("admin", "관리자-01"))
        with site.db.read() as connection:
            lines = plain_lines(connection)
    services = build_services(place.settings)
    make_older(services.db, "0008")
    _settle(services.db)
    services.db.close()
    assert crime.plain_in(place.files()).keys() >= {"address", "details", "crop", "inspector"}
    with contextlib.closing(build_services(place.settings).db) as db:
        db.check_schema()
        assert projecting.drain(db) == 1
        with db.read() as connection:
            assert plain_lines(connection) == lines
            assert len(list(connection.execute(select(log_rows)))) == 1
    build_services(place.settings).db.close()  # a second start changes nothing
    if not place.settings.url.startswith("sqlite"):  # as the README says
        engine = create_engine(place.settings.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET wal_recycle = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            for _ in range(2):
                connection.exec_driver_sql("SELECT pg_switch_wal()")
                connection.exec_driver_sql("CHECKPOINT")
    assert crime.plain_in(place.files()) == {}


@SECOND_IN_SOAK
def test_an_interrupted_migration_begins_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(place.settings) as site:
        _store_crime(site, site.login("admin", "관리자-01"))
    services = build_services(place.settings)
    make_older(services.db, "0008")
    services.db.close()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("server.crypto.key_tree.descend", stop)
        keys_ = BodyKeys(place.settings.body_keys_path, place.settings.store_key_path)
        with contextlib.closing(Database(place.settings.url, keys_)) as db, pytest.raises(KeyboardInterrupt):
            db.migrate()
    with contextlib.closing(build_services(place.settings).db) as db:
        with db.read() as connection:
            found = verified(connection)
        assert (found.problems, found.bodies) == ([], {"present": len(_slots(db))})
