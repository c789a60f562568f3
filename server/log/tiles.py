"""The tree over the log as it lies in the database: tiles of 256 hashes, of which only the last of each level grows.

Input are leaf hashes in the order of the log, inside the write transaction that stores their entries; output are roots,
proofs and tiles as C2SP `tlog-tiles` serves them (sweep/LOG.md).  An append reads and writes one row of each level; a
proof reads one or two.  A tree that is behind its entries, as in a log from before it, is built on in pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select, update

from server.store.schema import entries, log_tiles
from sweep.entry import merkle
from sweep.phrases import Phrase

HEIGHT = 8
WIDTH = 1 << HEIGHT
PAGE = 8_192  # guessed: a fifth of a second of the only writer
KEPT_NODES = 4 * WIDTH  # derived: those of two tiles, so that entries in the order of the log hash each node once

_TILE = select(log_tiles.c.hashes).where(
    log_tiles.c.level == bindparam("level"), log_tiles.c.position == bindparam("position")
)
_LAST = (
    select(log_tiles.c.position, func.length(log_tiles.c.hashes).label("length"))
    .where(log_tiles.c.level == 0)
    .order_by(log_tiles.c.position.desc())
    .limit(1)
)
_EDGE = select(log_tiles.c.position, log_tiles.c.hashes).where(log_tiles.c.level == 0)
_EDGE = _EDGE.order_by(log_tiles.c.position.desc()).limit(1)
_GROW = (
    update(log_tiles)
    .where(log_tiles.c.level == bindparam("old_level"), log_tiles.c.position == bindparam("old_position"))
    .values(hashes=bindparam("grown"))
)
_INSERT = insert(log_tiles)
_LEAVES = (
    select(entries.c.log_index, entries.c.entry_hash, entries.c.signatures_hash, entries.c.received_ms)
    .where(entries.c.log_index >= bindparam("first"))
    .order_by(entries.c.log_index)
    .limit(bindparam("most"))
)


class TreeError(RuntimeError):
    """The log or its tree has a hole; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree as one transaction sees it, and proofs that some entries are in it."""

    size: int
    root: bytes
    proofs: dict[int, tuple[bytes, ...]]
    """By log index."""


def tree_size(connection: Connection) -> int:
    """Leaves of the tree as it is built so far."""
    last = connection.execute(_LAST).one_or_none()
    return 0 if last is None else last.position * WIDTH + last.length // merkle.HASH_BYTES


def append(connection: Connection, first: int, leaves: Sequence[bytes]) -> None:
    """Add the leaf data of entries that were stored just now from index `first` on; inside `Database.write()`.

    A tree that is behind them is built up to them first.
    """
    size, edge = _edge(connection)
    while size < first:
        size += build_page(connection, most=min(PAGE, first - size))
        edge = None
    if size > first:
        raise TreeError(Phrase("log_tree_and_log_differ", leaves=size, entries=first))
    _extend(connection, first, [merkle.leaf_hash(leaf) for leaf in leaves], edge)


def build_page(connection: Connection, most: int = PAGE) -> int:
    """Add the next entries that the tree does not hold yet; returns how many."""
    size = tree_size(connection)
    rows = connection.execute(_LEAVES, {"first": size, "most": most}).all()
    if [row.log_index for row in rows] != list(range(size, size + len(rows))):
        raise TreeError(Phrase("log_hole", index=size))
    leaves = (merkle.leaf_data(row.entry_hash, row.signatures_hash, row.received_ms) for row in rows)
    _extend(connection, size, [merkle.leaf_hash(leaf) for leaf in leaves])
    return len(rows)


def root(connection: Connection, size: int) -> bytes:
    """Root of the tree over the first `size` entries; ValueError when the tree is smaller."""
    subtree = reader(connection)
    return merkle.join_peaks([subtree(level, position) for level, position in merkle.peaks_of(size)])


def head(connection: Connection, indices: Iterable[int]) -> Head:
    """The tree as it is, with proofs that these entries are in it; ValueError when one is not."""
    size, edge = _edge(connection)
    subtree = reader(connection, {} if edge is None else {(0, (size - 1) // WIDTH): edge})
    proofs = {index: merkle.prove(merkle.inclusion_path(index, size), subtree) for index in indices}
    return Head(size, merkle.join_peaks([subtree(*peak) for peak in merkle.peaks_of(size)]), proofs)


def prove_consistency(connection: Connection, old: int, new: int) -> tuple[bytes, ...]:
    """Proof that the tree of `new` entries begins with that of `old`; ValueError unless 0 < old <= new <= all."""
    _check_size(connection, new)
    return merkle.prove(merkle.consistency_path(old, new), reader(connection))


def read_tile(connection: Connection, level: int, position: int) -> bytes | None:
    """The hashes of a tile, complete or as many as there are; None when there is none."""
    found: bytes | None = connection.scalar(_TILE, {"level": level, "position": position})
    return found


def read_entries(connection: Connection, position: int) -> list[bytes]:
    """The leaf data of the 256 entries of a bundle, or as many as there are."""
    rows = connection.execute(_LEAVES, {"first": position * WIDTH, "most": WIDTH}).all()
    return [merkle.leaf_data(row.entry_hash, row.signatures_hash, row.received_ms) for row in rows]


def reader(connection: Connection, known: dict[tuple[int, int], bytes] | None = None) -> merkle.Subtree:
    """Roots of complete subtrees: each tile is read once, unless it is `known`, and nodes of late are kept."""
    read, nodes = dict(known or {}), dict[tuple[int, int], bytes]()

    def subtree(level: int, position: int) -> bytes:
        node = nodes.get((level, position))
        if node is None:
            node = leaf(level // HEIGHT, position) if level % HEIGHT == 0 else joined(level, position)
            if len(nodes) >= KEPT_NODES:
                nodes.clear()
            nodes[level, position] = node
        return node

    def joined(level: int, position: int) -> bytes:
        below = level - 1
        return merkle.node_hash(subtree(below, 2 * position), subtree(below, 2 * position + 1))

    def leaf(level: int, position: int) -> bytes:
        place, start = (level, position // WIDTH), position % WIDTH * merkle.HASH_BYTES
        if place not in read:
            read[place] = read_tile(connection, *place) or b""
        found = read[place][start : start + merkle.HASH_BYTES]
        if not found:
            raise ValueError(Phrase("log_tree_too_small", position=position, level=level * HEIGHT))
        return found

    return subtree


def _edge(connection: Connection) -> tuple[int, bytes | None]:
    """(leaves of the tree as it is built so far, the hashes of the tile that holds the last of them)."""
    last = connection.execute(_EDGE).one_or_none()
    return (0, None) if last is None else (last.position * WIDTH + len(last.hashes) // merkle.HASH_BYTES, last.hashes)


def _check_size(connection: Connection, size: int) -> None:
    held = tree_size(connection)
    if size > held:
        raise ValueError(Phrase("log_tree_size_differs", held=held, size=size))


def _extend(connection: Connection, first: int, hashes: Iterable[bytes], edge: bytes | None = None) -> None:
    """Write hashes from place `first` of a level on, and the roots of what became whole on the level above.

    `edge`: the hashes of the tile of leaves in which `first` lies, where they are known.
    """
    level, new = 0, list(hashes)
    while new:
        position, held = divmod(first, WIDTH)
        old = (edge or read_tile(connection, level, position)) if held else b""
        if old is None or len(old) != held * merkle.HASH_BYTES:
            raise TreeError(Phrase("log_tile_damaged", position=position, level=level))
        data = old + b"".join(new)
        tile_bytes = WIDTH * merkle.HASH_BYTES
        tiles = [data[start : start + tile_bytes] for start in range(0, len(data), tile_bytes)]
        if held:
            connection.execute(_GROW, {"old_level": level, "old_position": position, "grown": tiles[0]})
        rows = [{"level": level, "position": position + number, "hashes": tile} for number, tile in enumerate(tiles)]
        if rows[bool(held) :]:
            connection.execute(_INSERT, rows[bool(held) :])
        new = [merkle.root_of(_split(tile)) for tile in tiles if len(tile) == tile_bytes]
        level, first, edge = level + 1, position, None


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[start : start + merkle.HASH_BYTES] for start in range(0, len(hashes), merkle.HASH_BYTES)]
