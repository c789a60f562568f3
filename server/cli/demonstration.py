"""The demonstration that `make run` starts: a server with a made-up facility, a recorded sweep, a probe that simulates.

Input is a folder for the data; output is a running server on the loopback address, its login and the inspection log of
the recorded sweep as CSV and PDF.  A second start finds everything there, doubles nothing and prints the same login.
It signs with demo keys only: nothing of it can pass for a measurement.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from server.api.app import build_services
from server.config.settings import Settings, SettingsError, load_settings
from server.districts.register import add_district, name_of
from server.exports.gathering import inspection_log
from server.exports.gathering.log_request import LogRequest
from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.interface.formats import Format
from server.interface.words import KST
from server.people import access_log, auth
from server.places import facilities
from server.projections import projecting
from server.projections.log_records import ExportError, Period
from server.serving.running import open_socket, run
from server.signing import keys
from server.store.db import Database
from server.store.schema import sweeps, users
from sweep.entry.envelope import DEFAULT_TENANT
from sweep.phrases import Phrase, quoted
from sweep.report import LocalText
from sweep.report.help.parser import SpokenParser
from sweep.report.language import fitted, language_of, spoken

CHECKOUT = Path(__file__).resolve().parents[2]
RECORDED_SWEEP = CHECKOUT / "sweep" / "sim" / "recorded"
PROBE_ID = "probe-demo-1"  # the name that `sweep` gives itself without a configuration file
DEMO_USERS: tuple[tuple[str, str, Role], ...] = (
    ("admin", "관리자-01", "admin"),
    ("inspector", "점검자-01", "inspector"),
    ("inspector-2", "점검자-02", "inspector"),
)
OFFICE = LocalText(ko="가상구(가상 기관)", en="Made-up district (no real office)")
"""Heads its documents, until somebody names it otherwise."""
PORTS_TRIED = 20
START_TIMEOUT_S = 60


def said_of(error: Exception) -> str:
    """What stops a demonstration, in one line in the language of the locale."""
    said = spoken(error)
    return said if language_of(os.environ) == "ko" else f"error: {said}"


class DemoError(RuntimeError):
    """The demonstration cannot go on; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of the demonstration lies."""

    data: Path
    recording: Path

    @property
    def probe(self) -> Path:
        """State folder of the simulated probe."""
        return self.data / "probe"

    @property
    def logins(self) -> Path:
        """The made-up passwords, so that the next start can print them again."""
        return self.data / "demo-login.json"

    @property
    def replay_log(self) -> Path:
        """What the probe said while it ran the recorded sweep."""
        return self.data / "replay.log"

    @property
    def agent_log(self) -> Path:
        """What the simulated probe says."""
        return self.data / "probe.log"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; 0 when it ended well, 2 with one line on standard error when it cannot go on."""
    parser = SpokenParser(prog="server.cli.demo", description="Server, recorded sweep, export.")
    parser.add_argument("--once", action="store_true", help="end after the export")
    parser.add_argument("--port", type=int, default=8080, help="port on the loopback address (default: 8080)")
    parser.add_argument("--recording", type=Path, default=RECORDED_SWEEP, help="folder of the recorded sweep to run")
    parser.add_argument("--data", type=Path, default=CHECKOUT / "var", help="folder for the data (default: var)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended like Ctrl-C: the probe ends with the server
    try:
        _demonstrate(Place(options.data.resolve(), options.recording.resolve()), options.port, once=options.once)
    except KeyboardInterrupt:
        say(Phrase("demonstration_ended"))
    except (DemoError, SettingsError, ApiError, ExportError, OSError) as error:
        print(said_of(error), file=sys.stderr)
        return 2
    return 0


def _demonstrate(place: Place, port: int, *, once: bool) -> None:
    listener = free_socket(port)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = load_settings(
        os.environ, data_dir=place.data, tenant=DEFAULT_TENANT, host="127.0.0.1", port=listener.getsockname()[1]
    )
    db = build_services(settings).db
    passwords = _prepare(db, place)
    with serving(settings, listener):
        _replay_once(db, place, address)
        documents = _export(db, place, settings.tenant)
        db.close()
        if once:
            _tell(place, address, passwords, documents, is_open=False)
            return
        with _agent(place, address):
            _tell(place, address, passwords, documents, is_open=True)
            while True:
                signal.pause()


def free_socket(port: int) -> socket.socket:
    """A socket on this port or, when it is taken, on one of the next; says so."""
    if not 0 <= port < 65_536:
        raise DemoError(Phrase("port_out_of_range", port=port))
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        try:
            listener = open_socket("127.0.0.1", candidate)
        except SettingsError:
            continue
        if candidate != port:
            say(Phrase("demonstration_port_taken", port=port, other=candidate))
        return listener
    raise DemoError(Phrase("ports_taken", first=port, last=port + PORTS_TRIED - 1))


def _prepare(db: Database, place: Place) -> dict[str, str]:
    """Facility, users and the probe's key; returns the passwords."""
    public_key = _probe_key(place)
    with db.write() as connection:
        facilities.load_demo_facility(connection)
        if not name_of(connection, DEFAULT_TENANT):
            add_district(connection, DEFAULT_TENANT, OFFICE, actor="demo")
        key = keys.admit(
            connection,
            public_key=public_key,
            role="demo",
            probe_id=PROBE_ID,
            name=spoken(Phrase("demo_probe")),
            actor="demo",
        )
        release_quarantine(connection, key)
    return _passwords(db, place)


def _passwords(db: Database, place: Place) -> dict[str, str]:
    """Passwords of the demonstration's users, made at the first start and kept in a file of mode 0600.

    Its accounts need no second factor, so it makes none where anybody else has one.
    """
    with db.read() as connection:
        others = select(func.count()).select_from(users).where(users.c.is_demonstration.is_(False))
        if connection.scalar(others):
            raise DemoError(Phrase("folder_of_a_real_server", folder=_shown(place.data)))
    try:
        stored: dict[str, str] = json.loads(place.logins.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        stored = {}
    passwords = {name: stored.get(name) or auth.random_password() for name, _, _ in DEMO_USERS}
    if stored != passwords:
        descriptor = os.open(place.logins, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(passwords, file)
    with db.write() as connection:
        there = set(connection.scalars(select(users.c.username)))
        for name, display_name, role in DEMO_USERS:
            if name not in there:
                auth.create_user(
                    connection,
                    username=name,
                    display_name=display_name,
                    role=role,
                    password=passwords[name],
                    actor="demo",
                    is_demonstration=True,
                )
            elif name not in stored:
                auth.set_password(connection, name, passwords[name], actor="demo")
    return passwords


def _sweep_command(*arguments: str) -> list[str]:
    """The probe's own command line; the server knows it as a program, never as a library."""
    return [sys.executable, "-m", "sweep.cli", *arguments]


def _probe_key(place: Place) -> bytes:
    """The simulated probe's public key, which `sweep key` prints as `key_id public_key`."""
    done = subprocess.run(
        _sweep_command("key", "--state", str(place.probe)), capture_output=True, text=True, check=False, cwd=CHECKOUT
    )
    words = done.stdout.split()
    if done.returncode != 0 or len(words) < 2:
        raise DemoError(Phrase("sweep_key_failed", why=done.stderr.strip().rpartition("\n")[2] or Phrase("no_output")))
    try:
        return bytes.fromhex(words[1])
    except ValueError:
        raise DemoError(Phrase("sweep_key_printed_nothing")) from None


@contextmanager
def serving(settings: Settings, listener: socket.socket) -> Iterator[None]:
    """The server in a thread of its own, until the block ends."""
    started, failures = threading.Event(), list[BaseException]()
    stop = threading.Event()

    def serve() -> None:
        try:
            run(settings, listener, on_started=started.set, stop=stop)
        except (OSError, SettingsError, SystemExit) as error:
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=serve, name="server")
    thread.start()
    try:
        if not started.wait(START_TIMEOUT_S) or failures or not thread.is_alive():
            raise DemoError(
                Phrase("server_did_not_start", why=quoted(failures[0]) if failures else Phrase("no_reason_given"))
            )
        yield
    finally:
        stop.set()
        thread.join()


def _replay_once(db: Database, place: Place, address: str) -> None:
    """Run the recorded sweep through the pipeline unless its report is here already."""
    sweep_id = _recorded(place, "sweep_id")
    with db.read() as connection:
        there = connection.scalar(
            select(func.count())
            .select_from(sweeps)
            .where(sweeps.c.sweep_id == UUID(sweep_id), sweeps.c.report_log_index.is_not(None))
        )
    if there:
        say(Phrase("demonstration_replayed"))
        return
    say(Phrase("demonstration_replays"))
    replay = _sweep_command("replay", str(place.recording), "--server", address, "--state", str(place.probe))
    with place.replay_log.open("wb") as log:
        done = subprocess.run(replay, check=False, cwd=CHECKOUT, stdout=log, stderr=log)
    if done.returncode != 0:
        said = place.replay_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise DemoError(Phrase("sweep_replay_failed", why=said or Phrase("no_output"), log=_shown(place.replay_log)))


def _recorded(place: Place, field: str) -> str:
    try:
        return str(json.loads((place.recording / "sweep.json").read_text(encoding="utf-8"))[field])
    except (OSError, ValueError, KeyError, TypeError):
        raise DemoError(Phrase("no_recorded_sweep", folder=_shown(place.recording))) from None


def _shown(path: Path) -> Path:
    """The path as people type it in the checkout."""
    return path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path


def _export(db: Database, place: Place, organisation: str) -> tuple[Path, ...]:
    """The inspection log from the day of the recorded sweep until today, as CSV and PDF."""
    now = inspection_log.today()
    first: date = datetime.fromisoformat(_recorded(place, "started")).astimezone(KST).date()
    period = Period(min(first, now.date() - timedelta(days=1)), now.date())
    documents = []
    projecting.drain(db)
    for format_ in (Format.CSV, Format.PDF):
        language = language_of(os.environ) if format_ is Format.CSV else "ko"
        wanted = LogRequest(format_, period, None, organisation, "관리자-01", "시범 운영", language=language)
        path = place.data / f"inspection-log.{format_}"
        with db.write() as connection:
            reader = access_log.Reader.at_terminal()
            access_log.note(connection, reader, "log.exported", path.name, ("inspection_log",), wanted.reason)
        with db.read() as connection:
            path.write_bytes(inspection_log.write_log(connection, wanted, now))
        documents.append(path)
    return tuple(documents)


@contextmanager
def _agent(place: Place, address: str) -> Iterator[None]:
    """The simulated probe, waiting for a sweep that the page starts; ended with the block."""
    command = _sweep_command(
        "agent", "--sim", "--camera-in", "stall-2", "--server", address, "--state", str(place.probe)
    )
    setpriv = shutil.which("setpriv")
    if setpriv is not None:  # the probe ends even when this process is killed, or it would hold its outbox for ever
        command = [setpriv, "--pdeathsig", "TERM", *command]
    with place.agent_log.open("ab") as log:
        agent = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=CHECKOUT)
    try:
        yield
    finally:
        agent.terminate()
        try:
            agent.wait(timeout=10)
        except subprocess.TimeoutExpired:
            agent.kill()
            agent.wait()


def _tell(place: Place, address: str, passwords: dict[str, str], documents: Sequence[Path], *, is_open: bool) -> None:
    """Where it is, who logs in, what to try, and where the documents lie."""
    if is_open:
        say(Phrase("demonstration_address", address=address))
    else:
        say(Phrase("demonstration_address_ended", address=address))
    for name, password in passwords.items():
        say(Phrase("demonstration_login", name=name, password=password))
    if is_open:
        say(Phrase("demonstration_try"))
        say(Phrase("demonstration_try_map"))
        say(Phrase("demonstration_try_sweep"))
        say(Phrase("demonstration_try_terminal", command=_shown(Path(sys.executable).with_name("sweep"))))
    say(Phrase("demonstration_log", files=", ".join(str(_shown(path)) for path in documents)))
    say(Phrase("demonstration_details", replay=_shown(place.replay_log), probe=_shown(place.agent_log)))
    if is_open:
        say(Phrase("demonstration_ends"))


def say(what: Phrase) -> None:
    """A line in the language of the locale."""
    print(fitted(spoken(what), sys.stdout), flush=True)
