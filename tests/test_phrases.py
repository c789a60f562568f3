"""What is said to persons has a code with words in both languages: Babel finds the codes, none lacks or is left."""

from __future__ import annotations

import ast
import copy
import errno
import os
import pickle
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from sweep.phrases import Phrase, phrase_of, quoted, words

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "sweep" / "locale"
MAKERS = frozenset({"Phrase", "fail", "remark"})
"""Whose first argument is a code and whose others are its values."""
KEYWORDS = [f"--keyword={name}:1" for name in sorted(MAKERS)]
HANGUL = re.compile("[가-힣]")


def catalogue(language: str) -> Catalog:
    """What a language has."""
    with (LOCALE / language / "LC_MESSAGES" / "ansim.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def said(language: str) -> dict[str, str]:
    """Words by code."""
    return {str(one.id): str(one.string) for one in catalogue(language) if one.id}


def values_of(template: str) -> set[str]:
    """The names of the values in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def makers() -> Iterator[tuple[str, ast.Call]]:
    """Every call that makes a phrase: where it is, and itself."""
    for folder in ("sweep", "server"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in file.parts:
                for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_babel_finds_every_code_in_both_catalogues_and_none_is_left_over(tmp_path: Path) -> None:
    template = tmp_path / "ansim.pot"
    run: Callable[[list[str]], None] = CommandLineInterface().run
    found = ["pybabel", "-q", "extract", f"--mapping={ROOT / 'pyproject.toml'}", "--no-default-keywords", *KEYWORDS]
    found.append("--ignore-dirs=web migrations")
    run([*found, "--no-location", "--sort-output", f"--output={template}", str(ROOT / "sweep"), str(ROOT / "server")])
    with template.open("rb") as file:
        codes = {str(one.id) for one in read_po(file) if one.id}
    assert codes
    for language in ("ko", "en"):
        assert set(said(language)) == codes, "say them in sweep/locale/*/LC_MESSAGES/ansim.po"
        assert [code for code, text in said(language).items() if not text] == []
        assert list(said(language)) == sorted(codes)


def test_both_languages_have_the_values_that_the_code_gives() -> None:
    ko, en = said("ko"), said("en")
    assert {code: values_of(text) for code, text in ko.items()} == {c: values_of(text) for c, text in en.items()}
    for place, call in makers():
        code = call.args[0] if call.args else None
        if isinstance(code, ast.Name):
            assert code.id == "code", place  # handed on by `fail`
            continue
        assert isinstance(code, ast.Constant) and isinstance(code.value, str), f"{place}: a code, not a sentence"
        names = {"*" if one.arg is None else one.arg for one in call.keywords}
        wanted = values_of(en[code.value])
        assert names == wanted or ("*" in names and names - {"*"} < wanted), place


def test_korean_is_korean_and_english_is_not() -> None:
    for code, text in said("ko").items():
        assert HANGUL.search(text) or not re.search("[a-z]{2}", re.sub(r"{[^}]*}", "", text)), code
    assert [code for code, text in said("en").items() if HANGUL.search(text)] == []


def test_a_phrase_is_its_code_and_values() -> None:
    phrase = Phrase("of_file", file="a.toml", why=FileNotFoundError(errno.ENOENT, "whatever it says"))
    assert (phrase.code, phrase.values["why"]) == ("of_file", Phrase("no_such_file"))
    assert str(phrase) == f"a.toml: {os.strerror(errno.ENOENT)}"
    assert words(phrase, "ko") == "a.toml: 파일이나 폴더가 없습니다"
    assert copy.deepcopy(phrase) == phrase == pickle.loads(pickle.dumps(phrase))  # noqa: S301
    assert len({phrase, Phrase("of_file", file="a.toml", why=Phrase("no_such_file"))}) == 1
    with pytest.raises(AttributeError):
        phrase.code = "other"


def test_an_error_says_its_phrase_the_systems_number_or_what_it_said() -> None:
    assert phrase_of(ValueError(Phrase("stopped"))) == Phrase("stopped")
    assert phrase_of(ValueError(ValueError(Phrase("stopped")))) == Phrase("stopped")
    assert words(ValueError("odd\nthing"), "ko") == "오류: odd thing"
    assert words(ValueError("odd\nthing"), "en") == "odd thing"
    assert quoted(ValueError("odd")) == "odd"
    assert quoted(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert words(FileNotFoundError(errno.ENOENT, "odd", "f"), "ko") == "f: 파일이나 폴더가 없습니다"
    assert words(OSError(Phrase("stopped")), "en") == "stopped"
