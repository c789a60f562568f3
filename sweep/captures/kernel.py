"""The only caller of the compiled kernel: `kernel*.c` beside this module, which walks over packets faster than Python
can.

Where it is missing, was built from another source, or does not load (`compiled`), `KERNEL` is None and the Python way,
which gives the same, is taken.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from ctypes import POINTER, byref, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sweep.host.compiled import SOURCES, declare, load_library
from sweep.host.installation import built
from sweep.phrases import Phrase

from .kernel_marks import MarksKernel
from .packets import MAX_PACKET_OCTETS, Int64s

LIBRARY: Final = built("kernel.so")
FAULTS: Final = ("", "impossible_packet_length", "never_written")
"""Reasons by the number that `walk_pcap` gives."""
_SLOT_BITS, _MOST_VALUES = 16, 1 << 15
"""Of the table that numbers values, and how many it takes."""


class _Rows(threading.local):
    """Memory of one thread for the records of a buffer; so large that the system would clear it anew for each."""

    table = np.empty((4, 0), dtype=np.int64)


class Kernel:
    """A loaded library; its functions take memory by address, which the callers here keep alive."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._walk_pcap = declare(
            library.walk_pcap, c_void_p, c_int64, c_int32, c_int64, c_int64, c_int64, *[c_void_p] * 4, POINTER(c_int64),
            POINTER(c_int32), gives=c_int64,
        )  # fmt: skip
        self._walk_pcapng = declare(
            library.walk_pcapng, c_void_p, c_int64, c_int32, c_int64, c_int64, c_int64, c_void_p, POINTER(c_int64),
            gives=c_int64,
        )  # fmt: skip
        frames = c_void_p, c_int64, c_int32, c_int64, *[c_void_p] * 6
        self._read_frames = declare(library.read_frames, *frames, gives=c_int64)
        self._read_control = declare(
            library.read_control, c_void_p, c_int64, c_int64, c_void_p, c_void_p, gives=c_int64
        )
        self._spread_bits = declare(library.spread_bits, c_void_p, c_void_p, c_int64, c_void_p, gives=c_int64)
        self._number_values = declare(library.number_values, c_void_p, c_int64, *[c_void_p] * 3, gives=c_int64)
        self._renumber = declare(library.renumber, c_void_p, c_int64, c_void_p)
        self._rows = _Rows()
        self.marks = MarksKernel(library)

    def walk_pcap(self, buffer: memoryview, order: str, fraction_ns: int) -> tuple[list[Int64s], int, str]:
        """Start, captured and original octets and time of the whole records at the beginning of `buffer`; how many
        octets they take; and what is wrong with the one behind them, if anything.
        """
        data = np.frombuffer(buffer, dtype=np.uint8)
        room = len(data) // 16
        if self._rows.table.shape[1] < room:
            self._rows.table = np.empty((4, room), dtype=np.int64)
        table, used, fault = self._rows.table, c_int64(), c_int32()
        columns = [row.ctypes.data for row in table]
        count = self._walk_pcap(
            data.ctypes.data, len(data), order == ">", MAX_PACKET_OCTETS, fraction_ns, room, *columns,
            byref(used), byref(fault),
        )  # fmt: skip
        return list(table[:, :count].copy()), used.value, FAULTS[fault.value]

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

    def read_control(
        self,
        data: NDArray[np.uint8],
        count: int,
        frames: ctypes.Array[c_void_p],
        columns: ctypes.Array[c_void_p],
    ) -> int:
        """Fill `columns` (see `struct control_columns`) from the control frames among the columns of `frames`.

        ValueError when one does not lie in `data`.
        """
        rows = self._read_control(
            data.ctypes.data, len(data), count, ctypes.addressof(frames), ctypes.addressof(columns)
        )
        if rows < 0:
            raise ValueError("a frame lies outside its block")
        return int(rows)

    def number_distinct(self, values: NDArray[Any]) -> tuple[NDArray[Any], Int64s] | None:
        """The distinct values, ascending, and for each row the place of its value among them; None for too many.

        64-bit integers only, one after the other.
        """
        slots, distinct = np.zeros(1 << _SLOT_BITS, dtype=np.int32), np.empty(_MOST_VALUES, dtype=values.dtype)
        place = np.empty(len(values), dtype=np.int64)
        count = self._number_values(
            values.ctypes.data, len(values), slots.ctypes.data, distinct.ctypes.data, place.ctypes.data
        )
        if count < 0:
            return None
        order = np.argsort(distinct[:count])
        other = np.empty(count, dtype=np.int64)
        other[order] = np.arange(count)
        self._renumber(place.ctypes.data, len(place), other.ctypes.data)
        return distinct[order], place

    def spread_bits(self, key: Int64s, bitmaps: NDArray[np.uint8]) -> Int64s:
        """Numbers that bitmaps of 32 octets name, ascending and each once: bit i of a row names its `key` + i."""
        order = np.argsort(key, kind="stable")
        key, bitmaps = np.ascontiguousarray(key[order]), np.ascontiguousarray(bitmaps[order])
        named = np.empty(self._spread_bits(key.ctypes.data, bitmaps.ctypes.data, len(key), None), dtype=np.int64)
        self._spread_bits(key.ctypes.data, bitmaps.ctypes.data, len(key), named.ctypes.data)
        return named


def point_at(columns: Sequence[NDArray[Any]]) -> ctypes.Array[c_void_p]:
    """Addresses of columns, which the caller keeps alive, as a `struct` of pointers."""
    return (c_void_p * len(columns))(*(column.ctypes.data for column in columns))


def load_kernel(library: Path, source: Path = SOURCES["kernel.so"]) -> Kernel | Phrase:
    """The kernel in `library`, or why it cannot be used, in one line."""
    found = load_library(library, source)
    return found if isinstance(found, Phrase) else Kernel(found)


_loaded = load_kernel(LIBRARY)
KERNEL: Final = _loaded if isinstance(_loaded, Kernel) else None
KERNEL_TROUBLE: Final = _loaded if isinstance(_loaded, Phrase) else None
"""Why there is none."""
