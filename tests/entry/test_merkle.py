"""The tree: against a library written by others, against files made by another, and against what a liar would try."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from sweep.entry import merkle as m

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "tlog.json").read_text(encoding="utf-8"))
"""Made once with aics-tlog 0.2.1 (Apache-2.0), which needs a later Python: 300 leaves, proofs, notes and tiles."""
MOST = 300
SIZES = st.integers(1, MOST)


def golden_leaves() -> list[bytes]:
    """The leaves of which the golden file was made."""
    hashes = ((hashlib.sha256(b"e%d" % i).hexdigest(), hashlib.sha256(b"s%d" % i).hexdigest()) for i in range(MOST))
    return [m.leaf_data(entry, signatures, 1764000000000 + i) for i, (entry, signatures) in enumerate(hashes)]


DATA = golden_leaves()
LEAVES = [m.leaf_hash(data) for data in DATA]


def subtree(level: int, position: int) -> bytes:
    start = position << level
    return m.root_of(LEAVES[start : start + (1 << level)])


def inclusion(index: int, size: int) -> tuple[bytes, ...]:
    return m.prove(m.inclusion_path(index, size), subtree)


def consistency(old: int, new: int) -> tuple[bytes, ...]:
    return m.prove(m.consistency_path(old, new), subtree)


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    """The tree of pymerkle over the same leaves; it counts leaves from 1."""
    tree = InmemoryTree(algorithm="sha256")
    for data in DATA:
        tree.append_entry(data)
    return tree


@given(SIZES)
def test_roots_are_those_of_the_oracle(oracle: InmemoryTree, size: int) -> None:
    assert m.root_of(LEAVES[:size]) == oracle.get_root(size)
    assert m.join_peaks([subtree(level, position) for level, position in m.peaks_of(size)]) == oracle.get_root(size)


@given(st.data(), SIZES)
def test_proofs_of_inclusion_are_those_of_the_oracle(oracle: InmemoryTree, data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, size)
    theirs = oracle.prove_inclusion(index + 1, size)
    assert list(proof) == list(theirs.path[1:])
    assert m.is_included(LEAVES[index], index, size, proof, oracle.get_root(size))


@given(st.data(), SIZES)
def test_proofs_of_consistency_hold_between_the_roots_of_the_oracle(
    oracle: InmemoryTree, data: st.DataObject, new: int
) -> None:
    old = data.draw(st.integers(1, new))
    assert m.is_consistent(old, new, oracle.get_root(old), oracle.get_root(new), consistency(old, new))


def test_roots_and_proofs_are_those_of_the_golden_file() -> None:
    for size, root in GOLDEN["roots"].items():
        assert m.root_of(LEAVES[: int(size)]).hex() == root
    for proof in GOLDEN["inclusion"]:
        assert [hash_.hex() for hash_ in inclusion(proof["index"], proof["size"])] == proof["hashes"]
    for proof in GOLDEN["consistency"]:
        assert [hash_.hex() for hash_ in consistency(proof["old"], proof["new"])] == proof["hashes"]


@given(st.data(), SIZES)
def test_a_proof_holds_for_its_own_leaf_place_and_tree_only(data: st.DataObject, size: int) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, MOST - 1))
    proof, root = inclusion(index, size), m.root_of(LEAVES[:size])
    if other != index:
        assert not m.is_included(LEAVES[other], index, size, proof, root)
        assert not m.is_included(LEAVES[index], other, size, proof, root)
    assert not m.is_included(LEAVES[index], index, size, (*proof, bytes(32)), root)
    if proof:
        assert not m.is_included(LEAVES[index], index, size, proof[:-1], root)
        place = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[place][0] ^ 1]) + proof[place][1:]
        assert not m.is_included(LEAVES[index], index, size, (*proof[:place], flipped, *proof[place + 1 :]), root)


@given(st.data(), SIZES)
def test_a_log_that_was_rewritten_is_not_consistent(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES[:changed], m.leaf_hash(b"another"), *LEAVES[changed + 1 : new]]
    forged_root = m.root_of(forged)
    forged_proof = m.prove(
        m.consistency_path(old, new),
        lambda level, position: m.root_of(forged[position << level : (position + 1) << level]),
    )
    assert not m.is_consistent(old, new, m.root_of(LEAVES[:old]), forged_root, forged_proof)
    assert not m.is_consistent(old, new, m.root_of(LEAVES[:old]), forged_root, consistency(old, new))


@given(st.integers(-3, 40), st.integers(-3, 40), st.lists(st.binary(min_size=32, max_size=32), max_size=9))
def test_nonsense_is_no_proof_and_no_crash(first: int, second: int, hashes: list[bytes]) -> None:
    assert not m.is_included(bytes(32), first, second, hashes, b"\x01" * 32)
    if first != second:
        assert not m.is_consistent(first, second, b"\x01" * 32, b"\x02" * 32, hashes)


@given(SIZES)
def test_a_tree_grows_from_its_peaks(size: int) -> None:
    peaks = [subtree(level, position) for level, position in m.peaks_of(size)]
    frontier = m.Frontier(size, peaks)
    assert frontier.root() == m.root_of(LEAVES[:size])
    if size < MOST:
        frontier.append(LEAVES[size])
        assert frontier.root() == m.root_of(LEAVES[: size + 1])


def test_what_no_tree_has_is_refused() -> None:
    with pytest.raises(ValueError, match="has 2 peaks"):
        m.Frontier(3, [bytes(32)])
    with pytest.raises(ValueError, match="no leaf 3"):
        m.inclusion_path(3, 3)
    with pytest.raises(ValueError, match="grows"):
        m.consistency_path(4, 3)
