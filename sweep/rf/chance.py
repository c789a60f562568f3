"""With what probability an analogue transmitter would have been found: bands against what the receivers can hear.

Job: say for 1.2, 2.4 and 5.8 GHz whether a receiver could have told the transmitter from the rest of the air, and with
what chance in the windows that were taken.  Input: `ZoneLooks`; output: one probability or a reason a band.  The tuner
covers 5.8 GHz alone; at 1.2 GHz there is only the log detector, which hears all bands at once, so that a transmitter
shows as a level above the one outside the door; at 2.4 GHz Wi-Fi drowns it there.  The chances are guessed, and say so,
but that of the tuner where a district has measured it on a bench.
"""

from __future__ import annotations

from typing import Final

from sweep.modality.targets import Chance, CurveSource, Estimate, ZoneLooks, unknown
from sweep.modality.weights import LevelTable
from sweep.report import Target
from sweep.rf.channels import tuner_frequencies

TARGETS: Final[tuple[Target, ...]] = ("analog_1200", "analog_2400", "analog_5800")
LOG_DETECTOR: Final = (0.3, 0.5, 0.7)
"""Low, likely, high: 10 to 200 mW within 2 m against the level outside (guessed)."""
TUNER: Final = (0.6, 0.8, 0.92)
"""The same with the tuner's sync pulses (guessed)."""
WANTED_DBM: Final = -44.0
"""10 mW at 2 m at 5.8 GHz: what the tuner's antenna gets of the weakest transmitter that is meant (derived)."""
TUNED_MHZ: Final = (tuner_frequencies()[0], tuner_frequencies()[-1])
"""What the tuner covers."""
FULL_WINDOWS: Final = 50
"""Windows after which more say nothing new (as `quality` has it)."""


def is_of_tuner(table: LevelTable) -> bool:
    """Whether its sender was where the tuner hears: only such a table says anything of `analog_5800`."""
    return table.mhz is not None and TUNED_MHZ[0] <= table.mhz <= TUNED_MHZ[1]


def estimate_rf(zone: ZoneLooks, measured: LevelTable | None = None) -> Estimate:
    """The answer for a zone, by the positions in it; `measured`: how often a known sender was heard on a bench."""
    here = zone.here()
    if not here:
        return unknown(TARGETS, zone.why_nothing())
    share = min(1.0, sum(look.measured.samples for look in here) / FULL_WINDOWS)
    has_tuner = any("rf_tuner_5_8_ghz_only" in look.measured.limits for look in here)
    by_band = {"analog_1200": LOG_DETECTOR, "analog_5800": TUNER if has_tuner else LOG_DETECTOR}
    chances = []
    for target in TARGETS:
        if target not in by_band:
            chances.append(Chance(target, "guessed", reason="drowned_by_wifi"))
            continue
        source: CurveSource = "guessed"
        heard = by_band[target]
        is_measured = measured is not None and target == "analog_5800" and has_tuner and is_of_tuner(measured)
        rate = measured.at(WANTED_DBM) if measured is not None and is_measured else None
        if rate is not None:
            source, heard = "field", (rate.low, rate.share, rate.high)
        low, likely, high = (round(share * part, 4) for part in heard)
        chances.append(Chance(target, source, likely, low, high))
    return Estimate(tuple(chances))
