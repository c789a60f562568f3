"""The command lines refuse in both languages: every sentence has both, every code has a sentence, none is left over."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import cli as server_cli
from server.cli.commands import USAGE_ERRORS
from server.config.settings import SettingsError
from sweep import cli as sweep_cli
from sweep.report.refusals import FAMILIES, REFUSALS, error_words, refusal, usage_words

ROOT = Path(__file__).resolve().parents[1]
HANGUL = re.compile("[가-힣]")


def _codes() -> Iterator[tuple[str, ast.expr, set[str]]]:
    """Every `fail(…)`, and `refusal(…)` of a code, of both command lines: where, its code, the names of its values."""
    for folder in ("sweep/cli", "server/cli"):
        for file in sorted((ROOT / folder).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    if node.func.id != "fail" and not (
                        node.func.id == "refusal" and isinstance(node.args[0], ast.Constant)
                    ):
                        continue
                    values = {"*" if keyword.arg is None else keyword.arg for keyword in node.keywords}
                    yield f"{file.name}:{node.lineno}", node.args[0], values


def _values(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_a_refusal_has_both_languages_with_the_same_values() -> None:
    for code, (ko, en) in REFUSALS.items():
        assert HANGUL.search(ko), code
        assert not HANGUL.search(en), code
        assert _values(ko) == _values(en), code


def test_what_the_commands_refuse_is_what_the_catalogue_has() -> None:
    used: set[str] = set()
    for place, code, values in _codes():
        assert isinstance(code, ast.Constant) and isinstance(code.value, str), f"{place}: a code, not a sentence"
        assert code.value in REFUSALS, f"{place}: {code.value!r} has no sentence"
        wanted = _values(REFUSALS[code.value].en)
        assert values == wanted or ("*" in values and values - {"*"} < wanted), place
        used.add(code.value)
    assert used == set(REFUSALS)


def test_every_family_is_named_in_korean_before_its_own_words() -> None:
    for name in {error.__name__ for error in USAGE_ERRORS} - {"ApiError", "OSError"}:
        assert HANGUL.search(FAMILIES[name])
    error = SettingsError("no such setting")
    assert error_words(error, "ko") == "설정 오류: no such setting"
    assert error_words(error, "en") == "no such setting"
    assert error_words(ValueError("odd"), "ko") == "오류: odd"
    assert refusal("month", "ko", given="2026-13").endswith("2026-13")


@pytest.mark.parametrize(
    ("arguments", "ko", "en"),
    [
        (["nonsense"], "없는 명령입니다: 'nonsense'", "No such command 'nonsense'"),
        (["keys", "--nonsense"], "없는 옵션입니다: --nonsense", "No such option: --nonsense"),
        (["add-user", "x1"], "옵션 '--display-name'이(가) 필요합니다", "Missing option '--display-name'"),
        (["add-user"], "인수 ", "Missing argument "),
        (["keys", "--data-dir"], "옵션 '--data-dir'에는 값이 필요합니다", "Option '--data-dir' requires an argument"),
        (["keys", "one"], "남는 인수가 있습니다: one", "Got unexpected extra argument(s) (one)"),
        (["serve", "--port", "x"], "'--port'에는 수를 주어야 합니다", "Input should be a valid integer"),
        (
            ["enrol", "00", "--role", "king", "--name", "x"],
            "--role은(는) 다음 중 하나여야 합니다",
            "--role must be one of",
        ),
    ],
    ids=("command", "option", "missing-option", "missing-argument", "no-value", "too-many", "no-number", "no-choice"),
)
def test_bad_usage_is_one_line_in_the_language_of_the_locale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], ko: str, en: str
) -> None:
    for locale, said in (("ko_KR.UTF-8", ko), ("C.UTF-8", en)):
        with pytest.raises(SystemExit) as ended:
            server_cli.main(arguments, {"ANSIM_DATA_DIR": str(tmp_path), "LC_ALL": locale})
        assert ended.value.code == 2
        line = capsys.readouterr().err
        assert said in line
        assert line.count("\n") == 1


@pytest.mark.parametrize(("locale", "said"), [("ko_KR.UTF-8", "포트나 파일이 없습니다"), ("C", "no such port or file")])
def test_the_probe_refuses_in_the_language_of_the_locale(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    said: str,
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr("sys.argv", ["sweep", "rf", str(tmp_path / "nothing")])
    with pytest.raises(SystemExit) as ended:
        sweep_cli.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_unknown_sentence_of_the_parser_is_told_as_it_came() -> None:
    assert usage_words("Something new.", "ko") == "사용법 오류: Something new"
    said = "Invalid value for '--mode': Input should be 'full' or 'quick'"
    assert usage_words(said, "ko") == "'--mode'은(는) 다음 중 하나여야 합니다: 'full' or 'quick'"
