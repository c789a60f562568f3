"""The key tree against vectors of an implementation that was written from KEY_TREE.md alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.store.crypto import key_tree

VECTORS = Path(__file__).with_name("key_tree_vectors.json")
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the second implementation has not made them yet")


def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert list(found) == ["format", "trees", "unions", "refused"]
    assert found["format"] == "ansim-key-tree-vectors-v1"
    return found


def test_stores_and_seeds_are_those_of_the_other_implementation() -> None:
    trees = vectors()["trees"]
    assert len(trees) >= 8
    assert any(seed is None for tree in trees for _, seed in tree["seeds"])
    for tree in trees:
        nodes = {(0, 0): bytes.fromhex(tree["root"])}
        for first, end in tree["destroyed"]:
            nodes = key_tree.destroyed(nodes, [(first, end)])
        assert key_tree.encode(nodes).hex() == tree["store"]
        assert key_tree.decode(bytes.fromhex(tree["store"])) == nodes
        for slot, seed in tree["seeds"]:
            node = key_tree.holder(nodes, slot)
            assert (None if node is None else key_tree.descend(node, nodes[node], slot).hex()) == seed


def test_what_two_stores_share_is_that_of_the_other_implementation() -> None:
    unions = vectors()["unions"]
    assert len(unions) >= 3
    for union in unions:
        one, other = (key_tree.decode(bytes.fromhex(union[name])) for name in ("one", "other"))
        assert key_tree.encode(key_tree.common(one, other)).hex() == union["both"]
        assert key_tree.encode(key_tree.common(other, one)).hex() == union["both"]


def test_what_the_other_implementation_refuses_is_refused() -> None:
    refused = vectors()["refused"]
    assert len(refused) >= 4
    for data in refused:
        with pytest.raises(ValueError, match="key tree"):
            key_tree.decode(bytes.fromhex(data))
