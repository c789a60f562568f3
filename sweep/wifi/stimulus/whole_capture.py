"""What the light test needs of a capture, taken from one log after the other: in memory that hardly grows with it.

Input is `FrameLog`s in their order and the sequence that was played; output is a `WholeCapture`.  Of frames without
data nothing stays but counts.  What is counted per address and what tells of unheard frames adds up, and two
transmitters under one address are looked for in each log by itself, as `sweep wifi` does.  It judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sweep.host.heap import give_back_freed
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.frames.management import Management
from sweep.wifi.traffic.loss_evidence import NO_WITNESSES, LossEvidence, weigh_loss_evidence
from sweep.wifi.transmitters.census import EMPTY_CENSUS, Census, take_census
from sweep.wifi.transmitters.shared_addresses import Sign, find_shared
from sweep.wifi.transmitters.streams import Streams

from .sequence import ChipSequence


@dataclass(frozen=True, slots=True)
class WholeCapture:
    """What was heard from its first to its last frame."""

    frames: int
    start_ns: int
    """Time of the earliest frame."""
    listened_s: float
    """From the earliest to the latest frame."""
    light_ns: float
    """When the first chip may have begun."""
    before_s: float
    """From the earliest to the latest frame before that."""
    streams: Streams
    witnesses: LossEvidence
    census: Census
    shared: Mapping[int, frozenset[Sign]]
    """Addresses that two transmitters use, and what shows it."""
    management: Management
    """Management frames that say something new of their sender, not dissected yet."""


Listened = FrameLog | WholeCapture
"""What has a beginning and a length."""


def gather(logs: Iterable[FrameLog], sequence: ChipSequence) -> WholeCapture:
    """A capture from its logs, one at least."""
    light_ns = (sequence.start_s - sequence.start_uncertainty_s) * 1e9
    streams, witnesses, census, management = Streams(), NO_WITNESSES, EMPTY_CENSUS, Management({}, 0)
    shared: dict[int, frozenset[Sign]] = {}
    edges: list[int] = []  # earliest and latest times of the logs
    before: list[int] = []  # latest times before the light
    frames = 0
    for log in logs:
        streams.add(log)
        witnesses += weigh_loss_evidence(log)
        census += take_census(log)
        for sender, signs in find_shared(log).items():
            shared[sender] = shared.get(sender, frozenset()) | signs
        management = log.management
        frames += len(log.frames)
        if len(log.frames):
            edges += [log.start_ns, log.end_ns]
            earlier = log.frames.t_ns[log.frames.t_ns < light_ns]
            before += [int(earlier.max())] if len(earlier) else []
        del log  # or it stays while the next one is read, as what it took would
        give_back_freed()
    start_ns, end_ns = min(edges, default=0), max(edges, default=0)
    return WholeCapture(
        frames=frames,
        start_ns=start_ns,
        listened_s=(end_ns - start_ns) / 1e9,
        light_ns=light_ns,
        before_s=(max(before, default=start_ns) - start_ns) / 1e9,
        streams=streams,
        witnesses=witnesses,
        census=census,
        shared=shared,
        management=management,
    )
