"""Constants, fields and settings that nobody measured, as their docstrings and comments say, and what they decide.

Job: read the sources of a checkout (Python, TOML, C headers, the page) and make one record of each declaration that
SAYS so; where a function, class or file says it, of that. Input: the checkout's folder; output: records. It runs
nothing of what it reads, and leaves no such word out.
"""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[3]
TREES: Final = ("sweep", "server", "firmware", "hardware")
NOT_SOURCE: Final = frozenset({"node_modules", "dist", "dev-dist", "build"})
ENDINGS: Final = frozenset({".toml", ".h", ".ts", ".svelte"})
"""Of files that are read line by line, besides Python."""
COMMENT: Final = re.compile(r"^\s*\*.*|(?:^|(?<=\s))(?://|#(?!define)|/\*|<!--).*")
SAYS: Final = re.compile(r"\bguessed\b", re.IGNORECASE)
ENTRY: Final = re.compile(
    r"(?!return)(?:export |#define |const |let )*[\"']?([A-Za-z_][\w.-]*)[\"']?(?:\s*[:=]\s*|\s+)"
    r"(\S.*?)(?: as const)?[,;]*"
)
"""A name and its value on one line."""
OWNERS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
UNIT: Final = re.compile(
    r"_((?:ns|us|ms|s|min|days|m?hz|dbm?|bits|bytes|octets|px|deg|rad|[mnu]?m|k|a|v|w|counts|chips|triples)(?:_per_[a-z]+)?)$"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """One declaration that says so."""

    room: str
    """Its folder."""
    name: str
    value: str
    """As the source has it; empty for a function, class or file that says of itself that it guesses."""
    unit: str
    """As the name ends; empty where it ends in none."""
    file: str
    line: int
    decides: str
    """What the source says of it."""
    times: int
    """How often the word stands there."""


def find_guesses(checkout: Path = CHECKOUT) -> list[Guess]:
    """All of a checkout, by file and line."""
    found: list[Guess] = []
    for path in source_files(checkout):
        text = path.read_text(encoding="utf-8")
        if SAYS.search(text):
            read = _in_python if path.suffix == ".py" else _in_lines
            found += _join(path.relative_to(checkout), read(text, path))
    return found


def source_files(checkout: Path = CHECKOUT) -> list[Path]:
    """What is read: written by hand, and not generated."""
    found: list[Path] = []
    for tree in TREES:
        for folder, folders, names in os.walk(checkout / tree):
            folders[:] = sorted({*folders} - NOT_SOURCE)
            paths = [Path(folder, name) for name in sorted(names) if not name.endswith(".d.ts")]
            found += [path for path in paths if path.suffix in {".py", *ENDINGS}]
    return found


Said = tuple[str, str, int, str]
"""Name, value, line, and the docstring or comment."""


def _join(file: Path, said: Iterator[Said]) -> Iterator[Guess]:
    """One record a declaration, whose docstring and comments may both say it."""
    by_line: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for name, value, line, text in said:
        by_line.setdefault((line, name), []).append((value, text))
    for (line, name), told in sorted(by_line.items()):
        decides = " ".join(" ".join(text for _, text in told).split())
        if not told[0][0]:
            decides = " ".join(one for one in re.split(r"(?<=[.:;]) ", decides) if SAYS.search(one))
        unit = UNIT.search(name.lower())
        yield Guess(
            file.parent.as_posix(),
            name,
            told[0][0],
            unit[1] if unit else "",
            file.as_posix(),
            line,
            decides,
            len(SAYS.findall(decides)),
        )


def _in_python(text: str, path: Path) -> Iterator[Said]:
    tree = ast.parse(text)
    for described, doc in _docstrings(tree, tree):
        if SAYS.search(doc):
            yield *_declared(described, text, path), doc
    lines = text.splitlines()
    statements: list[ast.stmt] = []
    for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__):
        if token.type != tokenize.COMMENT or not SAYS.search(token.string):
            continue
        line = token.start[0]
        code = token.line[: token.start[1]].strip()
        if not code:
            line, code = _code_below(lines, line)
        statements = statements or [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        inside = [n for n in statements if n.lineno <= line <= (n.end_lineno or 0)]
        node: ast.AST = max(inside, key=lambda n: (n.lineno, -(n.end_lineno or 0)), default=tree)
        entry = ENTRY.fullmatch(code)
        if isinstance(node, ast.Assign | ast.AnnAssign) and (line == node.lineno or entry is None):
            yield *_declared(node, text, path), token.string.lstrip("# ")
        elif entry is not None:
            yield entry[1], entry[2], line, token.string.lstrip("# ")
        else:
            owners = [n for n in inside if isinstance(n, OWNERS)]
            yield *_declared(owners[-1] if owners else tree, text, path), token.string.lstrip("# ")


def _docstrings(body: ast.AST, owner: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """What each docstring describes: the declaration before it, else what it stands in; and its text."""
    before: ast.AST = owner
    for node in ast.iter_child_nodes(body):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield (before if isinstance(before, ast.Assign | ast.AnnAssign) else owner), text
            case _:
                pass
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _docstrings(node, node if isinstance(node, OWNERS) else owner)
        before = node


def _declared(node: ast.AST, text: str, path: Path) -> tuple[str, str, int]:
    """Name, value and line."""
    match node:
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            value_text = "" if value is None else ast.get_source_segment(text, value) or ""
            return ast.unparse(target).strip("()"), " ".join(value_text.split()), node.lineno
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name, "", node.lineno
        case _:
            return path.stem, "", 1


def _in_lines(text: str, path: Path) -> Iterator[Said]:
    lines = text.splitlines()
    table = ""
    for number, line in enumerate(lines, 1):
        if path.suffix == ".toml" and line.startswith("["):
            table = line.strip("[] ").split("]")[0] + "."
        said = COMMENT.search(line)
        if said is None or not SAYS.search(said[0]):
            continue
        at, code = number, line[: said.start()].strip()
        if not code:
            at, code = _code_below(lines, number)
        entry = ENTRY.fullmatch(code)
        about = said[0].strip("/*#<!-> ")
        yield (table + entry[1], entry[2], at, about) if entry else (path.stem, "", 1, about)


def _code_below(lines: list[str], number: int) -> tuple[int, str]:
    """The line of code that follows a comment at once, and its text without the comment behind it."""
    for at, line in enumerate(lines[number:], number + 1):
        code = COMMENT.sub("", line).strip()
        if code or not line.strip():
            return at, code
    return number, ""
