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

NOBODY_MAKES: Final = frozenset({"000000", "00005E"})
"""Blocks that no device's maker has: all zeros, written where an address is missing, and what a registry keeps for
protocols and examples (RFC 9542, virtual routers)."""
GROUP_BIT: Final = 1 << 40
"""Of an address of many receivers, broadcast's as well: none sends, and none is made."""
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


def is_reserved(oui: str | None) -> bool:
    """Whether a prefix `AA:BB:CC` is of a block that no device's maker has."""
    return oui is not None and oui.replace(":", "") in NOBODY_MAKES


@lru_cache(maxsize=4096)
def find_vendor(address: int) -> str | None:
    """The registered maker of the address's block.

    None for unknown and reserved blocks, locally administered addresses and those of groups, which nobody made.
    """
    if is_locally_administered(address) or address & GROUP_BIT:
        return None
    octets = address.to_bytes(6, "big").hex().upper()
    if octets[:6] in NOBODY_MAKES:
        return None
    return next((name for digits in (9, 7, 6) if (name := _find_name(octets[:digits].encode())) is not None), None)
