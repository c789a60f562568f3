"""The tree over the log: leaves, nodes, roots and proofs as RFC 6962 and RFC 9162 define them, with SHA-256.

Input are hashes of 32 bytes; output are hashes, proofs (tuples of hashes) or True and False.  Pure and of the standard
library only: server, probe, witness and verifier share it.  A hash is asked for as that of a complete subtree, so that
whoever keeps tiles never reads a leaf twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from sweep.phrases import Phrase

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""
MAX_PROOF_HASHES = 2 * 53
"""More hashes than any proof in a log of 2**53 entries has."""

Subtree = Callable[[int, int], bytes]
"""(level, position) -> root of the complete subtree of 2**level leaves that begins at leaf position * 2**level."""


def leaf_data(entry_hash: str, signatures_hash: str, received_ms: int) -> bytes:
    """The leaf of an entry, v1, from its two hashes in hexadecimal and its time of receipt (sweep/LOG.md)."""
    return f"ansim-leaf-v1\n{entry_hash}\n{signatures_hash}\n{received_ms}\n".encode("ascii")


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node (RFC 6962, section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees at the right edge of a tree that only grows: 1 hash for each bit of its size."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """`peaks`: roots of the complete subtrees, the largest first; ValueError unless there are as many as needed."""
        if size < 0 or len(peaks) != size.bit_count():
            raise ValueError(Phrase("tree_peak_count", size=size, needed=size.bit_count(), given=len(peaks)))
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        node, size = leaf, self.size
        while size & 1:
            node = node_hash(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Root of the tree as it is now."""
        return join_peaks(self._peaks)


def join_peaks(peaks: Sequence[bytes]) -> bytes:
    """Root of a tree from its complete subtrees, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def peaks_of(size: int) -> list[tuple[int, int]]:
    """(level, position) of the complete subtrees of a tree of `size` leaves, the largest first."""
    found, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def inclusion_path(index: int, size: int) -> list[list[tuple[int, int]]]:
    """Subtrees of which a proof of inclusion is made, from the leaf upwards; several in a list are joined as peaks.

    ValueError when the tree of `size` leaves has no leaf `index`.
    """
    if not 0 <= index < size:
        raise ValueError(Phrase("tree_without_leaf", size=size, index=index))
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            path.append(_complete(middle, end))
            end = middle
        else:
            path.append(_complete(start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[list[tuple[int, int]]]:
    """Subtrees of which a proof of consistency is made (RFC 9162, 2.1.4.1); ValueError unless 0 < old <= new."""
    if not 0 < old <= new:
        raise ValueError(Phrase("tree_cannot_grow_so", old=old, new=new))
    path: list[list[tuple[int, int]]] = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old <= middle:
            path.append(_complete(middle, end))
            end = middle
        else:
            path.append(_complete(start, middle))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_complete(start, end))
    return path[::-1]


def prove(path: Iterable[Sequence[tuple[int, int]]], subtree: Subtree) -> tuple[bytes, ...]:
    """The hashes of a proof along a path."""
    return tuple(join_peaks([subtree(level, position) for level, position in part]) for part in path)


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the proof lead from this leaf hash at `index` to the root of a tree of `size`? (RFC 9162, 2.1.3.2)"""
    if not 0 <= index < size or len(proof) > MAX_PROOF_HASHES:
        return False
    first, last, node = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            node = node_hash(hash_, node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, hash_)
        first, last = first >> 1, last >> 1
    return last == 0 and node == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the tree of `new` leaves begin with the tree of `old` leaves? (RFC 9162, section 2.1.4.2)"""
    if not 0 <= old <= new or len(proof) > MAX_PROOF_HASHES:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_node = new_node = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_node, new_node = node_hash(hash_, old_node), node_hash(hash_, new_node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_node = node_hash(new_node, hash_)
        first, last = first >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


def _complete(start: int, end: int) -> list[tuple[int, int]]:
    """(level, position) of the complete subtrees that cover the leaves from `start`, a left edge, to `end`."""
    return [(level, (start >> level) + position) for level, position in peaks_of(end - start)]
