"""A third source of flows, written after the detector: what homes and offices send, segment by segment.

Input is a kind and a random generator; output is a `Flow`.  TCP is simulated by acknowledgements that clock segments
out through a bottleneck (CUBIC's curve, or paced by a model of the bandwidth), meetings by a server that forwards what
others say, sound by codecs; the air by turns of lognormal length between this station and the rest, with a rate that
adapts and a receiver that fails more at high rates.  Cameras are rows of encoded pictures that no tuning has used.
Nothing here is shared with `air_flows`, `air_queues` or `air_radio`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_encoded import list_streams, load_rows
from tests.simulators.encode_pictures import SETTINGS
from tests.simulators.flow_of import flow_of

Sent = list[tuple[float, float]]
"""Times, IP octets."""
Traffic = tuple[Sent, Sent]
"""Up and down."""

FULL: Final = 1_500.0
ACK: Final = 52.0


def log_between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(low * (high / low) ** rng.random())


def blocks_of(rng: np.random.Generator, seconds: float) -> list[tuple[float, float]]:
    """What an application hands to TCP: one file, files with pauses, or requests for blocks."""
    kind, found, t_s = int(rng.integers(3)), [], float(rng.uniform(0, 0.8))
    if kind == 0:
        return [(t_s, 1e9)]
    while t_s < seconds:
        size = log_between(rng, 2e4, 8e6) if kind == 1 else float(rng.choice([65_536, 131_072, 262_144]))
        found.append((t_s, size))
        t_s += size / log_between(rng, 5e4, 2e6) + float(rng.exponential(0.5 if kind == 1 else 0.03))
    return found


def tcp_upload(seconds: float, rng: np.random.Generator) -> Traffic:
    """Segments clocked out by acknowledgements through a bottleneck with a queue; CUBIC's window."""
    rate, trip_s = log_between(rng, 4e5, 9e6) / 8, log_between(rng, 0.004, 0.18)
    room_s, limit = log_between(rng, 0.01, 0.4), float(rng.choice([22, 44, 180, 1e6, 1e6]))
    jitter_s, each = log_between(rng, 2e-5, 3e-3), int(rng.choice([1, 2, 2, 4]))
    window, ceiling, since_s, threshold = 10.0, 0.0, 0.0, 1e9
    up, down, flying, free_s = [], [], 0, 0.0
    events: list[tuple[float, int, int]] = []  # when, 0 block 1 ack, number
    waiting, unacked = 0.0, 0
    for t_s, size in blocks_of(rng, seconds):
        heapq.heappush(events, (t_s, 0, int(size)))
    while events:
        now, what, number = heapq.heappop(events)
        if now > seconds:
            break
        if what == 0:
            waiting += number
        else:
            flying -= 1
            unacked += 1
            if unacked >= each:
                down.append((now, ACK))
                unacked = 0
            if window < threshold:
                window += 1.0
            else:
                grown = ceiling + 0.4 * ((now - since_s) - (ceiling * 0.75) ** (1 / 3)) ** 3
                window = max(window + 0.2 / window, min(grown, window + 1.0))
        while waiting > 0 and flying < min(window, limit):
            size = min(waiting, FULL - 52.0)
            waiting -= size
            up.append((now, size + 52.0))
            flying += 1
            free_s = max(free_s, now + trip_s / 2) + (size + 52.0) / rate
            if free_s - now - trip_s / 2 > room_s and now - since_s > trip_s:
                ceiling, since_s = window, now
                window = threshold = max(0.7 * window, 2.0)
            heapq.heappush(events, (free_s + trip_s / 2 + float(rng.exponential(jitter_s)), 1, 0))
    return up, down


def paced_upload(seconds: float, rng: np.random.Generator) -> Traffic:
    """A sender that paces by an estimate of the bandwidth, with a probing cycle of eight round trips."""
    rate, trip_s = log_between(rng, 3e5, 1.2e7) / 8, log_between(rng, 0.008, 0.15)
    quantum, packet = int(rng.choice([1, 2, 2, 4, 10])), float(rng.choice([1_280, 1_392, FULL]))
    is_quic = packet < FULL
    up: Sent = []
    for t_s, size in blocks_of(rng, seconds):
        now, left = max(t_s, up[-1][0] if up else 0.0), size
        while left > 0 and now < seconds:
            gain = (1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)[int(now / trip_s) % 8]
            for _ in range(quantum):
                if left > 0:
                    up.append((now, min(left + 52.0, packet)))
                    left -= packet - 52.0
            now += quantum * packet / (rate * gain) + float(rng.exponential(0.0002))
    down = [
        (t_s + trip_s, 65.0 if is_quic else ACK) for t_s, _ in up[:: int(rng.choice([2, 4, 10] if is_quic else [1, 2]))]
    ]
    return up, down


def speech(seconds: float, rng: np.random.Generator, *, step_s: float, octets: float, pauses: bool) -> Sent:
    found, t_s, talks_until = [], float(rng.uniform(0, step_s)), 0.0
    while t_s < seconds:
        if pauses and t_s > talks_until:
            t_s += float(rng.exponential(1.2))
            talks_until = t_s + float(rng.exponential(2.5))
        found.append((t_s, octets * float(rng.uniform(0.7, 1.3)) + 66.0))
        t_s += step_s
    return found


def layers(seconds: float, rng: np.random.Generator, kbps: float, hz: float) -> Sent:
    """Pictures of a meeting: temporal layers, cut into pieces of equal size, paced, repaired."""
    found: Sent = []
    for number in range(int(seconds * hz)):
        weight = (1.6, 0.7, 1.0, 0.7)[number % 4] * float(rng.lognormal(0, 0.35))
        size = kbps * 125 / hz * weight * (5.0 if rng.random() < 0.004 else 1.0)
        pieces = max(int(np.ceil(size / 1_150)), 1)
        start = number / hz + float(rng.exponential(0.003))
        found += [(start + 0.0008 * piece, size / pieces + 70.0) for piece in range(pieces)]
        if rng.random() < 0.15:
            found.append((start + 0.02, size / pieces + 70.0))
    return found


def meeting(seconds: float, rng: np.random.Generator) -> Traffic:
    """A meeting through a server: own pictures in one to three sizes, others' pictures and voices coming back."""
    hz, up = float(rng.choice([10, 15, 20, 24, 30])), []
    for kbps in (log_between(rng, 300, 1_800), 150.0, 500.0)[: int(rng.integers(1, 4))]:
        up += layers(seconds, rng, kbps, hz)
    up += speech(seconds, rng, step_s=0.02, octets=log_between(rng, 45, 130), pauses=bool(rng.random() < 0.3))
    down: Sent = []
    for _ in range(int(rng.integers(1, 5))):
        down += layers(seconds, rng, log_between(rng, 80, 1_500), float(rng.choice([7.5, 15, 30])))
        down += speech(seconds, rng, step_s=0.02, octets=log_between(rng, 45, 130), pauses=bool(rng.random() < 0.7))
    return up, down + [(t_s, 100.0) for t_s in np.arange(0, seconds, 0.1)]


def meeting_listened(seconds: float, rng: np.random.Generator) -> Traffic:
    """Somebody who shows a picture to people who show none and hardly speak."""
    up, _ = meeting(seconds, rng)
    down = speech(seconds, rng, step_s=0.02, octets=60, pauses=True) if rng.random() < 0.5 else []
    return up, down + [(t_s, 100.0) for t_s in np.arange(0, seconds, 0.1)]


def sound(seconds: float, rng: np.random.Generator) -> Traffic:
    """Sound one way: an assistant, a baby monitor without a picture, an intercom, a loudspeaker's source."""
    kind = int(rng.integers(5))
    if kind == 0:  # speech codec, 20 to 60 ms
        up = speech(
            seconds, rng, step_s=float(rng.choice([0.02, 0.04, 0.06])), octets=log_between(rng, 40, 300), pauses=True
        )
    elif kind == 1:  # samples of 16 kHz, 16 bit
        step_s = float(rng.choice([0.02, 0.032, 0.04, 0.064]))
        size = 32_000 * step_s
        up = [
            (t_s + 0.0005 * n, min(size - 1_400 * n, 1_400.0) + 52)
            for t_s in np.arange(0, seconds, step_s)
            for n in range(int(np.ceil(size / 1_400)))
        ]
    elif kind == 2:  # whole records of a compressed stream over TCP
        step_s = float(rng.choice([0.064, 0.128, 0.256, 0.5]))
        up = [(t_s, log_between(rng, 300, 1_300) + 52) for t_s in np.arange(0, seconds, step_s)]
    elif kind == 3:  # lossless to a loudspeaker
        up = [(t_s, 1_000.0 + float(rng.uniform(-250, 350))) for t_s in np.arange(0, seconds, 0.00798)]
    else:  # constant G.711
        up = [(t_s, 200.0) for t_s in np.arange(0, seconds, 0.02)]
    return up, [(t_s + 0.03, ACK) for t_s, _ in up[::2]] if kind in {1, 2} else [
        (t_s, 80.0) for t_s in np.arange(0, seconds, 2.0)
    ]


def telemetry(seconds: float, rng: np.random.Generator) -> Traffic:
    """A machine that reports by the clock: a cleaner's map, a meter, a game."""
    step_s, size = log_between(rng, 0.1, 3.0), log_between(rng, 80, 5_000)
    up: Sent = []
    for t_s in np.arange(float(rng.uniform(0, step_s)), seconds, step_s):
        left = size * float(rng.lognormal(0, 0.1))
        while left > 0:
            up.append((float(t_s), min(left, 1_400.0) + 52))
            left -= 1_400
    return up, [(t_s + 0.04, ACK) for t_s, _ in up]


def constant_datagrams(seconds: float, rng: np.random.Generator) -> Traffic:
    """A speed test or a tunnel by equal datagrams at an even pace."""
    rate, size = log_between(rng, 2e5, 1e7) / 8, float(rng.choice([1_200, 1_350, 1_470]))
    return [(t_s, size) for t_s in np.arange(0, seconds, size / rate)], [
        (t_s, 90.0) for t_s in np.arange(0, seconds, 1.0)
    ]


def reading(seconds: float, rng: np.random.Generator) -> Traffic:
    """Pages, feeds and films over QUIC: requests and acknowledgements up, objects down."""
    up: Sent = []
    down: Sent = []
    t_s = float(rng.exponential(0.5))
    while t_s < seconds:
        up += [(t_s + 0.002 * n, float(rng.uniform(80, 1_300))) for n in range(int(rng.integers(1, 6)))]
        size, rate = log_between(rng, 2e3, 6e6), log_between(rng, 2e5, 5e6)
        for number in range(min(int(size / 1_250) + 1, 3_000)):
            at = t_s + 0.04 + number * 1_250 / rate
            down.append((at, 1_280.0))
            if number % 10 == 9:
                up.append((at + 0.001, float(rng.uniform(60, 90))))
        t_s += float(rng.pareto(1.3)) + 0.1
    return up, down


def camera(seconds: float, rng: np.random.Generator) -> Traffic:
    """A row of encoded pictures over datagrams or a stream, at once or spread, with or without sound."""
    name = str(rng.choice(list_streams()))
    hz, sizes = SETTINGS[name].hz, load_rows()[name]
    first = int(rng.integers(0, len(sizes) - int((seconds + 1) * hz)))
    offset, drift = float(rng.uniform(0, 1 / hz)), 1 + float(rng.normal(0, 1e-4))
    is_stream, pace = bool(rng.random() < 0.5), float(rng.choice([0.0, 0.0, 0.4]))
    piece = FULL - 52.0 if is_stream else float(rng.choice([1_012, 1_172, 1_316, 1_410]))
    up: Sent = []
    for number in range(int(seconds * hz)):
        size = float(sizes[first + number]) + 30
        start = (offset + number / hz) * drift + float(rng.lognormal(-6.5, 0.8))
        pieces = int(np.ceil(size / piece))
        gap = pace / hz / pieces
        up += [(start + gap * n, min(size - n * piece, piece) + 52) for n in range(pieces)]
    if rng.random() < 0.3:
        up += [(t_s, 270.0) for t_s in np.arange(0, seconds, 0.064)]
    up.sort()
    if is_stream:
        return up, [(t_s + 0.004, ACK) for t_s, _ in up[::2]]
    return up, [(t_s, 90.0) for t_s in np.arange(0, seconds, 1.0)]


CAMERAS: Final[dict[str, Callable[[float, np.random.Generator], Traffic]]] = {"camera": camera}
OTHERS: Final[dict[str, Callable[[float, np.random.Generator], Traffic]]] = {
    "tcp_upload": tcp_upload, "paced_upload": paced_upload, "meeting": meeting, "sound": sound, "telemetry": telemetry,
    "constant_datagrams": constant_datagrams, "reading": reading,
}  # fmt: skip
VIDEO_BUT_NO_CAMERA: Final = {"meeting_listened": meeting_listened}


def overhear(
    sent: Sent, seconds: float, rng: np.random.Generator, *, crowd: float, peak_mbps: float, distance: float
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Turns between this station and the rest; the rate wanders, and the receiver fails more at high rates."""
    sent = sorted(sent)
    times, octets, index, now, rate = [], [], 0, 0.0, peak_mbps * 0.6
    while index < len(sent):
        now = max(now, sent[index][0]) + 1.2e-4
        if rng.random() < crowd:
            now += float(rng.lognormal(-6.6, 0.7))  # about a millisecond
        rate = float(np.clip(rate * rng.lognormal(0, 0.08), peak_mbps * 0.15, peak_mbps))
        airtime_s, fails = 0.0, distance * rate / peak_mbps
        misses_all = rng.random() < fails * 0.3
        while index < len(sent) and sent[index][0] <= now and airtime_s < 0.003:
            took_s = (sent[index][1] + 60) * 8 / (rate * 1e6)
            airtime_s += took_s
            tries = int(rng.geometric(0.93))  # how often it was sent until it arrived
            if not misses_all and rng.random() >= fails**tries:
                times.append(now + airtime_s)
                octets.append(sent[index][1] + 46)
            index += 1
        now += airtime_s
        if now > seconds:
            break
    heard = np.array(times) < seconds
    return (np.array(times)[heard] * 1e9).astype(np.int64), np.array(octets)[heard].astype(np.int32)


def draw_flow(kind: str, seconds: float, rng: np.random.Generator) -> Flow:
    """One flow of a kind of `CAMERAS`, `OTHERS` or `VIDEO_BUT_NO_CAMERA`."""
    source = {**CAMERAS, **OTHERS, **VIDEO_BUT_NO_CAMERA}[kind]
    up, down = source(seconds, rng)
    crowd, peak, distance = float(rng.choice([0.1, 0.4, 0.7])), log_between(rng, 12, 200), log_between(rng, 0.005, 0.3)
    heard = overhear(up, seconds, rng, crowd=crowd, peak_mbps=peak, distance=distance)
    back = overhear(down, seconds, rng, crowd=crowd, peak_mbps=peak, distance=distance)
    return flow_of(heard, back)
