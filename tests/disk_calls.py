"""What a command does to the disk below a folder, read by strace from the calls of its processes.

Input is a command and a folder; output is a `Step` for each call that changes the folder or syncs something in it, in
order, and what the command wrote to a file beside it, by which a test knows when something was said to be safe.
"""

from __future__ import annotations

import codecs
import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

STRACE: Final = shutil.which("strace")
CALLS: Final = (
    "openat", "write", "pwrite64", "lseek", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink",
    "unlinkat", "mkdir", "mkdirat", "rmdir", "ftruncate", "truncate", "fallocate", "link", "linkat",
)  # fmt: skip
OTHERS: Final = (
    "writev",
    "pwritev",
    "pwritev2",
    "sendfile",
    "copy_file_range",
    "symlink",
    "symlinkat",
    "syncfs",
    "sync",
)
"""Calls that no file of a probe or server is written by; one below the folder fails the recording."""

_LINE: Final = re.compile(r"(\d+) +(\d+\.\d+) (.*)")
_CALL: Final = re.compile(r"(\w+)\((.*)\) += (-?\d+)(.*)")
_RESUMED: Final = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
_WORDS: Final = re.compile(
    r'\s*(?:"((?:\\x[0-9a-f]{2})*)"(?:\.\.\.)?|(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?|([^,]+))'
)
_GONE: Final = b"/(deleted)"


@dataclass(frozen=True, slots=True)
class Step:
    """One call that changes the folder, or a sync of something in it."""

    t_s: float
    """Seconds since 1970: when it began, of a sync when it was over."""
    what: Literal["make", "folder", "write", "size", "begin_sync", "sync", "move", "name", "remove", "witness"]
    path: str
    """Below the folder; of what is witnessed the whole path."""
    target: str = ""
    data: bytes = b""
    offset: int = 0


def record(command: Sequence[str], folder: Path, witness: Path, *, log: Path, timeout_s: float) -> list[Step]:
    """Run a command; what it did below `folder`, and what it wrote to the file `witness`, which no cut reaches."""
    assert STRACE is not None
    trace = f"trace={','.join((*CALLS, *OTHERS))}"
    options = ("-f", "--seccomp-bpf", "-ttt", "-y", "-xx", "-s", str(64 * 1024 * 1024), "-e", trace, "-o", str(log))
    done = subprocess.run([STRACE, *options, *command], capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return list(_steps(log, str(folder), str(witness)))


def can_record(folder: Path) -> bool:
    """Whether this machine's kernel lets a process be traced; a machine without strace fails the test that asks."""
    assert STRACE is not None, "no strace: run make setup-test"
    command = [STRACE, "-f", "--seccomp-bpf", "-o", str(folder / "can-record"), "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _steps(log: Path, root: str, witness: str) -> Iterator[Step]:
    """What the log of strace tells of the folder."""
    reader = _Reader(root, witness)
    begun: dict[str, str] = {}
    with log.open(encoding="ascii") as lines:
        for line in lines:
            found = _LINE.match(line)
            if found is None:
                continue
            process, t_s, rest = found[1], float(found[2]), found[3]
            if rest.endswith("<unfinished ...>"):
                begun[process] = rest.removesuffix("<unfinished ...>").rstrip()
                yield from reader.begins(t_s, begun[process])
                continue
            resumed = _RESUMED.match(rest)
            call = rest
            if resumed is not None:
                call = begun.pop(process, "") + resumed[2]
            whole = _CALL.match(call)
            if whole is None or int(whole[3]) < 0:
                continue
            if resumed is None:
                yield from reader.begins(t_s, call)
            yield from reader.is_over(t_s, whole[1], _words(whole[2]), int(whole[3]))


def _words(text: str) -> list[str | bytes]:
    """The arguments of a call: paths and data as bytes, the rest as it stands."""
    found: list[str | bytes] = []
    for match in _WORDS.finditer(text):
        quoted = match[1] if match[1] is not None else match[2]
        if match[3] is not None:
            found.append(_GONE)
        elif quoted is None:
            found.append(match[4].strip())
        else:
            found.append(codecs.decode(quoted.replace("\\x", ""), "hex"))
    return [one for one in found if one != ""]


class _Reader:
    """Turns calls into steps; knows where each open file is written next."""

    def __init__(self, root: str, witness: str) -> None:
        self._root = root
        self._witness = witness
        self._at: dict[str, int] = {}
        self._size: dict[str, int] = {}

    def _below(self, path: str | bytes, folder: str | bytes = b"") -> str | None:
        """A path below the root; None for any other."""
        assert isinstance(path, bytes)
        whole = path.decode()
        if not whole.startswith("/"):
            assert isinstance(folder, bytes)
            whole = posixpath.join(folder.decode(), whole)
        whole = posixpath.normpath(whole)
        if whole == self._witness:
            return whole
        return (
            whole[len(self._root) + 1 :] if whole.startswith(self._root + "/") else "" if whole == self._root else None
        )

    def begins(self, t_s: float, call: str) -> Iterator[Step]:
        """What counts from its beginning on: where a sync begins."""
        name, _, rest = call.partition("(")
        if name in {"fsync", "fdatasync"}:
            path = self._below(_words(rest.rstrip(") =0"))[0])
            if path is not None:
                yield Step(t_s, "begin_sync", path)

    def is_over(self, t_s: float, name: str, words: list[str | bytes], result: int) -> Iterator[Step]:  # noqa: PLR0912, C901 - one arm a call
        """The steps of a call that did what it should."""
        match name:
            case "openat":
                path = self._below(words[1], words[0])
                flags = str(words[2])
                if path is None:
                    return
                if "O_CREAT" in flags and path != self._witness:
                    yield Step(t_s, "make", path)
                if "O_TRUNC" in flags and path != self._witness:
                    yield Step(t_s, "size", path, offset=0)
                    self._size[path] = 0
                self._at[path] = self._size.get(path, 0) if "O_APPEND" in flags else 0
            case "write" | "pwrite64":
                path = self._below(words[0])
                if path is None:
                    return
                data = words[1]
                assert isinstance(data, bytes)
                data = data[:result]
                if path == self._witness:
                    yield Step(t_s, "witness", path, data=data)
                    return
                offset = int(str(words[3])) if name == "pwrite64" else self._at.get(path, 0)
                if name == "write":
                    self._at[path] = offset + result
                self._size[path] = max(self._size.get(path, 0), offset + result)
                yield Step(t_s, "write", path, data=data, offset=offset)
            case "lseek":
                path = self._below(words[0])
                if path is not None:
                    self._at[path] = result
            case "fsync" | "fdatasync":
                path = self._below(words[0])
                if path is not None:
                    yield Step(t_s, "sync", path)
            case "ftruncate" | "truncate" | "fallocate":
                path = self._below(words[0])
                if path is not None:
                    size = int(str(words[-1])) + (int(str(words[-2])) if name == "fallocate" else 0)
                    if name == "fallocate":
                        size = max(size, self._size.get(path, 0))
                    self._size[path] = size
                    yield Step(t_s, "size", path, offset=size)
            case "mkdir" | "mkdirat":
                path = self._below(words[0]) if name == "mkdir" else self._below(words[1], words[0])
                if path is not None:
                    yield Step(t_s, "folder", path)
            case "rename" | "link" | "renameat" | "renameat2" | "linkat":
                is_at = name not in {"rename", "link"}
                one = self._below(words[1], words[0]) if is_at else self._below(words[0])
                two = self._below(words[3], words[2]) if is_at else self._below(words[1])
                if one is None and two is None:
                    return
                assert one is not None and two is not None, "nothing is moved in or out"
                self._size[two] = self._size.get(one, 0)
                yield Step(t_s, "name" if name.startswith("link") else "move", one, target=two)
            case "unlink" | "rmdir" | "unlinkat":
                path = self._below(words[1], words[0]) if name == "unlinkat" else self._below(words[0])
                if path is not None:
                    yield Step(t_s, "remove", path)
            case _:
                told = [one for one in words if isinstance(one, bytes)]
                assert not any(self._below(one, b"/") for one in told), f"{name} is not understood"
