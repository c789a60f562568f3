"""A real server for each test: uvicorn on a free port of the loopback address, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import contextvars
import filecmp
import itertools
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from pwdlib import PasswordHash
from sqlalchemy import NullPool, create_engine, make_url, select, text

from server import cli
from server.api.app import build_services
from server.api.service.services import Services
from server.bounds.body_limits import PACE, Pace
from server.bounds.connections import LINGER_S
from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from server.people.sessions import strengthen
from server.places import facilities
from server.projections import projecting
from server.server_keys.root import sign_waiting
from server.serving.running import open_socket, run
from server.serving.tls import TlsPort
from server.signing import keys
from server.store.crypto.body_keys import BodyKeys
from server.store.db import Database
from server.store.schema import users
from server.verifier.signing_rules import KeyRole
from sweep.entry.dsse import Signer
from sweep.entry.envelope import DEFAULT_TENANT
from tests.passwords import hash_quickly, quick_hash
from tests.server.statements import compiled_once
from tests.waiting import PATIENCE_S, wait_until

PASSWORD = "a-long-password"
QUICK_HASH = quick_hash(PASSWORD)
NO_TLS = ssl.create_default_context()
"""Made once: each client would else read the authorities of the world, for a server that speaks plain HTTP."""
POSTGRES_BINARIES = sorted(
    (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), key=lambda path: int(path.parent.name)
)
"""Of every version that is here, the newest last, which is what tests run on; a client alone is none."""
EACH_DATABASE = pytest.mark.parametrize(
    "database_kind",
    [
        "sqlite",
        *(
            pytest.param(f"postgres-{path.parent.name}", marks=[pytest.mark.postgres, pytest.mark.soak])
            for path in POSTGRES_BINARIES[:-1]
        ),
        pytest.param("postgres", marks=pytest.mark.postgres),
    ],
    indirect=True,
)
"""For what a version of PostgreSQL may do in its own way: in the long run older ones that are here, too."""

Call = Callable[..., tuple[int, str, str]]


@dataclass
class Client:
    """A logged-in browser."""

    http: httpx.Client
    csrf: str = ""

    def get(self, path: str, **parameters: str | int) -> httpx.Response:
        return self.http.get(path, params=parameters or None)

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(path, json=body, headers={"X-CSRF-Token": self.csrf})

    def put(self, path: str, body: object) -> httpx.Response:
        return self.http.put(path, json=body, headers={"X-CSRF-Token": self.csrf})


@dataclass
class Site:
    """A running server and a second hand in its database."""

    url: str
    services: Services
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def db(self) -> Database:
        return self.services.db

    def anonymous(self) -> Client:
        return Client(self.closing.enter_context(httpx.Client(base_url=self.url, timeout=30, verify=NO_TLS)))

    def login(self, role: Role, display_name: str = "점검자-01") -> Client:
        """A client logged in as a new user of this role."""
        username = f"{role}-{uuid.uuid4().hex[:6]}"
        self.add_user(username, role, display_name)
        client = self.anonymous()
        answer = client.post("/api/login", {"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.csrf = answer.json()["csrf_token"]
        if answer.json()["user"]["needs_second_factor"]:
            self.strengthen(client)
        return client

    def strengthen(self, client: Client) -> None:
        """Let a session count as one with a second factor, which has tests of its own."""
        with self.db.write() as connection:
            strengthen(connection, client.http.cookies["ansim_session"])

    def add_user(self, username: str, role: Role, display_name: str) -> None:
        """An account of the whole city, whose name gets a number where somebody has that name."""
        with self.db.write() as connection:
            borne = set(connection.scalars(select(users.c.display_name)))
            names = itertools.chain([display_name], (f"{display_name} {number}" for number in itertools.count(2)))
            auth.create_user(
                connection,
                username=username,
                display_name=next(name for name in names if name not in borne),
                role=role,
                password=QUICK_HASH,
                actor="test",
            )
            sign_waiting(connection, self.services.server_signer)

    def admit(
        self,
        signer: Signer,
        role: KeyRole = "demo",
        probe_id: str | None = "probe-demo-1",
        tenant: str = DEFAULT_TENANT,
        probes: Iterable[str] = (),
    ) -> keys.Key:
        """Admit a key, as a route or command does: its entry by the root key is there when this returns.

        A second key of the server itself, for persons, is admitted as the next of its line.
        """
        own = {"server": self.services.server_signer.signer, "demo": self.services.server_signer.demo_signer}.get(role)
        with self.db.write() as connection:
            key = keys.admit(
                connection,
                public_key=signer.public_key,
                role=role,
                probe_id=probe_id,
                name="test probe",
                actor="test",
                tenant=tenant,
                predecessor=None if own is None or probe_id is not None else own.key_id,
                probes=frozenset(probes),
            )
            sign_waiting(connection, self.services.server_signer)
        return key

    def send(self, wire: bytes) -> httpx.Response:
        """Post an entry and wait until what it says can be read."""
        answer = httpx.post(f"{self.url}/api/entries", content=wire, timeout=30, verify=NO_TLS)
        projecting.drain(self.db)
        return answer


@dataclass
class PrivatePostgres:
    """A PostgreSQL without network that a test may stop and start."""

    url: str
    """SQLAlchemy URL, with {} where more parameters go."""
    start: Callable[[], None]
    stop: Callable[[], None]
    kill: Callable[[], None]
    """End every process of it with SIGKILL."""
    processes: Callable[[], list[int]]
    """Every process of it."""


@pytest.fixture(autouse=True, scope="session")
def statements_are_compiled_once() -> Iterator[None]:
    """For the databases of all tests of a kind."""
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The PostgreSQL that tests share."""
    with new_postgres() as found:
        yield found.url


@pytest.fixture
def private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL of this test's own."""
    with new_postgres() as found:
        yield replace(found, url=found.url.format(""))


@contextlib.contextmanager
def new_postgres(
    *,
    is_durable: bool = False,
    disk: Path | None = None,
    inside: Sequence[str] = (),
    options: str = "",
    kind: str = "postgres",
    primary: PrivatePostgres | None = None,
) -> Iterator[PrivatePostgres]:
    """A PostgreSQL that ends with the block; without fsync unless the durable way is what is measured.

    With a `primary` it is a standby of that, of the same version, which follows it by streaming replication.

    The newest there is, unless its `kind` names a version (EACH_DATABASE).

    Its data lie on `disk`, which its processes see when they are begun by the command `inside`.
    """
    if not POSTGRES_BINARIES:
        pytest.fail("no PostgreSQL under /usr/lib/postgresql: make setup-test")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    shutil.chown(folder, owner.pw_uid, owner.pw_gid)
    identity = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    prefix = [*inside, *(identity if os.geteuid() == 0 else [])]
    version, data = kind.removeprefix("postgres").removeprefix("-"), (disk or folder) / "data"
    binaries = next(path for path in reversed(POSTGRES_BINARIES) if version in {"", path.parent.name})

    def call(*command: str, check: bool = True) -> None:
        subprocess.run(
            [*prefix, *command], check=check, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    if primary is None:
        call(str(binaries / "initdb"), "-D", str(data), "-U", "ansim", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
    else:
        host = str(make_url(primary.url.format("")).query["host"])
        call(str(binaries / "pg_basebackup"), "-h", host, "-U", "ansim", "-D", str(data), "-R", "-N", "-c", "fast")
    fsync = "on" if is_durable else "off"
    settings = f"-k {folder} -c listen_addresses= -c fsync={fsync} -c max_connections=60 {options}"
    control = str(binaries / "pg_ctl")

    def start() -> None:
        call(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", settings, "start")

    def stop(*, check: bool = True) -> None:
        call(control, "-D", str(data), "-m", "immediate", "-w", "stop", check=check)

    def processes() -> list[int]:
        first = next(iter(folder.glob(".s.PGSQL.*.lock"))).read_text(encoding="ascii").split()[0]
        return [*map(int, [first, *Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()])]

    def kill() -> None:
        ends = processes()
        for pid in ends:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in ends), "the end of every process", 60.0)

    start()
    try:
        yield PrivatePostgres(f"postgresql+psycopg://ansim@/postgres?host={folder}{{}}", start, stop, kill, processes)
    finally:
        stop(check=False)  # a test may have ended it
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database."""
    kind: str = request.param
    return kind


SECOND_IN_SOAK = pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.soak])], indirect=True
)
"""For what hardly asks the database: SQLite each time, PostgreSQL in the long run."""
SECOND_IN_SOAK_FILES = frozenset(
    f"test_{name}.py"
    for name in (
        *(
            "access",
            "access_log",
            "accounts",
            "cases",
            "bounds",
            "claimed_time",
            "cli",
            "decisions",
            "declaring",
            "documents",
            "health",
            "hostile_text",
            "hosts",
            "passkeys",
            "second_factor",
            "second_person",
        ),
        *(
            "importing",
            "inspection_log",
            "keys",
            "logins",
            "own_keys",
            "people",
            "photos",
            "plain_entries",
            "projections",
            "public_page",
            "quarantine",
        ),
        *(
            "retention",
            "root",
            "root_ceremony",
            "rooms",
            "rotation",
            "schedule",
            "signing_rules",
            "stamping",
            "open_things",
        ),
        *("kill", "names", "nothing_given", "notifications", "stolen_pi"),
        *("case_file", "comparison", "practice", "submission", "tree", "visit_notes", "witness", "write_door"),
        *("attacks", "badges", "certificates", "due_walk", "first_passwords", "forks", "hotspot", "one_thing"),
        *(
            "certain",
            "instruments",
            "lists",
            "past",
            "past_rooms",
            "phrases",
        ),  # an officer's month is walked on the other
        *("changes", "could_change", "filing", "office_documents", "sources"),
        *("placements", "proofs", "relay_keys", "rights", "room_parts", "succession", "unchanged"),
    )
)
"""Files of which the same holds as a whole: what they ask a database for is tested on both kinds elsewhere."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave PostgreSQL to the long run where it shows nothing that another file does not."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.name in SECOND_IN_SOAK_FILES:
            callspec = getattr(item, "callspec", None)
            if callspec is not None and callspec.params.get("database_kind") == "postgres":
                item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of this release, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    with contextlib.closing(Database(f"sqlite:///{file}")) as db:
        db.migrate()
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The name of an empty database of this release, to be copied."""
    name = "migrated"
    _on_postgres(postgres, f"CREATE DATABASE {name}")
    with contextlib.closing(Database(_on(postgres, name))) as db:
        db.migrate()
    return name


def _on(postgres: str, name: str) -> str:
    return postgres.format("").replace("/postgres?", f"/{name}?")


def _on_postgres(postgres: str, statement: str) -> None:
    engine = create_engine(postgres.format(""), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture
def new_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without any table; on PostgreSQL a schema of its own, which takes no time to make."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    postgres: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex[:12]}"
    _on_postgres(postgres, f"CREATE SCHEMA {name}")
    yield postgres.format(f"&options=-csearch_path%3D{name}")
    _on_postgres(postgres, f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, with the tables of this release."""
    if database_kind == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "test.sqlite3")
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    postgres: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex[:12]}"
    _on_postgres(postgres, f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_postgres')}")
    yield _on(postgres, name)
    _on_postgres(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this process hash passwords in a moment."""
    monkeypatch.setattr(PasswordHash, "hash", hash_quickly)


def keys_in(folder: Path) -> BodyKeys:
    """The keys of bodies where a server with this data folder has them."""
    return BodyKeys(folder / "bodies.keys", folder / "bodies.key")


def _settings(folder: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=folder / "data",
        database_url=database_url,
        port=0,
        min_free_mib=0,
        login_attempts_per_minute=10_000,
        web_dir=folder / "dist",
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return _settings(tmp_path, database_url)


@contextlib.contextmanager
def running(
    settings: Settings,
    *,
    listener: socket.socket | None = None,
    tls: TlsPort | None = None,
    pace: Pace = PACE,
    linger_s: float = LINGER_S,
) -> Iterator[Site]:
    """A server with these settings until the block ends; on `listener` where its port has to be known before."""
    services = build_services(settings, may_be_newer=True)
    with services.db.write() as connection:
        facilities.load_demo_facility(connection)
    listener = listener or open_socket("127.0.0.1", 0)
    started, stop = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=partial(
            run, settings, listener, tls=tls, on_started=started.set, stop=stop, pace=pace, linger_s=linger_s
        ),
        name="server",
    )
    thread.start()
    try:
        assert started.wait(PATIENCE_S)
        site = Site(f"http://127.0.0.1:{listener.getsockname()[1]}", services)
        with site.closing:
            yield site
    finally:
        stop.set()
        thread.join()
        services.db.close()


@pytest.fixture(scope="session")
def started_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Database and data of a server that was started before, to be copied: it starts in a third of the time."""
    folder = tmp_path_factory.mktemp("started")
    shutil.copyfile(migrated_sqlite, folder / "test.sqlite3")
    for _ in range(2):
        services = build_services(_settings(folder, f"sqlite:///{folder / 'test.sqlite3'}"))
        with contextlib.closing(services.db), services.db.write() as connection:
            facilities.load_demo_facility(connection)
    return folder


@pytest.fixture
def site(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A running server.  What a first start does has tests of its own."""
    file = tmp_path / "test.sqlite3"
    is_untouched = settings == _settings(tmp_path, f"sqlite:///{file}") and not settings.data_dir.exists()
    if is_untouched and filecmp.cmp(file, request.getfixturevalue("migrated_sqlite"), shallow=False):
        started: Path = request.getfixturevalue("started_sqlite")
        shutil.copyfile(started / "test.sqlite3", file)
        shutil.copytree(started / "data", settings.data_dir)
    with running(settings) as found:
        yield found


@pytest.fixture
def call(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run `sweep-server` in this process on the test's database: (exit code, standard output, standard error)."""
    environment = {"ANSIM_DATA_DIR": str(settings.data_dir), "ANSIM_DATABASE_URL": settings.database_url}

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code: int | str | None = 0
        settings.data_dir.mkdir(exist_ok=True)
        try:
            contextvars.copy_context().run(cli.main, [*map(str, arguments)], environment)
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        return int(code or 0), printed.out, printed.err

    return run
