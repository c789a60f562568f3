"""The Wi-Fi modality of a sweep: what its settings want, how its evidence weighs and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.modality.checked_part import CheckedPart, loudest
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import Measure
from sweep.report import Modality, WifiObservation
from sweep.wifi.chance import estimate_wifi
from sweep.wifi.weigh import weigh_wifi
from sweep.wifi.words import WORDS

if TYPE_CHECKING:
    from sweep.wifi.position import Stimulus


def read_phone(one: Measurement) -> float | None:
    """The known transmitter's level, in dBm."""
    return loudest([o.rssi_dbm.median for o in one.observations if isinstance(o, WifiObservation) and o.rssi_dbm])


class WifiModality:
    """Wi-Fi."""

    name: Modality = "wifi"
    calibration = None
    weigher = Weigher(
        weigh_wifi,
        estimate=estimate_wifi,
        rests_on=("video_uplink", "video_uplink_near", "follows_light", "no_video_uplink"),
    )
    parts = (CheckedPart("wifi", "dBm", 2.0, 10.0, read_phone),)
    """Guessed, no repeated capture of a transmitter in one place was at hand; within 10 dB (hardware/README)."""
    words = WORDS

    def __init__(
        self,
        *,
        stimulus: Stimulus = "never",
        stimulus_longest_s: float = 114.0,
        own_addresses: frozenset[int] = frozenset(),
    ) -> None:
        """`stimulus`: where the light plays, and at most for how long.  `own_addresses`: of the probe's own radios."""
        self._stimulus = stimulus
        self._longest_s = stimulus_longest_s
        self._own = own_addresses

    def open(self) -> Measure:
        """A session, which remembers what answered where."""
        from sweep.wifi.session import WifiSession  # loads what listens, in the process that does

        return WifiSession(stimulus=self._stimulus, stimulus_longest_s=self._longest_s, own_addresses=self._own).measure
