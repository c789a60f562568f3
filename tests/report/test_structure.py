"""A bound on structure holds before anything is built, and never refuses what the contract allows."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.entry.dsse import EntryError
from sweep.entry.envelope import from_wire
from sweep.report import ContractError, SweepReport, parse_json, to_json
from sweep.report.structure import MAX_VALUES, check_structure
from tests.report_factory import make_report

MIB = 1024 * 1024
TEXTS = st.text(alphabet='[]{}",\\:ab\n', max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def _depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
        case _:
            return 0


@given(value=JSON, indent=st.sampled_from([None, 1]))
def test_depth_is_told_whatever_the_texts_hold(value: object, indent: int | None) -> None:
    data = json.dumps(value, indent=indent).encode()
    depth = _depth(value)
    check_structure(data, max_depth=max(depth, 1))
    if depth >= 2:
        with pytest.raises(ValueError, match="nested deeper"):
            check_structure(data, max_depth=(depth - 1) // 2)


@pytest.mark.parametrize("piece", [b"{},", b"[],", b"0,", b'"",', b'{"a":0},', b'"":', b"[" * 8, b'{"a":' * 8])
def test_many_small_values_are_refused_without_being_built(piece: bytes) -> None:
    data = b"[" + piece * (8 * MIB // len(piece)) + b"0]"
    tracemalloc.start()
    for read in (lambda: from_wire(data), lambda: parse_json(SweepReport, data, max_bytes=16 * MIB)):
        with pytest.raises((EntryError, ContractError), match="not valid JSON"):
            read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(data)


def test_an_honest_report_is_far_from_the_bound() -> None:
    data = to_json(make_report())
    per_value = len(data) / (data.count(b",") + data.count(b"[") + data.count(b"{"))
    assert 4 * 1.5e6 / per_value < MAX_VALUES
    assert parse_json(SweepReport, data) == make_report()
