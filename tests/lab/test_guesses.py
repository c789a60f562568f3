"""What is guessed: nothing that says so is left out, and a moved constant moves whoever imports it."""

from __future__ import annotations

import json
import re
import runpy
import tokenize
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.guesses import sensitivity
from sweep.lab.guesses.found import CHECKOUT, Guess, find_guesses, source_files
from sweep.lab.guesses.moving import Copy, moved, rewritten

SOURCE = '''"""A module. All is guessed."""
A_S, B_S = 1.0, 2.0
"""Both guessed."""
C: int = (
    1945  # guessed: old
)
# guessed: what follows
D = {
    "k": 3,  # guessed
}
SAID = "guessed"


class E:
    f: float = 0.5
    """Guessed."""

    def g(self) -> str:
        """As far as it can be guessed."""
        return "guessed"
'''
WORD = re.compile(r"\bguessed\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def all_found() -> list[Guess]:
    """Of this checkout: every file is read once."""
    return list(find_guesses())


@pytest.fixture
def found_before(all_found: list[Guess], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command reads no file again."""
    monkeypatch.setattr("sweep.lab.commands.guessed.find_guesses", lambda: all_found)


def words_said(path: Path) -> int:
    """How often a comment or docstring of a file has the word, by plain counting."""
    if path.suffix != ".py":
        return len(re.findall(r"(?:#|//|\*|<!--).*\bguessed\b", path.read_text("utf-8"), re.IGNORECASE))
    with path.open("rb") as file:
        tokens = [t for t in tokenize.tokenize(file.readline) if t.type in (tokenize.COMMENT, tokenize.STRING)]
    return sum(len(WORD.findall(t.string)) for t in tokens if t.string.startswith(("#", '"""')))


def test_nothing_that_says_so_is_left_out(all_found: list[Guess]) -> None:
    found: dict[str, int] = {}
    for one in all_found:
        found[one.file] = found.get(one.file, 0) + one.times
    said = {path.relative_to(CHECKOUT).as_posix(): words_said(path) for path in source_files()}
    assert found == {file: times for file, times in said.items() if times}
    assert sum(found.values()) > 500


def test_a_declaration_has_its_name_value_unit_and_what_it_decides(tmp_path: Path) -> None:
    for folder in ("sweep/x", "hardware"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sweep/x/a.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "hardware/b.toml").write_text('[t]\nx_px_per_m = 2  # guessed: so\nsaid = "guessed"\n')
    assert [(one.name, one.value, one.unit, one.line, one.decides) for one in find_guesses(tmp_path)] == [
        ("a", "", "", 1, "All is guessed."),
        ("A_S, B_S", "1.0, 2.0", "s", 2, "Both guessed."),
        ("C", "1945", "", 4, "guessed: old"),
        ("D", '{ "k": 3, # guessed }', "", 8, "guessed: what follows"),
        ("k", "3", "", 9, "guessed"),
        ("f", "0.5", "", 15, "Guessed."),
        ("g", "", "", 18, "As far as it can be guessed."),
        ("t.x_px_per_m", "2", "px_per_m", 2, "guessed: so"),
    ]


@pytest.mark.parametrize(
    ("value", "name", "double", "half"),
    [
        (3, "MOST", 6, 2), (1, "LEAST", 2, 1), (0, "NONE", 0, 0), (True, "IS", True, True), (2.0, "WALL_M", 4.0, 1.0),
        (0.5, "SHARE", 2 / 3, 1 / 3), (0.5, "DWELL_S", 1.0, 0.25), (-90.0, "FLOOR_DBM", -86.99, -93.01),
        (0.3, "hint_log10", 0.601, -0.001), (-0.03, "LIKE_OUTSIDE", -0.06, -0.015),
        ((1.0, (2, "a")), "PAIR_S", (2.0, (4, "a")), (0.5, (1, "a"))), ({"k": 4.0}, "TIMES", {"k": 8.0}, {"k": 2.0}),
        (timedelta(hours=1), "LASTS", timedelta(hours=2), timedelta(minutes=30)),
    ],
)  # fmt: skip
def test_a_value_moves_by_what_it_is(value: Any, name: str, double: Any, half: Any) -> None:
    for factor, wanted in ((2.0, double), (0.5, half)):
        now = moved(value, factor, name)
        assert now == (pytest.approx(wanted, abs=1e-3) if isinstance(wanted, float) else wanted)
        assert type(now) is type(value)
    assert moved(np.array([2.0, 3.0]), 2.0, "EXPONENTS").tolist() == [4.0, 6.0]


def test_a_moved_constant_moves_what_follows_from_it(tmp_path: Path) -> None:
    text = 'A_S = 2.0\n"""Guessed."""\nB_S = 3.0 * A_S\n\n\ndef f(a_s=A_S):\n    return a_s\n'
    guess = Guess("sweep/x", "A_S", "2.0", "s", "sweep/x/a.py", 1, "Guessed.", 1)
    (tmp_path / "a.py").write_text(rewritten(text, guess, 2.0) or "", encoding="utf-8")
    told = runpy.run_path(str(tmp_path / "a.py"))
    assert (told["A_S"], told["B_S"], told["f"]()) == (4.0, 12.0, 4.0)


def test_a_moved_setting_is_another_number() -> None:
    guess = Guess("sweep/lens", "wall.albedo", "0.5", "", "sweep/lens/optics.toml", 2, "guessed", 1)
    assert (
        rewritten("[wall]\nalbedo = 0.5 # guessed\n", guess, 0.5) == "[wall]\nalbedo = 0.3333333333333333 # guessed\n"
    )


@pytest.mark.usefixtures("found_before")
def test_the_command_lists_a_room(capsys: pytest.CaptureFixture[str]) -> None:
    from sweep.lab.commands.guessed import guessed

    guessed("sweep/judge", Path("-"))
    told = json.loads(capsys.readouterr().out)["guessed"]
    assert {one["room"] for one in told} == {"sweep/judge"}
    ring = next(one for one in told if one["name"] == "RING_M")
    assert (ring["value"], ring["unit"]) == ("5.0", "m")
    guessed("sweep/judge", None)
    table = capsys.readouterr().out
    assert "RING_M" in table
    assert "locate.py" in table


@pytest.mark.soak
def test_what_judgement_rests_on_moves_rooms_and_what_it_does_not_read_moves_none(tmp_path: Path) -> None:
    for name in sensitivity.LOADED:
        import_module(name)
    copy = Copy(tmp_path)
    counts: dict[str, Any] = {"rooms": 200, "per_kind": 20, "recorded": [str(CHECKOUT / "sweep/sim/recorded")]}
    base = sensitivity.ask(copy, **counts)
    moves = [
        sensitivity.compared(base, sensitivity.judged(copy, case, 2.0, **counts))
        for case in (
            sensitivity.Case("prior", "", None, in_city=True, in_recorded=True),
            *(
                sensitivity.Case(one.name, one.file, one, in_city=True, in_recorded=True)
                for one in find_guesses()
                if (one.room, one.name) in {("sweep/judge", "FULL_QUALITY"), ("sweep/rf", "EXCESS_FLOOR_DB")}
            ),
        )
    ]
    assert [one.get("error") for one in moves] == [None] * 3
    assert moves[0]["cameras"][0] > 0
    assert moves[0]["recorded"] == [2, 25]
    assert moves[1]["cameras"] == [0, 180]
    assert sensitivity.ask(copy, **counts) == base


@pytest.mark.usefixtures("found_before")
def test_a_room_without_a_guess_is_refused_with_those_that_have_some() -> None:
    run = CliRunner().invoke(build_app(["guessed"]), ["guessed", "nowhere"])
    assert run.exit_code == 2
    assert "sweep/judge" in run.output
    names = ["rf", "sweep/rf"]
    short, whole = (CliRunner().invoke(build_app(["guessed"]), ["guessed", name, "--json", "-"]) for name in names)
    assert json.loads(short.output)["guessed"] == json.loads(whole.output)["guessed"] != []
