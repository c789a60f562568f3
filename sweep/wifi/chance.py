"""With what probability a camera on Wi-Fi would have been found: time on the channels against measured curves.

Job: for a zone's stands, the chance that a camera's channel could be tuned to, that the survey's short stay noticed it,
and that it was called video in the time a noticed channel then gets.  Input: `ZoneLooks`; output: one probability for a
camera that streams and one for a camera that uploads on motion.  The curves are of simulated cameras
(`decided.json`); which bands cameras use is guessed.  Stands follow each other on the same channels with the same
adapter: what one could not hear the next could not either, so that only time adds up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.modality.targets import Chance, Estimate, Look, ZoneLooks, unknown
from sweep.report import Target
from sweep.wifi.capture.channels import CAMERA_S, SURVEY_S
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS

TARGETS: Final[tuple[Target, ...]] = ("wifi_streaming", "wifi_on_motion")
BAND_SHARES: Final = {"2.4": 0.8, "5": 0.2}
"""Of cameras: cheap modules have 2.4 GHz only, none was seen on 6 GHz (guessed)."""
IN_USE: Final = {"2.4": 13, "5": 24}
"""Channels in use in Korea (`bands`)."""
SURVEYED_SHARE: Final = 0.75
"""Of the time, what goes to channels that show an uplink (`channels`)."""
DRAWS: Final = 400
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecidedCurve:
    """How many simulated cameras were called video by when, and how many a survey's stay noticed."""

    seconds: Floats
    decided: npt.NDArray[np.int64]
    noticed: int
    flows: int

    def draw(self, rng: np.random.Generator, seconds: float, stays: float) -> Floats:
        """Probability of being noticed in one of so many stays and decided in the time after, by draw."""
        rates = rng.beta(self.decided + 0.5, self.flows - self.decided + 0.5, (DRAWS, len(self.seconds)))
        grid = np.concatenate([[0.0], self.seconds])
        decided = np.array([np.interp(seconds, grid, np.concatenate([[0.0], row])) for row in rates])
        noticed = rng.beta(self.noticed + 0.5, self.flows - self.noticed + 0.5, DRAWS)
        return np.asarray(decided * (1.0 - (1.0 - noticed) ** stays))


@cache
def load_decided() -> dict[Target, DecidedCurve]:
    """The table that ships with the package."""
    table = json.loads(files("sweep.wifi").joinpath("decided.json").read_text(encoding="utf-8"))
    by_target: dict[Target, dict[str, Any]] = {
        "wifi_streaming": table["streaming"], "wifi_on_motion": table["on_motion"],
    }  # fmt: skip
    return {
        target: DecidedCurve(np.array(table["seconds"]), np.array(rows["decided"]), rows["noticed"], rows["flows"])
        for target, rows in by_target.items()
    }


def estimate_wifi(zone: ZoneLooks) -> Estimate:
    """The answer for a zone, by the positions in it."""
    here = zone.here()
    if not here:
        return unknown(TARGETS, zone.why_nothing(), "simulated")
    if any("wifi_one_channel" in look.measured.limits for look in here):
        return unknown(TARGETS, "wifi_one_channel", "simulated")
    if any(TWO_TRANSMITTERS in look.measured.rejections for look in here):
        return unknown(TARGETS, TWO_TRANSMITTERS, "simulated")
    if any(look.measured.unheard_mhz is None for look in here):
        return unknown(TARGETS, "channels_unknown", "simulated")
    tuned, heard = _tuned_share(here), _heard_share(here)
    listened_s = sum(look.measured.dwell_s for look in here)
    channels = sum(IN_USE.values())
    survey_s = channels * SURVEY_S * len(here)
    stays = max(0.0, min(len(here) * 1.0, listened_s / (channels * SURVEY_S)))
    left_s = min(CAMERA_S, max(0.0, SURVEYED_SHARE * (listened_s - survey_s)))
    chances = []
    for number, target in enumerate(TARGETS):
        shares = load_decided()[target].draw(np.random.default_rng(number), left_s, stays) * tuned * heard
        low, high = np.quantile(shares, (0.05, 0.95))
        chances.append(
            Chance(target, "simulated", round(float(shares.mean()), 4), round(float(low), 4), round(float(high), 4))
        )
    return Estimate(tuple(chances))


def _tuned_share(here: tuple[Look, ...]) -> float:
    """Of cameras, those on channels that could be tuned to."""
    unheard = set.intersection(*(set(look.measured.unheard_mhz or ()) for look in here))
    bands = {"2.4": sum(mhz < 3_000 for mhz in unheard), "5": sum(3_000 < mhz < 5_940 for mhz in unheard)}
    visited = min(1.0, max(1.0 - look.measured.rejections.get("channel_not_visited", 0) / 37.0 for look in here))
    return visited * sum(share * max(0.0, 1.0 - bands[band] / IN_USE[band]) for band, share in BAND_SHARES.items())


def _heard_share(here: tuple[Look, ...]) -> float:
    """Of senders with traffic enough, those whose data frames were heard well enough (Laplace's rule)."""
    able = sum(
        one.video.verdict != "not_assessable"
        for look in here
        for one in look.measured.observations
        if one.modality == "wifi"
    )
    unheard = sum(look.measured.rejections.get("senders_unheard", 0) for look in here)
    return (able + 1.0) / (able + unheard + 1.0)
