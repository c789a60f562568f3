"""What is said to persons has a code with words in both languages: Babel finds the codes, none lacks or is left."""

from __future__ import annotations

import ast
import copy
import errno
import os
import pickle
import re
import string
import subprocess
import sys
from collections.abc import Callable, Container, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from sweep.phrases import Phrase, from_line, phrase_of, quote, quoted, to_line, with_particles, words

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "sweep" / "locale"
MAKERS = frozenset({"Phrase", "fail", "print_words", "remark"})
"""Whose first argument is a code and whose others are its values."""
KEYWORDS = [f"--keyword={name}:1" for name in sorted(MAKERS)]
HANGUL = re.compile("[가-힣]")


def catalogue(language: str) -> Catalog:
    """What a language has."""
    with (LOCALE / language / "LC_MESSAGES" / "ansim.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def said(language: str) -> dict[tuple[str, str], str]:
    """Words by code and context."""
    return {(str(one.id), one.context or ""): str(one.string) for one in catalogue(language) if one.id}


def values_of(template: str) -> set[tuple[str, str | None, str | None]]:
    """The names of the values in a template, and how each is written."""
    return {(name, spec, kind) for _, name, spec, kind in string.Formatter().parse(template) if name is not None}


def sources() -> Iterator[Path]:
    """Every module of the project."""
    for folder in ("sweep", "server"):
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in file.parts)


def makers(names: Container[str] = MAKERS) -> Iterator[tuple[str, ast.Call]]:
    """Every call that makes a phrase: where it is, and itself."""
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def in_tables() -> Iterator[tuple[str, str]]:
    """The codes of tables of sentences (`sweep.report.sentences.Sentences`), each with its table's context."""
    for _, call in makers({"Sentences"}):
        context, codes = map(ast.literal_eval, call.args)
        yield from ((code, context) for code in codes.split())


def test_babel_finds_every_code_in_both_catalogues_and_none_is_left_over(tmp_path: Path) -> None:
    template = tmp_path / "ansim.pot"
    run: Callable[[list[str]], None] = CommandLineInterface().run
    found = ["pybabel", "-q", "extract", f"--mapping={ROOT / 'pyproject.toml'}", "--no-default-keywords", *KEYWORDS]
    found.append("--ignore-dirs=web migrations")
    run([*found, "--no-location", "--sort-output", f"--output={template}", str(ROOT / "sweep"), str(ROOT / "server")])
    with template.open("rb") as file:
        codes = {(str(one.id), "") for one in read_po(file) if one.id}
    tables = list(in_tables())
    assert codes
    assert len(tables) == len(set(tables))
    codes |= set(tables)
    for language in ("ko", "en"):
        assert set(said(language)) == codes, "say them in sweep/locale/*/LC_MESSAGES/ansim.po"
        assert [code for code, text in said(language).items() if not text] == []
        assert list(said(language)) == sorted(codes)


def test_both_languages_have_the_values_that_the_code_gives() -> None:
    ko, en = said("ko"), said("en")
    assert {code: values_of(text) for code, text in ko.items()} == {c: values_of(text) for c, text in en.items()}
    for place, call in makers():
        code = call.args[0] if call.args else None
        if (isinstance(code, ast.Name) and code.id == "code") or place.startswith("sweep/phrases.py:"):
            continue  # handed on by `fail`, or read back
        assert isinstance(code, ast.Constant) and isinstance(code.value, str), f"{place}: a code, not a sentence"
        names = {"*" if one.arg is None else one.arg for one in call.keywords}
        wanted = {name for name, _, _ in values_of(en[code.value, ""])}
        assert names == wanted or ("*" in names and names - {"*"} < wanted), place


def test_korean_is_korean_and_english_is_not() -> None:
    for code, text in said("ko").items():
        plain = re.sub(r"{[^}]*}|--\w+", "", text)
        assert HANGUL.search(text) or not re.search("[a-z]{2}", plain), code
    assert [code for code, text in said("en").items() if HANGUL.search(text)] == []


def test_a_phrase_is_its_code_and_values() -> None:
    phrase = Phrase("of_file", file="a.toml", why=FileNotFoundError(errno.ENOENT, "whatever it says"))
    assert (phrase.code, phrase.values["why"]) == ("of_file", Phrase("no_such_file"))
    assert str(phrase) == f"a.toml: {os.strerror(errno.ENOENT)}"
    assert words(phrase, "ko") == "a.toml: 파일이나 폴더가 없습니다"
    assert copy.deepcopy(phrase) == phrase == pickle.loads(pickle.dumps(phrase))  # noqa: S301 - our own
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


def test_no_word_of_another_programs_error_is_matched() -> None:
    """What a library says may change with its next release: its errors are known by class, number and code."""
    for file in sources():
        for handler in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(handler, ast.ExceptHandler) and handler.name is not None:
                spoken = (f"str({handler.name})", f"{handler.name}.strerror", f"{handler.name}.args[")
                asked = [ast.unparse(node) for node in ast.walk(handler) if _asks(node)]
                assert [one for one in asked if any(said in one for said in spoken)] == [], file


def _asks(node: ast.AST) -> bool:
    """Does this compare something, or look for something in it?"""
    looks = {"match", "search", "fullmatch", "startswith", "endswith", "find", "count", "index", "removeprefix"}
    is_look = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in looks
    return is_look or isinstance(node, ast.Compare)


def test_a_command_that_goes_well_reads_no_catalogue(tmp_path: Path) -> None:
    script = """
import sys, sweep.phrases
from sweep.cli import main
try:
    main()
except SystemExit as ended:
    print(ended.code, sweep.phrases.catalogue.cache_info().currsize, "babel" in sys.modules)
"""
    command = [sys.executable, "-c", script, "key", "--state", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 0 False"


@pytest.mark.parametrize(
    "line",
    [
        '{"code": "of_file", "values": {}}',
        '{"code": "of_file", "values": {"file": 1}}',
        '{"code": "of_file", "values": {"file": "a", "why": {"ko": "x"}}}',
        '{"code": 7, "values": []}',
        '{"code": "of_file"',
        "[" * 5_000,
        "",
    ],
    ids=["no values", "one lacks", "half spoken", "no code", "cut off", "deep", "empty"],
)
def test_a_line_of_another_release_or_a_damaged_one_is_quoted(line: str) -> None:
    assert from_line(line) == quote(line)


def test_a_phrase_comes_back_from_its_line() -> None:
    phrase = Phrase("of_file", file="a.toml", why=Phrase("no_such_file"))
    assert from_line(to_line(phrase)) == phrase


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("3번 칸이(가)", "3번 칸이"), ("자리이(가)", "자리가"), ("8000은(는)", "8000은"), ("9998을(를)", "9998을"),
        ("2와(과)", "2와"), ("1(으)로", "1로"), ("3(으)로", "3으로"), ("서울(으)로", "서울로"), ("구(으)로", "구로"),
        ("sweep.json이(가)", "sweep.json이"), ("'sweep0'이(가)", "'sweep0'이"), ("server.key을(를)", "server.key를"),
        ("ab12(루트)은(는)", "ab12(루트)는"), ("‘놈’은(는)", "‘놈’은"), ("‘말’(으)로", "‘말’로"),
        ("URL(이)라고", "URL이라고"),
    ],
)  # fmt: skip
def test_a_particle_is_the_one_that_its_word_asks_for(given: str, said: str) -> None:
    assert with_particles(given) == said


def test_every_marked_particle_of_the_catalogue_is_resolved() -> None:
    with_values = {code: re.sub(r"{[^{}]*}", "3", text) for code, text in said("ko").items()}
    assert [
        code for code, text in with_values.items() if re.search(r"\((는|가|를|과|와|으|이)\)", with_particles(text))
    ] == []


def test_english_counts_one_of_a_thing_and_several() -> None:
    told = {count: words(Phrase("import_undone_but", kept=count), "en") for count in (0, 1, 2, "1")}
    assert told[1] == told["1"] == "undone, but 1 facility stays: it is in use"
    assert told[2] == "undone, but 2 facilities stay: they are in use"
    assert told[0].startswith("undone, but 0 facilities stay")
    assert words(Phrase("import_undone_but", kept="[a|b]"), "en").startswith("undone, but [a|b] facilities stay")


def test_only_a_phrase_chooses_between_the_forms_of_one_and_of_several() -> None:
    assert [code for code, text in said("en").items() if code[1] and re.search(r"\[[^\]]*\|", text)] == []


def test_each_pair_of_forms_stands_behind_its_number() -> None:
    """On the page as in the catalogue: what none chooses would be shown in its brackets."""
    told = {str(file): file.read_text() for file in (ROOT / "server/web/src").rglob("*words*.ts")}
    told |= {str(file): file.read_text() for file in (ROOT / "server/web/src/i18n/words").glob("*.ts")}
    told["catalogue"] = "\n".join(said("en").values())
    forms = re.compile(r"\[[a-z][a-z :]*\|[a-z][a-z :]*\]")
    chosen = re.compile(r"\{\w+[^}]*\}[^{}\[\]|]*" + forms.pattern)
    assert {where: forms.findall(chosen.sub("", text)) for where, text in told.items()} == {where: [] for where in told}
