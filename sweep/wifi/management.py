"""The few facts taken from management frames: the network names of access points.

Input is a block and its parsed headers; output is a set of names per BSSID, as raw octets.  Names are hostile text:
they are kept apart, leave this package only as bytes for the body of a finding and are never printed.  Probe requests,
which tell where a bystander has been, are not opened at all.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .dot11 import BEACON, MANAGEMENT, NO_ADDRESS, PROBE_RESPONSE, Dot11Frames

MAX_NAMES_PER_BSSID: Final = 8
"""Names kept per BSSID: guessed; a network has one, a beacon flood any number."""
MAX_SSID_OCTETS: Final = 32
_BODY: Final = 24 + 12  # header, then time stamp, interval and capabilities (IEEE 802.11-2020, 9.3.3.2)


def read_network_names(data: NDArray[np.uint8], frames: Dot11Frames, names: dict[int, set[bytes]]) -> None:
    """Add the SSIDs of beacons and probe responses in this block to `names`, keyed by transmitter address.

    `data` is the buffer that `frames.start` points into.  Hidden names (empty or zero octets) are not names.
    """
    is_announcement = (frames.kind == MANAGEMENT) & ((frames.subtype == BEACON) | (frames.subtype == PROBE_RESPONSE))
    rows = np.flatnonzero(is_announcement & (frames.captured >= _BODY + 2) & (frames.ta != NO_ADDRESS))
    start = frames.start[rows]
    is_ssid_first = data[start + _BODY] == 0
    rows, start = rows[is_ssid_first], start[is_ssid_first]
    length = data[start + _BODY + 1].astype(np.int64)
    is_whole = (length > 0) & (length <= MAX_SSID_OCTETS) & (frames.captured[rows] >= _BODY + 2 + length)
    rows, start, length = rows[is_whole], start[is_whole], length[is_whole]
    # Same length, first and last octet: the same name, unless someone wants to waste our time.
    first, last = data[start + _BODY + 2].astype(np.uint64), data[start + _BODY + 1 + length].astype(np.uint64)
    sketch = (frames.ta[rows] << np.uint64(16)) | (first << np.uint64(8)) | ((last + length.astype(np.uint64)) & 0xFF)
    _, chosen = np.unique(sketch, return_index=True)
    for index in chosen:
        known = names.setdefault(int(frames.ta[rows[index]]), set())
        if len(known) >= MAX_NAMES_PER_BSSID:
            continue
        begin = int(start[index]) + _BODY + 2
        name = data[begin : begin + int(length[index])].tobytes()
        if name.strip(b"\0"):
            known.add(name)
