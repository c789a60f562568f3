"""Two adjacent releases on one database: one migrates while the other serves, and no migration does what would stop it.

This release serves beside a later one that is made up here; and the one before this, out of the history where the
checkout has it, serves beside this.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import inspect

from server.api.app import build_services
from server.config.settings import Settings
from server.server_keys.rotation import KEY_FILE
from server.store.db import Database
from server.store.faults import BusyError, SchemaError
from server.store.revisions import MIGRATIONS, ONLY_ADDED_SINCE, newest_revision, served_from
from sweep.entry.dsse import Signer
from sweep.phrases import words
from sweep.report import new_id
from tests.server.conftest import Call, PrivatePostgres, new_postgres, running
from tests.server.killed_server import KilledServer
from tests.server.sweep_kit import Probe
from tests.server.uploads import Uploads, check_log
from tests.waiting import wait_until

BREAKS = {"drop_column", "drop_table", "alter_column", "rename_table", "batch_alter_table", "drop_constraint"}
MORE = '''"""What a later release adds."""

import sqlalchemy as sa
from alembic import op

revision = "9999{floor}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    op.add_column("entries", sa.Column("of_tomorrow", sa.Integer(), nullable=True))
    op.add_column("sweeps", sa.Column("of_tomorrow", sa.String(9), nullable=False, server_default="x"))
    op.create_table("tomorrow", sa.Column("tomorrow_id", sa.Integer(), primary_key=True))
'''


def _upgrade_calls(source: str) -> Iterator[ast.Call]:
    (upgrade,) = (one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef) and one.name == "upgrade")
    return (one for one in ast.walk(upgrade) if isinstance(one, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _words(call: ast.Call) -> list[str]:
    """Its arguments that are plain words."""
    return [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def stopping(source: str) -> list[str]:
    """What a migration does that would lock out or break a server of the release before."""
    calls, found = list(_upgrade_calls(source)), []
    made = {words for call in calls if _name(call) == "create_table" for words in _words(call)[:1]}
    for call in calls:
        name, tables = _name(call), set(_words(call))
        given = {one.arg for one in call.keywords}
        if name in BREAKS:
            found.append(f"{name}: what the release before reads or writes goes or changes")
        if name == "create_index" and not tables & made and "postgresql_concurrently" not in given:
            found.append("create_index: writers wait for the whole table; make it CONCURRENTLY")
        if name == "add_column":
            column = next(one for one in call.args if isinstance(one, ast.Call))
            said = {one.arg: ast.unparse(one.value) for one in column.keywords}
            if said.get("nullable") != "True" and "server_default" not in said:
                found.append("add_column: the release before does not fill it")
    return found


def later_release(folder: Path, *, floor: str = "") -> Path:
    """The migrations of a release after this one."""
    later = folder / "later"
    shutil.copytree(MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    begun = MORE.format(head=newest_revision(MIGRATIONS), floor="").partition("    op.")[0].replace("9999", "9998")
    (later / "versions" / "9998_begun.py").write_text(begun, encoding="utf-8")
    (later / "versions" / "9999_more.py").write_text(MORE.format(head="9998", floor=floor), encoding="utf-8")
    return later


def test_migrations_only_add_or_say_beside_which_release_they_take_away() -> None:
    said: dict[str, str] = {}
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        revision = next(line for line in source.splitlines() if line.startswith("revision = ")).split('"')[1]
        floor = served_from(revision)
        if path.name.split("_")[0] > ONLY_ADDED_SINCE:
            assert floor in said, path.name
            assert floor >= said[max(said)], f"{path.name}: one before it needs a later release"
            assert stopping(source) == [] or floor > said[max(said)], path.name
        said[revision] = floor


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('op.drop_column("rooms", "name")', "drop_column"),
        ('op.alter_column("rooms", "name", nullable=False)', "alter_column"),
        ('op.create_index("ix", "entries", ["kind"])', "CONCURRENTLY"),
        ('op.add_column("rooms", sa.Column("a", sa.Integer(), nullable=False))', "does not fill"),
    ],
)
def test_what_would_stop_a_server_is_named(line: str, word: str) -> None:
    (said,) = stopping(f"def upgrade():\n    {line}\n")
    assert word in said
    assert stopping(MORE) == []


def test_a_server_goes_on_while_a_later_release_migrates(settings: Settings, tmp_path: Path) -> None:
    later = later_release(tmp_path)
    answers: list[int] = []
    is_over = threading.Event()
    with running(settings) as site:
        probe, viewer = Probe(), site.login("viewer")
        site.admit(probe.signer)

        def send() -> None:
            while not is_over.is_set():
                answers.append(httpx.post(f"{site.url}/api/entries", content=probe.opened(new_id())).status_code)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            wait_until(lambda: len(answers) > 3, "entries before")
            site.db.migrate(later)
            before = len(answers)
            wait_until(lambda: len(answers) > before + 3, "entries afterwards")
        finally:
            is_over.set()
            sender.join()
        rooms = viewer.get("/api/rooms")
        health = site.anonymous().get("/api/health").json()
    assert set(answers) == {200}
    assert (rooms.status_code, health["status"]) == (200, "ok")
    with running(settings) as site:  # one that is begun again beside the later release serves too
        assert httpx.post(f"{site.url}/api/entries", content=probe.opened(new_id())).status_code == 200


def test_a_release_does_not_serve_beside_one_that_took_away_what_it_uses(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    with contextlib.closing(build_services(settings).db) as db:
        db.migrate(later_release(tmp_path, floor="_from_9998"))
    code, out, said = call("serve", "--port", "0")
    assert (code, out, len(said.splitlines())) == (2, "", 1)
    assert "install a release that knows 9998, or restore the backup" in said
    with contextlib.closing(Database(settings.url)) as db, pytest.raises(SchemaError) as refused:
        db.migrate(may_be_newer=True)
    assert "9998을 아는 버전을 설치하거나" in words(refused.value, "ko")


@pytest.mark.postgres
def test_nothing_is_taken_away_while_an_older_release_serves(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    head = newest_revision(MIGRATIONS)
    later = later_release(tmp_path, floor=f"_from_{head}")
    sign = "INSERT INTO serving_processes VALUES ('{}', extract(epoch FROM clock_timestamp()) * 1000000, {})"
    with contextlib.closing(Database(private_postgres.url)) as db:
        db.migrate()
        with db.write() as connection:
            connection.exec_driver_sql(sign.format("of this release", f"'{head}'"))
            connection.exec_driver_sql(sign.format("of one before", "NULL"))
        with pytest.raises(SchemaError) as refused:
            db.migrate(later)
        db.check_schema()
        with db.write() as connection:
            connection.exec_driver_sql("DELETE FROM serving_processes WHERE revision IS NULL")
        db.migrate(later)
    assert words(refused.value, "en").startswith("1 process of an older release serves this database")
    assert "모두 종료한 뒤" in words(refused.value, "ko")


@pytest.mark.postgres
def test_a_migration_stands_back_from_a_long_reader(private_postgres: PrivatePostgres, tmp_path: Path) -> None:
    """Nobody waits behind a migration that waits: writers and other readers go on, and it is done afterwards."""
    later = later_release(tmp_path)
    with contextlib.closing(Database(private_postgres.url)) as db:
        db.migrate()
        with contextlib.closing(Database(private_postgres.url)) as migrator:
            with db.read() as document:
                document.exec_driver_sql("SELECT count(*) FROM entries")
                with pytest.raises(BusyError) as refused:
                    migrator.migrate(later, wait_s=0)
                migrating = threading.Thread(target=migrator.migrate, args=(later,))
                migrating.start()
                waited_s = []
                for _ in range(30):
                    began_s = time.monotonic()
                    with db.write() as connection:
                        connection.exec_driver_sql("UPDATE entries SET size = size")
                    waited_s.append(time.monotonic() - began_s)
                    time.sleep(0.05)  # writes all the while that the migration waits, not all at once
                assert migrating.is_alive()
            migrating.join(30)
            with db.read() as connection:
                assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    assert max(waited_s) < 2
    assert "nothing was changed" in words(refused.value, "en")


HOLDING = """
    import os
    if "HOLD" in os.environ:
        op.execute("SELECT pg_sleep(60)")
"""
MIGRATES = """
import pathlib, sys
from server.store.db import Database
Database(sys.argv[1]).migrate(pathlib.Path(sys.argv[2]))
"""


def _in_the_middle(url: str, later: Path) -> subprocess.Popen[bytes]:
    """A process that migrates, and has come as far as its middle: some of the columns are there for it alone."""
    process = subprocess.Popen([sys.executable, "-c", MIGRATES, url, str(later)], env=os.environ | {"HOLD": "1"})
    asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)'"
    with contextlib.closing(Database(url)) as db:

        def is_there() -> bool:
            with db.read() as connection:
                return connection.exec_driver_sql(asked).scalar() == 1

        wait_until(is_there, "the middle of the migration", 60.0)
    return process


@pytest.mark.postgres
@pytest.mark.parametrize("killed", ["the migration", "PostgreSQL"])
def test_a_migration_killed_in_the_middle_leaves_what_the_release_before_serves(
    private_postgres: PrivatePostgres, tmp_path: Path, killed: str
) -> None:
    """Nothing of it is there and nobody waits for it; then it is done anew, beside the server."""
    later, head = later_release(tmp_path), newest_revision(MIGRATIONS)
    step = later / "versions" / "9999_more.py"
    step.write_text(step.read_text("utf-8").replace("\n    op.create_table", HOLDING + "    op.create_table"), "utf-8")
    settings = Settings(data_dir=tmp_path / "data", database_url=private_postgres.url, port=0, min_free_mib=0)
    with running(settings) as site:
        probe = Probe()
        site.admit(probe.signer)

        def is_taken() -> bool:
            sent = httpx.post(f"{site.url}/api/entries", content=probe.opened(new_id()), timeout=30.0)
            return sent.status_code == 200

        with _in_the_middle(private_postgres.url, later) as process:
            if killed == "PostgreSQL":
                private_postgres.kill()
                private_postgres.start()
            else:
                process.kill()
        began_s = time.monotonic()
        wait_until(is_taken, "an entry afterwards", 30.0)
        waited_s = time.monotonic() - began_s
        site.db.check_schema()
        with site.db.read() as connection:
            found = inspect(connection)
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == head
            assert not found.has_table("tomorrow")
            assert "of_tomorrow" not in {one["name"] for one in found.get_columns("entries")}
        with contextlib.closing(Database(private_postgres.url)) as db:
            db.migrate(later)
        assert is_taken()
        with site.db.read() as connection:
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    assert waited_s < 20.0


def release_before(repo_root: Path, folder: Path) -> Path:
    """The checkout just before the newest migration came; skips where the history is not there."""
    git = ["git", "-C", str(repo_root)]
    asked = [*git, "log", "-2", "--format=%H", "--diff-filter=A", "--", "server/store/migrations/versions"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    if len(found) < 2:
        pytest.skip("the release before is in no history here: only the made-up later one is tested")
    packed = subprocess.run([*git, "archive", f"{found[0]}^", "server", "sweep"], check=True, capture_output=True)
    before = folder / "before"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(before, filter="data")
    for words_file in (repo_root / "sweep" / "locale").glob("*/LC_MESSAGES/*.mo"):  # made, and in no history
        shutil.copy(words_file, before / words_file.relative_to(repo_root))
    return before


@pytest.mark.soak
@pytest.mark.postgres
def test_the_release_before_serves_beside_this_one(tmp_path: Path, repo_root: Path) -> None:
    """Its own code on one PostgreSQL: it serves alone, while this migrates, and beside it."""
    before = release_before(repo_root, tmp_path)
    with new_postgres() as postgres, contextlib.ExitStack() as ending:
        settings = Settings(data_dir=tmp_path / "data", database_url=postgres.url.format(""), port=0, min_free_mib=0)
        settings.data_dir.mkdir()
        older, newer = (KilledServer(settings, root) for root in (before, repo_root))
        for server in (older, newer):
            ending.callback(server.close)
        older.start()
        uploads = Uploads(Signer.load_or_create(settings.data_dir / KEY_FILE).public_key, 2)
        for probe in uploads.probes:
            admitted = ["enrol", probe.signer.public_key.hex(), "--role", "demo", "--name", "x", "--probe-id"]
            run = [sys.executable, "-m", "server.cli", *admitted, "probe-demo-1", "--data-dir", str(settings.data_dir)]
            subprocess.run([*run, "--database-url", settings.url], check=True, cwd=before, capture_output=True)
        uploads.url = f"http://127.0.0.1:{older.port}"
        uploads.begin()
        uploads.wait_for(4)
        newer.start()
        uploads.wait_for(8)
        with contextlib.closing(Database(settings.url)) as db:
            db.check_schema()
        uploads.url = f"http://127.0.0.1:{newer.port}"
        uploads.wait_for(8)
        uploads.url = f"http://127.0.0.1:{older.port}"
        uploads.wait_for(4)
        uploads.end()
        with contextlib.closing(build_services(settings).db) as db:
            check_log(db, [uploads])
    assert uploads.answers.keys() == {200}
