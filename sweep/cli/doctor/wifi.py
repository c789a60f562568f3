"""The Wi-Fi adapter as `sweep doctor` sees it: which of the channels in use it can hear."""

from __future__ import annotations

from typing import Final

from sweep.phrases import Phrase, phrase_of
from sweep.report.language import spoken
from sweep.wifi.capture.bands import CHANNELS_IN_USE, limits_of, list_missing_channels
from sweep.wifi.capture.iw import IW, IwError, list_channels
from sweep.wifi.words import WORDS

COUNTRY: Final = Phrase("check_the_country")
"""The rules of another country disable channels, too."""


def channel_state(interface: str, program: str = IW) -> tuple[Phrase | str, Phrase | str]:
    """How many of the channels in use in Korea the adapter can hear, by band, and lines that say what it cannot."""
    try:
        unheard = list_missing_channels({channel.mhz for channel in list_channels(interface, program)})
    except IwError as error:
        return Phrase("not_known"), phrase_of(error)
    missing = frozenset(unheard)
    state = ", ".join(
        f"{band} GHz: {len(set(channels) - missing)}/{len(channels)}" for band, channels in CHANNELS_IN_USE.items()
    )
    lines = [spoken(WORDS.conditional_limits[code]) for code in limits_of(unheard)]
    return state, "\n".join([*lines, spoken(COUNTRY)] if lines else [])
