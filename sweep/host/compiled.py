"""Libraries compiled from the C beside a module: where they lie, and whether they are what the sources say.

`make setup` and `make wheels` build them with the flags of the Makefile (`sweep.host.installation` says where to);
nothing is ever built here. Input is a library and the folder of its sources `kernel*.c`; output is the loaded library,
or in one line why it cannot be used: whoever asked then works in Python, which gives the same. Refuses a library of
other sources.
"""

from __future__ import annotations

import ctypes
import hashlib
from pathlib import Path
from typing import Any, Final

from sweep.phrases import Phrase

ROOMS: Final = Path(__file__).parents[1]
SOURCES: Final = {
    "kernel.so": ROOMS / "captures",
    "lens_kernel.so": ROOMS / "lens" / "pixels",
    "head_kernel.so": ROOMS / "sim" / "head",
}
"""Each library and the folder of its sources, as the Makefile has them."""


def load_library(library: Path, folder: Path) -> ctypes.CDLL | Phrase:
    """The library compiled from `folder`, or why it cannot be used."""
    digest = digest_sources(folder)
    if digest is None:
        return Phrase("compiled_source_missing")
    if not library.is_file():
        return Phrase("compiled_not_built")
    try:
        loaded = ctypes.CDLL(str(library))
        built_from = ctypes.c_char_p.in_dll(loaded, "KERNEL_SOURCE").value or b""
    except (OSError, ValueError) as error:
        return Phrase("compiled_does_not_load", why=error)
    if built_from.decode(errors="replace") != digest:
        return Phrase("compiled_from_another_source")
    return loaded


def declare(function: Any, *arguments: Any, gives: Any = None) -> Any:
    """A function of a library with the types of its arguments and of what it gives."""
    function.argtypes, function.restype = list(arguments), gives
    return function


def list_sources(folder: Path) -> list[Path]:
    """What a library is compiled from, headers last, as the Makefile names them."""
    return sorted(folder.glob("kernel*.c")) + sorted(folder.glob("kernel*.h"))


def digest_sources(folder: Path) -> str | None:
    """SHA-256 of the sources one after the other; None where there are none."""
    digest = hashlib.sha256()
    sources = list_sources(folder)
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest() if sources else None
