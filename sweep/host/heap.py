"""What the C library does with memory that arrays give back, where it is glibc; elsewhere nothing is done."""

from __future__ import annotations

import ctypes
from typing import Any, Final

_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
"""Of glibc's malloc.h."""
_MOST_KEPT: Final = 32 << 20


def keep_freed() -> None:
    """Have it kept: the system clears whatever it gives anew, which costs as much as the walk over the packets."""
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MOST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, 2 * _MOST_KEPT)


def give_back_freed() -> None:
    """Have all that is free given back to the system, once."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _function(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
