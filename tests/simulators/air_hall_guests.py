"""Who and what is in the halls of `air_halls` and no camera: people with telephones, and machines.

Input is a length and a random generator; output is the packets of one link, both ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from tests.simulators.air_cell import Packets
from tests.simulators.air_wires import Rng, Traffic, pace, pieces_of, spread, tcp, ticks


def file_writes(seconds: float, rng: Rng) -> Packets:
    """A file, parts of one with answers between, many small files, blocks of a network drive, pictures of a chat."""
    kind, t_s = int(rng.integers(5)), float(rng.uniform(0, 0.6))
    part = float(rng.choice([1, 5, 8]) * 2**20) if kind == 1 else float(rng.choice([65_536, 262_144, 1_048_576]))
    speed, waits_s, writes = spread(rng, 8e4, 3e6), spread(rng, 0.01, 0.4), []
    if kind == 0:
        return [(t_s, 1e9)]
    while t_s < seconds:
        size = {1: part, 2: spread(rng, 1e3, 2e5), 3: part, 4: spread(rng, 8e4, 1e6)}[kind]
        writes += [(t_s, size + float(rng.uniform(150, 600)))]
        t_s += size / speed + waits_s * float(rng.gamma(3, 1 / 3)) * (6.0 if kind == 4 else 1.0)
    return writes


def upload(seconds: float, rng: Rng) -> Traffic:
    return tcp(file_writes(seconds, rng), seconds, rng, spread(rng, 4e5, 1.2e7) / 8, spread(rng, 0.003, 0.2))


def upload_by_quic(seconds: float, rng: Rng) -> Traffic:
    """Datagrams paced by an estimate that is probed, in runs; the last of each part is short."""
    rate, trip_s, full = spread(rng, 3e5, 1.2e7) / 8, spread(rng, 0.01, 0.12), float(rng.choice([1_228, 1_278, 1_380]))
    run, now = int(rng.choice([1, 3, 10, 16])), 0.0
    up: Packets = []
    for t_s, size in file_writes(seconds, rng):
        now = max(now, t_s)
        left = size
        while left > 0 and now < seconds:
            for _ in range(run):
                if left > 0:
                    up.append((now, min(left, full)))
                    left -= full
            now += run * full / rate * (1.25 if int(now / trip_s) % 6 == 0 else 0.97) * float(rng.gamma(60, 1 / 60))
    return up, [(t_s + trip_s, 70.0) for t_s, _ in up[:: int(rng.choice([2, 10]))]]


def share_files(seconds: float, rng: Rng) -> Traffic:
    """Blocks to several strangers at once, requests and blocks coming back."""
    up: Packets = []
    for _ in range(int(rng.integers(2, 7))):
        rate, t_s = spread(rng, 5e3, 1.5e5), float(rng.uniform(0, 1))
        while t_s < seconds:
            up += [(t_s + n * 1_400 / rate, 1_452.0 if n < 11 else 1_096.0) for n in range(12)]  # 16 KiB
            t_s += 16_384 / rate * float(rng.gamma(4, 0.3))
    down = [(t_s + 0.05, 68.0) for t_s, _ in up[::2]]
    return up, down + [(t_s, 1_452.0) for t_s in ticks(spread(rng, 0.005, 0.5), seconds, rng, 0.01)]


def talk(seconds: float, rng: Rng, *, pauses: bool) -> Packets:
    found, speaks = [], True
    for number, t_s in enumerate(ticks(0.02, seconds, rng, 0.001)):
        if pauses and number % 25 == 0:
            speaks = rng.random() < 0.55
        if speaks or number % 20 == 0:
            found.append((t_s, float(rng.normal(190, 30)) if speaks else 90.0))
    return found


def show(seconds: float, rng: Rng, kbps: float, hz: float) -> Packets:
    sizes = (
        kbps * 125 / hz * rng.lognormal(0, 0.3, int(seconds * hz)) * np.resize([1.5, 0.7, 1.1, 0.7], int(seconds * hz))
    )
    shown = [(float(number / hz + rng.exponential(0.002)), float(size)) for number, size in enumerate(sizes)]
    return pace(pieces_of(shown, 1_130.0, 86.0, 0.0, is_even=True), 2.5 * kbps * 125)


def meet(seconds: float, rng: Rng) -> Traffic:
    """A meeting: own picture and voice up, a forwarding unit sends those of the others down."""
    up = show(seconds, rng, spread(rng, 200, 2_500), float(rng.choice([12, 15, 20, 25, 30]))) + talk(
        seconds, rng, pauses=True
    )
    down: Packets = talk(seconds, rng, pauses=bool(rng.random() < 0.5))
    for _ in range(int(rng.integers(1, 6))):
        down += show(seconds, rng, spread(rng, 100, 1_500), float(rng.choice([15, 20, 30])))
    return up + [(t_s, 110.0) for t_s in ticks(0.1, seconds, rng)], down


def play_sound(seconds: float, rng: Rng) -> Traffic:
    """Sound one way: samples, codecs, lossless blocks; datagrams or a stream."""
    step_s, low, high = (
        (0.02, 60, 260), (0.04, 120, 500), (0.0213, 200, 420), (0.064, 240, 700), (0.01, 1_920, 1_920),
        (0.02, 3_840, 3_840), (0.008, 1_408, 1_408), (0.1, 3_200, 3_200), (0.02, 1_500, 2_500), (0.093, 7_000, 12_500),
    )[int(rng.choice(10, p=[0.14, 0.1, 0.14, 0.14, 0.08, 0.1, 0.1, 0.1, 0.05, 0.05]))]  # fmt: skip
    level = float(rng.uniform(low, high))
    blocks = [
        (t_s, float(np.clip(rng.normal(level, (high - low) / 8), low, high)))
        for t_s in ticks(step_s, seconds, rng, spread(rng, 1e-4, 3e-3))
    ]
    if rng.random() < 0.5:
        return tcp(blocks, seconds, rng, 2e6, spread(rng, 0.002, 0.05))
    return pieces_of(blocks, 1_400.0, 40.0, 2e-5, is_even=False), [(t_s, 80.0) for t_s in ticks(1.0, seconds, rng)]


def report(seconds: float, rng: Rng) -> Traffic:
    """Machines that report by a timer or after a pause; sizes constant, free, wandering, or a long one at times."""
    step_s, size, t_s = spread(rng, 0.03, 4.0), spread(rng, 60, 7_000), 0.0
    is_timer, habit = bool(rng.random() < 0.6), int(rng.choice(5, p=[0.3, 0.25, 0.2, 0.15, 0.1]))
    works_s, every = spread(rng, 0.002, 0.1), int(rng.choice([5, 10, 20]))
    blocks: Packets = []
    walk = 0.0
    while t_s < seconds:
        walk = 0.9 * walk + float(rng.normal(0, 0.1))
        octets = {
            0: size,
            1: size * float(rng.lognormal(0, 0.25)),
            2: size * float(np.exp(walk)),
            3: float(rng.uniform(0.2, 1.8)) * size,
            4: size * (5.0 if len(blocks) % every == 0 else float(rng.lognormal(0, 0.1))),
        }[habit]
        late_s = float(rng.exponential(0.001)) if is_timer else 0.0
        blocks.append((t_s + late_s, octets))
        t_s += step_s if is_timer else step_s + float(rng.gamma(2, works_s / 2))
    if rng.random() < 0.7:
        return tcp(blocks, seconds, rng, 2e6, spread(rng, 0.005, 0.2))
    return pieces_of(blocks, 1_400.0, 40.0, 2e-5, is_even=False), [(t_s, 70.0) for t_s in ticks(1.0, seconds, rng)]


def play(seconds: float, rng: Rng) -> Traffic:
    """A game, a pad or a headset: small packets by the clock, a world or its picture coming back."""
    hz = float(rng.choice([20, 30, 60, 64, 90, 125]))
    up = [(t_s, float(rng.normal(130, 25))) for t_s in ticks(1 / hz, seconds, rng, 0.001)]
    if rng.random() < 0.5:
        return up, show(seconds, rng, spread(rng, 3_000, 12_000), 60.0)
    return up, [(t_s, float(rng.uniform(80, 900))) for t_s in ticks(1 / 30, seconds, rng, 0.002)]


def read_pages(seconds: float, rng: Rng) -> Traffic:
    """Pages, films and chats: requests and acknowledgements up, at times a picture; objects down."""
    up: Packets = []
    down: Packets = []
    t_s = float(rng.exponential(0.4))
    while t_s < seconds:
        up += [(t_s + 0.003 * n, float(rng.uniform(90, 1_430))) for n in range(int(rng.geometric(0.35)))]
        if rng.random() < 0.08:
            up += pieces_of([(t_s, spread(rng, 3e4, 6e5))], 1_428.0, 52.0, 0.001, is_even=False)
        size, rate = spread(rng, 1e3, 4e6), spread(rng, 3e5, 4e6)
        down += [(t_s + 0.03 + n * 1_428 / rate, 1_480.0) for n in range(min(int(size / 1_428), 2_500))]
        up += [(t_s + 0.031 + n * 2_856 / rate, 52.0) for n in range(min(int(size / 2_856), 1_250))]
        t_s += float(rng.gamma(0.7, float(rng.choice([0.3, 1.0, 3.0]))))
    return up, down


def show_screen(seconds: float, rng: Rng) -> Traffic:
    """A screen shown to others: pictures when something changes. It is a video uplink, and no camera."""
    hz, kbps = float(rng.choice([10, 15, 30])), spread(rng, 100, 3_000)
    shown = [
        (t_s, kbps * 125 / hz * float(rng.lognormal(0, 1.0)))
        for t_s in ticks(1 / hz, seconds, rng)
        if rng.random() < 0.6
    ]
    return pieces_of(shown, 1_200.0, 60.0, 1e-4, is_even=False), [
        (t_s, 90.0) for t_s in ticks(0.05, seconds, rng, 0.02)
    ]


OTHERS: Final[dict[str, Callable[[float, Rng], Traffic]]] = {
    "upload": upload, "upload_by_quic": upload_by_quic, "share_files": share_files, "meet": meet,
    "play_sound": play_sound, "report": report, "play": play, "read_pages": read_pages,
}  # fmt: skip
VIDEO_BUT_NO_CAMERA: Final = {"show_screen": show_screen}
