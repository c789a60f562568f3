"""What is wrong is said, by the answer of health and of whoever wants to write: a read-only database, a wrong clock."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.views.answer import Health
from sweep.report import new_id
from tests.server.conftest import PrivatePostgres, Site, running
from tests.server.killed_server import KilledServer
from tests.server.sweep_kit import Probe
from tests.server.test_full_disk import small_disk
from tests.server.uploads import Uploads
from tests.small_disk import can_mount
from tests.waiting import wait_until

DAY_S = 86_400


def _health(url: str) -> Health:
    return Health.model_validate_json(httpx.get(f"{url}/api/health", timeout=30).content)


def _set(url: str, setting: str) -> None:
    """Change a setting of a running PostgreSQL."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def _send(site: Site, wire: bytes) -> httpx.Response:
    return httpx.post(f"{site.url}/api/entries", content=wire, timeout=30)


@pytest.mark.postgres
def test_a_postgresql_that_was_set_read_only(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=private_postgres.url, port=0, min_free_mib=0)
    with running(settings) as site:
        probe, viewer = Probe(), site.login("viewer")
        site.admit(probe.signer)
        assert _health(site.url).parts.database == "ok"
        _set(private_postgres.url, "default_transaction_read_only = on")
        wait_until(lambda: _health(site.url).parts.database == "degraded", "a database that is read only", every_s=0.1)
        assert _health(site.url).status == "degraded"
        wire = probe.opened(new_id())
        refused = _send(site, wire)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "database_read_only"), refused.text
        assert "읽기 전용" in refused.json()["error"]["message"]["ko"]
        assert viewer.get("/api/rooms").status_code == 200
        _set(private_postgres.url, "default_transaction_read_only = off")
        wait_until(lambda: _health(site.url).status == "ok", "a database that takes writes", every_s=0.1)
        assert _send(site, wire).status_code == 200


def test_an_sqlite_file_on_a_disk_that_became_read_only(tmp_path: Path, repo_root: Path) -> None:
    """As after a kernel found errors on a card: what is open may go on, and health says what a next start will meet."""
    if not can_mount(tmp_path):
        pytest.skip("no disk can be mounted here")
    with small_disk(16) as disk:
        settings = Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{disk.folder / 'log.sqlite3'}", port=0)
        server = KilledServer(settings, repo_root, inside=disk.inside)
        server.start()
        url = f"http://127.0.0.1:{server.port}"
        with contextlib.closing(server):
            assert _health(url).status == "ok"
            disk.call("mount", "--bind", str(disk.folder), str(disk.folder))
            disk.call("mount", "-o", "remount,bind,ro", str(disk.folder))
            found = _health(url)
            assert (found.status, found.parts.database, found.parts.disk) == ("degraded", "degraded", "ok")
            disk.call("umount", str(disk.folder))
            assert _health(url).status == "ok"


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_clock_that_went_back_behind_the_log(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, repo_root: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'log.sqlite3'}"
    if kind == "postgres":
        url = request.getfixturevalue("private_postgres").url
    settings = Settings(data_dir=tmp_path / "data", database_url=url, port=0, min_free_mib=0)
    services = build_services(settings)
    uploads = Uploads(services.server_signer.signer.public_key, 1)
    uploads.admit(services.db)
    services.db.close()
    ahead = tmp_path / "ahead"
    ahead.write_text("0", encoding="ascii")
    server = KilledServer(settings, repo_root, ("-m", "tests.server.stepped_server", str(ahead)))
    server.start()
    uploads.url = f"http://127.0.0.1:{server.port}"
    with contextlib.closing(server):
        assert _health(uploads.url).parts.clock == "ok"
        ahead.write_text(str(DAY_S), encoding="ascii")
        assert _health(uploads.url).parts.clock == ("ok" if kind == "sqlite" else "degraded")
        uploads.deliver(uploads.note(uploads.probes[0], 100))
        ahead.write_text("0", encoding="ascii")
        found = _health(uploads.url)
    assert (found.status, found.parts.clock, found.parts.database) == ("degraded", "degraded", "ok")
