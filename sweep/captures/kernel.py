"""The one door to the compiled kernel: `kernel.c` beside this module, which walks over packets faster than Python can.

`make setup` builds it into build/; where it is missing, was built from another source, or does not load, `KERNEL` is
None and the Python way, which gives the same, is taken.  Nothing is ever built here.
"""

from __future__ import annotations

import ctypes
import hashlib
from ctypes import POINTER, byref, c_double, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .packets import MAX_PACKET_OCTETS, Int64s

SOURCE: Final = Path(__file__).with_name("kernel.c")
LIBRARY: Final = Path(__file__).parents[2] / "build" / "kernel.so"
FAULTS: Final = ("", "impossible_packet_length", "never_written")
"""Reasons by the number that `walk_pcap` gives."""


class Kernel:
    """A loaded library; its functions take memory by address, which the callers here keep alive."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._walk_pcap, self._walk_pcapng = library.walk_pcap, library.walk_pcapng
        self._read_frames, self._spread_bits = library.read_frames, library.spread_bits
        for function in (self._walk_pcap, self._walk_pcapng, self._read_frames, self._spread_bits):
            function.restype = c_int64
        self._spread_bits.argtypes = [c_void_p, c_void_p, c_int64, c_void_p]
        self._sum_phasors, self._thin_comb = library.sum_phasors, library.thin_comb
        self._sum_phasors.restype = self._thin_comb.restype = None
        self._sum_phasors.argtypes = [c_void_p, c_int64, c_double, c_double, c_int64, c_void_p]
        self._thin_comb.argtypes = [c_void_p, c_int64, c_void_p, c_int64, c_int64, c_void_p, c_int64]
        self._walk_pcap.argtypes = [
            c_void_p, c_int64, c_int32, c_int64, c_int64, c_int64, *[c_void_p] * 4, POINTER(c_int64), POINTER(c_int32),
        ]  # fmt: skip
        self._walk_pcapng.argtypes = [
            c_void_p, c_int64, c_int32, c_int64, c_int64, c_int64, c_void_p, POINTER(c_int64),
        ]  # fmt: skip
        self._read_frames.argtypes = [c_void_p, c_int64, c_int32, c_int64, *[c_void_p] * 6]

    def walk_pcap(self, buffer: memoryview, order: str, fraction_ns: int) -> tuple[list[Int64s], int, str]:
        """Start, captured and original octets and time of the whole records at the beginning of `buffer`; how many
        octets they take; and what is wrong with the one behind them, if anything.
        """
        data = np.frombuffer(buffer, dtype=np.uint8)
        room = len(data) // 16
        table = np.empty((4, room), dtype=np.int64)
        used, fault = c_int64(), c_int32()
        columns = [row.ctypes.data for row in table]
        count = self._walk_pcap(
            data.ctypes.data, len(data), order == ">", MAX_PACKET_OCTETS, fraction_ns, room, *columns,
            byref(used), byref(fault),
        )  # fmt: skip
        return list(np.ascontiguousarray(table[:, :count])), used.value, FAULTS[fault.value]

    def walk_pcapng(self, buffer: memoryview, order: str, longest: int, position: int) -> tuple[Int64s, int]:
        """Places of the whole enhanced packet blocks that follow each other from `position`, and what comes after."""
        data = np.frombuffer(buffer, dtype=np.uint8)
        places = np.empty((len(data) - position) // 12, dtype=np.int64)
        following = c_int64()
        count = self._walk_pcapng(
            data.ctypes.data, len(data), order == ">", longest, position, len(places), places.ctypes.data,
            byref(following),
        )  # fmt: skip
        return places[:count].copy(), following.value

    def read_frames(
        self,
        data: NDArray[np.uint8],
        packets: tuple[Int64s, ...],
        columns: ctypes.Array[c_void_p],
        rejected: Int64s,
        *,
        is_radiotap: bool,
    ) -> int:
        """Fill `columns` (see `struct columns`) and `rejected` from packets: start, captured, original, time.

        ValueError when a packet does not lie in `data`.
        """
        count = self._read_frames(
            data.ctypes.data, len(data), is_radiotap, len(packets[0]), *(one.ctypes.data for one in packets),
            ctypes.addressof(columns), rejected.ctypes.data,
        )  # fmt: skip
        if count < 0:
            raise ValueError("a packet lies outside its block")
        return int(count)

    def spread_bits(self, key: Int64s, bitmaps: NDArray[np.uint8]) -> Int64s:
        """Numbers that bitmaps of 32 octets name, ascending and each once: bit i of a row names its `key` + i."""
        order = np.argsort(key, kind="stable")
        key, bitmaps = np.ascontiguousarray(key[order]), np.ascontiguousarray(bitmaps[order])
        named = np.empty(self._spread_bits(key.ctypes.data, bitmaps.ctypes.data, len(key), None), dtype=np.int64)
        self._spread_bits(key.ctypes.data, bitmaps.ctypes.data, len(key), named.ctypes.data)
        return named

    def sum_phasors(self, events_s: NDArray[np.float64], rates_hz: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Sum of the phasors of all events at each of some evenly spaced rates, two at least."""
        sums = np.empty(len(rates_hz), dtype=np.complex128)
        events_s = np.ascontiguousarray(events_s)
        self._sum_phasors(
            events_s.ctypes.data, len(events_s), rates_hz[0], rates_hz[1] - rates_hz[0], len(sums), sums.ctypes.data
        )
        return sums

    def thin_comb(self, places: Int64s, weights: NDArray[np.float64], length: int) -> NDArray[np.float64]:
        """Samples of a comb of ones at `places`, one for each row of `weights`, which are those of its taps."""
        thinned = np.zeros(length)
        places = np.ascontiguousarray(places)
        self._thin_comb(
            places.ctypes.data, len(places), weights.ctypes.data, *weights.shape, thinned.ctypes.data, length
        )
        return thinned


def load_kernel(library: Path, source: Path = SOURCE) -> Kernel | str:
    """The kernel in `library`, or why it cannot be used, in one line."""
    try:
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
    except OSError:
        return f"{source.name} is missing"
    if not library.is_file():
        return "it was not built"
    try:
        loaded: Any = ctypes.CDLL(str(library))
        built_from = ctypes.c_char_p.in_dll(loaded, "KERNEL_SOURCE").value or b""
    except (OSError, ValueError) as error:
        return f"it does not load ({error})"
    if built_from.decode(errors="replace") != digest:
        return "it was built from another source"
    return Kernel(loaded)


_loaded = load_kernel(LIBRARY)
KERNEL: Final = _loaded if isinstance(_loaded, Kernel) else None
KERNEL_TROUBLE: Final = _loaded if isinstance(_loaded, str) else None
"""Why there is none."""
