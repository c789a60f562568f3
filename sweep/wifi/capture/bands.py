"""Which Wi-Fi channels an adapter cannot hear: those in use in Korea, less those that it can be tuned to.

Input is the centres of the channels that an adapter offers; output is what is missing, and the codes of the limits that
say so.  A channel that the adapter offers and refuses when it is tuned to is counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from .channels import Band, Channel

# wireless-regdb, country KR (2022), which cites the notices in force: 2,400-2,483.5, 5,150-5,350, 5,470-5,725,
# 5,725-5,850 and, indoors, 5,925-7,125 MHz; the channels of 20 MHz that fit (IEEE 802.11-2020, annex E; 802.11ax).
CHANNELS_IN_USE: Final[Mapping[Band, tuple[int, ...]]] = MappingProxyType(
    {
        "2.4": tuple(2_407 + 5 * number for number in range(1, 14)),
        "5": tuple(5_000 + 5 * n for n in (*range(36, 65, 4), *range(100, 141, 4), *range(149, 166, 4))),
        "6": tuple(5_950 + 5 * number for number in range(1, 234, 4)),
    }
)
LIMIT_OF_BAND: Final[Mapping[Band, str]] = MappingProxyType(
    {"2.4": "wifi_no_2_4_ghz", "5": "wifi_no_5_ghz", "6": "wifi_no_6_ghz"}
)
SOME_CHANNELS: Final = "wifi_channels_missing"


def list_missing_channels(heard_mhz: Collection[int]) -> tuple[int, ...]:
    """Centres in MHz of the channels in use that are none of `heard_mhz`, ascending."""
    return tuple(mhz for channels in CHANNELS_IN_USE.values() for mhz in channels if mhz not in heard_mhz)


def limits_of(unheard_mhz: Iterable[int]) -> tuple[str, ...]:
    """Codes of the report's limits: each band of which nothing is heard, and whether parts of others are missing."""
    missing: dict[Band, int] = dict.fromkeys(CHANNELS_IN_USE, 0)
    for mhz in unheard_mhz:
        missing[Channel(mhz).band] += 1
    whole = [band for band, channels in CHANNELS_IN_USE.items() if missing[band] == len(channels)]
    is_part = any(count for band, count in missing.items() if band not in whole)
    return (*(LIMIT_OF_BAND[band] for band in whole), *([SOME_CHANNELS] if is_part else []))
