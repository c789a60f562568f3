"""The glossary is the one source of words: what it spells is said so everywhere, what it retires is said nowhere."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from server.cli import page_tables

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY: dict[str, Any] = tomllib.loads((ROOT / "sweep/report/glossary.toml").read_text(encoding="utf-8"))
WORDS = ROOT / "server/web/src/i18n/words"
ENDINGS = (".py", ".po", ".typ", ".ts", ".svelte", ".html", ".js", ".md", ".svg", ".toml")
UNREAD = {"node_modules", "dist", "__pycache__"}
SOURCES = [
    file
    for folder in ("sweep", "server", "hardware/safety", "hardware/enclosure", "README.md")
    for file in [ROOT / folder, *(ROOT / folder).rglob("*")]
    if file.suffix in ENDINGS and file.name != "glossary.toml" and not UNREAD & set(file.parts)
]
ENTRY = re.compile(r'^  (\w+): text\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\)', re.MULTILINE)


def page_words() -> dict[str, tuple[str, str]]:
    """Every text of the page by its key, of a room with words of its own by `room.key`: Korean and English."""
    tables = [("", file) for file in WORDS.glob("*.ts")]
    tables += [(f"{file.parent.name}.", file) for file in WORDS.parents[1].glob("*/words.ts")]
    said = {key: (text["ko"], text["en"]) for words in page_tables.page_words().values() for key, text in words.items()}
    return said | {
        room + key: (ko, en) for room, file in tables for key, ko, en in ENTRY.findall(file.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("term", GLOSSARY["term"], ids=lambda term: term["ko"])
def test_a_term_is_spelled_the_same_everywhere(term: dict[str, str]) -> None:
    assert page_words()[term["page"]] == (term["ko"], term["en"])
    if "python" not in term:
        return
    module, _, name = term["python"].partition(":")
    table, _, code = name.partition(".")
    assert getattr(importlib.import_module(module), table)[code].ko == term["ko"]


def test_the_product_has_one_name_in_each_language() -> None:
    korean = re.compile(r"[가-힣][^\"]*Ansim Sweep|Ansim Sweep[^\"]*[가-힣]")
    catalogues = [file for file in SOURCES if file.suffix == ".po" and "ko" in file.parts]
    said = {str(file): korean.findall(file.read_text(encoding="utf-8")) for file in catalogues}
    assert said and not any(said.values()), "a Korean sentence says 안심 스윕"
    assert [key for key, (ko, _) in page_words().items() if "Ansim Sweep" in ko] == []


def test_no_program_is_named_on_a_page_or_on_paper() -> None:
    said = {key: " ".join(text) for key, text in page_words().items()}
    said |= {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "server/exports/templates").glob("*.typ")}
    assert len(said) > 1000
    assert [name for name, text in said.items() if "sweep-server" in text or "sweep verify" in text] == []


@pytest.mark.parametrize(("retired", "instead"), GLOSSARY["never"].items())
def test_a_retired_word_is_said_nowhere(retired: str, instead: str) -> None:
    assert len(SOURCES) > 400
    said = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file in SOURCES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if retired in line
    ]
    assert said == [], f"say {instead!r} instead of {retired!r}"


@pytest.mark.parametrize(("latin", "korean"), GLOSSARY["in_korean"].items())
def test_a_korean_sentence_writes_the_word_in_korean(latin: str, korean: str) -> None:
    said = {key: ko for key, (ko, _) in page_words().items()}
    for file in SOURCES:
        lines = file.read_text(encoding="utf-8").splitlines()
        if file.suffix == ".po" and "ko" in file.parts:
            lines = [line for line in lines if line.startswith("msgstr")]
        elif not file.name.endswith(".ko.md"):
            continue
        said |= {f"{file.relative_to(ROOT)}:{number}": line for number, line in enumerate(lines, 1)}
    assert [place for place, text in said.items() if latin in text] == [], f"say {korean!r} instead of {latin!r}"
