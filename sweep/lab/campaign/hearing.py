"""A radio on the bench: how strongly it hears a sender that stands behind a step attenuator.

One row a radio: the attenuations that its test is drawn from, and what hears, which is the probe's own door. Input is
the settings, the sender's address or channel and seconds; output is a `Reading`. Refuses with `HearError` what the
settings name no device for. A radio that cannot listen at all raises; to have listened and not heard is a reading.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sweep.lab.campaign.folder import Drawn, Reading
from sweep.modality.addresses import parse_address
from sweep.modality.messages import NOBODY
from sweep.phrases import Phrase
from sweep.report import Modality
from sweep.rf.chance import TUNED_MHZ

if TYPE_CHECKING:
    from sweep.cli.config import Config


class HearError(ValueError):
    """Nothing can be heard with; one line."""


MOST_DBM: Final = 0.0
"""Level at a receiver's connector above which no test is drawn (guessed: 12 dB below what the log detector bears, the
AD8318's absolute maximum as recalled).
"""
Hear = Callable[["Config", Drawn, float], Reading]


@dataclass(frozen=True, slots=True)
class Row:
    """One radio."""

    attenuations_db: tuple[float, ...]
    has_address: bool
    """Whether its sender is known by an address."""
    hear: Hear
    mhz: tuple[int, int] | None = None
    """Between which the frequency of its sender has to lie; None: it is not asked for."""


def hear_rf(settings: Config, test: Drawn, seconds: float) -> Reading:
    """By the sensor head, all windows judged as in a sweep: the carrier that its tuner hears at the sender's frequency,
    of the windows there.
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from sweep.link.readings import read_windows
    from sweep.rf.calibration import levels_of, read_calibration
    from sweep.rf.channels import tuner_frequencies
    from sweep.rf.judge import judge_windows
    from sweep.rf.tuner import APART_MHZ
    from sweep.rf.weigh import CARRIERS

    if settings.port is None:
        raise HearError(Phrase("head_port"))
    if (mhz := test.mhz) is None:
        raise HearError(Phrase("sender_mhz_unknown", least=TUNED_MHZ[0], most=TUNED_MHZ[1]))

    def is_there(centre_mhz: float | None) -> bool:
        return centre_mhz is not None and abs(centre_mhz - mhz) <= APART_MHZ

    windows = tuple(read_windows(settings.port, seconds, tuner_mhz=tuner_frequencies()))
    own = None if settings.rf_calibration is None else read_calibration(Path(settings.rf_calibration))
    found = judge_windows(windows, None, levels_of(own, on=datetime.now(UTC).date())).emitters
    levels = [one.level_dbm for one in found if one.kind in CARRIERS and is_there(one.centre_mhz)]
    return Reading(level_dbm=max(levels, default=None), count=sum(is_there(one.centre_mhz) for one in windows))


def hear_ble(settings: Config, test: Drawn, seconds: float) -> Reading:
    """By the adapter through BlueZ: the sender's advertisements."""
    from sweep.ble import build_scan
    from sweep.ble.live import LiveBle, ScanMode

    mode: ScanMode = "passive" if settings.ble_scan == "passive" else "active"
    ended = LiveBle(settings.ble_adapter, mode, seconds).scan(NOBODY)
    if ended.because is not None:
        raise HearError(Phrase("radio_not_listening", why=ended.because))
    address = parse_address(test.sender)
    ours = [one for one in build_scan(ended.adverts, rejected=Counter()).devices if address in one.addresses]
    levels = [one.level.median_dbm for one in ours if one.level is not None]
    return Reading(level_dbm=max(levels, default=None), count=sum(one.adverts for one in ours))


def hear_wifi(settings: Config, test: Drawn, seconds: float) -> Reading:
    """By the adapter in monitor mode on the sender's channel: its frames."""
    from sweep.wifi.capture.sources import LiveWifi
    from sweep.wifi.frames.radio_headers import NO_LEVEL
    from sweep.wifi.listen import Listener

    if settings.wifi_adapter is None:
        raise HearError(Phrase("wifi_adapter_unnamed"))
    with LiveWifi(settings.wifi_adapter).open(NOBODY) as (air, _):
        listener = Listener(air)
        begun_ns = listener.now_ns()
        watch = listener.watch(test.mhz)
        watch.hear(seconds)
        frames = watch.log().frames
    # the adapter stays open between readings: what waits in it is of the one before
    is_its = (frames.ta == np.uint64(parse_address(test.sender))) & (frames.t_ns >= begun_ns)
    known = frames.rssi_dbm[is_its & (frames.rssi_dbm != NO_LEVEL)]
    return Reading(level_dbm=float(np.median(known)) if len(known) else None, count=int(is_its.sum()))


HEARINGS: Final[dict[Modality, Row]] = {
    "rf": Row(tuple(map(float, range(0, 61, 10))), has_address=False, hear=hear_rf, mhz=TUNED_MHZ),
    "ble": Row(tuple(map(float, range(0, 81, 10))), has_address=True, hear=hear_ble),
    "wifi": Row(tuple(map(float, range(0, 81, 10))), has_address=True, hear=hear_wifi),
}
"""Whatever listens; attenuations of a usual step attenuator (guessed: from heard always to never)."""
