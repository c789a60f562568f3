"""Files that are there whole or not at all, also when the disk is full, and room that is kept for them beforehand.

Input is bytes and paths; output is files whose bytes have reached the disk, or a `DiskError` whose one line says what
is wrong with the disk and what to do about it.  It knows nothing of what it writes.  `Disk` is a class so that a disk
which is full, fails or loses power is another one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase

READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
"""A pipe or a link in a file's place must neither hold up who reads it nor lead elsewhere."""
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk, its quota or the limit on a file's size leaves no room."""


class DiskError(RuntimeError):
    """A file could not be written; the message is what is wrong with the disk and what to do, on one line."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(disk_trouble(folder, error))
        self.is_full = error.errno in FULL


def disk_trouble(folder: Path, error: OSError) -> Phrase:
    """What an error of the disk under `folder` means to a person."""
    match error.errno:
        case errno.ENOSPC:
            return Phrase("folder_disk_full", folder=folder)
        case errno.EDQUOT:
            return Phrase("disk_quota_used_up", folder=folder)
        case errno.EFBIG:
            return Phrase("file_size_limit", folder=folder)
        case errno.EROFS:
            return Phrase("read_only_disk", folder=folder)
        case errno.EIO:
            return Phrase("disk_fails", folder=folder)
        case errno.EACCES | errno.EPERM:
            return Phrase("folder_not_writable", folder=folder)
        case _:
            return Phrase("folder_write_failed", folder=folder, why=error)


class Disk:
    """What writing to the disk is made of."""

    def write_durably(self, path: Path, data: bytes) -> None:
        """Write a file and wait until its bytes are on the disk.  Raises OSError."""
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, path: Path, target: Path) -> None:
        """Give a file another name.  Raises OSError."""
        path.rename(target)

    def unlink(self, path: Path) -> None:
        """Remove a file if it is there.  Raises OSError."""
        path.unlink(missing_ok=True)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in a folder are on the disk.  Raises OSError."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path, mode: int = 0o777) -> None:
        """Make a folder and those above it, each with its name on the disk: without that a cut takes what lies in it.

        What is there stays; its own name is synced all the same, for who made it may have been killed before.
        Raises OSError.
        """
        new = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        for one in new or [folder]:
            self.sync_folder(one.parent)

    def write_whole(self, path: Path, data: bytes) -> None:
        """Put `data` into `path`, whole and on the disk, or leave what was there.  Raises DiskError."""
        part = path.with_name(f"{path.name}.part")
        try:
            self.write_durably(part, data)
            self.rename(part, path)
            self.sync_folder(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):  # it takes no part in anything, and is removed at the next start
                self.unlink(part)
            raise DiskError(path.parent, error) from None

    def overwrite(self, path: Path, data: bytes) -> None:
        """Replace the bytes of a file of the same size where they stand, which takes no room.  Raises DiskError."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, data, 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DiskError(path.parent, error) from None

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        """Put `data` into an open file and wait until it is on the disk.  Raises OSError."""
        written = 0
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], offset + written)
        os.fsync(descriptor)

    def keep_room(self, path: Path, size_bytes: int) -> None:
        """Make `path` a file that holds `size_bytes` of the disk, for `let_room_go` later.  Raises DiskError."""
        try:
            if path.is_file() and path.stat().st_blocks * 512 >= size_bytes:
                return
            with path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size_bytes)
        except OSError as error:
            self.let_room_go(path)
            raise DiskError(path.parent, error) from None

    def let_room_go(self, path: Path) -> None:
        """Give the room back that `keep_room` kept."""
        with contextlib.suppress(OSError):  # a read-only disk keeps it, and nothing can be written there anyway
            self.unlink(path)


DISK: Final = Disk()
"""The real one."""


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of an ordinary file of at most `max_bytes`.  Raises OSError, also for what is no file."""
    descriptor = os.open(path, READ_FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _no_file(path)
        if found.st_size > max_bytes:
            raise OSError(errno.EFBIG, Phrase("larger_than_bytes", most=max_bytes), str(path))
        return file.read(max_bytes + 1)


def _no_file(path: Path) -> OSError:
    return OSError(errno.EISDIR, Phrase("not_a_regular_file"), str(path))
