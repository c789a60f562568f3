"""What the parts of the project say when they refuse, read from their source: each sentence with `{}` for its values.

Input is the tree; output is every string that a raised or built error is given.  A string that stands in a variable or
a constant is looked for where that is set.  What another program or library says is not here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HANGUL = re.compile("[가-힣]")
WORD = re.compile(r"[A-Za-z]{2,}.* ")
"""More than one word: a single one is a code or a name."""
LONG = re.compile(r"[a-z]{2,} [a-z]{2,} ")
BUILTIN = frozenset({"ValueError", "OSError", "RuntimeError", "FileNotFoundError", "LookupError", "PermissionError"})


class Said(NamedTuple):
    """One sentence and where it is."""

    place: str
    """`file:line` below the root."""
    error: str
    """What is called with it."""
    sentence: str


def sources(*folders: str) -> list[Path]:
    """Every module of these folders that is not a migration."""
    found = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return [file for file in found if not {"node_modules", "migrations", "dist"} & set(file.parts)]


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def said_by_errors(files: list[Path]) -> Iterator[Said]:
    """The sentences of these modules' errors."""
    kinds = BUILTIN | {
        node.name
        for file in files
        for node in _tree(file).body
        if isinstance(node, ast.ClassDef) and any(_name(base).endswith(("Error", "Exception")) for base in node.bases)
    }
    for file in files:
        for call, scopes in _error_calls(_tree(file), kinds):
            known: dict[str, list[ast.expr]] = {}
            for scope in scopes:
                known |= _constants(scope)
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            said = [one for argument in given for one in _sentences(argument, known)]
            if any(HANGUL.search(one) for one in said):
                continue  # it says both itself
            for sentence in said:
                if WORD.search(sentence.replace("{}", "")):
                    place = f"{file.relative_to(ROOT)}:{call.lineno}"
                    yield Said(place, _name(call.func), " ".join(sentence.split()))


Scopes = tuple[ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, ...]


def _error_calls(tree: ast.Module, kinds: frozenset[str] | set[str]) -> Iterator[tuple[ast.Call, Scopes]]:
    """Every call that is raised or makes an error, with the module, class and functions that it stands in."""
    waiting: list[tuple[ast.AST, Scopes, bool]] = [(tree, (), False)]
    while waiting:
        node, scopes, is_raised = waiting.pop()
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scopes = (*scopes, node)
        if isinstance(node, ast.Call) and (is_raised or _name(node.func) in kinds):
            yield node, scopes
        waiting += [(child, scopes, isinstance(node, ast.Raise)) for child in ast.iter_child_nodes(node)]


def told_by_functions(files: list[Path]) -> Iterator[Said]:
    """The sentences that these modules' functions return, that their tables hold, and that are given as `advice`."""
    for file in files:
        for node in ast.walk(_tree(file)):
            told: list[ast.expr | None] = []
            if isinstance(node, ast.Return):
                told = [node.value]
            elif isinstance(node, ast.Dict):
                told = list(node.values)
            elif isinstance(node, ast.keyword) and node.arg == "advice":
                told = [node.value]
            for value in told:
                for sentence in () if value is None else _sentences(value, {}):
                    if LONG.search(sentence) and not HANGUL.search(sentence):
                        yield Said(f"{file.relative_to(ROOT)}:{value.lineno if value else 0}", "", sentence)


def all_strings(files: list[Path]) -> set[str]:
    """Every string of these modules, with `{}` for the values in it."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                found |= {" ".join(one.split()) for one in _sentences(node, {})}
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@cache
def _constants(scope: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> dict[str, list[ast.expr]]:
    """What each name is set to in a module, class or function, but not in functions of its own."""
    found: dict[str, list[ast.expr]] = {}
    waiting: list[ast.AST] = list(scope.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case _:
                waiting += ast.iter_child_nodes(node)
    return found


def _sentences(node: ast.expr, known: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    """The strings that an expression may be; every value in one is `{}`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            for part in parts:  # a word chosen inside a sentence is one of its own
                if isinstance(part, ast.FormattedValue):
                    yield from _sentences(part.value, known, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for first in _sentences(left, known, depth):
                yield from (first + last for last in _sentences(right, known, depth))
        case ast.IfExp(body=body, orelse=other):
            yield from _sentences(body, known, depth)
            yield from _sentences(other, known, depth)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _sentences(value, known, depth)
        case ast.Name(id=name) if name in known and depth < 3:
            for value in known[name]:
                yield from _sentences(value, known, depth + 3)
        case _:
            return
