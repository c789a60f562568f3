"""One set of keys for all processes that serve a database, whoever starts first; one process for an SQLite file."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from server.api.app import build_services
from server.config.settings import Settings, SettingsError
from server.server_keys.own_keys import DEMO_FILE, DEVICES_FILE
from server.server_keys.root import ROOT_FILE
from server.server_keys.rotation import KEY_FILE
from server.signing import keys
from server.store.bodies import take_block
from server.store.crypto.body_keys import BodyKeysError
from server.store.db import Database
from server.store.schema import own_keys
from tests.server.conftest import Call, running
from tests.server.killed_server import copy_keys, with_folder

STARTS = 2
ONLY_POSTGRES = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def _roles(db: Database) -> list[str]:
    with db.read() as connection:
        return sorted(key.role for key in keys.all_keys(connection))


def test_a_second_folder_needs_the_keys_of_the_first(settings: Settings, tmp_path: Path) -> None:
    second = with_folder(settings, tmp_path / "second")
    build_services(settings).db.close()
    with pytest.raises(SettingsError, match=r"server\.key is missing.*copy server\.key, server-demo\.key") as refused:
        build_services(second)
    assert len(str(refused.value).splitlines()) == 1
    assert list(second.data_dir.iterdir()) == []  # no key of its own was made
    with closing(build_services(Settings(data_dir=tmp_path / "elsewhere")).db):
        copy_keys(tmp_path / "elsewhere", second.data_dir)
    with pytest.raises(SettingsError, match=r"server\.key is another one"):
        build_services(second)
    copy_keys(settings.data_dir, second.data_dir)
    with closing(build_services(second).db) as db:
        assert _roles(db) == ["demo", "root", "server"]


@pytest.mark.parametrize("has_served_another", [False, True], ids=["new folder", "folder of another server"])
def test_a_second_process_hears_first_that_its_folder_is_another(
    settings: Settings, tmp_path: Path, call: Call, has_served_another: bool
) -> None:
    with closing(build_services(settings).db) as db:
        take_block(db)  # as every server does when it starts: from now on the database has a store
    folder = tmp_path / "second"
    if has_served_another:
        with closing(build_services(Settings(data_dir=folder)).db) as db:
            take_block(db)
    for command in (("serve", "--port", "0"), ("migrate",)):
        code, _, said = call(*command, "--data-dir", folder)
        assert (code, len(said.splitlines())) == (2, 1)
        assert f"{folder} holds no key of this database, which is served from another folder" in said
        assert "copy server.key, server-demo.key, devices.key from it" in said
        assert said.rstrip().endswith("if it is lost, restore its sealed backup")
    if not has_served_another:
        assert list(folder.iterdir()) == []
    copy_keys(settings.data_dir, folder)
    with pytest.raises(BodyKeysError):  # what is left to do is said once the keys are here
        build_services(settings.model_copy(update={"data_dir": folder}))
    build_services(with_folder(settings, folder)).db.close()


def test_a_store_that_was_lost_is_put_back_from_its_backup(settings: Settings) -> None:
    with closing(build_services(settings).db) as db:
        take_block(db)
    settings.body_keys_path.unlink()
    with pytest.raises(BodyKeysError, match="put it back from its sealed backup"):
        build_services(settings)


@ONLY_POSTGRES
def test_the_secret_of_known_devices_is_one_for_all(settings: Settings, tmp_path: Path) -> None:
    second = with_folder(settings, tmp_path / "second")
    build_services(settings).db.close()
    copy_keys(settings.data_dir, second.data_dir)
    (second.data_dir / DEVICES_FILE).unlink()
    with pytest.raises(SettingsError, match=r"devices\.key is missing"):
        build_services(second)


def test_a_database_from_before_knows_the_keys_that_it_admitted(settings: Settings, tmp_path: Path) -> None:
    second = with_folder(settings, tmp_path / "second")
    with closing(build_services(settings).db) as db, db.write() as connection:
        connection.execute(own_keys.delete())
    with pytest.raises(SettingsError, match=r"server\.key is missing"):
        build_services(second)
    with closing(build_services(settings).db) as db, db.read() as connection:
        assert KEY_FILE in connection.scalars(select(own_keys.c.name)).all()


def test_a_rotated_key_is_the_one_and_the_old_file_is_refused(settings: Settings, tmp_path: Path, call: Call) -> None:
    second = with_folder(settings, tmp_path / "second")
    build_services(settings).db.close()
    copy_keys(settings.data_dir, second.data_dir)
    done = call("rotate-key", "--reason", "교체")
    assert (done[0], done[1].endswith("signs from now on\n")) == (0, True)
    build_services(settings).db.close()
    with pytest.raises(SettingsError, match=r"server\.key is another one"):
        build_services(second)
    copy_keys(settings.data_dir, second.data_dir)
    build_services(second).db.close()


@ONLY_POSTGRES
@pytest.mark.parametrize("shares_keys", [False, True], ids=["own keys", "copied keys"])
def test_the_first_start_is_decided_once(new_database_url: str, tmp_path: Path, shares_keys: bool) -> None:
    first = Settings(data_dir=tmp_path / "0", database_url=new_database_url, min_free_mib=0)
    several = [first, *(with_folder(first, tmp_path / f"{number}") for number in range(1, STARTS))]
    if shares_keys:  # all but the root key, which nobody has yet
        build_services(Settings(data_dir=tmp_path / "elsewhere")).db.close()
        for one in several:
            copy_keys(tmp_path / "elsewhere", one.data_dir)
            (one.data_dir / ROOT_FILE).unlink()

    def start(one: Settings) -> str:
        try:
            services = build_services(one)
        except SettingsError as refused:
            return str(refused)
        services.db.close()
        return services.server_signer.signer.key_id

    with ThreadPoolExecutor(STARTS) as pool:
        outcomes = list(pool.map(start, several))
    began = {outcome for outcome in outcomes if len(outcome) == 16}
    assert len(began) == 1
    assert sum("server.key is missing" in outcome for outcome in outcomes) == (0 if shares_keys else STARTS - 1)
    with closing(Database(new_database_url)) as db:
        assert _roles(db) == ["demo", "root", "server"]
    assert sum((one.data_dir / ROOT_FILE).exists() for one in several) == 1
    assert sum((one.data_dir / DEMO_FILE).exists() for one in several) == (STARTS if shares_keys else 1)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_sqlite_file_has_one_server_and_any_number_of_commands(
    settings: Settings, tmp_path: Path, repo_root: Path, call: Call
) -> None:
    second = [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(settings.data_dir)]
    second += ["--database-url", settings.database_url]
    with running(settings):
        environment = os.environ | {"ANSIM_FIRST_PASSWORD": "x" * 20}
        refused = subprocess.run(
            second, cwd=repo_root, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert refused.returncode == 2
        assert "is served by another process already, and SQLite has one at a time" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert call("keys")[0] == 0
        assert call("export", "entries", tmp_path / "entries.jsonl")[0] == 0
        assert call("add-user", "kim", "--display-name", "점검자-09")[0] == 0
    with running(settings):
        pass  # the lock ended with its process
