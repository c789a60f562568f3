"""Documents tell the truth: every command, option and setting stands in its list, and the README's commands exist."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import typer

from sweep.cli import COMMANDS, build_app
from sweep.cli.config import Config

ROOT = Path(__file__).parent.parent
PROBE = (ROOT / "sweep" / "COMMANDS.md").read_text(encoding="utf-8")
WHERE = (ROOT / "sweep" / "WHERE.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """Line of the list of commands, or of that of settings, by command or setting."""
    found: dict[str, str] = {}
    for line in PROBE.splitlines():
        if line.startswith("- `"):
            for name in re.findall(r"`([a-z_-]+)`", line.split(":")[0].split("(")[0]):
                found.setdefault(name, line)  # a setting further down may have the name of a command
    return found


def test_every_command_is_documented_and_tells_each_option() -> None:
    group = typer.main.get_command(build_app())
    commands = getattr(group, "commands")  # noqa: B009  # typer's group type is not public
    table = rows()
    assert set(commands) == set(COMMANDS)
    told = 0
    for name, command in commands.items():
        assert name in table, f"{name} is missing in sweep/COMMANDS.md"
        for part in (command, *getattr(command, "commands", {}).values()):
            assert part.help, name
            for parameter in part.params:
                assert re.match(r"\S.*[.:]", parameter.help or ""), (
                    f"{part.name}: {parameter.name} says nothing of itself"
                )
                told += parameter.name != "help"
    assert told > 100
    named = set(re.findall(r"--[a-z][a-z-]+", section("Commands")))
    options = {
        o
        for c in commands.values()
        for part in (c, *getattr(c, "commands", {}).values())
        for p in part.params
        for o in p.opts
    }
    options |= {o for p in getattr(group, "params") for o in p.opts}  # noqa: B009  # as above
    assert named - {"--help", "--install-completion"} <= options


def test_every_setting_is_documented() -> None:
    table = rows()
    for key in Config.model_fields:
        assert key in table


def test_the_readme_names_only_what_exists() -> None:
    for target in re.findall(r"\]\((?!https:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
    for picture in re.findall(r'src="([^"]+)"', README):
        assert (ROOT / picture).exists(), picture
    blocks = "\n".join(README.split("```")[1::2])
    named = re.findall(r"(?:^| {3})sweep ([a-z-]+)", blocks, flags=re.MULTILINE)
    assert set(named) >= {"replay", "simulate", "wifi", "ble"}
    assert set(named) <= set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z][a-z-]*)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


TWINS = {"README.md": "sweep/README.ko.md", "server/INTRODUCING.md": "server/INTRODUCING.ko.md"}
"""What is said in both languages: English and Korean."""
SHORT = {"sweep/judge/FIGURES.md": "sweep/judge/FIGURES.ko.md"}
"""What is said in Korean in short."""
READ_IN_KOREAN = 0.2
"""Share of words in Korean from which on a page of both languages is one to send a Korean reader to."""


@pytest.mark.parametrize("english", TWINS)
def test_a_document_says_the_same_in_korean(english: str) -> None:
    """The same headings, links, pictures and commands in one order, and the same figures in each row of its tables."""
    pair = (english, TWINS[english])
    twin_of = {korean: one for one, korean in (TWINS | SHORT).items()}

    def place(folder: Path, target: str) -> str:
        if target.startswith(("https:", "#")):
            return target if target.startswith("https:") else "#"
        path = os.path.relpath(folder / target, ROOT)
        return twin_of.get(path, path)

    def facts(name: str) -> list[object]:
        text, folder = (ROOT / name).read_text(encoding="utf-8"), (ROOT / name).parent
        rows = [row for row in text.splitlines() if row.startswith("|")]
        targets = [place(folder, one) for one in re.findall(r"\]\(([^)]+)\)", text)]
        return [
            re.findall(r"^#+ ", text, flags=re.MULTILINE),
            [one for one in targets if one not in pair],
            [(place(folder, src), px) for src, px in re.findall(r'src="([^"]+)" width="(\d+)"', text)],
            re.findall(r"`(?:sweep|make|pipx|export) [^`]+`", text),
            [
                re.findall(r"^(?:sweep|make)(?:\S* ?\S+)*", block, flags=re.MULTILINE)
                for block in text.split("```")[1::2]
            ],
            [(row.count("|"), sorted(re.findall(r"[0-9.]*[0-9]", row))) for row in rows],
        ]

    assert facts(pair[0]) == facts(pair[1])
    most = 700 if english == "README.md" else 1200
    assert all(len((ROOT / name).read_text(encoding="utf-8").split()) <= most for name in pair)


@pytest.mark.parametrize("name", [*TWINS.values(), *SHORT.values()])
def test_a_korean_page_says_which_of_its_links_leads_to_english(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for label, target, mark in re.findall(r"\[([^\]]*)\]\((?!https:)([^)#]+\.md)[^)]*\)(\(영어\))?", text):
        words = re.findall(r"\S*\w\S*", ((ROOT / name).parent / target).read_text(encoding="utf-8"))
        is_korean = sum(bool(re.search("[가-힣]", one)) for one in words) >= READ_IN_KOREAN * len(words)
        assert is_korean != bool(mark or label.startswith(("English", "영어"))), target


def test_the_figures_in_short_are_those_of_the_whole() -> None:
    """The figures of each row stand in one row of the English page; those of the text somewhere in it."""
    whole, short = ((ROOT / name).read_text(encoding="utf-8") for name in (*SHORT, *SHORT.values()))

    def figures(text: str) -> set[float]:
        plain = re.sub(r"(\d+) %", lambda m: f"{int(m[1]) / 100}", text)
        return {float(one.replace(",", "")) for one in re.findall(r"\b\d[\d,]*(?:\.\d+)?", plain)}

    in_english = [figures(line) for line in whole.splitlines()]
    rows = [figures(" | ".join(line.split(" | ")[1:])) for line in short.splitlines() if re.match(r"\| \S.*\d", line)]
    assert len(rows) == 6 and len(short.split()) <= 400
    assert [row for row in rows if not any(row <= one for one in in_english)] == []
    row = next(line for line in whole.splitlines() if line.startswith("| findings per 1,000 rooms |"))
    first, second = (float(cell.split()[0]) for cell in row.split("|")[2:4])
    share = re.search(r"where 1 in 10,000 rooms has one and (\.\d+) of all are found", whole)
    assert share is not None and f"{float(share[1]):.1%}".replace("%", " %") in short
    looks = 80_000 / 1_000 * first
    for number in (looks, 80_000 / 1_000 * second, looks / (80_000 / 10_000 * float(share[1]))):
        assert f" {number:,.0f} " in whole.replace("\n", " ").replace(".", " ").replace(";", " "), number
        assert f"{number:,.0f}번" in short, number
    for said in ("80,000", "40,000", "1,600"):
        assert said in short and said in whole, said


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_pages_beside_it_name_only_what_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"\]\((?!https:)([^)#]+)", text)
    named += re.findall(r"`((?:tests|server|sweep|hardware|firmware|\.ci)/[\w./-]*)`", text)
    assert len(named) >= 4
    assert [one for one in named if not (ROOT / one).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make ([a-z][a-z-]*)", text)
    assert [one for one in targets if not re.search(rf"^{one}:", makefile, flags=re.MULTILINE)] == []


def section(title: str, text: str = PROBE) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def test_the_way_of_a_sample_names_modules_that_exist() -> None:
    named = re.findall(r"`([a-z0-9_/]+\.[a-z]+)`", section("How a sample goes through the house", WHERE))
    assert len(named) > 30
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "sweep" / name).exists(), name


def test_every_module_that_a_room_names_is_where_it_says() -> None:
    documents = [*(ROOT / "sweep").rglob("README.md"), ROOT / "sweep" / "SWEEP.md"]
    for readme in documents:
        for name in re.findall(r"`([a-z_]+(?:/[a-z_]+)+)`", readme.read_text(encoding="utf-8")):
            places = (base / name for base in (readme.parent, ROOT / "sweep", ROOT / "server", ROOT))
            assert any(one.exists() or one.with_name(f"{one.name}.py").exists() for one in places), f"{readme}: {name}"


def test_each_question_is_answered_in_two_opens() -> None:
    table = re.findall(r"^- \*\*(.+)\*\* (.+?): (.+)$", section("Where is …?", WHERE), flags=re.MULTILINE)
    assert len(table) >= 20
    for question, where, there in table:
        files = re.findall(r"`([a-z0-9_/]+(?:\.[a-z]+)+)`", where)
        assert 1 <= len(files) <= 2, question
        text = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
        for word in re.findall(r"`([A-Za-z_ ]+)`", there):
            assert word in text, f"{question.strip()} {word}"


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()]


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def test_every_link_of_every_document_leads_to_a_file_and_a_heading() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in _tracked()}
    anchors = {
        path: {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for path, text in texts.items()
    }
    broken = []
    for path, text in texts.items():
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
            name, _, heading = target.partition("#")
            there = (path.parent / name).resolve() if name else path
            if not there.exists() or (heading and heading not in anchors[there]):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert len(texts) > 60
    assert broken == []


def _words(path: Path) -> int:
    """As `wc -w` counts them: bars of tables and arrows of pictures are words too."""
    return len(path.read_text(encoding="utf-8").split())


def test_a_rooms_page_is_read_in_one_sitting_and_all_in_a_day() -> None:
    """1,200 words a page; the bench kit's guide says each in two languages and is held by its own test."""
    words = {path: _words(path) for path in _tracked()}
    long = [p for p, n in words.items() if p.name == "README.md" and p.parent.name != "kit" and n > 1200]
    assert long == []
    assert sum(words.values()) <= 60_000
