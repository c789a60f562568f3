"""`--help` in the language of the locale: every text of every command has Korean, and none is left over."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
import unicodedata
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main
from babel.messages.pofile import read_po

from server import cli as server_cli
from server.cli import commands as server_commands
from server.cli import demo_city, demonstration
from server.config.settings import Settings
from sweep import cli as sweep_cli
from sweep.report.help import commands
from sweep.report.help.commands import HEADINGS

HANGUL = re.compile("[가-힣]")


def catalogue() -> dict[str, str]:
    """Korean by English."""
    with (Path(sweep_cli.__file__).parents[1] / "locale/ko/LC_MESSAGES/help.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, abort_invalid=True) if one.id}


def _texts(command: object) -> Iterator[str]:
    for text in (
        getattr(command, "help", None),
        *(getattr(one, "help", None) for one in getattr(command, "params", ())),
    ):
        yield from (" ".join(one.split()) for one in (text or "").split("\n\n") if one.strip())
    if isinstance(panel := getattr(command, "rich_help_panel", None), str):
        yield panel
    for inner in getattr(command, "commands", {}).values():
        yield from _texts(inner)


def _commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    if not (inner := getattr(command, "commands", {})):
        yield " ".join(path), command
    for name, one in inner.items():
        yield from _commands(one, (*path, name))


def test_every_text_of_the_commands_has_korean_and_no_korean_is_left_over() -> None:
    said = {one for app in (sweep_cli.build_app(), server_commands.app) for one in _texts(typer.main.get_command(app))}
    assert len(said) > 200
    said |= {str(field.description) for field in Settings.model_fields.values()}  # of `sweep-server settings`
    known = catalogue()
    assert said - known.keys() == set()
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (demonstration, demo_city)]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    parsers = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    general = {"Show this message and exit.", "show this help message and exit"}
    assert [one for one in known.keys() - said - parsers - general if not HEADINGS.fullmatch(one)] == []
    assert list(known) == sorted(known)
    assert [en for en, ko in known.items() if not HANGUL.search(ko)] == []


@pytest.mark.parametrize(
    ("arguments", "ko", "en"),
    [
        (["lens", "--help"], ["사용법: ", "인수:", "[필수]", "녹화 폴더들이 든", "이 도움말을"], "Folder of clips"),
        (["--help"], ["옵션:", "기록된 파일:", "확인할 곳을 찾습니다"], "Find lens candidates"),
        (["run", "--help"], ["[기본값: ", "0<=x<="], "Seed of the simulation"),
    ],
    ids=("command", "all", "defaults"),
)  # fmt: skip
def test_the_probe_explains_itself_in_the_language_of_the_locale(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], ko: list[str], en: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", ["sweep-x", *arguments])
    for locale in ("C.UTF-8", "ko_KR.UTF-8"):
        monkeypatch.setenv("LC_ALL", locale)
        with pytest.raises(SystemExit) as ended:
            sweep_cli.main()
        assert ended.value.code == 0
        text = capsys.readouterr().out
        if locale == "C.UTF-8":
            assert en in text
            assert not HANGUL.search(text)
            assert max(map(len, text.splitlines())) <= 80
        else:
            assert [one for one in ko if one not in text] == []
            assert "\u2060" not in text
            widths = [sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines()]
            assert max(widths) <= 80


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
@pytest.mark.parametrize("program", ["sweep", "sweep-server"])
def test_the_list_of_commands_has_whole_sentences_in_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, program: str, locale: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sys.argv", [program, "--help"])
    app = sweep_cli.build_app() if program == "sweep" else server_commands.app
    with pytest.raises(SystemExit):
        sweep_cli.main() if program == "sweep" else server_cli.main(["--help"], {"LC_ALL": locale})
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in lines) <= 80
    assert [line for line in lines if line.endswith(("...", "…")) and "COMMAND [ARGS]" not in line] == []
    listed = " ".join(text.split())
    known = catalogue()
    for command in getattr(typer.main.get_command(app), "commands").values():  # noqa: B009  Typer's own type
        paragraph = " ".join((command.help or "").partition("\n\n")[0].split())
        said = known[paragraph] if locale.startswith("ko") else paragraph
        assert said.partition(". ")[0] in listed


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
@pytest.mark.parametrize("program", ["sweep", "sweep-server"])
def test_commands_stand_below_what_they_are_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, program: str, locale: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sys.argv", [program, "--help"])
    groups = sweep_cli.GROUPS if program == "sweep" else server_commands.GROUPS
    with pytest.raises(SystemExit):
        sweep_cli.main() if program == "sweep" else server_cli.main(["--help"], {"LC_ALL": locale})
    sections = dict(part.split(":\n", 1) for part in capsys.readouterr().out.split("\n\n") if ":\n" in part)
    for heading, group in groups.items():
        said = catalogue()[heading] if locale.startswith("ko") else heading
        assert {line.split()[0] for line in sections[said].splitlines() if re.match(r"  \S", line)} == set(group)


PROGRAMS = {"sweep": sweep_cli.build_app(), "sweep-server": server_commands.app}


def test_every_command_has_examples_and_no_example_is_left_over() -> None:
    known = [path for app in PROGRAMS.values() for path, _ in _commands(typer.main.get_command(app))]
    assert len(known) == len(set(known)), "a table by the words of the command knows no program"
    source = Path(commands.__file__).with_name("examples.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(source)) == set(known)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_example_is_a_line_that_the_program_takes(program: str) -> None:
    for path, command in _commands(typer.main.get_command(PROGRAMS[program])):
        for line, ko, en in commands.examples_of(path):
            assert line.startswith(f"{program} {path}")
            command.make_context(path, shlex.split(line)[1 + len(path.split()) :])  # raises what it refuses
            assert HANGUL.search(ko) and not HANGUL.search(en)
            assert ko.endswith(".") and en.endswith(".")


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_help_ends_with_the_examples_in_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("COLUMNS", "80")
    for path, _ in _commands(typer.main.get_command(server_commands.app)):
        with pytest.raises(SystemExit):
            server_cli.main([*path.split(), "--help"], {"LC_ALL": locale})
        told = capsys.readouterr().out.partition("\n예:\n" if locale.startswith("ko") else "\nExamples:\n")[2]
        for line, ko, en in commands.examples_of(path):
            plain = "".join(told.replace("\\\n", "").split())
            assert "".join(line.split()) in plain
            assert "".join((ko if locale.startswith("ko") else en).split()) in plain
        assert max(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in told.splitlines()) <= 80


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_a_shell_is_told_how_a_line_may_go_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, locale: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setattr("sys.argv", ["sweep", "--install-completion", "bash"])
    with pytest.raises(SystemExit) as ended:
        sweep_cli.main()
    assert not ended.value.code
    said = capfd.readouterr().out
    assert ("새 터미널" if locale.startswith("ko") else "new terminal") in said
    assert said.count("\n") == 1
    assert "_SWEEP_COMPLETE=complete_bash" in (tmp_path / ".bash_completions/sweep.sh").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["sweep"])
    monkeypatch.setenv("_SWEEP_COMPLETE", "complete_bash")
    for typed, wanted in (("sweep wi", {"wifi", "wipe"}), ("sweep replay --ver", {"--verbose"})):
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        with pytest.raises(SystemExit):
            sweep_cli.main()
        assert set(capfd.readouterr().out.split()) == wanted


def test_the_server_explains_itself_in_the_language_of_the_locale(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["export", "log", "--help"], ["root"], ["export"]):
        for locale, heading in (("ko_KR.UTF-8", "사용법: sweep-server"), ("C.UTF-8", "Usage: sweep-server")):
            with pytest.raises(SystemExit):
                server_cli.main(arguments, {"LC_ALL": locale})
            said = capsys.readouterr()
            assert said.out.startswith(heading)
            assert said.err == ""


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_demonstration_refuses_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    for main in (demonstration.main, demo_city.main):
        with pytest.raises(SystemExit) as ended:
            main(["--port", "x"])
        assert ended.value.code == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert ("사용법 오류: " if locale.startswith("ko") else "argument --port: invalid int value") in line
        with pytest.raises(SystemExit):
            main(["--help"])
        assert bool(HANGUL.search(capsys.readouterr().out)) == locale.startswith("ko")


@pytest.mark.parametrize("program", ["sweep", "sweep-server"])
def test_the_version_is_the_installed_one(
    program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [program, "--version"])
    with pytest.raises(SystemExit) as ended:
        sweep_cli.main() if program == "sweep" else server_cli.main(["--version"], {})
    assert (ended.value.code, capsys.readouterr().out) == (0, f"{program} {version('ansim-sweep')}\n")
