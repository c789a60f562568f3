"""Listening at a position: the capture hops over the channel plan, and what was heard becomes one log.

Input is an open capture and the seconds to spend; output is `Heard`: the frames, the dwells and the gaps.  After each
dwell the flows of that dwell are judged, and the plan returns to channels where something sends like a camera.  An
adapter without `iw` is listened to on the channel it is on, and that is said.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from sweep.packets import PacketBlock

from .capture import CaptureGap, CaptureTally, LiveCapture
from .capture_helper import CaptureOpenError
from .channels import ChannelPlan, Dwell, Interest
from .dot11 import Dot11Frames, parse_block
from .framelog import FrameLog, LogBuilder
from .transmitters import Flow, list_flows
from .video import judge_flow

UPLINK_FRAMES_HZ, UPLINK_OCTETS, UPLINK_SHARE = 20.0, 300.0, 0.5
"""An uplink that may be video: CamLoPA's rule of 150 frames in 5 s with 300 octets in the mean, a little lower, and
most octets going up."""


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

    @property
    def visited(self) -> int:
        """How many channels were listened to at all."""
        return len({dwell.channel for dwell in self.dwells})


class Listener:
    """An adapter and what is known of its channels; keeps both from one position to the next."""

    def __init__(self, capture: LiveCapture) -> None:
        """`capture` stays open as long as the listener is used; its owner closes it."""
        self._capture = capture
        self._plan: ChannelPlan | None = None
        self._why_deaf: Counter[str] = Counter()
        try:
            self._plan = ChannelPlan(capture.channels())
        except ValueError as error:  # no iw, or no channel
            self._why_deaf[str(error)] += 1

    def listen(self, seconds: float, *, clock_s: Callable[[], float] = time.monotonic) -> Heard:
        """Spend `seconds` on the channels that need it most."""
        tally = self._capture.tally
        before = CaptureTally(tally.received, tally.dropped, tally.clock_steps)
        known_gaps = len(tally.gaps)
        builder, dwells, refused = LogBuilder(), [], Counter(self._why_deaf)
        end_s = clock_s() + seconds
        if self._plan is None:
            for block in self._capture.blocks(seconds, clock_s=clock_s):
                builder.add(block)
        else:
            self._plan.begin_position()
            while (dwell := self._plan.next(end_s - clock_s())) is not None:
                try:
                    self._capture.tune(dwell.channel)
                except CaptureOpenError as error:
                    refused[str(error)] += 1
                    if not self._capture.is_open:  # away: wait for it
                        self._collect(builder, dwell, clock_s)
                    else:
                        self._plan.note(replace(dwell, seconds=0.0), "quiet")
                    continue
                news, heard = self._collect(builder, dwell, clock_s)
                self._plan.note(dwell, news)
                if heard:
                    dwells.append(dwell)
        for block in self._capture.blocks(0.0, clock_s=clock_s):
            builder.add(block)
        return Heard(
            log=builder.finish(),
            dwells=tuple(dwells),
            channels=0 if self._plan is None else len(self._plan.channels),
            dropped=tally.dropped - before.dropped,
            gaps=tuple(tally.gaps[known_gaps:]),
            refused=refused,
        )

    def _collect(self, builder: LogBuilder, dwell: Dwell, clock_s: Callable[[], float]) -> tuple[Interest, bool]:
        """Listen for one dwell; what it says of the channel, and whether the adapter was there for any of it."""
        news = LogBuilder()
        was_there = self._capture.is_open

        def parse(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
            frames, reasons = parse_block(block)
            known = np.where(frames.channel_mhz > 0, frames.channel_mhz, dwell.channel.mhz).astype(np.int32)
            return replace(frames, channel_mhz=known), reasons

        for block in self._capture.blocks(dwell.seconds, clock_s=clock_s, is_last=False):
            was_there = True
            builder.add(block, parse)
            news.add(block, parse)
        return judge_interest(news.finish(), dwell), was_there


def judge_interest(log: FrameLog, dwell: Dwell) -> Interest:
    """What the frames of one dwell say of its channel."""
    frames = log.frames
    here = frames.channel_mhz == dwell.channel.mhz
    if not here.all():  # late frames of the channel before
        log = log.keep(here)
    flows = list_flows(log)
    if any(judge_flow(flow).verdict == "video_uplink" for flow in flows):
        return "camera"
    if dwell.seconds < _DECIDES_S and any(_may_be_video(flow, dwell.seconds) for flow in flows):
        return "undecided"
    return "quiet"


_DECIDES_S: Final = 4.0  # a dwell as long as this leaves nothing open that can be decided


def _may_be_video(flow: Flow, seconds: float) -> bool:
    up, back = float(flow.frame_len.sum()), float(flow.back_frame_len.sum())
    is_thick = len(flow.t_ns) >= UPLINK_FRAMES_HZ * seconds and up >= UPLINK_OCTETS * len(flow.t_ns)
    return (
        is_thick
        and up >= UPLINK_SHARE * (up + back)
        and (not flow.is_from_ap or flow.self_sourced_share > UPLINK_SHARE)
    )
