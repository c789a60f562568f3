"""Listening at a position: the capture hops over the channel plan, and what was heard becomes one log.

Input is an open air and the seconds to spend; output is `Heard`: the frames, the dwells and the gaps.  After each
dwell the flows of that dwell are judged, and the plan returns to channels where something sends like a camera.  An
adapter without `iw` is listened to on the channel it is on, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from sweep.captures.packets import PacketBlock

from .capture.air import Air, CaptureGap, CaptureOpenError
from .capture.bands import list_missing_channels
from .capture.channels import Channel, ChannelPlan, Dwell, Interest
from .frames.dot11 import Dot11Frames, parse_block
from .frames.framelog import FrameLog, LogBuilder, ParseBlock
from .traffic.thin import LEAST_KBPS
from .traffic.unclocked import MIN_UP_SHARE, RATE_KBPS, UNCLOCKED_S
from .traffic.video import OPEN_REASONS, TOO_SHORT, TOO_THIN, VideoVerdict, judge_flow
from .transmitters.flow import Flow, is_uplink
from .transmitters.live_levels import LiveLevels
from .transmitters.streams import MIN_FLOW_FRAMES, list_flows

SLICE_S: Final = 0.25
"""The longest that a stop has to wait: guessed, well under the second that a person would notice."""
UPLINK_FRAMES_HZ, UPLINK_OCTETS, UPLINK_SHARE = 20.0, 300.0, 0.5
"""An uplink that may be video: CamLoPA's rule of 150 frames in 5 s with 300 octets in the mean, a little lower, and
most octets going up."""


SURVEY_FRAMES: Final = 3
"""Frames of an uplink in a short dwell that ask for a longer one: guessed, ten pictures a second have so many."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What listening at one position came to."""

    log: FrameLog
    dwells: tuple[Dwell, ...]
    """In order; those in which the adapter was away for good are left out."""
    channels: int
    """How many channels the adapter can hear; 0 when it could not be tuned."""
    dropped: int
    """Frames the kernel had no room for."""
    gaps: tuple[CaptureGap, ...]
    refused: Counter[str] = field(default_factory=Counter)
    """Why channels could not be tuned to, in sentences."""
    unheard_mhz: tuple[int, ...] | None = None
    """Centres of channels in use that the adapter cannot be tuned to; None: not known."""
    watched_s: float = 0.0
    """Of the stays on one channel that belong to no dwell."""

    @property
    def visited(self) -> int:
        """How many channels were listened to at all."""
        return len({dwell.channel for dwell in self.dwells})


class Listener:
    """Listens at one position; what it learns of the channels stays with the air for the next one."""

    def __init__(self, air: Air, nearby: LiveLevels | None = None) -> None:
        """The position begins now; whoever opened `air` closes it.  `nearby`: hears of every frame as it comes."""
        self._air = air
        self._nearby = nearby
        self._plan: ChannelPlan | None = None
        self._refused: Counter[str] = Counter()
        try:
            channels = tuple(one.channel for one in air.memory.known) or air.channels()
            self._plan = ChannelPlan(channels, air.memory)
        except ValueError as error:  # no iw, or no channel
            self._refused[str(error)] += 1
        tally = air.tally
        self._builder, self._dwells, self._watched_s = LogBuilder(), list[Dwell](), 0.0
        self._dropped_before = tally.dropped
        # A gap that still goes on belongs to this position, too.
        self._known_gaps = len(tally.gaps) - (not air.is_open and bool(tally.gaps))
        self._begun_ns = air.now_ns()

    def now_ns(self) -> int:
        """The air's clock."""
        return self._air.now_ns()

    def lead(self, tag: str, addresses: Collection[int]) -> None:
        """Tell from now on how strongly this one is received."""
        if self._nearby is not None:
            self._nearby.lead(tag, addresses)

    def listen(self, seconds: float, goes_on: Callable[[], bool] = lambda: True) -> Heard:
        """Spend `seconds` on the channels that need it most; `goes_on` is asked every SLICE_S."""
        if self._plan is None:
            self._collect(None, seconds, goes_on)
            return self.heard()
        self._plan.begin_position()
        self._spend(self._plan, self._end_of(seconds), goes_on)
        self._air.memory = self._plan.memory
        return self.heard()

    def survey(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Come to every channel once, in its own time; nothing where that was done before."""
        plan = self._plan
        if plan is not None:
            self._spend(plan, self._end_of(plan.survey_s), lambda: not plan.is_surveyed and goes_on())

    @property
    def survey_s(self) -> float:
        """How long the survey takes at most; 0 where it was made, or nothing can be tuned."""
        return 0.0 if self._plan is None else self._plan.survey_s

    def _spend(self, plan: ChannelPlan, end_ns: int, goes_on: Callable[[], bool]) -> None:
        refused = 0
        while goes_on() and (dwell := plan.next(self._left_s(end_ns))) is not None:
            try:
                self._air.tune(dwell.channel)
            except CaptureOpenError as error:
                self._refused[str(error)] += 1
                if not self._air.is_open:  # away: wait for it
                    self._collect(dwell.channel, dwell.seconds, goes_on)
                else:
                    plan.note(replace(dwell, seconds=0.0), "quiet")
                    refused += 1
                    if refused >= len(plan.channels):  # no channel can be tuned to: hear what there is meanwhile
                        self._collect(None, dwell.seconds, goes_on)
                continue
            refused = 0
            log, was_there = self._collect(dwell.channel, dwell.seconds, goes_on)
            plan.note(dwell, judge_interest(log, dwell))
            if was_there:
                self._dwells.append(dwell)

    def heard(self) -> Heard:
        """All that was heard at this position so far, watches too."""
        for block in self._air.blocks(0.0):
            self._builder.add(block)
        return self.so_far()

    def so_far(self) -> Heard:
        """What was heard at this position until the last slice; the air is left alone."""
        log = self._builder.finish()
        return Heard(
            log=log,
            dwells=tuple(self._dwells),
            channels=0 if self._plan is None else len(self._plan.channels),
            dropped=self._air.tally.dropped - self._dropped_before,
            gaps=self._gaps_here(),
            refused=self._refused,
            unheard_mhz=self._unheard_mhz(log),
            watched_s=self._watched_s,
        )

    def _unheard_mhz(self, log: FrameLog) -> tuple[int, ...] | None:
        if not self._air.is_adapter:
            return None
        if self._plan is not None:
            return list_missing_channels({channel.mhz for channel in self._plan.channels})
        heard = {int(mhz) for mhz in np.unique(log.frames.channel_mhz) if mhz > 0}  # as the radio header says
        return list_missing_channels(heard) if heard else None

    def watch(self, mhz: int | None) -> ChannelWatch:
        """Stay on one channel of the position; an adapter that cannot be tuned stays where it is.

        Raises CaptureOpenError when the adapter is away or refuses.
        """
        channel = None
        if self._plan is not None and mhz is not None:
            channel = next((c for c in self._plan.channels if c.mhz == mhz), None)
        if channel is not None:
            self._air.tune(channel)
        return ChannelWatch(self, channel)

    def _gaps_here(self) -> tuple[CaptureGap, ...]:
        """Gaps as far as they belong to this position; one that goes on lasts until now."""
        found = self._air.tally.gaps[self._known_gaps :]
        if found and not self._air.is_open:
            found = [*found[:-1], replace(found[-1], end_ns=self._air.now_ns())]
        return tuple(replace(gap, begin_ns=max(gap.begin_ns, self._begun_ns)) for gap in found)

    @property
    def gaps(self) -> int:
        """How often the adapter went away since the position began."""
        return len(self._air.tally.gaps) - self._known_gaps

    def take(self, seconds: float, channel: Channel | None, news: LogBuilder) -> bool:
        """Listen for one slice, for the position's log and for `news`; whether the adapter was there for any of it."""
        was_there, begun_ns, nearby = self._air.is_open, self._air.now_ns(), self._nearby

        def parse(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
            frames, reasons = parse_block(block)
            if channel is None:
                return frames, reasons
            known = np.where(frames.channel_mhz > 0, frames.channel_mhz, channel.mhz).astype(np.int32)
            return replace(frames, channel_mhz=known), reasons

        for block in self._air.blocks(seconds, is_last=False):
            was_there, parsed = True, parse(block)
            self._builder.add(block, _as_parsed(parsed))
            news.add(block, _as_parsed(parsed))
            if nearby is not None:
                nearby.add(parsed[0])
        if nearby is not None and (now_ns := self._air.now_ns()) > begun_ns:
            nearby.tell(now_ns, (now_ns - begun_ns) / 1e9)
        return was_there

    def note_watched(self, seconds: float) -> None:
        """Time of a watch, which belongs to no dwell."""
        self._watched_s += seconds

    def _collect(self, channel: Channel | None, seconds: float, goes_on: Callable[[], bool]) -> tuple[FrameLog, bool]:
        """Listen for one dwell; its log, and whether the adapter was there for any of it."""
        news, was_there, end_ns = LogBuilder(), False, self._end_of(seconds)
        while True:
            was_there |= self.take(min(SLICE_S, max(0.0, self._left_s(end_ns))), channel, news)
            if self._left_s(end_ns) <= 0.0 or not goes_on():
                return news.finish(), was_there

    def _end_of(self, seconds: float) -> int:
        return self._air.now_ns() + round(seconds * 1e9)

    def _left_s(self, end_ns: int) -> float:
        return (end_ns - self._air.now_ns()) / 1e9


class ChannelWatch:
    """A stay on one channel, with a log of its own."""

    def __init__(self, listener: Listener, channel: Channel | None) -> None:
        self._listener = listener
        self._channel = channel
        self._builder = LogBuilder()
        self._gaps = listener.gaps

    def now_ns(self) -> int:
        """The air's clock."""
        return self._listener.now_ns()

    @property
    def is_away(self) -> bool:
        """The adapter was away since the watch began."""
        return self._listener.gaps > self._gaps

    def hear(self, seconds: float) -> None:
        """Listen so long."""
        self._listener.take(seconds, self._channel, self._builder)
        self._listener.note_watched(seconds)

    def log(self) -> FrameLog:
        """Everything heard since the watch began, frames of other channels left out."""
        log = self._builder.finish()
        if self._channel is None:
            return log
        here = log.frames.channel_mhz == self._channel.mhz
        return log if here.all() else log.keep(here)


def _as_parsed(parsed: tuple[Dot11Frames, Counter[str]]) -> ParseBlock:
    """For a log of a block that was parsed already."""
    return lambda _: parsed


def judge_interest(log: FrameLog, dwell: Dwell) -> Interest:
    """What the frames of one dwell say of its channel."""
    frames = log.frames
    here = frames.channel_mhz == dwell.channel.mhz
    if not here.all():  # late frames of the channel before
        log = log.keep(here)
    is_short = dwell.seconds < _DECIDES_S
    flows = list_flows(log, SURVEY_FRAMES if is_short else MIN_FLOW_FRAMES)
    verdicts = [judge_flow(flow) for flow in flows]
    if any(one.verdict == "video_uplink" for one in verdicts):
        return "camera"
    more = [one for one in verdicts if one.reason in OPEN_REASONS or one.reason == TOO_SHORT]  # may come and tell
    if not all(map(_is_thin, more)) or (is_short and any(may_be_video(flow, dwell.seconds) for flow in flows)):
        return "undecided"
    return "thin" if more or (is_short and any(may_be_thin(flow, dwell.seconds) for flow in flows)) else "quiet"


_DECIDES_S: Final = UNCLOCKED_S  # a dwell as long as this leaves nothing open but what `video` itself leaves open


def _is_thin(one: VideoVerdict) -> bool:
    return one.reason == TOO_THIN or (one.features is not None and one.features.rate_kbps < RATE_KBPS[0])


def may_be_thin(flow: Flow, seconds: float) -> bool:
    """An uplink as thick as the thinnest stream that the light can tell, and as one-sided."""
    up, back = int(flow.frame_len.sum()), int(flow.back_frame_len.sum())
    return is_uplink(flow) and up >= LEAST_KBPS * 125.0 * seconds and up >= MIN_UP_SHARE * (up + back)


def may_be_video(flow: Flow, seconds: float) -> bool:
    """An uplink so thick and so one-sided that it might be video, whatever `video` says of it."""
    up, back = float(flow.frame_len.sum()), float(flow.back_frame_len.sum())
    is_thick = len(flow.t_ns) >= UPLINK_FRAMES_HZ * seconds and up >= UPLINK_OCTETS * len(flow.t_ns)
    return (
        is_thick
        and up >= UPLINK_SHARE * (up + back)
        and (not flow.is_from_ap or flow.self_sourced_share > UPLINK_SHARE)
    )
