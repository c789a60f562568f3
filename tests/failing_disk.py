"""A disk that takes no file, for what is written through `sweep.host.disk`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from sweep.host.disk import Disk


class FailingDisk(Disk):
    """Takes nothing in some folder, or anywhere, while something is wrong with it."""

    def __init__(self, only: Path | None = None) -> None:
        self.only = only
        self.errno: int | None = None

    def write_durably(self, path: Path, data: bytes) -> None:
        if self.errno is None or self.only not in {None, path.parent}:
            super().write_durably(path, data)
            return
        with contextlib.suppress(OSError):
            path.write_bytes(data[:10])
        raise OSError(self.errno, os.strerror(self.errno))
