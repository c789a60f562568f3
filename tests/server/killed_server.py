"""`sweep-server serve` in a process of its own, to be killed over and over, alone or beside another one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from server.api.app import build_services
from server.config.settings import Settings
from server.places import facilities
from server.server_keys.own_keys import FILES
from server.server_keys.root import ROOT_FILE
from tests.server.conftest import Site


def free_port() -> int:
    """One on which nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class KilledServer:
    """`sweep-server serve` in a process of its own, as often as needed."""

    def __init__(
        self,
        settings: Settings,
        repo_root: Path,
        program: Sequence[str] = ("-m", "server.cli"),
        more: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> None:
        """`inside`: the command that begins it where its disk is small."""
        self.port = free_port()
        self._root = repo_root
        self._command = [*inside, sys.executable, *program, "serve", "--port", str(self.port)]
        self._command += ["--data-dir", str(settings.data_dir), "--database-url", settings.database_url]
        self._environment = os.environ | {
            "ANSIM_FIRST_PASSWORD": "x" * 20,
            "ANSIM_MIN_FREE_MIB": "0",
            "ANSIM_BODY_KEYS": str(settings.body_keys_path),
            "ANSIM_STORE_KEY": str(settings.store_key_path),
            "ANSIM_CITY_URL": settings.city_url,
            "ANSIM_DATABASE_REPLICA_URL": settings.database_replica_url,
            "ANSIM_STORAGE_URL": settings.storage_url,
        }
        self._environment |= more or {}
        self._process: subprocess.Popen[str] | None = None
        self._reading = threading.Thread()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        said = list[str]()
        for line in self._process.stdout:
            said.append(line)
            if line.startswith("serving on"):
                break
        self._reading = threading.Thread(target=deque, args=(self._process.stdout, 0), daemon=True)
        self._reading.start()  # what it says more must not fill the pipe and hold it up
        assert any(line.startswith("serving on") for line in said), said

    @property
    def pid(self) -> int:
        """Of the process that serves."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Was it killed?"""
        return self._process is None

    def kill(self, by: signal.Signals = signal.SIGKILL) -> None:
        process = self._process
        if process is not None and process.stdout is not None:
            process.send_signal(by)
            process.wait()
            self._reading.join()
            process.stdout.close()
            self._process = None

    def close(self) -> None:
        """End it."""
        self.kill()


def copy_keys(source: Path, target: Path) -> None:
    """Give the process with the data folder `target` the server's keys, as an operator copies them."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (*FILES, ROOT_FILE):
        shutil.copy(source / name, target / name)


def with_folder(settings: Settings, folder: Path) -> Settings:
    """The settings of another process: a data folder of its own, and the one store of the keys of bodies."""
    store = {"body_keys": str(settings.body_keys_path), "store_key": str(settings.store_key_path)}
    return settings.model_copy(update={"data_dir": folder} | store)


@contextmanager
def two_servers(database_url: str, folder: Path, repo_root: Path) -> Iterator[tuple[list[KilledServer], list[Site]]]:
    """Two processes that serve one PostgreSQL, each with a data folder of its own, and a hand in it for each."""
    with many_servers(2, database_url, folder, repo_root) as found:
        yield found


@contextmanager
def many_servers(
    count: int, database_url: str, folder: Path, repo_root: Path, more: Mapping[str, str] | None = None
) -> Iterator[tuple[list[KilledServer], list[Site]]]:
    """So many of them; `more`: settings of each by their variables."""
    servers: list[KilledServer] = []
    sites: list[Site] = []
    first = Settings(data_dir=folder / "a", database_url=database_url, port=0, min_free_mib=0)
    settings = [first, *(with_folder(first, folder / name) for name in "bcdefgh"[: count - 1])]
    with closing(build_services(first).db) as db, db.write() as connection:
        facilities.load_demo_facility(connection)
    for one in settings[1:]:
        copy_keys(first.data_dir, one.data_dir)
    try:
        for one in settings:
            servers.append(KilledServer(one, repo_root, more=more))
            servers[-1].start()
            sites.append(Site(f"http://127.0.0.1:{servers[-1].port}", build_services(one)))
        yield servers, sites
    finally:
        for site in sites:
            site.closing.close()
            site.db.close()
        for server in servers:
            server.kill()
