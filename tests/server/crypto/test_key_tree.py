"""The key tree against an implementation written from its description: what is destroyed stays so, all else opens."""

from __future__ import annotations

import hashlib
import hmac
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.store.crypto import key_tree
from server.store.crypto.key_tree import SLOTS, Node, Range
from tests.server.body_opener import Store

ROOT = hashlib.sha256(b"root").digest()
WHOLE: dict[Node, bytes] = {(0, 0): ROOT}
EDGES = [0, 1, 4095, 4096, 4097, 2**20, 2**39 - 1, 2**39, SLOTS - 2, SLOTS - 1]
slots = st.integers(0, 5_000) | st.integers(0, SLOTS - 1) | st.sampled_from(EDGES)
ranges = st.tuples(slots, st.integers(0, 5_000) | st.integers(0, SLOTS)).map(
    lambda pair: (pair[0], min(SLOTS, pair[0] + pair[1]))
)


def _leaf(slot: int) -> bytes:
    """The seed of a slot, down from the root bit by bit."""
    seed = ROOT
    for bit in f"{slot:040b}":
        seed = hmac.new(seed, b"ansim-body-tree-v1" + bytes([int(bit)]), hashlib.sha256).digest()
    return seed


def _seed(nodes: dict[Node, bytes], slot: int) -> bytes | None:
    node = key_tree.holder(nodes, slot)
    return None if node is None else key_tree.descend(node, nodes[node], slot)


def _as_store(nodes: dict[Node, bytes]) -> Store:
    return Store("", 0, 0, {f"{prefix:040b}"[40 - depth :]: seed for (depth, prefix), seed in nodes.items()})


@given(st.lists(ranges, max_size=8), st.lists(slots, max_size=8))
def test_what_is_destroyed_never_opens_and_all_else_does(gone: list[Range], asked: list[int]) -> None:
    left = WHOLE
    for some in gone:  # one by one, as they are erased
        left = key_tree.destroyed(left, [some])
    assert left == key_tree.destroyed(WHOLE, gone)
    assert key_tree.decode(key_tree.encode(left)) == left
    store = _as_store(left)
    for slot in [
        *asked,
        *(edge for first, end in gone for edge in (first - 1, first, end - 1, end) if 0 <= edge < SLOTS),
    ]:
        is_gone = any(first <= slot < end for first, end in gone)
        expected = None if is_gone else _leaf(slot)
        assert _seed(left, slot) == expected
        assert store.seed(slot) == expected
    for node, seed in left.items():  # nothing above a destroyed slot is left
        first, end = key_tree.span(node)
        assert not any(max(first, one) < min(end, other) for one, other in gone)
        assert key_tree.descend((0, 0), ROOT, first, node[0]) == seed


@given(st.lists(ranges, max_size=6), st.lists(ranges, max_size=6))
def test_two_copies_keep_only_what_both_open(one: list[Range], other: list[Range]) -> None:
    both = key_tree.common(key_tree.destroyed(WHOLE, one), key_tree.destroyed(WHOLE, other))
    assert both == key_tree.destroyed(WHOLE, [*one, *other])


@given(st.lists(ranges, max_size=8), st.lists(ranges, max_size=8), slots)
def test_ranges(some: list[Range], taken: list[Range], slot: int) -> None:
    def has(found: list[Range]) -> bool:
        return any(first <= slot < end for first, end in found)

    left = key_tree.without(some, taken)
    assert has(key_tree.merged(some)) == has(some)
    assert has(left) == (has(some) and not has(taken))
    assert all(before[1] < after[0] for before, after in pairwise(left))
    nodes = key_tree.destroyed(WHOLE, some)
    assert key_tree.ranges_of(nodes) == key_tree.without([(0, SLOTS)], some)


def test_the_store_grows_with_gaps_not_with_what_was_erased() -> None:
    rows = key_tree.destroyed(WHOLE, [(1_000, 900_000)])
    assert len(rows) <= 2 * 40
    scattered = key_tree.destroyed(WHOLE, [(slot, slot + 1) for slot in range(0, 1_000_000, 1_000)])
    print(f"1,000 of 10^6 bodies erased, scattered: {len(scattered)} nodes, {len(key_tree.encode(scattered))} bytes")
    assert len(scattered) < 1_000 * 12


@pytest.mark.parametrize(
    "data",
    [b"\x00" * 37, b"\x29" + b"\x00" * 37, b"\x01" + b"\x00" * 4 + b"\x01" + b"\x00" * 32, (b"\x00" * 38) * 2],
    ids=["cut off", "too deep", "at no place", "twice"],
)
def test_bytes_that_are_no_nodes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="key tree"):
        key_tree.decode(data)
