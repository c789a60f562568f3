"""Any part of a server fails in any way whatever is being done: nothing acknowledged is lost or doubled, nor a stop.

The parts: the server's process, its PostgreSQL, the replica and the object storage.  The ways: ended with SIGKILL and
begun again, stopped for some seconds with SIGSTOP, cut off.  What is done meanwhile: sweeps and a stop always, and live
messages, a document or the migration of a later release.  Each round is one of these; `make soak` makes 200.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import make_url, select

from server.api.app import build_services
from server.config.settings import Settings
from server.places import facilities
from server.projections import projecting
from server.store.db import Database
from server.store.faults import AwayError, BusyError
from server.store.revisions import MIGRATIONS
from server.store.schema import entries, sweeps
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.report import new_id, to_json
from tests.entry_factory import signer
from tests.server.conftest import Client, PrivatePostgres, Site, new_postgres
from tests.server.killed_server import KilledServer, free_port
from tests.server.live_kit import Speaker, ask_to_stop, fetch_all
from tests.server.storage_kit import REGION, make_bucket
from tests.server.store.test_migrating_while_serving import MORE, later_release
from tests.server.sweep_kit import Probe
from tests.server.uploads import Uploads, check_log
from tests.waiting import descendants, wait_until
from tests.web.relay import Network, UnixNetwork

PROBES, ROUNDS, SEEDS = 2, 20, 10
PARTS = ("server", "PostgreSQL", "replica", "storage")
WAYS = ("killed", "stopped", "cut off")
MEANWHILE = ("ingest", "live", "export", "migration")
EACH = random.Random(48).sample(list(itertools.product(PARTS, WAYS, MEANWHILE)), k=48)
"""Every kind of round once, in an order of chance; 200 rounds make each four times."""
MORE_MESSAGES = 4
PACE_S = 0.4  # between a probe's sweeps, so that a piece has some hundred
WANTED = {"reason": "점검", "from": "2026-01-01", "to": "2026-12-31", "format": "json"}


@dataclass
class Part:
    """What may fail: how it is ended and begun, which its processes are, and what leads to it."""

    kill: Callable[[], None]
    start: Callable[[], None]
    processes: Callable[[], list[int]]
    network: Network

    def fail(self, way: str, seconds: float) -> float:
        """Let it fail once; returns since when it could serve again: of what was killed, since it was."""
        failed_s = time.monotonic()
        match way:
            case "killed":
                self.kill()
                self.start()
                return failed_s
            case "stopped":
                for sent, wait_s in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0.0)):
                    for pid in self.processes():
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, sent)
                    time.sleep(wait_s)  # how long it stands still is what is tried
            case _:
                self.network.cut()
                time.sleep(seconds)  # as long as it is cut off
                self.network.join()
        return time.monotonic()


class StorageProcess:
    """A server that speaks S3 in a process of its own, whose objects outlive it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._command = [sys.executable, "-m", "tests.server.kept_s3", str(folder / "objects"), str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def processes(self) -> list[int]:
        """Its only one."""
        assert self._process is not None
        return [self._process.pid]


class SweepUploads(Uploads):
    """Probes that send whole sweeps: an opening, then a report with a crop that goes to the storage."""

    def __init__(self, server_key: bytes, probes: int) -> None:
        super().__init__(server_key, probes)
        self._open: dict[str, UUID] = {}

    def note(self, probe: Probe, size: int = 20_000) -> bytes:
        """The next entry of a probe."""
        sweep_id = self._open.pop(probe.signer.key_id, None)
        if sweep_id is None:
            time.sleep(PACE_S)  # the pace of probes, so that other parts get their turn
            self._open[probe.signer.key_id] = sweep_id = new_id()
            return probe.opened(sweep_id)
        bodies = (
            make_body(kinds.REPORT_TYPE, to_json(probe.made_up(sweep_id))),
            make_body(kinds.CROP_TYPE, b"\x89PNG\r\n\x1a\n" + os.urandom(size)),
        )
        return probe.entry(kinds.REPORT, bodies, sweep_id=sweep_id)[1]


@dataclass
class Rig:
    """A server with all its parts, probes that send, and persons."""

    site: Site
    parts: dict[str, Part]
    uploads: SweepUploads
    asker: Probe
    """One of them, that sends only to find out whether it is served."""
    inspector: Client
    officer: Client
    folder: Path
    url: str
    """Of the database, as the server reaches it."""
    messages: int = 0
    stops: dict[str, bool] = field(default_factory=dict)
    """Whether a stop that was acknowledged was handed to the probe, by the command's id."""
    migrations: Path = MIGRATIONS
    revision: str = "9999"
    """The last of the later release."""

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """While this is done, which must have come to its end afterwards."""
        match what:
            case "live":
                speaker = Speaker([self.site], first=self.messages)
                speaker.wait_for(1)
                try:
                    yield
                    speaker.wait_for(MORE_MESSAGES)
                finally:
                    speaker.end()
                self.messages += len(speaker.taken)
            case "export" | "migration":
                work = partial(self._export, self._last_opened()) if what == "export" else self._migrate
                with ThreadPoolExecutor(1) as pool:
                    working = pool.submit(work)
                    yield
                    working.result()
            case _:
                yield

    def _last_opened(self) -> str:
        """The sweep whose opening is the last in the log."""
        opened = select(entries.c.sweep_id).where(entries.c.kind == kinds.OPENED, entries.c.status == "accepted")
        with self.site.db.read() as connection:
            return str(connection.scalar(opened.order_by(entries.c.log_index.desc()).limit(1)))

    def _export(self, known: str) -> None:
        """The document of this sweep."""
        said = list[str]()

        def is_made() -> bool:
            try:
                answer = self.officer.get("/api/exports/inspection-log", sweep_id=known, **WANTED)
            except httpx.HTTPError:
                return False
            said.append(f"{answer.status_code}, {len(answer.text)} octets {answer.text[:200]}")
            return answer.status_code == 200 and known in answer.text

        try:
            wait_until(is_made, "the document", 60.0, 0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}: {said[-1:]}") from None

    def _migrate(self) -> None:
        """A later release adds a little more."""
        before, after = self.revision, f"9999{len(self.stops):03d}"
        later = self.folder / after  # of its own: what a folder holds is looked at once
        if self.migrations is MIGRATIONS:
            self.migrations = later_release(self.folder)
        shutil.copytree(self.migrations, later, ignore=shutil.ignore_patterns("__pycache__"))
        step = MORE.replace('"9999{floor}"', f'"{after}"').replace("tomorrow", f"tomorrow_{after}").format(head=before)
        (later / "versions" / f"{after}_more.py").write_text(step, encoding="utf-8")
        self.migrations, self.revision = later, after

        def is_newer() -> bool:
            with contextlib.closing(Database(self.url)) as db:
                try:
                    db.migrate(self.migrations)
                    with db.read() as connection:
                        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == after
                except (AwayError, BusyError):
                    return False

        wait_until(is_newer, "the migration", 120.0, 0.1)

    def is_serving(self) -> bool:
        """Does a page show its list?"""
        try:
            return self.inspector.get("/api/rooms").status_code == 200
        except httpx.HTTPError:
            return False

    def play(self, kind: tuple[str, str, str], chance: random.Random) -> float:
        """One round: seconds until an entry is acknowledged and a page is shown again."""
        part, way, meanwhile = kind
        command_id = str(new_id())
        asked = [self.inspector], command_id, str(new_id())
        asking = threading.Thread(target=ask_to_stop, args=asked, daemon=True)
        self.uploads.wait_for(1)
        entry = self.uploads.note(self.asker)
        with self.doing(meanwhile):
            asking.start()
            time.sleep(chance.random() * 0.2)  # at any moment of the stop
            since_s = self.parts[part].fail(way, 0.5 + 2 * chance.random())
            self.uploads.deliver(entry)
            wait_until(self.is_serving, "a page", 60.0, 0.02)
            served_s = time.monotonic() - since_s
        asking.join()
        self.stops[command_id] = command_id in fetch_all(self.site)
        return served_s


def _way_to(database: PrivatePostgres, folder: Path) -> tuple[UnixNetwork, str]:
    """What leads to a PostgreSQL and can be cut, and the URL by which it does."""
    folder.mkdir()
    url = database.url.format("")
    host = str(make_url(url).query["host"])
    return UnixNetwork(Path(host) / ".s.PGSQL.5432", folder / ".s.PGSQL.5432"), url.replace(host, str(folder))


@contextlib.contextmanager
def _rig(folder: Path, repo_root: Path) -> Iterator[Rig]:
    storage = StorageProcess(folder)
    with contextlib.ExitStack() as ending:
        primary = ending.enter_context(new_postgres(is_durable=True))
        replica = ending.enter_context(new_postgres(is_durable=True, primary=primary))
        storage.start()
        ending.callback(storage.kill)
        ways = [_way_to(one, folder / name) for one, name in ((primary, "p"), (replica, "r"))]
        to_storage = Network(storage.port)
        assert make_bucket(f"http://127.0.0.1:{storage.port}")
        near = Settings(
            data_dir=folder / "data",
            database_url=primary.url.format(""),
            storage_url=f"s3://bodies/ansim?region={REGION}&endpoint=http://127.0.0.1:{storage.port}",
            port=0,
            min_free_mib=0,
        )
        services = build_services(near)
        ending.callback(services.db.close)
        with services.db.write() as connection:
            facilities.load_demo_facility(connection)
        far = {"database_url": ways[0][1], "database_replica_url": ways[1][1]}
        far["storage_url"] = near.storage_url.replace(str(storage.port), str(to_storage.port))
        server = KilledServer(near.model_copy(update=far), repo_root)
        ending.callback(server.kill)
        server.start()
        to_server = Network(server.port)
        for network in (to_server, to_storage, ways[0][0], ways[1][0]):
            ending.callback(network.cut)
        site = Site(f"http://127.0.0.1:{to_server.port}", services)
        ending.callback(site.closing.close)
        uploads = SweepUploads(services.server_signer.signer.public_key, PROBES + 1)
        ending.callback(uploads.give_up)
        uploads.admit(services.db)
        site.admit(signer("probe"))
        uploads.url = site.url
        parts = {
            "server": Part(server.kill, server.start, lambda: descendants(server.pid), to_server),
            "PostgreSQL": Part(primary.kill, primary.start, primary.processes, ways[0][0]),
            "replica": Part(replica.kill, replica.start, replica.processes, ways[1][0]),
            "storage": Part(storage.kill, storage.start, storage.processes, to_storage),
        }
        people = site.login("inspector"), site.login("district_officer")
        yield Rig(site, parts, uploads, uploads.probes.pop(), *people, folder, ways[0][1])


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_lost_or_doubled_whatever_fails(
    seed: int, tmp_path: Path, repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    chance = random.Random(seed)
    with _rig(tmp_path, repo_root) as rig:
        rig.uploads.begin()
        for number in range(ROUNDS):
            kind = EACH[(seed * ROUNDS + number) % len(EACH)]
            served_s = rig.play(kind, chance)
            print(f"chaos {seed} {number}: {', '.join(kind)}: {served_s:.2f} s", flush=True)
        rig.uploads.end()
        projecting.drain(rig.site.db)
        check_log(rig.site.db, [rig.uploads])
        with rig.site.db.read() as connection:
            said = Counter(connection.execute(select(entries.c.sweep_id, entries.c.kind)).all())
            shown = Counter(connection.scalars(select(sweeps.c.sweep_id)))
    sent = {sweep_id for sweep_id, kind in said if kind == kinds.OPENED}
    assert {one for (_, kind), one in said.items() if kind in {kinds.OPENED, kinds.REPORT}} == {1}
    assert shown == Counter(sent)
    assert all(rig.stops.values()), rig.stops
    print(
        f"chaos {seed}: {ROUNDS} rounds, {len(rig.uploads.places)} entries of {len(sent)} sweeps, {rig.messages} live "
        f"messages, {len(rig.stops)} stops: 0 lost, 0 doubled; {dict(rig.uploads.answers)}"
    )
