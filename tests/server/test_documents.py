"""The server's document names every route, setting, module and command, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import create_engine
from typer.main import get_command

from server.api import access
from server.api.app import create_app
from server.cli.commands import app
from server.config.settings import WEB_DIR, Settings, SettingsError, load_settings
from server.interface.fields import Role

SERVER = Path(WEB_DIR).parent.parent
README = (SERVER / "README.md").read_text(encoding="utf-8")


def _rows(heading: str) -> list[list[str]]:
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_routes(tmp_path: Path) -> None:
    application = create_app(Settings(data_dir=tmp_path))
    paths = application.openapi()["paths"]
    application.state.services.db.close()
    there = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {row[0] for row in _rows("Routes")} == there


def test_routes_stand_under_who_may_call_them(tmp_path: Path) -> None:
    application = create_app(Settings(data_dir=tmp_path))
    paths = application.openapi()["paths"]
    application.state.services.db.close()
    who, held = "", 0
    for line in README.split("\n## Routes\n")[1].split("\n## ")[0].splitlines():
        if line.startswith("| **"):
            named = re.match(r"\| \*\*`(\w+)`", line)
            who = named[1] if named else ""
        elif who and (route := re.match(r"\| `([A-Z]+) (\S+)`", line)):
            declared = access.access_of([get_args(getattr(access, who))[1].dependency])
            assert declared is not None
            assert declared.described() == paths[route[2]][route[1].lower()]["x-access"], line
            held += 1
    assert held > 100


def test_what_each_role_can_break_names_every_role_and_tests_that_are_there(repo_root: Path) -> None:
    section = README.split("\n### What each role can break\n")[1].split("\n### ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert all(len(row) == 4 for row in rows)
    assert {role for row in rows for role in re.findall(r"`([a-z_]+)`", row[0])} == set(get_args(Role))
    tests = "".join(path.read_text(encoding="utf-8") for path in (repo_root / "tests").rglob("test_*.py"))
    for row in rows:
        assert re.search(rf"^def {row[3].strip('`')}\(", tests, re.MULTILINE), row[3]


WITH_ROOMS = {"api", "exports", "imports"}
"""Rooms whose own rooms are told in their row."""


def test_settings() -> None:
    written = {row[0]: (row[1], row[2]) for row in _rows("Settings")}
    assert written.keys() == {f"ANSIM_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        inside = isinstance(field.default, Path) and field.default.is_relative_to(SERVER)
        default = (
            str(field.default.relative_to(SERVER.parent))
            if inside
            else ("empty" if field.default in (None, "") else str(field.default))
        )
        assert written[f"ANSIM_{name.upper()}"] == (default, (field.description or "").replace("|", ""))


def test_rooms_modules_and_commands() -> None:
    rows = {line.split("`")[1]: line for line in README.splitlines() if line.startswith("| `")}
    for path in SERVER.glob("*.py"):
        assert path.name == "__init__.py" or f"`{path.name}`" in README, path.name
    rooms = [path.parent for path in SERVER.glob("*/__init__.py")]
    assert len(rooms) > 20
    for room in rooms:
        modules = room.rglob("*.py") if room.name in WITH_ROOMS else room.glob("*.py")
        there = {path.name for path in modules if not path.name.startswith("__")}
        assert there == set(re.findall(r"`([a-z_]+\.py)`", rows[f"{room.name}/"])), room.name
    commands: Any = get_command(app)  # a click group, typed as a plain command
    for name, command in commands.commands.items():
        for inner in getattr(command, "commands", [""]):
            whole = f"{name} {inner}".strip()
            assert re.search(rf"`(sweep-server )?{whole}`", README), whole


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"ANSIM_PORTS": "1"}, "unknown setting ANSIM_PORTS"),
        ({"ANSIM_PORT": "70000"}, "setting port: "),
        ({"ANSIM_DATABASE_URL": "::::"}, "setting database_url"),
        ({"ANSIM_TENANT": "a b"}, "setting tenant: "),
    ],
)
def test_settings_that_cannot_be_used_say_so_in_one_line(environment: dict[str, str], line: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(line)) as caught:
        load_settings(environment)
    assert len(str(caught.value).splitlines()) == 1


def test_options_win_over_the_environment() -> None:
    found = load_settings({"ANSIM_PORT": "1", "ANSIM_HOST": "::1", "HOME": "x"}, port=2, host=None)
    assert (found.port, found.host) == (2, "::1")


def test_the_migrations_make_just_the_schema_of_the_code(new_database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from server.store.db import Database
    from server.store.schema import metadata

    for _ in range(2):
        db = Database(new_database_url)
        db.migrate()
        db.close()
    engine = create_engine(new_database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
