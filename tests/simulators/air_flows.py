"""Flows of one device each, drawn from wide ranges of habits: cameras of many kinds, and what is no camera.

Input is a kind and a random generator; output is a `Flow` as the detector sees it, after contention, aggregation,
losses of the receiver and retries.  The probe's own simulation knows nothing of this one.  Ranges are wider than any
product on purpose; what they leave out stands in the README beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.flow_of import flow_of

Floats = NDArray[np.float64]
Traffic = tuple[Floats, Floats, Floats, Floats]
"""Times and IP octets up, times and IP octets down."""

OVERHEAD: Final = 50


def pick(rng: np.random.Generator, *values: float) -> float:
    return float(values[int(rng.integers(len(values)))])


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def in_packets(
    starts: Floats, sizes: Floats, packet: float, spacing_s: Floats | float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Blocks cut into packets that follow each other at `spacing_s` (one value per block or for all)."""
    counts = np.maximum(np.ceil(sizes / packet), 1).astype(np.int64)
    block = np.repeat(np.arange(len(starts)), counts)
    index = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    octets = np.minimum(sizes[block] - index * packet, packet)
    gaps = np.broadcast_to(np.asarray(spacing_s), starts.shape)[block]
    times = starts[block] + index * gaps + rng.exponential(0.00015, len(block))
    return times, np.maximum(octets, 20.0) + 40.0


def acknowledge(times: Floats, every: int, delay_s: float) -> tuple[Floats, Floats]:
    acks = times[every - 1 :: every] + delay_s
    return acks, np.full(len(acks), 52.0)


def camera(seconds: float, rng: np.random.Generator) -> Traffic:
    """A streaming camera: any rate, encoder, transport and pacing."""
    hz = pick(rng, 5, 8, 10, 12, 15, 20, 25, 30)
    kbps = max(log_uniform(rng, 150, 5_000), 12.0 * hz)
    codec = pick(rng, 0, 1, 2, 3, 4)  # variable, constant, constant with filler, MJPEG, intra refresh
    group = max(round(hz * rng.uniform(1, 4)), 2)
    count = int(seconds * hz)
    number = np.arange(count)
    complete = (number + rng.integers(group)) % group == 0 if codec in {0, 1} else np.zeros(count, dtype=bool)
    ratio = rng.uniform(3, 10)
    activity = np.cumsum(rng.normal(0, 0.04, count))
    activity -= activity.mean()
    spread = {0: 0.25, 1: 0.12, 2: 0.02, 3: 0.03, 4: 0.15}[int(codec)]
    sizes = np.where(complete, ratio, 1.0) * np.exp(rng.normal(0, spread, count) + (activity if codec == 0 else 0.0))
    sizes *= kbps * 125 / hz / sizes.mean()
    starts = number / hz + rng.uniform(0, 1 / hz) + np.abs(rng.normal(0, log_uniform(rng, 0.0005, 0.006), count))
    kept = rng.random(count) >= pick(rng, 0, 0, 0.03)
    starts, sizes = starts[kept], sizes[kept]
    packet = pick(rng, 1000, 1200, 1400, 1460)
    pacing = pick(rng, 0, 0, 0.3, 0.6) / hz
    packets = np.maximum(np.ceil(sizes / packet), 1)
    spacing = np.maximum(np.minimum(pacing / packets, 0.01), log_uniform(rng, 0.0001, 0.001))
    times, octets = in_packets(starts, sizes, packet, spacing, rng)
    if rng.random() < 0.3:
        sound = np.arange(0, seconds, pick(rng, 0.02, 0.04, 0.064)) + rng.uniform(0, 0.02)
        times = np.concatenate([times, sound])
        octets = np.concatenate([octets, np.full(len(sound), rng.uniform(100, 400))])
    if rng.random() < 0.5:
        return times, octets, *acknowledge(np.sort(times), int(pick(rng, 1, 2, 4)), 0.003)
    reports = np.arange(0, seconds, 1.0)
    return times, octets, reports, np.full(len(reports), 80.0)


def backup(seconds: float, rng: np.random.Generator) -> Traffic:
    """Files to a cloud: rounds of a window, or evenly paced, with pauses between files."""
    kbps, rtt = log_uniform(rng, 300, 20_000), log_uniform(rng, 0.008, 0.12)
    starts, sizes = [], []
    t = rng.uniform(0, 1)
    is_paced = rng.random() < 0.4
    jitter = log_uniform(rng, 0.01, 0.4)
    while t < seconds:
        left = log_uniform(rng, 50_000, 20_000_000)
        while left > 0 and t < seconds:
            segments = pick(rng, 1, 2, 4) if is_paced else max(round(kbps * 0.0856 * rtt * rng.uniform(0.6, 1.4)), 1)
            window = min(left, segments * 1460.0)
            starts.append(t)
            sizes.append(window)
            left -= window
            share = window / (kbps * 125)
            t += share * (rng.lognormal(0, jitter) if is_paced else max(rng.normal(1.0, jitter), 0.2))
        t += rng.exponential(pick(rng, 0.05, 0.5, 3.0))
    times, octets = in_packets(np.array(starts), np.array(sizes), 1460.0, log_uniform(rng, 0.0001, 0.0006), rng)
    return times, octets, *acknowledge(np.sort(times), int(pick(rng, 1, 2)), rtt / 2)


def call(seconds: float, rng: np.random.Generator) -> Traffic:
    """A video call: pictures and sound both ways."""
    directions = []
    for _ in range(2):
        hz, kbps = pick(rng, 12, 15, 20, 24, 25, 30), log_uniform(rng, 150, 2_500)
        count = int(seconds * hz)
        starts = np.arange(count) / hz + rng.uniform(0, 1 / hz) + np.abs(rng.normal(0, 0.004, count))
        sizes = kbps * 125 / hz * rng.lognormal(0, 0.3, count)
        packet = 1150.0
        spacing = np.minimum(0.5 / hz / np.maximum(np.ceil(sizes / packet), 1), 0.005)
        times, octets = in_packets(starts, sizes, packet, spacing, rng)
        sound = np.arange(0, seconds, 0.02) + rng.uniform(0, 0.02)
        directions.append((np.concatenate([times, sound]), np.concatenate([octets, rng.uniform(80, 200, len(sound))])))
    return *directions[0], *directions[1]


def voice(seconds: float, rng: np.random.Generator) -> Traffic:
    """A voice call."""
    step = pick(rng, 0.02, 0.04, 0.06)
    up, down = (np.arange(0, seconds, step) + rng.uniform(0, step) for _ in range(2))
    return up, rng.uniform(90, 260, len(up)), down, rng.uniform(90, 260, len(down))


def game(seconds: float, rng: np.random.Generator) -> Traffic:
    """A game: small packets at a strict clock, more coming back."""
    up, down = (np.arange(0, seconds, 1 / pick(rng, 15, 20, 30, 60)) for _ in range(2))
    up = up + np.abs(rng.normal(0, 0.003, len(up)))
    return up, rng.uniform(60, 220, len(up)), down, rng.uniform(100, 900, len(down))


def browse(seconds: float, rng: np.random.Generator) -> Traffic:
    """Pages: requests and acknowledgements up, bursts down; sometimes a form or a photograph up."""
    starts = np.cumsum(rng.exponential(pick(rng, 0.3, 1.0, 3.0), int(seconds * 4) + 4))
    starts = starts[starts < seconds]
    requests, request_octets = in_packets(starts, rng.uniform(100, 1200, len(starts)), 1400, 0.001, rng)
    down, down_octets = in_packets(starts + 0.06, rng.lognormal(10, 1.3, len(starts)), 1460, 0.0004, rng)
    acks, ack_octets = acknowledge(np.sort(down), 2, 0.001)
    posts = starts[rng.random(len(starts)) < 0.05]
    post, post_octets = in_packets(posts + 0.3, rng.lognormal(11, 1, len(posts)), 1460, 0.0005, rng)
    return (
        np.concatenate([requests, acks, post]),
        np.concatenate([request_octets, ack_octets, post_octets]),
        down,
        down_octets,
    )


def download(seconds: float, rng: np.random.Generator) -> Traffic:
    """Video on demand or a file coming down: the device itself sends acknowledgements."""
    starts = np.arange(0, seconds, pick(rng, 0.1, 1.0, 4.0)) + rng.uniform(0, 0.5)
    sizes = rng.lognormal(11.5, 0.6, len(starts))
    down, octets = in_packets(starts, sizes, 1460, 0.0005, rng)
    return *acknowledge(np.sort(down), 2, 0.001), down, octets


def sensor(seconds: float, rng: np.random.Generator) -> Traffic:
    """A thing of the internet: a small message at a fixed or random distance, sometimes a longer one."""
    step = log_uniform(rng, 0.05, 2.0)
    times = np.arange(0, seconds, step) + rng.uniform(0, step * pick(rng, 0.01, 0.5), int(np.ceil(seconds / step)))
    octets = rng.uniform(60, pick(rng, 200, 600) if step < 0.2 else 1300, len(times))
    return times, octets, *acknowledge(np.sort(times), 1, 0.04)


CAMERAS: Final[dict[str, Callable[[float, np.random.Generator], Traffic]]] = {"camera": camera}
OTHERS: Final[dict[str, Callable[[float, np.random.Generator], Traffic]]] = {
    "backup": backup, "call": call, "voice": voice, "game": game, "browse": browse, "download": download,
    "sensor": sensor,
}  # fmt: skip


def over_the_air(traffic: Traffic, seconds: float, rng: np.random.Generator) -> Flow:
    """What a receiver nearby hears of the traffic: queueing behind others, losses, both directions."""
    up, up_octets, down, down_octets = traffic
    busy_s = pick(rng, 0.0, 0.0003, 0.001, 0.003)
    loss = pick(rng, 0.0, 0.02, 0.1, 0.3)

    def one_way(times: Floats, octets: Floats) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        order = np.argsort(times, kind="stable")
        times, octets = times[order], octets[order]
        # Wait for the channel: exponential delays, never overtaking.
        delayed = np.maximum.accumulate(times + rng.exponential(busy_s, len(times)) if busy_s else times)
        heard = (rng.random(len(times)) >= loss) & (delayed < seconds)
        return (delayed[heard] * 1e9).astype(np.int64), (octets[heard] + OVERHEAD).astype(np.int32)

    return flow_of(one_way(up, up_octets), one_way(down, down_octets))


def draw_flow(kind: str, seconds: float, rng: np.random.Generator) -> Flow:
    """One flow of a kind of `CAMERAS` or `OTHERS`."""
    source = CAMERAS.get(kind) or OTHERS[kind]
    return over_the_air(source(seconds, rng), seconds, rng)
