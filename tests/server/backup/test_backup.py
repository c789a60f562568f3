"""Backup and restore on both databases: what comes back verifies, and what was erased does not come back."""

from __future__ import annotations

import contextlib
import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, inspect, select

from server.api.app import build_services
from server.backup import backups, snapshots
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.people import auth
from server.projections import projecting
from server.signing import keys
from server.store import schema, stored_bodies
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.schema import body_data, body_refs
from server.verifier.findings import Findings
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.report import to_json
from tests.bench.district import BenchProbe
from tests.bench.fill import fill_rooms, fill_sweeps
from tests.report_factory import uid
from tests.server.conftest import QUICK_HASH, Call, _on, _on_postgres
from tests.server.log_kit import verified
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import Probe, report_of

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def officer(tmp_path: Path) -> tuple[str, Path]:
    """The evidence officer's public key, and the file with the identity."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    file = tmp_path / "officer.txt"
    file.write_text(f"# made for a test\n{identity}\n", encoding="ascii")
    return str(identity.to_public()), file


@pytest.fixture
def elsewhere(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a server on another machine, of which nothing is there yet."""
    options = {"data_dir": tmp_path / "elsewhere" / "data", "port": 0}
    if database_kind == "sqlite":
        yield Settings.model_validate(options)
        return
    postgres: str = request.getfixturevalue("postgres")
    name = f"r{uuid.uuid4().hex[:12]}"
    _on_postgres(postgres, f"CREATE DATABASE {name}")
    yield Settings.model_validate(options | {"database_url": _on(postgres, name)})
    _on_postgres(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _fill(settings: Settings, sweeps: int = 2) -> None:
    services, probe = build_services(settings), Probe()
    with contextlib.closing(services.db) as db:
        with db.write() as connection:
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="demo",
                probe_id="probe-demo-1",
                name="x",
                actor="x",
            )
            auth.create_user(
                connection,
                username="kim",
                display_name="점검자-01",
                role="admin",
                password=QUICK_HASH,
                actor="test",
            )
        for _ in range(sweeps):
            for wire in probe.whole_sweep()[1:]:
                accept(db, read_arrival(wire), quarantine_max_bytes=0)
        projecting.drain(db)


def _back_up(settings: Settings, out: Path, recipient: str, now: datetime = NOW) -> backups.Backup:
    with contextlib.closing(build_services(settings).db) as db:
        return backups.back_up(settings, db, out, recipient, now)


def _erase_first(settings: Settings) -> str:
    """Erase the body in the first slot, without the words around it."""
    with contextlib.closing(build_services(settings).db) as db:
        with db.write() as connection:
            crops = select(body_refs.c.commitment).where(body_refs.c.media_type == kinds.CROP_TYPE)
            row = connection.execute(select(body_data).where(body_data.c.commitment.in_(crops)).limit(1)).one()
            connection.execute(delete(body_data).where(body_data.c.slot == row.slot))
            connection.execute(
                insert(schema.erased_bodies).values(commitment=row.commitment, erased_ms=1, log_index=0, slot=row.slot)
            )
        destroy_dead_keys(db)
    commitment: str = row.commitment
    return commitment


def _everything(settings: Settings) -> dict[str, list[str]]:
    with contextlib.closing(build_services(settings).db) as db, db.read() as connection:
        return {
            table.name: sorted(map(repr, plain_rows(connection, table)))
            for table in schema.metadata.sorted_tables
            if table.name != "body_blocks"
        }


LOST_ERASURE = "erased, and no erasure that counts names it"
"""An older database lacks the entry that erased, and the verifier says so."""


def _verified(settings: Settings) -> Findings:
    with contextlib.closing(build_services(settings).db) as db, db.read() as connection:
        return verified(connection)


def test_what_was_backed_up_comes_back_whole(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path
) -> None:
    _fill(settings)
    made = _back_up(settings, tmp_path / "backups", officer[0])
    assert {path.stat().st_mode & 0o777 for path in (made.database, made.keys)} == {0o600}
    secrets = [path.read_bytes() for path in settings.data_dir.glob("bodies.key*")]
    assert not any(secret in made.keys.read_bytes() + made.database.read_bytes() for secret in secrets)
    backups.restore(elsewhere, made.database, backups.keys_of_backup(made.keys, officer[1]))
    assert _everything(elsewhere) == _everything(settings)
    found = _verified(elsewhere)
    assert found == _verified(settings)
    assert (found.problems, found.bodies["present"] >= 6) == ([], True)
    for name in ("server.key", "server-demo.key", "devices.key", "bodies.key"):
        assert (elsewhere.data_dir / name).read_bytes() == (settings.data_dir / name).read_bytes()


def test_an_older_database_with_newer_keys_brings_nothing_erased_back(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path
) -> None:
    _fill(settings)
    older, before = _back_up(settings, tmp_path / "backups", officer[0]), _verified(settings)
    gone = _erase_first(settings)
    newer = _back_up(settings, tmp_path / "backups", officer[0], NOW + timedelta(days=1))
    assert backups.newest_keys_beside(older.database) == newer.keys
    backups.restore(elsewhere, older.database, backups.keys_of_backup(newer.keys, officer[1]))
    found = _verified(elsewhere)
    assert (found.bodies["present"], found.bodies["erased"]) == (before.bodies["present"] - 1, 1)
    assert [line.partition(" stands as ")[2] for line in map(str, found.problems)] == [LOST_ERASURE]
    with contextlib.closing(build_services(elsewhere).db) as db, db.read() as connection:
        body = stored_bodies.find_body(connection, gone)
        assert body is not None
        assert (body.state, body.data) == ("erased", None)


def test_older_keys_beside_todays_store_bring_nothing_back(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path
) -> None:
    _fill(settings)
    older, before = _back_up(settings, tmp_path / "backups", officer[0]), _verified(settings)
    _erase_first(settings)
    todays = {"body_keys": str(settings.body_keys_path), "store_key": str(settings.store_key_path)}
    backups.restore(elsewhere.model_copy(update=todays), older.database, backups.keys_of_backup(older.keys, officer[1]))
    found = _verified(elsewhere.model_copy(update=todays))
    assert (found.bodies["present"], found.bodies["erased"]) == (before.bodies["present"] - 1, 1)
    assert [line.partition(" stands as ")[2] for line in map(str, found.problems)] == [LOST_ERASURE]
    assert sorted(path.name for path in elsewhere.data_dir.glob(".*")) == []


def test_the_commands(
    settings: Settings,
    elsewhere: Settings,
    officer: tuple[str, Path],
    tmp_path: Path,
    call: Call,
    database_kind: str,
) -> None:
    _fill(settings)
    out = tmp_path / "backups"
    code, _, said = call("backup", out)
    assert (code, "evidence officer" in said, out.exists()) == (2, True, False)
    assert call("backup", out, "--recipient", "age1nobody")[0] == 2
    code, printed, _ = call("backup", out, "--recipient", officer[0])
    assert (code, len(printed.splitlines())) == (0, 2)
    (database,) = [path for path in out.iterdir() if not path.name.endswith(".age")]
    there = ("--data-dir", elsewhere.data_dir, "--database-url", elsewhere.url)
    assert call("restore", database, *there)[0] == 2
    code, printed, said = call("restore", database, "--identity", officer[1], *there)
    assert (code, said) == (0, ""), said
    code, _, said = call("restore", database, "--identity", officer[1], *there)
    assert (code, "empty folder" in said) == (2, True)
    fresh = ("--data-dir", tmp_path / "fresh", "--database-url", elsewhere.url)
    code, _, said = call("restore", database, "--keys-from", settings.data_dir, *fresh)
    assert (code, "never restored over" in said) == (2, True)
    if database_kind == "sqlite":
        code, printed, _ = call("verify", elsewhere.data_dir / "server.sqlite3")
        found = _verified(settings)
        assert (code, f"{found.entries['accepted']} accepted" in printed) == (0, True), printed
        assert f"{found.bodies['present']} hold, 0 withheld, 0 erased, 0 missing" in printed


def test_key_backups_age_out_and_nothing_else_does(
    settings: Settings, officer: tuple[str, Path], tmp_path: Path
) -> None:
    _fill(settings, 1)
    out = tmp_path / "backups"
    first = _back_up(settings, out, officer[0], NOW - timedelta(days=31))
    second = _back_up(settings, out, officer[0], NOW - timedelta(days=29))
    (out / "of-somebody-else.keys.age").write_bytes(b"x")
    third = _back_up(settings, out, officer[0])
    assert [made.dropped for made in (first, second, third)] == [0, 0, 1]
    left = {path.name for path in out.iterdir()}
    assert first.keys.name not in left
    assert {first.database.name, second.keys.name, third.keys.name, "of-somebody-else.keys.age"} <= left


@pytest.mark.parametrize(
    "what",
    [
        "another kind",
        "no backup",
        "cut off",
        "octets behind it",
        "the same behind it",
        "a wrong identity",
        "no identity",
    ],
)
def test_what_cannot_be_restored_says_so_in_one_line(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path, what: str, database_kind: str
) -> None:
    import pyrage

    _fill(settings, 1)
    made = _back_up(settings, tmp_path / "backups", officer[0])
    errors = (snapshots.SnapshotError, backups.BackupError)
    if what == "a wrong identity":
        officer[1].write_text(str(pyrage.x25519.Identity.generate()), encoding="ascii")
    elif what == "no identity":
        officer[1].write_text("nothing\n", encoding="ascii")
    elif what == "no backup":
        made.database.write_bytes(b"something else")
    elif what == "another kind":
        made.database.write_bytes(snapshots.MAGIC if database_kind == "sqlite" else snapshots.SQLITE_MAGIC)
    else:
        data = made.database.read_bytes()
        start = len(snapshots.MAGIC) if database_kind == "postgres" else 0
        changed = {
            "cut off": data[:-200],
            "octets behind it": data + b"hidden",
            "the same behind it": data + data[start:],
        }
        made.database.write_bytes(changed[what])
    with pytest.raises(errors) as caught:
        backups.restore(elsewhere, made.database, backups.keys_of_backup(made.keys, officer[1]))
    assert len(str(caught.value).splitlines()) == 1
    assert _is_untouched(elsewhere)


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_district_is_backed_up_and_restored(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path, count: int
) -> None:
    with contextlib.closing(build_services(settings).db) as db:
        probe = BenchProbe("bench", to_json(report_of(uid(1), "simulated")))
        fill_sweeps(db, probe, fill_rooms(db, 40), count - 1, timedelta(minutes=5))
    began_s = time.monotonic()
    made = _back_up(settings, tmp_path / "backups", officer[0])
    backed_up_s = time.monotonic() - began_s
    began_s = time.monotonic()
    backups.restore(elsewhere, made.database, backups.keys_of_backup(made.keys, officer[1]))
    restored_s = time.monotonic() - began_s
    size_mb = made.database.stat().st_size / 1e6
    print(f"{count} sweeps, {size_mb:.1f} MB: backed up in {backed_up_s:.1f} s, restored in {restored_s:.1f} s")
    found = _verified(elsewhere)
    assert found == _verified(settings)
    assert (found.problems, found.bodies["missing"], found.bodies["present"] > count) == ([], 0, True)


def _is_untouched(settings: Settings) -> bool:
    """Is nothing there where it was restored to?"""
    files = [*settings.data_dir.iterdir()] if settings.data_dir.exists() else []
    if settings.url.startswith("sqlite"):
        return files == []
    with contextlib.closing(Database(settings.url)) as db, db.read() as connection:
        return files == [] and inspect(connection).get_table_names() == []


@pytest.mark.parametrize(
    "what", ["rotated since", "of another server", "without a server key", "no folder", "no store"]
)
def test_keys_that_do_not_fit_are_refused_and_leave_nothing(
    settings: Settings, elsewhere: Settings, officer: tuple[str, Path], tmp_path: Path, call: Call, what: str
) -> None:
    _fill(settings, 1)
    made = _back_up(settings, tmp_path / "backups", officer[0])
    good, keys_from = tmp_path / "good", tmp_path / "moved"
    shutil.copytree(settings.data_dir, good)
    if what == "rotated since":
        assert call("rotate-key", "--reason", "정기")[0] == 0
    if what == "of another server":
        build_services(Settings(data_dir=keys_from)).db.close()
    elif what != "no folder":
        shutil.copytree(settings.data_dir, keys_from)
    if what == "without a server key":
        (keys_from / "server.key").unlink()
    if what == "no store":
        (keys_from / "bodies.keys").unlink()
    there = ("--data-dir", elsewhere.data_dir, "--database-url", elsewhere.url)
    code, printed, said = call("restore", made.database, "--keys-from", keys_from, *there)
    assert (code, printed, len(said.splitlines())) == (2, "", 1)
    known = Signer.load_or_create(good / "server.key").key_id
    expected = {
        "rotated since": f"server.key is another one: {made.database} needs {known}; nothing was restored",
        "of another server": f"server.key is another one: {made.database} needs {known}; nothing was restored",
        "without a server key": f"server.key is missing: {made.database} needs {known}; nothing was restored",
        "no folder": "holds no keys",
        "no store": "bodies.keys is missing: ",
    }
    assert expected[what] in said
    assert _is_untouched(elsewhere)
    code, _, said = call("restore", made.database, "--keys-from", good, *there)
    assert (code, said) == (0, "")
    assert _verified(elsewhere).problems == []
