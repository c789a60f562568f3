"""The last metres: packets of one link through 802.11 aggregation, contention and retries, heard by a lossy receiver.

Input is times and IP octets of packets of both directions; output is a `Flow` of the frames that were heard, repeats
removed, with their sequence numbers.  A station wins a transmit opportunity against others, puts waiting packets into
one aggregate (A-MPDU, at times A-MSDU inside), and repeats what was not acknowledged.  The receiver misses single
frames, whole aggregates and whole stretches.  It knows nothing of applications.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.transmitters import SEQUENCE_NUMBERS
from tests.simulators.flow_of import flow_of

Floats = NDArray[np.float64]
Packets = tuple[Floats, Floats]
"""Times in seconds, IP octets."""

HEADER_OCTETS = 50
"""QoS data header, CCMP, LLC/SNAP."""
FIRST_NUMBER = 4_000
"""Sequence number of the first frame, so that the counter wraps soon."""


@dataclass(frozen=True, slots=True)
class Radio:
    """One link and the place where it is overheard."""

    mbps: float
    most_frames: int
    """Of one aggregate."""
    joins_octets: int
    """Packets are joined (A-MSDU) up to this; 0 for never."""
    busy: float
    """Chance that somebody else is faster at each try."""
    error: float
    """Chance that a frame has to be sent again."""
    misses_frame: float
    misses_aggregate: float
    deaf_share: float
    """Share of time in which the receiver hears next to nothing, in stretches of 50 to 300 ms."""
    one_time: bool
    """The receiver gives all frames of an aggregate one time."""


def draw_radio(rng: np.random.Generator) -> Radio:
    most = int(rng.choice([1, 4, 16, 32, 64]))
    return Radio(
        mbps=float(np.exp(rng.uniform(np.log(6), np.log(150)))),
        most_frames=most,
        joins_octets=int(rng.choice([3_839, 7_935])) if most > 1 and rng.random() < 0.15 else 0,
        busy=float(rng.choice([0.0, 0.15, 0.3, 0.5, 0.65])),
        error=float(rng.choice([0.0, 0.02, 0.1, 0.2])),
        misses_frame=float(rng.choice([0.0, 0.01, 0.05, 0.15])),
        misses_aggregate=float(rng.choice([0.0, 0.02, 0.1])),
        deaf_share=float(rng.choice([0.0, 0.0, 0.02, 0.08])),
        one_time=bool(rng.random() < 0.5),
    )


def join(packets: Packets, most_octets: int, waits_s: float = 0.0005) -> Packets:
    """Packets that wait together become one longer frame."""
    times: list[float] = []
    octets: list[float] = []
    last_s = -1.0
    for t_s, size in zip(*packets, strict=True):
        if times and t_s - last_s < waits_s and octets[-1] + size + 14 <= most_octets:
            octets[-1] += size + 14
        else:
            times.append(t_s)
            octets.append(size)
        last_s = t_s
    return np.array(times), np.array(octets)


def transmit(
    packets: Packets, seconds: float, rng: np.random.Generator, radio: Radio
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Times, lengths and places in the queue of the frames that were heard."""
    order = np.argsort(packets[0], kind="stable")
    packets = packets[0][order], packets[1][order]
    if radio.joins_octets:
        packets = join(packets, radio.joins_octets)
    written, octets = (values.tolist() for values in packets)
    rate = radio.mbps * 1e6 / 8
    deaf_until = hearing_until = 0.0
    heard_s: list[float] = []
    heard_octets: list[float] = []
    heard_place: list[int] = []
    waiting: list[tuple[float, bool, int]] = []  # octets, heard before, place in the queue
    now, index, window = 0.0, 0, 16
    while index < len(written) or waiting:
        if not waiting:
            now = max(now, written[index])
        now += 34e-6 + 9e-6 * rng.integers(window)
        while rng.random() < radio.busy:
            now += float(rng.uniform(0.0002, 0.0025)) + 9e-6 * rng.integers(window)
        if now > seconds:
            break
        while index < len(written) and written[index] <= now:
            waiting.append((octets[index], False, index))
            index += 1
        if now > hearing_until:
            deaf_until = now + float(rng.uniform(0.05, 0.3)) if radio.deaf_share else 0.0
            hearing_until = deaf_until + float(rng.exponential(0.175 / radio.deaf_share)) if radio.deaf_share else 1e9
        sent, waiting = waiting[: radio.most_frames], waiting[radio.most_frames :]
        is_missed = rng.random() < (0.95 if now < deaf_until else radio.misses_aggregate)
        again, at, luck = [], now + 40e-6, rng.random((len(sent), 2))
        for (size, was_heard, place), (miss, fail) in zip(sent, luck.tolist(), strict=True):
            at += (size + HEADER_OCTETS) / rate
            is_heard = not is_missed and miss >= radio.misses_frame
            if is_heard and not was_heard:
                heard_s.append(now if radio.one_time else at)
                heard_octets.append(size + HEADER_OCTETS)
                heard_place.append(place)
            if fail < radio.error:
                again.append((size, was_heard or is_heard, place))
        window = min(window * 2, 256) if again and len(again) == len(sent) else 16
        waiting = again + waiting
        now = at + 60e-6
    times = (np.array(heard_s) * 1e9).astype(np.int64)
    order = np.argsort(times, kind="stable")
    lengths, places = (np.array(column).astype(np.int32)[order] for column in (heard_octets, heard_place))
    return times[order], lengths, places


def overhear(up: Packets, down: Packets, seconds: float, rng: np.random.Generator, radio: Radio | None = None) -> Flow:
    """The flow of a station, from the packets that it sends and those that it is sent."""
    radio = radio or draw_radio(rng)
    t_ns, frame_len, place = transmit(up, seconds, rng, radio)
    back_t_ns, back_len, _ = transmit(down, seconds, rng, radio)
    return flow_of((t_ns, frame_len), (back_t_ns, back_len), (place + FIRST_NUMBER) % SEQUENCE_NUMBERS)
