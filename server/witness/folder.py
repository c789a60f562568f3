"""The folder of a witness: files that appear whole and are on disk, and one writer at a time among all processes.

A command beside the witness that serves (`--resolve`) and a second witness by mistake wait for each other here.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.entry.dsse import sync_folder
from sweep.phrases import Phrase


class MemoryLostError(RuntimeError):
    """What a witness remembers cannot be read, so that it may sign nothing; the message is one line."""


class Folder:
    """Files of a witness."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._threads = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes while the block runs, neither a thread nor another process."""
        with self._threads, (self.path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # falls with the file, also when the process is killed
            yield

    def read(self, name: str) -> str | None:
        """A file as it is; None when there is none.  MemoryLostError for one that is no text."""
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise MemoryLostError(Phrase("witness_memory_damaged", file=self.path / name)) from None

    def write(self, name: str, text: str) -> None:
        """Put a file in place as a whole; it is on disk when this returns.  Call it `alone`."""
        path = self.path / name
        part = path.with_name(f".{name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(self.path)

    def names(self, suffix: str) -> list[str]:
        """Files whose name ends so, in order."""
        return sorted(one.name for one in self.path.glob(f"*{suffix}") if not one.name.startswith("."))
