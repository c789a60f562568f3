"""Processes of modalities and of the head, forked from one that has loaded the program: each would load it anew.

What a test starts as a program of its own does so, too.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Final
from unittest.mock import patch

LOADED: Final = ("sweep.run.runner", "sweep.run.workers", "sweep.run.modalities", "sweep.sim.sources")


@contextmanager
def forked() -> Iterator[None]:
    """Inside the block."""
    get_context, server = multiprocessing.get_context, multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(list(LOADED))

    def other(method: str | None = None) -> BaseContext:
        return server if method == "spawn" else get_context(method)

    with patch.object(multiprocessing, "get_context", other):
        yield
