"""Erasure that holds: whoever has every file and today's keys opens nothing that was erased, on both databases."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import (
    delete,
    func,
    insert,
    select,
    update,
)

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest import quarantine
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept, write
from server.projections import projecting
from server.signing import keys
from server.store.bodies import take_block
from server.store.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import (
    body_data,
    body_refs,
    entries,
    erased_bodies,
    log_rows,
    sweeps,
)
from sweep.entry import kinds
from tests.server.body_opener import derivable, open_sealed, open_text, read_store
from tests.server.conftest import EACH_DATABASE, PASSWORD, SECOND_IN_SOAK, Client, Site, running
from tests.server.erasure_kit import Crime, Place, leave_in_plain, remove_old_wal, settle, store_crime
from tests.server.log_kit import body_states, plain_lines, verified
from tests.server.older_database import make_older
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

REASON = {"ko": "보관 기간이 끝남", "en": "Retention is over"}


def _copy_files(place: Place, name: str) -> None:
    """A backup of every file but for documents and keys, as a snapshot of the disk makes it."""
    shutil.copytree(place.folder, place.backups / name, ignore=shutil.ignore_patterns(".s.*"))
    shutil.copytree(
        place.settings.data_dir, place.backups / f"{name}-data", ignore=shutil.ignore_patterns("bodies.*", "exports")
    )


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


@EACH_DATABASE
def test_nothing_erased_opens_with_all_files_and_todays_keys(place: Place) -> None:
    with running(place.settings) as site:
        admin = site.login("admin", "관리자-01")
        crime, sweep_id = store_crime(site, admin)
        _export(admin)
        assert list((place.settings.data_dir / "exports").glob("*.csv"))
        settle(place)
        _copy_files(place, "before")
        opened_before = _opened(place, crime)
        assert opened_before == set(crime.commitments)
        assert len(_read(place, crime)) == 3
        _erase(site, admin, crime.commitments)
        states = {job["failure"]["code"] for job in admin.get("/api/exports").json()["exports"]}
        assert states == {"export_outdated"}
        projecting.drain(site.db)
        settle(place)
        _copy_files(place, "after")
        files = place.files()
        in_plain, copies = crime.plain_in(files), crime.copies_in(files)
        assert _opened(place, crime) == set()
        assert _read(place, crime) == []
        gone = admin.get(f"/api/sweeps/{sweep_id}")
        assert (gone.status_code, gone.json()["error"]["code"]) == (410, "sweep_erased")
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
    # Two starts that had to say something, the server, and this process: its accounts before and after a clearing.
    assert store.reserved <= 5 * BLOCK
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
        site.add_user("second", "inspector", "점검자-02")
        crime, _ = store_crime(site, admin)
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


@EACH_DATABASE
def test_a_migration_seals_what_an_older_release_left_in_plain(place: Place) -> None:
    crime, lines = leave_in_plain(place)
    assert crime.plain_in(place.files()).keys() >= {"address", "details", "crop", "inspector"}
    with contextlib.closing(build_services(place.settings).db) as db:
        db.check_schema()
        assert projecting.drain(db) == 1
        with db.read() as connection:
            *before, registered = plain_lines(connection)  # accounts had no ids then
            assert (before, json.loads(registered)["log_index"]) == (lines, len(lines) - 1)
            assert len(list(connection.execute(select(log_rows)))) == 1
        assert not db.holds_plain()
    build_services(place.settings).db.close()  # a second start changes nothing
    if not place.settings.url.startswith("sqlite"):
        remove_old_wal(place)
    assert crime.plain_in(place.files()) == {}


@SECOND_IN_SOAK
def test_an_interrupted_migration_begins_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(place.settings) as site:
        store_crime(site, site.login("admin", "관리자-01"))
    services = build_services(place.settings)
    make_older(services.db, "0008")
    services.db.close()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("server.store.crypto.key_tree.descend", stop)
        keys_ = BodyKeys(place.settings.body_keys_path, place.settings.store_key_path)
        with contextlib.closing(Database(place.settings.url, keys_)) as db, pytest.raises(KeyboardInterrupt):
            db.migrate()
    with contextlib.closing(build_services(place.settings).db) as db:
        with db.read() as connection:
            found = verified(connection)
        assert (found.problems, found.bodies) == ([], {"present": len(_slots(db))})
