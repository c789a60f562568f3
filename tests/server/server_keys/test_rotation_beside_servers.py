"""A new server key beside processes that serve: refused while one does, and one that began meanwhile does not sign."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from server.api.app import build_services
from server.config.settings import Settings, SettingsError
from server.server_keys.own_keys import refuse_replaced
from server.server_keys.root import sign_waiting
from server.server_keys.rotation import KEY_FILE, NEXT_FILE, rotate
from server.signing import keys
from server.store.db import Database
from sweep.report import new_id
from tests.server.conftest import Call, PrivatePostgres, running
from tests.server.killed_server import two_servers
from tests.server.log_kit import verified
from tests.server.sweep_kit import Probe

ROTATE = ("rotate-key", "--reason", "yearly")


@pytest.mark.postgres
def test_a_key_is_rotated_when_both_processes_have_ended(
    private_postgres: PrivatePostgres, tmp_path: Path, repo_root: Path
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]

    def command(folder: Path, *words: str) -> tuple[int, list[str]]:
        there = ["--data-dir", str(folder), "--database-url", private_postgres.url]
        store = {"ANSIM_BODY_KEYS": str(folders[0] / "bodies.keys"), "ANSIM_STORE_KEY": str(folders[0] / "bodies.key")}
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *words, *there],
            cwd=repo_root, env=os.environ | store | {"LANG": "C"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, (done.stdout + done.stderr).splitlines()

    with two_servers(private_postgres.url, tmp_path, repo_root) as (servers, sites):
        probe = Probe()
        sites[0].admit(probe.signer)
        old, public = sites[0].services.server_signer.signer.key_id, sites[0].services.server_signer.signer.public_key
        code, said = command(folders[0], *ROTATE)
        assert (code, len(said)) == (2, 1)
        assert said[0].startswith("sweep-server: 2 processes serve this database: end them")
        assert not (folders[0] / NEXT_FILE).exists()
        for site in sites:
            assert site.send(probe.opened(new_id())).status_code == 200
            assert site.login("viewer").get("/api/rooms").status_code == 200
        servers[1].kill(signal.SIGTERM)
        assert command(folders[0], *ROTATE)[1][0].startswith("sweep-server: 1 process ")
        servers[0].kill(signal.SIGTERM)
        code, said = command(folders[0], *ROTATE)
        assert (code, said[0].endswith(" signs from now on")) == (0, True), said
        code, said = command(folders[1], "serve", "--port", "0")  # with the old key
        assert (code, len(said)) == (2, 1)
        assert said[0].startswith(f"sweep-server: server key {old} was replaced by ")
        shutil.copy(folders[0] / KEY_FILE, folders[1] / KEY_FILE)
        for server, site in zip(servers, sites, strict=True):
            server.start()
            assert site.send(probe.opened(new_id())).status_code == 200
            assert site.anonymous().get("/api/server-key").json()["public_key"] != public.hex()
        with sites[0].db.read() as connection:
            assert verified(connection).problems == []


def test_beside_a_server_it_is_refused_and_nothing_changes(settings: Settings, call: Call) -> None:
    with running(settings) as site:
        code, out, said = call(*ROTATE)
        assert (code, out, len(said.splitlines())) == (2, "", 1)
        assert "1 process serves this database: end it" in said
        with site.db.read() as connection:
            assert all(key.revoked_from_index is None for key in keys.all_keys(connection))
    assert call(*ROTATE)[0] == 0


def test_a_file_that_a_failed_rotation_left_is_used(settings: Settings, call: Call) -> None:
    services = build_services(settings)
    with closing(services.db) as db, contextlib.suppress(OSError), db.write() as connection:
        rotate(connection, services.server_signer, settings.data_dir, actor="test", reason="x")
        raise OSError("the disk is full")
    left = (settings.data_dir / NEXT_FILE).read_bytes()
    assert call(*ROTATE)[0] == 0
    assert (settings.data_dir / KEY_FILE).read_bytes() == left


def test_signed_statements_with_a_server_key_wait_for_the_end_of_servers(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    phrase, key, asked, signed = (tmp_path / name for name in ("phrase", "root.pem", "asked", "signed"))
    phrase.write_text("a long enough passphrase\n")
    by: Sequence[str | Path] = ("--passphrase-file", phrase)
    public = call("root", "create", key, "--person", "first", "--person", "second", *by)[1].split()[-1]
    assert call("root", "hand-over", public, "--reason", "ceremony")[0] == 0
    assert call(*ROTATE)[0] == 0
    assert call("root", "requests", asked)[0] == 0
    assert call("root", "sign", asked, signed, "--key", key, *by, "--yes")[0] == 0
    with running(settings) as site:
        old = site.services.server_signer.signer.key_id
        code, out, said = call("root", "accept", signed)
        assert (code, out, "end it" in said) == (2, "", True)
        with site.db.read() as connection:
            assert keys.the_key(connection, old).revoked_from_index is None
    assert call("root", "accept", signed)[0] == 0
    with running(settings) as site:
        assert site.services.server_signer.signer.key_id != old


@pytest.mark.postgres
def test_who_begins_while_the_key_is_rotated_sees_it(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=private_postgres.url)
    services, refused = build_services(settings), list[SettingsError]()

    def begin() -> None:
        with closing(Database(settings.url)) as other:
            try:
                refuse_replaced(other, services.server_signer)
            except SettingsError as error:
                refused.append(error)

    with closing(services.db) as db:
        beginning = threading.Thread(target=begin)
        with db.write() as connection:
            rotate(connection, services.server_signer, settings.data_dir, actor="test", reason="x")
            sign_waiting(connection, services.server_signer)
            beginning.start()
            beginning.join(0.5)
            assert beginning.is_alive()  # it waits for the writer
        beginning.join()
    assert "was replaced by" in str(refused[0])
