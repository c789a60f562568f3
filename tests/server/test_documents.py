"""The server's document names every route, setting, module and command, and nothing that is not there."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import create_engine
from typer.main import get_command

from server.api import access
from server.api.app import create_app
from server.cli import commands, openapi
from server.cli.commands import app
from server.config.settings import WEB_DIR, Settings, SettingsError, load_settings
from server.interface.fields import Role

SERVER = Path(WEB_DIR).parent.parent
README = (SERVER / "README.md").read_text(encoding="utf-8")
PEOPLE = (SERVER / "PEOPLE.md").read_text(encoding="utf-8")


def _described(tmp_path: Path) -> dict[str, Any]:
    application = create_app(Settings(data_dir=tmp_path))
    document: dict[str, Any] = application.openapi()
    application.state.services.db.close()
    return document


def test_every_route_says_what_it_does_who_may_call_it_and_what_it_shows(tmp_path: Path) -> None:
    document = _described(tmp_path)
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert len(operations) > 190
    roles = {*get_args(Role), "anyone", "probe", "server"}
    for route, operation in operations.items():
        assert re.match(r"[A-Z0-9][^.:?]*[.:?]", operation["summary"]), route
        assert operation["x-access"]["roles"], route
        assert set(operation["x-access"]["roles"]) <= roles, route
        assert operation["x-access"]["scope"] in get_args(access.Scope), route
        assert isinstance(operation["x-personal-data"], list), route
    fresh = {route for route, operation in operations.items() if operation.get("x-fresh-login")}
    assert fresh == {
        "POST /api/passkeys/options",
        "POST /api/passkeys",
        "POST /api/second-factor",
        "POST /api/second-factor/confirm",
        "DELETE /api/second-factor",
        "PUT /api/pin",
    }


def test_the_list_of_routes_holds_each_once_under_who_may_call_it(tmp_path: Path) -> None:
    document = _described(tmp_path)
    printed, who = [], ""
    for line in openapi.route_list(document).splitlines():
        if line and not line.startswith(" "):
            who = line
        elif route := re.match(r"  ([A-Z]+) (\S+)", line):
            declared = document["paths"][route[2]][route[1].lower()]["x-access"]
            assert who == f"{', '.join(declared['roles'])} ({declared['scope']})"
            printed.append(f"{route[1]} {route[2]}")
    there = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    assert sorted(printed) == sorted(there)
    told = openapi.route_list(document)
    for row in (
        "GET /api/exports/inspection-log [log]",
        "PUT /api/pin [fresh]",
        "POST /api/cases/{case_id}/steps [two]",
        "POST /api/bodies/{commitment}/erase [two]",
    ):
        assert f"  {row}\n" in told


def test_what_each_role_can_break_names_every_role_and_tests_that_are_there(repo_root: Path) -> None:
    section = PEOPLE.split("\n### What each role can break\n")[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("- ")]
    rows = re.findall(r"^- ([^:]+): (.+), (?:but|and) (.+) \(`(\w+)`\)$", section, re.MULTILINE)
    assert len(rows) == len(lines)
    assert {role for row in rows for role in re.findall(r"`([a-z_]+)`", row[0])} == set(get_args(Role))
    tests = "".join(path.read_text(encoding="utf-8") for path in (repo_root / "tests").rglob("test_*.py"))
    for row in rows:
        assert re.search(rf"^def {row[3]}\(", tests, re.MULTILINE), row[3]


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_program_tells_every_setting_its_default_and_its_meaning(
    capsys: pytest.CaptureFixture[str], locale: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.run(["settings"], {"LC_ALL": locale})
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    told = {
        name.partition("=")[0]: (name.partition("=")[2], said)
        for name, said in zip(lines[:-1:2], lines[1::2], strict=True)
    }
    assert told.keys() == {f"ANSIM_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        inside = isinstance(field.default, Path) and field.default.is_relative_to(SERVER)
        default = field.default.relative_to(SERVER.parent) if inside else field.default
        assert told[f"ANSIM_{name.upper()}"][0] == ("" if default is None else str(default))
        said = told[f"ANSIM_{name.upper()}"][1]
        assert field.description, name
        if locale == "C.UTF-8":
            assert said == f"    {field.description}"
        else:
            assert re.search("[가-힣]", said), name


def test_documents_of_the_server_name_only_settings_that_there_are() -> None:
    documents = [path for path in SERVER.rglob("*.md") if "node_modules" not in path.parts]
    named = {name for path in documents for name in re.findall(r"`(ANSIM_[A-Z_]+)`", path.read_text(encoding="utf-8"))}
    assert len(named) > 15
    assert named <= {f"ANSIM_{name.upper()}" for name in Settings.model_fields}


def test_every_room_has_its_job_and_every_module_says_what_it_does() -> None:
    rows = {line.split("`")[1]: line.partition(": ")[2] for line in README.splitlines() if line.startswith("- `")}
    rooms = {f"{path.parent.name}/" for path in SERVER.glob("*/__init__.py")}
    assert len(rooms) > 20
    assert [room for room in rooms if not rows.get(room)] == []
    assert [row for row in rows if row.endswith("/") and not (SERVER / row).is_dir()] == []
    modules = [path for path in SERVER.rglob("*.py") if not {"node_modules", "versions"} & set(path.parts)]
    assert len(modules) > 400
    for path in modules:
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said, f"{path.relative_to(SERVER)} does not say what it does"
        assert len(said.splitlines()[0].split()) >= 3, path.relative_to(SERVER)


def test_every_command_is_named() -> None:
    group: Any = get_command(app)  # a click group, typed as a plain command
    for name, command in group.commands.items():
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


def test_a_command_of_the_package_gets_the_settings_of_its_unit(tmp_path: Path) -> None:
    """The line that the document begins with, as the shell reads it."""
    file = tmp_path / "server.env"
    file.write_text("# a comment\nANSIM_TENANT=hanbit-gu\nANSIM_STORAGE_URL='s3://bucket/a?region=x&endpoint=y'\n")
    line = (SERVER / "OPERATIONS.md").read_text(encoding="utf-8").split("```")[1].strip()
    places = {"sudo -u ansim-server ": "", "/etc/ansim-sweep/server.env": str(file), 'sweep-server "': 'env "'}
    for place, here in places.items():
        assert line.count(place) == 1
        line = line.replace(place, here)
    said = subprocess.check_output(["/bin/sh", "-c", line.removesuffix(" keys")], text=True, env={"PATH": os.defpath})
    assert {
        "ANSIM_TENANT=hanbit-gu",
        "ANSIM_STORAGE_URL=s3://bucket/a?region=x&endpoint=y",
        "ANSIM_DATA_DIR=/var/lib/ansim-sweep-server",
    } <= {*said.splitlines()}


def test_commands_of_an_operator_are_understood() -> None:
    """Each one with its options, as the command line reads it."""
    text = (SERVER / "OPERATIONS.md").read_text(encoding="utf-8")
    blocks = "\n".join(text.split("```")[1::2])
    lines = re.findall(r"^sweep-server ([^#\n]+)", blocks, re.MULTILINE)
    assert len(lines) > 7
    for line in lines:
        command: Any = get_command(app)
        words = shlex.split(line)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        with command.make_context(command.name, words) as context:
            assert context.params, line
