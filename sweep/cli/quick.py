"""The plain form of `sweep wifi` without the library that reads command lines.

Input is the arguments; output is the JSON file, or False when they are anything but plain or something is wrong with
the capture: then the command line proper does the work again and says what there is to say.  Loading that library takes
longer than reading 50,000 frames.
"""

from __future__ import annotations

import errno
import gc
import json
import os
from pathlib import Path
from typing import Any, Literal

from sweep.phrases import Phrase

_ADDRESSES: dict[str, Literal["hashed", "full"]] = {"hashed": "hashed", "full": "full"}


def run_plain(arguments: list[str]) -> bool:
    """Do `wifi FILE --json OUT [--addresses FORM] [--flows]`; False when nothing was done."""
    plan = _read(arguments)
    if plan is None:
        return False
    file, target, addresses, as_flows = plan
    if is_same_file(file, target):
        return False
    gc.disable()  # a scan makes arrays, which need no collector, and ends
    from sweep.host.heap import keep_freed

    keep_freed()
    from sweep.captures.packets import CaptureFileError
    from sweep.wifi.scan import scan_file

    try:
        scan = scan_file(file, as_flows=as_flows, processes=os.cpu_count() or 1)
        if scan.cut_tail_octets:
            return False
        replace_text(target, to_text(scan.to_json(addresses=addresses)))
    except (CaptureFileError, OSError):
        return False
    finally:
        gc.enable()
    return True


def _read(arguments: list[str]) -> tuple[Path, Path, Literal["hashed", "full"], bool] | None:
    """Capture, JSON file, form of addresses and whether to read flows; None unless each stands there plainly once."""
    if arguments[:1] != ["wifi"]:
        return None
    given: dict[str, str] = {}
    words = iter(arguments[1:])
    for word in words:
        if word == "--flows":
            name, value = word, word
        elif word in {"--json", "--addresses"}:
            name, value = word, next(words, "-")
        else:
            name, value = "FILE", word
        if name in given or (value.startswith("-") and name != "--flows"):
            return None
        given[name] = value
    addresses = _ADDRESSES.get(given.get("--addresses", "hashed"))
    if addresses is None or "FILE" not in given or "--json" not in given:
        return None
    return Path(given["FILE"]), Path(given["--json"]), addresses, "--flows" in given


def to_text(value: Any) -> str:
    """JSON as every command writes it."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def replace_text(target: Path, text: str) -> None:
    """Write a file whole or not at all; OSError that names `target` when that fails.

    What is no regular file (a device, a pipe) is written to and stays what it is; a link stays one, too.
    """
    if target.exists() and not target.is_file():
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(target)) from None
        return
    place, part = _place_of(target)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(place)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        part.unlink(missing_ok=True)


def check_place(target: Path) -> None:
    """OSError that names `target` where `replace_text` could not write it; leaves nothing."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not target.is_file():
        return
    part = _place_of(target)[1]
    try:
        part.touch()
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        part.unlink(missing_ok=True)


def _unwritable(target: Path, error: OSError) -> OSError:
    """The error by the name that a person gave, and that of a folder which is not there."""
    folder = _place_of(target)[0].parent
    if folder.exists():
        return OSError(error.errno, error.strerror, str(target))
    lacking = FileNotFoundError(Phrase("output_folder_missing", folder=folder))
    lacking.filename = str(target)
    return lacking


def _place_of(target: Path) -> tuple[Path, Path]:
    """Where a file will be, links followed, and its part until it is whole."""
    place = Path(os.path.realpath(target))
    return place, place.with_name(f".{place.name}.{os.getpid()}.part")


def is_same_file(one: Path, other: Path) -> bool:
    """True when both names lead to the same file that is there."""
    return one.exists() and other.exists() and one.samefile(other)
