"""Bodies in object storage: written before the commit, erased with their key, moved while the server serves."""

from __future__ import annotations

import contextlib
import contextvars
import os
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from server import cli
from server.api.app import build_services
from server.backup import backups
from server.config.settings import Settings, SettingsError, load_settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import write
from server.store import moving_bodies
from server.store.bodies import PlacedBody, place_ahead, settle, take_block
from server.store.crypto.sealing import PackedBody
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.faults import StorageError
from server.store.moving_bodies import missing_objects, move_some, objects_needed, sweep_objects
from server.store.objects import MARKER, ObjectStore
from server.store.schema import IN_STORAGE, body_data
from server.store.stored_bodies import StoredBody, find_body
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.report import new_id, to_json
from tests.server.backup.test_backup import officer
from tests.server.conftest import PASSWORD, Site, _on, _on_postgres, running
from tests.server.log_kit import verified
from tests.server.storage_kit import S3, Fault
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

__all__ = ["officer"]
LARGE = 20_000
REASON = {"ko": "보관 기간이 끝남", "en": "Retention is over"}


@pytest.fixture
def in_folder(settings: Settings, tmp_path: Path) -> Settings:
    """A server with a folder for large bodies."""
    return settings.model_copy(update={"storage_url": (tmp_path / "objects").as_uri()})


@pytest.fixture
def in_bucket(settings: Settings, bucket: S3) -> Settings:
    """The same with a bucket."""
    return settings.model_copy(update={"storage_url": bucket.url()})


@pytest.fixture(params=["in_folder", pytest.param("azure", marks=pytest.mark.soak)])
def in_either(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """With a folder, in the long run also with a container."""
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, Settings) else settings.model_copy(update={"storage_url": found.url()})


@dataclass
class Sent:
    """A sweep with a large crop in it."""

    sweep_id: UUID
    crop: bytes
    commitment: str


def _send(site: Site, probe: Probe) -> Sent:
    sweep_id, crop = new_id(), b"\x89PNG\r\n\x1a\n" + os.urandom(LARGE)
    body = make_body(kinds.CROP_TYPE, crop)
    assert site.send(probe.opened(sweep_id)).status_code == 200
    bodies = (make_body(kinds.REPORT_TYPE, to_json(probe.made_up(sweep_id))), body)
    assert site.send(probe.entry(kinds.REPORT, bodies, sweep_id=sweep_id)[1]).status_code == 200
    return Sent(sweep_id, crop, body.commitment)


def _probe(site: Site) -> Probe:
    probe = Probe()
    site.admit(probe.signer)
    return probe


def _places(db: Database) -> tuple[int, int]:
    """(large bodies in their rows, bodies in the storage)."""
    large = func.length(body_data.c.sealed) >= 4096
    with db.read() as connection:
        counts = [connection.scalar(select(func.count()).where(which)) for which in (large, IN_STORAGE)]
    return counts[0] or 0, counts[1] or 0


def _objects(db: Database) -> set[str]:
    assert db.objects is not None
    return {name for some in db.objects.sizes("") for name in some} - {MARKER}


def _body(db: Database, sent: Sent) -> StoredBody:
    with db.read() as connection:
        found = find_body(connection, sent.commitment)
    assert found is not None
    return found


def _data(db: Database, sent: Sent) -> bytes | None:
    return _body(db, sent).data


def test_a_large_body_lies_in_the_storage_and_reads_as_before(in_folder: Settings, tmp_path: Path) -> None:
    with running(in_folder) as site:
        sent = _send(site, _probe(site))
        in_rows, in_storage = _places(site.db)
        assert (in_rows, in_storage) == (0, len(_objects(site.db)))
        assert in_storage >= 1
        assert _data(site.db, sent) == sent.crop
        with site.db.read() as connection:
            found = verified(connection)
        assert (found.problems, found.bodies["missing"]) == ([], 0)
    for file in (tmp_path / "objects").rglob("*"):
        assert sent.commitment not in str(file)
        assert file.is_dir() or sent.crop[100:140] not in file.read_bytes()


def test_whoever_erases_a_body_destroys_its_key_and_its_object_goes(in_bucket: Settings) -> None:
    with running(in_bucket) as site:
        probe, admin = _probe(site), site.login("admin", "관리자-01")
        site.add_user("second", "inspector", "점검자-02")
        sent, other = _send(site, probe), _send(site, probe)
        before = _objects(site.db)
        wanted = {"reason": REASON, "second_person_username": "second", "second_person_password": PASSWORD}
        assert admin.post(f"/api/bodies/{sent.commitment}/erase", wanted).status_code == 201
        assert len(before - _objects(site.db)) == 1
        assert (_body(site.db, sent).state, _data(site.db, other)) == ("erased", other.crop)


@pytest.mark.parametrize("fault", ["500", "forbidden", pytest.param("slow", marks=pytest.mark.soak)])
def test_where_the_storage_does_not_take_a_body_the_database_does_and_moves_it_later(
    in_bucket: Settings, bucket: S3, fault: Fault
) -> None:
    with running(in_bucket) as site:
        probe = _probe(site)
        assert site.anonymous().get("/api/health").json()["parts"]["storage"] == "ok"
        bucket.fault = fault
        sent = _send(site, probe)
        assert _places(site.db)[0] >= 1
        assert _data(site.db, sent) == sent.crop
        assert site.anonymous().get("/api/health").json()["parts"]["storage"] == "degraded"
        bucket.fault = ""
        assert move_some(site.db).bodies >= 1
        assert (_places(site.db)[0], _data(site.db, sent)) == (0, sent.crop)


def test_a_server_moves_what_lies_in_its_database_while_it_serves(settings: Settings, in_bucket: Settings) -> None:
    with running(settings) as site:
        probe = _probe(site)
        sent = [_send(site, probe) for _ in range(3)]
        assert _places(site.db)[1] == 0
    with running(in_bucket) as site:
        wait_until(lambda: _places(site.db)[0] == 0, "all large bodies in the storage")
        sent.append(_send(site, probe))
        assert [_data(site.db, one) for one in sent] == [one.crop for one in sent]
        with site.db.read() as connection:
            assert verified(connection).problems == []


def test_whoever_stops_while_bodies_are_moved_goes_on_later(
    settings: Settings, in_bucket: Settings, bucket: S3
) -> None:
    with running(settings) as site:
        sent = [_send(site, probe) for probe in [_probe(site)] for _ in range(2)]
    with contextlib.closing(build_services(in_bucket).db) as db:
        in_rows = _places(db)[0]
        bucket.fault, bucket.methods = "500", ("GET",)  # written, and not read back
        with pytest.raises(StorageError):
            move_some(db)
        assert _places(db) == (in_rows, 0)
        bucket.fault = ""
        assert move_some(db).bodies == in_rows
        assert _places(db) == (0, in_rows)
        assert [_data(db, one) for one in sent] == [one.crop for one in sent]
        assert sweep_objects(db) == 0


def test_what_comes_back_otherwise_stays_in_the_database(
    settings: Settings, in_folder: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(settings) as site:
        sent = _send(site, _probe(site))
    with contextlib.closing(build_services(in_folder).db) as db:
        monkeypatch.setattr(ObjectStore, "get", lambda *_: b"another")
        with pytest.raises(StorageError, match="came back other"):
            move_some(db)
        assert (_places(db)[1], _data(db, sent)) == (0, sent.crop)


def test_a_body_that_is_erased_while_it_is_moved_stays_erased(
    settings: Settings, in_either: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(settings) as site:
        sent = _send(site, _probe(site))
    with contextlib.closing(build_services(in_either).db) as db:
        put = moving_bodies._put

        def put_and_erase(*what: object) -> object:
            done = put(*what)  # type: ignore[arg-type]  # passed on
            with db.write() as connection:
                connection.execute(body_data.delete().where(body_data.c.commitment == sent.commitment))
            destroy_dead_keys(db)
            return done

        monkeypatch.setattr(moving_bodies, "_put", put_and_erase)
        move_some(db)
        sweep_objects(db)
        assert _body(db, sent).state == "missing"
        assert len(_objects(db)) == _places(db)[1]


def test_an_object_that_no_commit_took_over_is_swept_up(in_either: Settings) -> None:
    with contextlib.closing(build_services(in_either).db) as db:
        take_block(db)
        bodies = place_ahead(db, [PackedBody.of(make_body(kinds.CROP_TYPE, os.urandom(LARGE)))])
        destroy_dead_keys(db)
        assert (len(bodies), len(_objects(db))) == (1, 1)  # its commit may still come
        settle(db, bodies)
        destroy_dead_keys(db)
        assert _objects(db) == set()


def test_a_key_destroyed_between_storage_and_commit_loses_no_body(in_either: Settings) -> None:
    with running(in_either) as site:
        probe = _probe(site)
    sweep_id, body = new_id(), make_body(kinds.CROP_TYPE, os.urandom(LARGE))
    arrival = read_arrival(probe.entry(kinds.REPORT, (body,), sweep_id=sweep_id)[1])
    with contextlib.closing(build_services(in_either).db) as db:
        take_block(db)
        placed = place_ahead(db, [PackedBody.of(body)])
        assert isinstance(placed[0], PlacedBody)
        with contextlib.closing(build_services(in_either).db) as another:
            destroy_dead_keys(another)
        with db.write() as connection:
            write(connection, replace(arrival, bodies=placed), quarantine_max_bytes=0)
        assert _data(db, Sent(sweep_id, body.data, body.commitment)) == body.data
        assert _places(db) == (1, 0)


def test_a_backup_names_what_it_needs_and_a_restore_tells_what_is_gone(
    in_either: Settings, officer: tuple[str, Path], tmp_path: Path
) -> None:
    with running(in_either) as site:
        sent = _send(site, _probe(site))
    with contextlib.closing(build_services(in_either).db) as db:
        made = backups.back_up(in_either, db, tmp_path / "backups", officer[0], datetime(2026, 11, 26, tzinfo=UTC))
        named = _objects(db)
        assert missing_objects(db) == 0
        assert made.objects is not None
        assert db.objects is not None
        place, *lines = made.objects.read_text().splitlines()
        assert place == f"# {in_either.storage_url.partition('?')[0]}"
        assert {line.split()[0] for line in lines} == named
        sizes = {name: size for some in db.objects.sizes("") for name, size in some.items()}
        assert {line: sizes[line.split()[0]] for line in lines} == {line: int(line.split()[1]) for line in lines}
        assert _data(db, sent) == sent.crop
        db.objects.delete([min(named)])
        assert missing_objects(db) == 1


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_the_verifier_names_the_entry_whose_body_the_storage_lost(in_either: Settings, harm: str) -> None:
    with running(in_either) as site:
        probe = _probe(site)
        _send(site, probe)
        sent = _send(site, probe)
    with contextlib.closing(build_services(in_either).db) as db:
        assert db.objects is not None
        of_crop = select(body_data.c.slot, body_data.c.brought_by).where(body_data.c.commitment == sent.commitment)
        with db.read() as connection:
            slot, log_index = connection.execute(of_crop).one()
        name = next(one for one in _objects(db) if one.endswith(f"{slot:010x}"))
        if harm == "gone":
            db.objects.delete([name])
        else:
            data = db.objects.get(name) or b""
            db.objects.put({name: data[:-1] + bytes([data[-1] ^ 1])}, is_read_soon=False)
        with db.read() as connection:
            found = verified(connection)
        assert list(map(str, found.problems)) == [f"log index {log_index}: the body {sent.commitment} is missing"]


def test_commands_that_read_a_storage_that_is_away_say_so_in_one_line(
    in_folder: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(in_folder) as site:
        _send(site, _probe(site))
    (tmp_path / "objects").rename(tmp_path / "unmounted")
    asked = [["export", "entries", str(tmp_path / "package"), "--reason", "x"]]
    if in_folder.url.startswith("sqlite"):
        asked.append(["verify", str(tmp_path / "test.sqlite3")])
    for arguments in asked:
        code, _, wrong = _call(in_folder, capsys, *arguments)
        assert (code, wrong) == (
            2,
            f"sweep-server: {in_folder.storage_url}: this storage does not exist or is another one\n",
        )


def test_what_is_restored_finds_its_bodies_in_the_storage_and_is_refused_without(
    in_folder: Settings,
    officer: tuple[str, Path],
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    with running(in_folder) as site:
        probe = _probe(site)
        sent = [_send(site, probe) for _ in range(2)]
    with contextlib.closing(build_services(in_folder).db) as db:
        made = backups.back_up(in_folder, db, tmp_path / "backups", officer[0], datetime(2026, 11, 26, tzinfo=UTC))
        before, named = _places(db), _objects(db)
    keys = backups.keys_of_backup(made.keys, officer[1])

    def to(name: str) -> Settings:
        url = f"sqlite:///{tmp_path / name}.sqlite3"
        if database_kind != "sqlite":
            postgres, own = request.getfixturevalue("postgres"), f"r{uuid.uuid4().hex[:12]}"
            _on_postgres(postgres, f"CREATE DATABASE {own}")
            request.addfinalizer(partial(_on_postgres, postgres, f"DROP DATABASE {own} WITH (FORCE)"))
            url = _on(postgres, own)
        return in_folder.model_copy(update={"data_dir": tmp_path / name, "database_url": url})

    there = to("there")
    assert backups.restore(there, made.database, keys).missing == 0
    with contextlib.closing(build_services(there).db) as db:
        assert (_places(db), _objects(db)) == (before, named)
        assert [_data(db, one) for one in sent] == [one.crop for one in sent]
        with db.read() as connection:
            assert verified(connection).problems == []
    with pytest.raises(backups.BackupError):
        backups.restore(to("without").model_copy(update={"storage_url": ""}), made.database, keys)
    (tmp_path / "objects" / min(named)).unlink()
    assert backups.restore(to("lacking"), made.database, keys).missing == 1


def _call(settings: Settings, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """As the fixture `call`, with the storage."""
    environment = {
        "ANSIM_DATA_DIR": str(settings.data_dir),
        "ANSIM_DATABASE_URL": settings.database_url,
        "ANSIM_STORAGE_URL": settings.storage_url,
        "LANG": "C",
    }
    code: int | str | None = 0
    try:
        contextvars.copy_context().run(cli.main, list(arguments), environment)
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    return int(code or 0), printed.out, printed.err


def test_the_command_moves_all_there_and_back_and_says_how_far(
    settings: Settings, in_folder: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(settings) as site:
        probe = _probe(site)
        sent = [_send(site, probe) for _ in range(2)]
        in_rows = _places(site.db)[0]
    code, said, wrong = _call(in_folder, capsys, "move-bodies")
    assert (code, wrong) == (0, "")
    assert said.splitlines()[-2] == f"{in_rows} of {in_rows} bodies moved (100 %)"
    assert said.splitlines()[-1].startswith(f"done: {in_rows} bodies moved (")
    code, _, wrong = _call(settings, capsys, "move-bodies")
    assert (code, wrong.partition(": set ")[0]) == (2, "sweep-server: bodies of this database lie in object storage")
    assert _call(in_folder, capsys, "move-bodies", "--back")[0] == 0
    with contextlib.closing(build_services(settings).db) as db:
        assert _places(db) == (in_rows, 0)
        assert [_data(db, one) for one in sent] == [one.crop for one in sent]


def test_nothing_is_moved_back_beside_a_server_that_moves_it_there_again(
    in_folder: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(in_folder) as site:
        sent = _send(site, _probe(site))
        before = _places(site.db)
        code, said, wrong = _call(in_folder, capsys, "move-bodies", "--back")
        assert (code, said, len(wrong.splitlines())) == (2, "", 1)
        assert "1 process serves this database: end it" in wrong
        assert _places(site.db) == before
        with site.db.read() as connection:
            name, *_ = [name for name, _ in objects_needed(connection)]
    with contextlib.closing(build_services(in_folder).db) as db:
        assert db.objects is not None
        db.objects.delete([name])
    code, _, wrong = _call(in_folder, capsys, "move-bodies", "--back")
    assert (code, "1 body still in the object storage, or missing there" in wrong) == (2, True)
    assert sent.crop


def test_a_database_whose_bodies_lie_elsewhere_is_not_opened_without_the_storage(
    settings: Settings, in_folder: Settings
) -> None:
    with running(in_folder) as site:
        _send(site, _probe(site))
    with pytest.raises(SettingsError, match="ANSIM_STORAGE_URL"):
        build_services(settings)


def test_storage_abroad_needs_a_basis() -> None:
    abroad = {"ANSIM_STORAGE_URL": "s3://bucket?region=ap-northeast-1"}
    with pytest.raises(SettingsError, match="region ap-northeast-1 is not known to lie in Korea"):
        load_settings(abroad)
    with pytest.raises(SettingsError):
        load_settings(abroad | {"ANSIM_STORAGE_ABROAD_BASIS": "cheaper"})
    settings = load_settings(abroad | {"ANSIM_STORAGE_ABROAD_BASIS": "contract"})
    assert settings.storage is not None
    assert not settings.storage.is_in_country
