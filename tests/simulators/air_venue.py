"""The fifth world, which tests only: a venue of several cells on one channel, simulated event by event.

Input is a kind and a random generator; output is a `Flow` as a monitor hears it: what it missed is missing, repeats are
removed, sequence numbers have gaps and come per TID.  Nothing is late by a drawn delay: pictures come late and in
batches because queues fill (`air_codel`), rates fall (`air_minstrel`), others send, hidden ones at the same time
(`air_contention`), connections wait (`air_transports`), radios scan or lend their antenna (`air_venue_places`) and
processors do other things (`air_venue_cameras`).  It shares no code with the four worlds before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_contention import CLASSES
from tests.simulators.air_venue_cameras import CAMERAS as CAMERA_KINDS
from tests.simulators.air_venue_guests import GUESTS, VIDEO_GUESTS
from tests.simulators.air_venue_machines import MACHINES
from tests.simulators.air_venue_places import LEAD_S, Host, Rng, Venue, draw_ailments, draw_venue
from tests.simulators.flow_of import flow_of

Frames = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]
"""Times in nanoseconds, octets, sequence numbers, TIDs."""

KINDS: Final[dict[str, Callable[[Host, float], None]]] = {**CAMERA_KINDS, **GUESTS, **MACHINES, **VIDEO_GUESTS}
CAMERAS: Final = tuple(CAMERA_KINDS)
OTHERS: Final = (*GUESTS, *MACHINES)
VIDEO_THAT_IS_NO_CAMERA: Final = tuple(VIDEO_GUESTS)
BAD: Final = (("weak",), ("weak", "scans"), ("crowded",), ("hidden",), ("hidden", "weak"), ("scans",), ("bluetooth",))
WELL: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a flow and no monitor hears."""

    ails: frozenset[str]
    sent: int
    """Frames, each counted once."""
    heard: int
    given_up: int
    drops: int
    """By queues before the radio, both ways."""
    marks: int
    taken: int
    """Pictures handed over; those that are not `shown` were thrown away behind a clogged connection, or lost."""
    shown: tuple[tuple[float, float], ...]
    """When a picture was taken and when its first packet had crossed the air, in seconds."""


def ailments_of(kind: str, rng: Rng) -> frozenset[str]:
    if kind == "bad_link":
        return frozenset(BAD[int(rng.integers(len(BAD)))])
    if kind == "busy_processor":
        return frozenset({"processor"})
    return draw_ailments(rng, None)


def draw_flow(kind: str, seconds: float, rng: Rng) -> Flow:
    """One flow of a kind, with bystanders on the channel."""
    return draw_told(kind, seconds, rng)[0]


def draw_told(kind: str, seconds: float, rng: Rng, ails: frozenset[str] | None = None) -> tuple[Flow, Told]:
    """A flow, and what is known of it; `ails` in place of what would be drawn."""
    random = Random(int(rng.integers(2**62)))
    chosen = ailments_of(kind, rng) if ails is None else ails
    venue = draw_venue(random, rng, chosen)
    host = venue.hosts[0]
    KINDS[kind](host, seconds + LEAD_S)
    venue.medium.run(seconds + LEAD_S)
    return flow_from(host, seconds), told_of(host)


def draw_hall(seconds: float, rng: Rng, stations: int = 10) -> list[tuple[str, Flow]]:
    """What the stations of one hall send over the same channel at the same time, two cameras among them."""
    random = Random(int(rng.integers(2**62)))
    guests = (*OTHERS, *VIDEO_THAT_IS_NO_CAMERA)
    kinds = [CAMERAS[int(rng.integers(len(CAMERAS)))] for _ in range(2)]
    kinds += [guests[int(rng.integers(len(guests)))] for _ in range(stations - 2)]
    venue: Venue = draw_venue(random, rng, ailments_of(kinds[0], rng), stations)
    for kind, host in zip(kinds, venue.hosts, strict=True):
        KINDS[kind](host, seconds + LEAD_S)
    venue.medium.run(seconds + LEAD_S)
    return [(kind, flow_from(host, seconds)) for kind, host in zip(kinds, venue.hosts, strict=True)]


def flow_from(host: Host, seconds: float) -> Flow:
    t_ns, octets, numbers, tids = frames_of(host, seconds, is_up=True)
    back_t_ns, back_octets, _, _ = frames_of(host, seconds, is_up=False)
    flow = flow_of((t_ns, octets), (back_t_ns, back_octets), numbers)
    ap, station = host.cell.ap.number, host.station.number
    return replace(flow, tid=tids, sender=flow.sender + station, peer=flow.sender + 0x10000 + ap)


def frames_of(host: Host, seconds: float, *, is_up: bool) -> Frames:
    """What the monitor heard of a station's frames, or of those to it, in order of time."""
    found: list[tuple[float, int, int, int]] = []
    for name, (_, _, _, tid) in CLASSES.items():
        link = host.cell.links.get((host.station.number, name, is_up))
        if link is not None:
            found += [(t_s, octets, number, tid) for t_s, octets, number in link.heard]
    heard = sorted(one for one in found if LEAD_S <= one[0] < LEAD_S + seconds)
    rows = np.array(heard, dtype=np.float64).reshape(-1, 4)
    return (
        ((rows[:, 0] - LEAD_S) * 1e9).astype(np.int64),
        rows[:, 1].astype(np.int32),
        rows[:, 2].astype(np.int32),
        rows[:, 3].astype(np.int8),
    )


def told_of(host: Host) -> Told:
    links = [link for (number, _, _), link in host.cell.links.items() if number == host.station.number]
    up = [link for (number, _, is_up), link in host.cell.links.items() if number == host.station.number and is_up]
    return Told(
        ails=host.ails,
        sent=sum(link.sent for link in up),
        heard=sum(len(link.heard) for link in up),
        given_up=sum(link.given_up for link in up),
        drops=sum(link.queue.drops for link in links),
        marks=sum(link.queue.marks for link in links),
        taken=host.station.taken,
        shown=tuple(host.station.shown),
    )
