"""What stands is decided in server/standing alone: nobody else compares verdicts or puts states in an order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

import pytest

from server.config.settings import WEB_DIR
from server.interface.fields import EquipmentResult, FindingState, PersonsResult, ZoneState
from sweep.report import Disposition, VerdictName

SERVER: Final = Path(WEB_DIR).parent.parent
CODES: Final = frozenset(
    code for codes in (VerdictName, ZoneState, FindingState, EquipmentResult, PersonsResult) for code in get_args(codes)
) | frozenset(get_args(Disposition.model_fields["verdict"].annotation))
MAY: Final = {
    "ingest/persons.py": "a find is acted upon at once, whatever stands",
}
FEW: Final = 3
"""So many of the codes side by side, with nothing else among them, are an order or a table of their own."""


def _modules() -> list[Path]:
    found = [path for path in SERVER.rglob("*.py") if "web" not in path.relative_to(SERVER).parts[:1]]
    return [path for path in found if path.relative_to(SERVER).parts[0] != "standing" and "versions" not in path.parts]


def _is_verdict(node: ast.AST) -> bool:
    """Is it called a verdict, however it is read?"""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return "verdict" in name.lower()
        case _:
            return False


def _comparisons(tree: ast.AST) -> Iterator[int]:
    """Lines that compare a verdict with a code, or choose by one."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = (left, *others)
                if any(map(_is_verdict, sides)) and any(CODES & _strings(side) for side in sides):
                    yield node.lineno
            case ast.Match(subject=subject) if _is_verdict(subject):
                yield node.lineno
            case _:
                pass


def _strings(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _orders(tree: ast.AST) -> Iterator[int]:
    """Lines with a tuple, list, set or mapping of many codes, but for what a type lists."""
    of_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in of_types:
            continue
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                members = parts
            case ast.Dict(keys=keys):
                members = [key for key in keys if key is not None]
            case _:
                continue
        own = {one.value for one in members if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        if len(own) >= FEW and own <= CODES:
            yield node.lineno


def test_no_other_room_of_the_server_compares_verdicts_or_orders_what_stands() -> None:
    found: dict[str, list[int]] = {}
    for path in _modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = sorted({*_comparisons(tree), *_orders(tree)})
        if lines:
            found[path.relative_to(SERVER).as_posix()] = lines
    assert {path: lines for path, lines in found.items() if path not in MAY} == {}
    assert set(MAY) <= set(found), "what compares nothing any more needs no leave"


@pytest.mark.parametrize(
    "source",
    [
        'if item.verdict == "no_camera": pass',
        'clear = [one for one in report.verdicts if one.verdict == "clear"]',
        'if row["verdict"] in {"candidate", "clear"}: pass',
        'where = dispositions.c.verdict != "camera_found"',
        'match one.verdict:\n    case "clear": pass',
        'if last_verdict == "recheck": pass',
        'GRAVEST = ("found", "suspected", "recheck", "clear")',
        'WORDS = {"clear": "이상 없음", "partly": "일부", "no_report": "없음"}',
    ],
)
def test_what_decides_elsewhere_would_be_found(source: str) -> None:
    tree = ast.parse(source)
    assert [*_comparisons(tree), *_orders(tree)]


@pytest.mark.parametrize(
    "source",
    [
        'Verdict = Literal["no_camera", "camera_found", "cannot_exclude", "recheck"]',
        'if stands.state == "nothing_detected": pass',
        'word = FINDINGS["to_inspect"].ko',
        'STEPS = {"found": "112", "to_inspect": "손전등", "recheck": "다시", "nothing": "없음"}',
        "verdict = verdict_of(report, zone_id, modality)",
        "if verdict is not None: pass",
    ],
)
def test_what_only_shows_is_not(source: str) -> None:
    tree = ast.parse(source)
    assert [*_comparisons(tree), *_orders(tree)] == []
