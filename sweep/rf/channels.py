"""Channel tables of analogue video transmitters, transcribed facts (at least three independent public firmware or
configuration sources each). A name may stand for two incompatible tables ("L"): both are kept and marked. Looks up
frequencies by channel and channels by frequency; tunes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

_TABLES_MHZ: tuple[tuple[str, str, bool, tuple[int, ...]], ...] = (
    # band, table, is its name ambiguous, channel 1, 2, ...
    ("5.8GHz", "A", False, (5865, 5845, 5825, 5805, 5785, 5765, 5745, 5725)),
    ("5.8GHz", "B", False, (5733, 5752, 5771, 5790, 5809, 5828, 5847, 5866)),
    ("5.8GHz", "E", False, (5705, 5685, 5665, 5645, 5885, 5905, 5925, 5945)),
    ("5.8GHz", "F", False, (5740, 5760, 5780, 5800, 5820, 5840, 5860, 5880)),
    ("5.8GHz", "R", False, (5658, 5695, 5732, 5769, 5806, 5843, 5880, 5917)),
    ("5.8GHz", "L", True, (5362, 5399, 5436, 5473, 5510, 5547, 5584, 5621)),
    ("5.8GHz", "L", True, (5333, 5373, 5413, 5453, 5493, 5533, 5573, 5613)),
    ("5.8GHz", "U", False, (5325, 5348, 5366, 5384, 5402, 5420, 5438, 5456)),
    ("5.8GHz", "O", False, (5474, 5492, 5510, 5528, 5546, 5564, 5582, 5600)),
    ("5.8GHz", "H", False, (5653, 5693, 5733, 5773, 5813, 5853, 5893, 5933)),
    ("5.8GHz", "X", False, (4990, 5020, 5050, 5080, 5110, 5140, 5170, 5200)),
    ("2.4GHz", "rx28", False, (2414, 2432, 2450, 2468, 2490, 2510, 2390, 2370)),
    ("2.4GHz", "A", False, (2410, 2430, 2450, 2470, 2370, 2390, 2490, 2510)),
    ("2.4GHz", "B", False, (2414, 2432, 2450, 2468, 2411, 2433, 2453, 2473)),
    ("1.2GHz", "rtc6712", False, (1080, 1120, 1160, 1200, 1240, 1258, 1280, 1320, 1360)),
    ("1.2GHz", "alt", False, (1165, 1125, 1085, 1045, 1258, 1286, 1324, 1362)),
    ("900MHz", "900", False, (910, 920, 930, 940, 950, 960)),
)

TUNER_BANDS = ("A", "B", "E", "F", "R")
"""The 5.8 GHz tables that agree across sources; a sweep of the tuner covers these."""
LOWER_MHZ, LOWER_STEP_MHZ = (5325, 5645), 8
"""Below them tables disagree, so that all of it is visited, in steps of twice the standard deviation of the receiver's
filter: a carrier lies 4 MHz beside a visited frequency at most, loses 2.2 dB there, and its lines are still counted."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of one table."""

    band: str
    table: str
    number: int
    """As printed on equipment, from 1."""
    centre_mhz: int
    is_ambiguous: bool
    """The table's name stands for more than one table: quote the frequency, not the name."""


CHANNELS: tuple[Channel, ...] = tuple(
    Channel(band, table, number, centre_mhz, is_ambiguous)
    for band, table, is_ambiguous, row in _TABLES_MHZ
    for number, centre_mhz in enumerate(row, start=1)
)


def tuner_frequencies() -> tuple[int, ...]:
    """Frequencies in MHz that a sweep of the 5.8 GHz tuner visits, each once, rising."""
    agreed = {c.centre_mhz for c in CHANNELS if c.band == "5.8GHz" and c.table in TUNER_BANDS and not c.is_ambiguous}
    return tuple(sorted(agreed | set(range(*LOWER_MHZ, LOWER_STEP_MHZ))))
