"""A disk that is really full: what was acknowledged is there, the rest is refused and taken once there is room again.

The database lies on a tmpfs of a few megabytes in a mount namespace of its own; the server is killed while it is full.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from server.api.app import build_services
from server.api.service import maintenance
from server.api.service.services import Services
from server.config.settings import Settings
from server.store.db import Database
from server.store.faults import DiskFullError
from tests.server.conftest import keys_in, new_postgres
from tests.server.uploads import Uploads, check_log
from tests.small_disk import can_mount

PROBES, BODY_BYTES = 4, 200_000
SQLITE_MIB, POSTGRES_MIB, BALLAST_MIB = 16, 104, 4
POSTGRES_OPTIONS = "-c max_wal_size=32MB -c min_wal_size=32MB -c restart_after_crash=on"
REFUSED_AT_LAST = 6


@dataclass(frozen=True)
class SmallDisk:
    """A disk that is small, and how to see it."""

    folder: Path
    """Where it is for those that `inside` begins."""
    seen: Path
    """The same from outside."""
    inside: tuple[str, ...]

    @property
    def ballast(self) -> Path:
        """What can be thrown away."""
        return self.seen / "ballast"

    @property
    def filler(self) -> Path:
        """What others fill it with."""
        return self.seen / "filler"

    def call(self, *command: str) -> None:
        """Run a command where the disk is seen."""
        subprocess.run([*self.inside, *command], check=True)


@contextlib.contextmanager
def small_disk(size_mib: int) -> Iterator[SmallDisk]:
    """An empty one that ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    folder.chmod(0o755)
    script = f'mount -t tmpfs -o size={size_mib}m,mode=777 tmpfs "$0" && echo ready && exec sleep infinity'
    command = ["unshare", "-m", "sh", "-c", script, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            seen = Path(f"/proc/{holder.pid}/root{folder}")
            disk = SmallDisk(folder, seen, ("nsenter", "-t", str(holder.pid), "-m"))
            disk.ballast.write_bytes(os.urandom(BALLAST_MIB * 1024 * 1024))
            yield disk
        finally:
            holder.kill()
            folder.rmdir()


@dataclass(frozen=True)
class SmallDatabase:
    """A database on a small disk."""

    disk: SmallDisk
    settings: Settings
    """Of a server that is begun inside."""
    url: str
    """Where it is outside before `put_in` and after `take_out`; a PostgreSQL is both all the while."""
    files: tuple[Path, Path] | None
    """Of SQLite: outside and inside."""

    def put_in(self) -> None:
        """Move it onto the small disk."""
        if self.files is not None:
            shutil.copy(*self.files)

    def take_out(self) -> None:
        """Move it back, as it lies there."""
        if self.files is not None:
            outside, inside = self.files
            for path in inside.parent.glob(f"{inside.name}*"):
                shutil.copy(path, outside.parent)


@contextlib.contextmanager
def small_database(kind: str, tmp_path: Path) -> Iterator[SmallDatabase]:
    """An empty one."""
    data, name = tmp_path / "data", "log.sqlite3"
    if kind == "sqlite":
        with small_disk(SQLITE_MIB) as disk:
            settings = Settings(data_dir=data, database_url=f"sqlite:///{disk.folder / name}", port=0)
            yield SmallDatabase(disk, settings, f"sqlite:///{tmp_path / name}", (tmp_path / name, disk.seen / name))
        return
    with (
        small_disk(POSTGRES_MIB) as disk,
        new_postgres(is_durable=True, disk=disk.folder, inside=disk.inside, options=POSTGRES_OPTIONS) as postgres,
    ):
        url = postgres.url.format("")
        yield SmallDatabase(disk, Settings(data_dir=data, database_url=url, port=0), url, None)


@contextlib.contextmanager
def _serving(small: SmallDatabase, root: Path, *, end: signal.Signals = signal.SIGKILL) -> Iterator[str]:
    """A server that sees the small disk and does not look how much is free; ended by a signal."""
    settings = small.settings
    command = [*small.disk.inside, sys.executable, "-m", "server.cli", "serve", "--port", "0"]
    command += ["--data-dir", str(settings.data_dir), "--database-url", settings.database_url]
    environment = os.environ | {"ANSIM_FIRST_PASSWORD": "x" * 20, "ANSIM_MIN_FREE_MIB": "0", "PYTHONPATH": str(root)}
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("serving on"), line
            yield line.split()[-1]
        finally:
            process.send_signal(end)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.soak])])
def test_no_acknowledged_entry_is_lost_on_a_full_disk(kind: str, tmp_path: Path, repo_root: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("no disk can be mounted here")
    with small_database(kind, tmp_path) as small:
        services = build_services(small.settings.model_copy(update={"database_url": small.url}))
        uploads = Uploads(services.server_signer.signer.public_key, PROBES)
        uploads.admit(services.db)
        services.db.close()
        small.put_in()
        refused: list[bytes] = []
        with _serving(small, repo_root) as uploads.url:
            while len(refused) < REFUSED_AT_LAST:
                for probe in uploads.probes:
                    wire = uploads.note(probe, BODY_BYTES)
                    if uploads.post(wire) != 200:
                        refused.append(wire)
            acknowledged = len(uploads.places)
        assert acknowledged > REFUSED_AT_LAST
        small.disk.ballast.unlink()
        with _serving(small, repo_root) as uploads.url:
            for wire in refused:
                uploads.deliver(wire)
        assert len(uploads.places) == acknowledged + len(refused)
        small.take_out()
        with contextlib.closing(Database(small.url, keys_in(small.settings.data_dir))) as db:
            check_log(db, [uploads])
    print(f"{kind}: {acknowledged} acknowledged before the disk was full, {uploads.answers}: 0 lost")
    assert uploads.answers[507] + uploads.answers[503] >= REFUSED_AT_LAST


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_server_starts_on_a_full_disk_and_says_so(kind: str, tmp_path: Path, repo_root: Path) -> None:
    """It answers what is read, refuses what is written, and takes it once there is room, without another start."""
    if not can_mount(tmp_path):
        pytest.skip("no disk can be mounted here")
    with small_database(kind, tmp_path) as small:
        services = build_services(small.settings.model_copy(update={"database_url": small.url}))
        uploads = Uploads(services.server_signer.signer.public_key, PROBES)
        uploads.admit(services.db)
        services.db.close()
        small.put_in()
        with _serving(small, repo_root, end=signal.SIGTERM):
            pass  # as it was before the disk was full; nothing of SQLite's log and its index is left
        _fill(small.disk)
        with _serving(small, repo_root, end=signal.SIGTERM) as uploads.url:
            assert _part(uploads.url, "database") == "ok"
            assert httpx.get(f"{uploads.url}/api/log/checkpoint").status_code == 200
            wire = uploads.note(uploads.probes[0], BODY_BYTES)
            refused = {uploads.post(wire) for _ in range(REFUSED_AT_LAST)}
            assert _part(uploads.url, "disk") == "degraded"
            assert httpx.get(f"{uploads.url}/api/health", timeout=30).json()["status"] == "degraded"
            small.disk.filler.unlink()
            small.disk.ballast.unlink()
            uploads.deliver(wire)
        small.take_out()
        with contextlib.closing(Database(small.url, keys_in(small.settings.data_dir))) as db:
            check_log(db, [uploads])
    assert 507 in refused
    assert refused <= ({507} if kind == "sqlite" else {507, 503})


def _fill(disk: SmallDisk) -> None:
    """Leave nothing free."""
    with disk.filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk.seen).free == 0


def _part(url: str, name: str) -> str:
    parts: dict[str, str] = httpx.get(f"{url}/api/health", timeout=30).json()["parts"]
    return parts[name]


def test_what_tends_the_database_goes_on_after_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    services = build_services(settings)
    faults = [DiskFullError("the disk is full")]

    async def play() -> None:
        again, loop = asyncio.Event(), asyncio.get_running_loop()

        def tend_access_log(_services: Services) -> int:
            if faults:
                raise faults.pop()
            loop.call_soon_threadsafe(again.set)
            return 0

        monkeypatch.setattr(maintenance, "tend_access_log", tend_access_log)
        work = asyncio.create_task(maintenance.run_maintenance(services))
        done, _ = await asyncio.wait({work, asyncio.create_task(again.wait())}, return_when=asyncio.FIRST_COMPLETED)
        assert work not in done
        work.cancel()

    monkeypatch.setattr(maintenance, "TEND_S", 0)
    asyncio.run(play())
    services.db.close()
