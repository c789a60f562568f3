"""Which transmitters of a position are worth a response test: from what was heard to targets by channel.

One test serves every target of its channel.  Where more channels have some than may be tested at one position, those
with the surest signs come first; the others are named all the same, so that nobody takes them for tested.  Of a capture
that somebody recorded the targets are those that sent before its light was played.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from sweep.modality.evidence import NEAR_DB
from sweep.wifi.listen import Heard, may_be_video
from sweep.wifi.scan import JudgedTransmitter, WifiScan
from sweep.wifi.stimulus.whole_capture import WholeCapture
from sweep.wifi.traffic.video import OPEN_REASONS, TOO_THIN, is_called
from sweep.wifi.transmitters.flow import is_uplink
from sweep.wifi.transmitters.streams import list_flows

MAX_RESPONSE_TESTS: Final = 2
"""Channels tested at one position, those with the strongest signs first: guessed, four minutes."""
LOUDER_DB: Final = NEAR_DB
"""What was so much louder outside the door, or at an earlier position in another zone, is not tested here: of simulated
cameras in the zone itself 16 in 100 are so much weaker there than at some other position, of others 51 (the weights'
`video_uplink_near`), and their time is the next position's."""
LOUDER_ELSEWHERE: Final = "louder_elsewhere"
"""Why such a one is not tested."""
TOO_MANY_CHANNELS: Final = "too_many_channels"
"""Why what sends on a third channel is not tested."""
THIN_SURENESS: Final = 0.3
"""Of a thin stream: after everything else, since machines that report send as much."""
LEAST_SURENESS: Final = 0.25
"""Of what is to be tested for what was heard of it before."""
LEAST_BEFORE_S, LEAST_BEFORE_HZ = 1.0, 3.0
"""Of a capture, heard before its light was played, from which on targets are chosen by it, and frames a second of an
uplink that is one: guessed, below any camera that sends all the time."""
THICK_UPLINK: Final = "thick_uplink"
"""Why something is tested that has no reason of its own: it uploads much."""


@dataclass(frozen=True, slots=True)
class Target:
    """A transmitter that is worth a test."""

    judged: JudgedTransmitter
    sureness: float
    """The larger, the more it sends like a camera; only its order counts."""

    @property
    def addresses(self) -> tuple[int, ...]:
        """All of the transmitter."""
        return self.judged.transmitter.addresses

    @property
    def is_open(self) -> bool:
        """Its traffic alone does not tell what it is."""
        return self.judged.video.verdict == "not_assessable" and not _is_called(self.judged)

    @property
    def is_thin(self) -> bool:
        """It is left open for how little it sends, as many machines do."""
        return self.judged.video.reason == TOO_THIN

    @property
    def why(self) -> str:
        """Code that says why it is tested."""
        video = self.judged.video
        if video.verdict == "video_uplink":
            return video.verdict
        return video.reason if self.is_open and video.reason is not None else THICK_UPLINK


@dataclass(frozen=True, slots=True)
class ChannelTargets:
    """What one test is for."""

    mhz: int | None
    targets: tuple[Target, ...]
    """The surest first; never empty."""

    @property
    def addresses(self) -> frozenset[int]:
        """Of all targets."""
        return frozenset(address for one in self.targets for address in one.addresses)

    @property
    def has_video(self) -> bool:
        """Something there is called video, or would be (`is_called`)."""
        return any(_is_called(one.judged) for one in self.targets)

    @property
    def is_thin_only(self) -> bool:
        """All of them are thin."""
        return all(one.is_thin for one in self.targets)

    @property
    def is_open_only(self) -> bool:
        """The traffic of all of them leaves open what they are."""
        return all(one.is_open for one in self.targets)


def targets_by_channel(
    scan: WifiScan,
    heard: Heard,
    *,
    is_any: bool,
    decided: frozenset[int],
    elsewhere_dbm: Mapping[int, float] = MappingProxyType({}),
    only: frozenset[int] | None = None,
) -> tuple[ChannelTargets, ...]:
    """Every channel with something worth a test, the surest first; MAX_RESPONSE_TESTS of them are for testing.

    That is what sends like a camera and what nobody could judge but may be one; with `is_any` every thick uplink.  What
    was louder elsewhere is none.  With `only` it is what has one of these addresses, whatever it sends like just now.
    """
    thick = {
        flow.sender
        for flow in list_flows(heard.log)
        if may_be_video(flow, min(heard.log.listened_s, max(1.0, (flow.t_ns[-1] - flow.t_ns[0]) / 1e9)))
    }
    found: dict[int | None, list[Target]] = {}
    for item in scan.transmitters:
        one = Target(item, _sureness(item, thick, is_any=is_any or only is not None))
        if only is not None:
            if only.isdisjoint(item.transmitter.addresses):
                continue
            one = replace(one, sureness=max(one.sureness, LEAST_SURENESS))
        if one.sureness > 0.0 and decided.isdisjoint(one.addresses) and not is_louder(item, elsewhere_dbm):
            found.setdefault(item.transmitter.channel_mhz, []).append(one)
    ranked = [
        ChannelTargets(mhz, tuple(sorted(targets, key=lambda one: (-one.sureness, -_near_dbm(one), one.addresses))))
        for mhz, targets in found.items()
    ]
    return tuple(sorted(ranked, key=_likeliest_first))


def _likeliest_first(one: ChannelTargets) -> tuple[float, float, int]:
    """The surest; of channels with thin streams only, which are all as sure, the nearest."""
    first = one.targets[0]
    return -first.sureness, -_near_dbm(first), one.mhz or 0


def _near_dbm(one: Target) -> float:
    """How loud a thin stream is; of others 0, since how they send says more."""
    level = one.judged.transmitter.level
    return level.median_dbm if one.is_thin and level is not None else 0.0


def chosen_before(capture: WholeCapture) -> frozenset[int]:
    """Addresses in a capture that sent all the time before the light was played; none where too little was heard."""
    if capture.before_s < LEAST_BEFORE_S:
        return frozenset()
    least, flows = LEAST_BEFORE_HZ * capture.before_s, capture.streams.list_flows(before_ns=capture.light_ns)
    return frozenset(flow.sender for flow in flows if is_uplink(flow) and len(flow.t_ns) >= least)


def is_louder(item: JudgedTransmitter, elsewhere_dbm: Mapping[int, float]) -> bool:
    """Whether a transmitter was LOUDER_DB louder elsewhere than it is here."""
    one = item.transmitter
    known = [elsewhere_dbm[address] for address in one.addresses if address in elsewhere_dbm]
    return one.level is not None and bool(known) and max(known) >= one.level.median_dbm + LOUDER_DB


def may_be_camera(item: JudgedTransmitter) -> bool:
    """By its traffic: called video, or as good as."""
    return item.video.verdict == "video_uplink" or item.video.reason in OPEN_REASONS


def _is_called(item: JudgedTransmitter) -> bool:
    return is_called(item.video.verdict, item.video.reason, item.video.score)


def _sureness(item: JudgedTransmitter, thick: set[int], *, is_any: bool) -> float:
    if _is_called(item):
        return 1.0 + item.video.score
    if item.video.reason == TOO_THIN:
        return THIN_SURENESS
    if item.video.reason in OPEN_REASONS:  # all but sure by its traffic alone: the light tells
        return 0.75
    is_thick = not thick.isdisjoint(item.transmitter.addresses)
    return 0.5 if is_thick and (is_any or item.video.verdict == "not_assessable") else 0.0
