"""The tree over a log from before it: built page by page, so that a start that is cut off goes on where it was."""

from __future__ import annotations

from collections.abc import Callable

from server.log import tiles
from server.log.order import next_index
from server.store.db import Database


def build_tree(
    db: Database, on_page: Callable[[int, int], None] = lambda _done, _all: None, *, page: int = tiles.PAGE
) -> int:
    """Bring the tree up to the entries; returns how many were added. `on_page` hears how many of how many are in it."""
    added = 0
    while True:
        with db.read() as connection:
            size, wanted = tiles.tree_size(connection), next_index(connection)
        if size >= wanted:
            return added
        with db.write() as connection:
            added += tiles.build_page(connection, page)
            size = tiles.tree_size(connection)
        on_page(size, wanted)
