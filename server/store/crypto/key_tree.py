"""A tree of keys from which single ones can be destroyed for good: a puncturable pseudorandom function, format v1.

Input are slots, 0 to 2^40 - 1; output is a seed of 32 bytes for each that was not destroyed.  A node's seed gives the
seeds of its two children by HMAC-SHA256, so that whoever holds a node holds all slots below it, and nobody gets from a
child to its parent or sibling (Goldreich, Goldwasser, Micali 1986; punctured as Boneh and Waters 2013).  To destroy a
slot the node above it is replaced by the siblings along the path to it.  Ranges are half-open and in slots.  Pure:
KEY_TREE.md has the format and the claim.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from sweep.phrases import Phrase

SLOT_BITS = 40
SLOTS = 1 << SLOT_BITS
SEED_BYTES = 32
NODE_BYTES = 1 + 5 + SEED_BYTES
CHILD_LABELS = (b"ansim-body-tree-v1\x00", b"ansim-body-tree-v1\x01")

Node = tuple[int, int]
"""Depth, 0 at the root, and the first `depth` bits of every slot below it."""
Range = tuple[int, int]
Nodes = Mapping[Node, bytes]


def child(seed: bytes, bit: int) -> bytes:
    """The seed of the left (0) or right (1) child."""
    return hmac.digest(seed, CHILD_LABELS[bit], "sha256")


def span(node: Node) -> Range:
    """The slots below a node."""
    depth, prefix = node
    width = SLOT_BITS - depth
    return prefix << width, (prefix + 1) << width


def holder(nodes: Nodes, slot: int) -> Node | None:
    """The node from which the slot can be derived; None when the slot was destroyed."""
    for depth in range(SLOT_BITS + 1):
        node = (depth, slot >> (SLOT_BITS - depth))
        if node in nodes:
            return node
    return None


def descend(node: Node, seed: bytes, slot: int, depth: int = SLOT_BITS) -> bytes:
    """The seed at this depth on the way from a node above the slot down to it."""
    for level in range(node[0] + 1, depth + 1):
        seed = child(seed, (slot >> (SLOT_BITS - level)) & 1)
    return seed


def destroyed(nodes: Nodes, ranges: Iterable[Range]) -> dict[Node, bytes]:
    """The nodes that are left when these slots can be derived no more; all others still can."""
    gone = merged(ranges)
    starts = [first for first, _ in gone]
    left: dict[Node, bytes] = {}
    waiting = list(nodes.items())
    while waiting:
        node, seed = waiting.pop()
        first, end = span(node)
        before = bisect_right(starts, end - 1) - 1  # the last range that begins within or before the node
        if before < 0 or gone[before][1] <= first:
            left[node] = seed
        elif not (gone[before][0] <= first and end <= gone[before][1]):
            depth, prefix = node
            waiting += [((depth + 1, prefix << 1 | bit), child(seed, bit)) for bit in (0, 1)]
    return left


def common(nodes: Nodes, others: Nodes) -> dict[Node, bytes]:
    """The nodes of what both of two stores of the same root can derive."""
    return destroyed(nodes, without([(0, SLOTS)], ranges_of(others)))


def ranges_of(nodes: Nodes) -> list[Range]:
    """The slots that can be derived."""
    return merged(map(span, nodes))


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same slots as the fewest ranges in ascending order."""
    found: list[Range] = []
    for first, end in sorted(ranges):
        if first >= end:
            continue
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def without(ranges: Iterable[Range], taken: Iterable[Range]) -> list[Range]:
    """The slots of `ranges` that are not in `taken`."""
    left: list[Range] = []
    away = merged(taken)
    number = 0
    for first, end in merged(ranges):
        while number < len(away) and away[number][1] <= first:
            number += 1
        at, here = first, number
        while here < len(away) and away[here][0] < end:
            if at < away[here][0]:
                left.append((at, away[here][0]))
            at = max(at, away[here][1])
            here += 1
        if at < end:
            left.append((at, end))
    return left


def encode(nodes: Nodes) -> bytes:
    """Nodes as bytes: depth, first slot (5 bytes, most significant first) and seed of each, by first slot."""
    ordered = sorted(nodes.items(), key=lambda item: span(item[0])[0])
    return b"".join(bytes([node[0]]) + span(node)[0].to_bytes(5, "big") + seed for node, seed in ordered)


def decode(data: bytes) -> dict[Node, bytes]:
    """What `encode` wrote; raises ValueError for bytes that are no set of disjoint nodes."""
    nodes = dict(_nodes(data))
    spans = sorted(map(span, nodes))
    if len(nodes) * NODE_BYTES != len(data) or any(before[1] > after[0] for before, after in pairwise(spans)):
        raise ValueError(Phrase("key_tree_nodes_overlap"))
    return nodes


def _nodes(data: bytes) -> Iterator[tuple[Node, bytes]]:
    if len(data) % NODE_BYTES:
        raise ValueError(Phrase("key_tree_cut_off"))
    for start in range(0, len(data), NODE_BYTES):
        depth, first = data[start], int.from_bytes(data[start + 1 : start + 6], "big")
        width = SLOT_BITS - depth
        if width < 0 or first & ((1 << width) - 1):
            raise ValueError(Phrase("key_tree_node_misplaced"))
        yield (depth, first >> width), data[start + 6 : start + NODE_BYTES]
