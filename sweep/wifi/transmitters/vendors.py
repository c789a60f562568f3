"""Who an address block was assigned to: the longest of the 36, 28 and 24-bit prefixes that the registry holds.

Input is a 48-bit address; output is the vendor's registered name or None.  The table beside it is sorted, dated and
written by `.ci/registries.py`; it is read once and only when a vendor is asked for.  A vendor is a hint and never a
verdict: a camera and a door lock may carry the same radio.  It never answers for locally administered addresses, which
belong to nobody.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from sweep.modality.addresses import is_locally_administered

TABLE: Final = Path(__file__).with_name("vendors.txt")


@lru_cache(maxsize=1)
def _table() -> bytes:
    """Lines `prefix TAB name`, ascending by prefix, below three of comment, which sort before."""
    return TABLE.read_bytes()


def _find_name(wanted: bytes) -> str | None:
    """The name on the line of a prefix: 60,000 lines are halved 16 times rather than read into a table."""
    table = _table()
    low, high = 0, len(table)
    while low < high:
        begin = table.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = table.find(b"\n", begin)
        end = len(table) if end < 0 else end
        prefix, _, name = table[begin:end].partition(b"\t")
        if prefix == wanted:
            return name.decode()
        low, high = (end + 1, high) if prefix < wanted else (low, begin)
    return None


@lru_cache(maxsize=4096)
def find_vendor(address: int) -> str | None:
    """The registered holder of the address's block; None for unknown blocks and locally administered addresses."""
    if is_locally_administered(address):
        return None
    octets = address.to_bytes(6, "big").hex().upper().encode()
    return next((name for digits in (9, 7, 6) if (name := _find_name(octets[:digits])) is not None), None)
