"""Which transmitters of a stand are worth a response test: from what was heard to addresses by channel."""

from __future__ import annotations

from typing import Final

from sweep.wifi.listen import Heard, may_be_video
from sweep.wifi.scan import JudgedTransmitter, WifiScan
from sweep.wifi.transmitters import list_flows
from sweep.wifi.video import OPEN_REASONS

MAX_TRIALS: Final = 2
"""Channels tested at one position, those with the strongest signs first: guessed, four minutes."""


def targets_by_channel(
    scan: WifiScan, heard: Heard, *, is_any: bool, decided: frozenset[int]
) -> dict[int | None, frozenset[int]]:
    """Addresses worth a test by channel, MAX_TRIALS of them, the surest first.

    That is what sends like a camera and what nobody could judge but may be one; with `is_any` every thick uplink.
    """
    thick = {
        flow.sender
        for flow in list_flows(heard.log)
        if may_be_video(flow, min(heard.log.listened_s, max(1.0, (flow.t_ns[-1] - flow.t_ns[0]) / 1e9)))
    }
    ranked: dict[int | None, tuple[float, set[int]]] = {}
    for item in scan.transmitters:
        sureness = _sureness(item, thick, is_any=is_any)
        if sureness > 0.0 and not decided.intersection(item.transmitter.addresses):
            before, addresses = ranked.get(item.transmitter.channel_mhz, (0.0, set()))
            addresses.update(item.transmitter.addresses)
            ranked[item.transmitter.channel_mhz] = max(before, sureness), addresses
    best = sorted(ranked, key=lambda mhz: (-ranked[mhz][0], mhz or 0))[:MAX_TRIALS]
    return {mhz: frozenset(ranked[mhz][1]) for mhz in best}


def _sureness(item: JudgedTransmitter, thick: set[int], *, is_any: bool) -> float:
    if item.video.verdict == "video_uplink":
        return 1.0 + item.video.score
    if item.video.reason in OPEN_REASONS:  # all but sure by its traffic alone: the light tells
        return 0.75
    is_thick = not thick.isdisjoint(item.transmitter.addresses)
    return 0.5 if is_thick and (is_any or item.video.verdict == "not_assessable") else 0.0
