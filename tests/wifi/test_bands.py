"""Channels in use in Korea, and which of them an adapter cannot hear."""

import pytest

from sweep.wifi.capture.bands import CHANNELS_IN_USE, limits_of, list_missing_channels
from sweep.wifi.capture.channels import Band, Channel

EVERY = frozenset(mhz for channels in CHANNELS_IN_USE.values() for mhz in channels)


def of(*bands: Band) -> frozenset[int]:
    return frozenset(mhz for band in bands for mhz in CHANNELS_IN_USE[band])


def test_channels_in_use_fit_the_frequencies_that_korea_gives() -> None:
    allowed = ((2_400.0, 2_483.5), (5_150, 5_350), (5_470, 5_725), (5_725, 5_850), (5_925, 7_125))
    for band, channels in CHANNELS_IN_USE.items():
        for mhz in channels:
            assert Channel(mhz).band == band
            assert any(low <= mhz - 10 and mhz + 10 <= high for low, high in allowed)
    assert {band: (len(channels), channels[0], channels[-1]) for band, channels in CHANNELS_IN_USE.items()} == {
        "2.4": (13, 2_412, 2_472),
        "5": (24, 5_180, 5_825),
        "6": (59, 5_955, 7_115),
    }


@pytest.mark.parametrize(
    ("heard", "limits"),
    [
        (EVERY, ()),
        (EVERY | {2_484, 5_845}, ()),
        (of("2.4", "5"), ("wifi_no_6_ghz",)),
        (of("2.4"), ("wifi_no_5_ghz", "wifi_no_6_ghz")),
        (of("5", "6"), ("wifi_no_2_4_ghz",)),
        (EVERY - {2_467, 2_472}, ("wifi_channels_missing",)),
        (of("2.4", "5") - {5_260}, ("wifi_no_6_ghz", "wifi_channels_missing")),
    ],
    ids=["all", "more", "no_6", "only_2.4", "no_2.4", "world_rules", "no_6_nor_radar"],
)
def test_what_cannot_be_heard_is_said(heard: frozenset[int], limits: tuple[str, ...]) -> None:
    unheard = list_missing_channels(heard)
    assert set(unheard) == EVERY - heard
    assert list(unheard) == sorted(unheard)
    assert limits_of(unheard) == limits
