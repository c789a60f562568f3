"""The loop around simavr's step: compiled where `head_kernel.so` is there (kernel_head.c), else in Python.

Half a million steps make a second of the controller, and to leave and enter Python for each is two thirds of all that
emulating it costs. Input is the library's step, the core it steps and a number of cycles. Both ways do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import addressof, c_int, c_uint64, c_void_p, cast
from pathlib import Path
from typing import Any, Final

from sweep.host.compiled import SOURCES, declare, load_library
from sweep.host.installation import built
from sweep.phrases import Phrase

LEAST_CRASHED = 6
"""cpu_Done of simavr; cpu_Crashed is behind it."""
LIBRARY: Final = "head_kernel.so"
BUILT: Final = built(LIBRARY)

Loop = Callable[[int], int]
"""Steps until there are so many cycles or the program has crashed, and says the last state."""


def load_kernel(library: Path = BUILT, source: Path = SOURCES[LIBRARY]) -> Any | None:
    """`run_until` of kernel_head.c; None where there is none that can be used."""
    found = load_library(library, source)
    if isinstance(found, Phrase):
        return None
    return declare(found.run_until, c_void_p, c_void_p, c_void_p, c_uint64, c_int, gives=c_int)


KERNEL: Final = load_kernel()


def compiled_loop(kernel: Any, step: Any, avr: Any) -> Loop:
    """The loop of the kernel around `step`, simavr's avr_run, on the core that `avr` points to."""
    core = avr.contents
    cycle = addressof(core) + type(core).cycle.offset
    fixed = cast(step, c_void_p), cast(avr, c_void_p), c_void_p(cycle)
    return lambda end: int(kernel(*fixed, end, LEAST_CRASHED))


def plain_loop(step: Any, avr: Any) -> Loop:
    """The same in Python."""
    core = avr.contents

    def loop(end: int) -> int:
        state = 0
        while core.cycle < end and state < LEAST_CRASHED:
            state = step(avr)
        return state

    return loop
