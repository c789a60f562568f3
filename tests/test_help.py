"""`--help` in the language of the locale: every text of every command has Korean, and none is left over."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from babel.messages.pofile import read_po

from server import cli as server_cli
from server.cli import commands as server_commands
from server.cli import demo_city, demonstration
from sweep import cli as sweep_cli
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
    for inner in getattr(command, "commands", {}).values():
        yield from _texts(inner)


def test_every_text_of_the_commands_has_korean_and_no_korean_is_left_over() -> None:
    said = {one for app in (sweep_cli.build_app(), server_commands.app) for one in _texts(typer.main.get_command(app))}
    assert len(said) > 200
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
        (["lens", "--help"], ["사용법: ", "인수:", "[필수]", "영상의 폴더", "이 도움말을"], "Folder of recorded clips"),
        (["--help"], ["옵션:", "명령:", "확인할 곳을 찾습니다"], "Find lens candidates"),
        ([], ["명령:", "확인할 곳을 찾습니다"], "Find lens candidates"),
        (["run", "--help"], ["[기본값: ", "0<=x<="], "Seed of the simulation"),
    ],
    ids=("command", "all", "nothing", "defaults"),
)  # fmt: skip
def test_the_probe_explains_itself_in_the_language_of_the_locale(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], ko: list[str], en: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", ["sweep-x", *arguments])
    widest = 80
    for locale in ("C.UTF-8", "ko_KR.UTF-8"):
        monkeypatch.setenv("LC_ALL", locale)
        with pytest.raises(SystemExit) as ended:
            sweep_cli.main()
        assert ended.value.code == (0 if arguments else 2)
        text = capsys.readouterr().out
        if locale == "C.UTF-8":
            assert en in text
            assert not HANGUL.search(text)
            widest = max(widest, *map(len, text.splitlines()))  # a long list of choices is not wrapped
        else:
            assert [one for one in ko if one not in text] == []
            assert "\u2060" not in text
            widths = [sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) for line in text.splitlines()]
            assert max(widths) <= widest


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
