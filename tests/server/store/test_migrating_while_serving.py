"""A later release migrates while this one serves: nothing stops, and no migration may do what would stop it."""

from __future__ import annotations

import ast
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.config.settings import Settings
from server.store.revisions import MIGRATIONS, newest_revision
from sweep.report import new_id
from tests.server.conftest import running
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

FIRST_HELD = "0056"
"""From this one on migrations only expand: a server of the release before goes on beside it."""
BREAKS = {"drop_column", "drop_table", "alter_column", "rename_table", "batch_alter_table", "drop_constraint"}
MORE = '''"""What a later release adds."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
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


def test_migrations_from_now_on_only_expand() -> None:
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        if path.name.split("_")[0] >= FIRST_HELD:
            assert stopping(path.read_text(encoding="utf-8")) == [], path.name


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
    later = tmp_path / "later"
    shutil.copytree(MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    (later / "versions" / "9999_more.py").write_text(MORE.format(head=newest_revision(MIGRATIONS)), encoding="utf-8")
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
