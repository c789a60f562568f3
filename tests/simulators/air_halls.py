"""The world that tests only: what is sent in a hall of changing rooms, by people and by things, cameras among them.

Input is a kind and a random generator; output is a `Flow`.  It was written before the detector it judges, shares no
code, no encoded picture and no range with the other worlds, and goes over a cell of its own (`air_cell`).  Who is no
camera stands in `air_hall_guests`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_cell import Packets, draw_cell, overhear
from tests.simulators.air_hall_guests import OTHERS, VIDEO_BUT_NO_CAMERA
from tests.simulators.air_wires import Rng, Traffic, pace, pieces_of, spread, tcp, ticks
from tests.simulators.encode_halls import HALLS, SECONDS, TABLE
from tests.simulators.flow_of import flow_of

THIN_KBPS: Final = 100.0


@cache
def load_halls() -> dict[str, NDArray[np.uint32]]:
    """Octets of each picture by camera, those of at least THIN_KBPS."""
    with np.load(TABLE) as table:
        rows = {name: table[name] for name in table.files}
    return {name: row for name, row in rows.items() if row.sum() * 8e-3 / SECONDS >= THIN_KBPS}


def take_pictures(name: str, seconds: float, rng: Rng) -> Packets:
    """When each picture is written, and its octets: the encoder takes its time, and misses one now and then."""
    row, hz = load_halls()[name], HALLS[name].hz
    hz_really = hz * (1 + float(rng.normal(0, 3e-4))) * float(rng.choice([1.0, 1.0, 0.999]))
    first = int(rng.integers(0, len(row) - int((seconds + 1) * hz)))
    work_s, per_octet_s, misses = spread(rng, 0.0003, 0.004), spread(rng, 1e-9, 1e-7), float(rng.choice([0, 0, 0.01]))
    begun_s = float(rng.uniform(0, 1 / hz))
    pictures: Packets = []
    for number in range(int(seconds * hz)):
        size = float(row[first + number])
        if rng.random() >= misses:
            late_s = float(rng.gamma(1.5, work_s)) + size * per_octet_s
            pictures.append((begun_s + number / hz_really + late_s, size))
    return pictures


def resent(packets: Packets, share: float, rng: Rng) -> Packets:
    return packets + [(t_s + float(rng.uniform(0.02, 0.2)), octets) for t_s, octets in packets if rng.random() < share]


def send_kit(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    """A kit for cheap cameras: datagrams, each run of them acknowledged."""
    up = pieces_of(
        pictures, float(rng.choice([1_024, 1_196, 1_372])), float(rng.choice([40, 56, 64])), 3e-5, is_even=False
    )
    up = resent(up, float(rng.choice([0, 0.005, 0.03])), rng)
    return up, [(t_s + 0.02, float(rng.choice([48, 60, 76]))) for t_s, _ in up[:: int(rng.choice([8, 16, 32]))]]


def send_cloud(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    kbps = sum(octets for _, octets in pictures) * 8e-3 / seconds
    return tcp(
        [(t_s, octets + 5 + 29 * np.ceil(octets / 16_000)) for t_s, octets in pictures],
        seconds, rng, spread(rng, 3, 30) * kbps * 125, spread(rng, 0.006, 0.15),
    )  # fmt: skip


def send_rtp(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    gap_s = float(rng.choice([1e-5, 1e-4, 1e-3]))
    up = pieces_of(pictures, float(rng.choice([960, 1_200, 1_394])), 40.0, gap_s, is_even=bool(rng.random() < 0.3))
    return up + [(t_s, 96.0) for t_s in ticks(3.0, seconds, rng)], [(t_s, 84.0) for t_s in ticks(2.5, seconds, rng)]


def send_rtsp(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    """Each packet of RTP written by itself into a local connection."""
    up = pieces_of(pictures, float(rng.choice([1_300, 1_400])), 68.0, 2e-5, is_even=False)
    return up, [(t_s + 0.001, 52.0) for t_s, _ in up[1::2]]


def send_web(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    """To a browser: even pieces, paced at two and a half times the rate, repaired, with reports coming back."""
    cut = pieces_of(pictures, 1_160.0, 78.0, 0.0, is_even=True)
    mean = sum(octets for _, octets in cut) / seconds
    up = resent(pace(cut, 2.5 * mean), float(rng.choice([0, 0.01])), rng)
    return up, [(t_s, float(rng.uniform(90, 140))) for t_s in ticks(0.1, seconds, rng)]


def send_transport_stream(pictures: Packets, seconds: float, rng: Rng) -> Traffic:
    """Seven cells of 188 octets in each datagram."""
    cells = [(t_s, float(np.ceil((octets + 30) / 184)) * 188) for t_s, octets in pictures]
    return pieces_of(cells, 1_316.0, 44.0, 5e-5, is_even=False), [(t_s, 72.0) for t_s in ticks(0.01, seconds, rng)]


SENDERS: Final = (send_kit, send_cloud, send_rtp, send_rtsp, send_web, send_transport_stream)
SENDER_SHARES: Final = (0.3, 0.25, 0.2, 0.12, 0.1, 0.03)


def camera(seconds: float, rng: Rng, name: str | None = None) -> Traffic:
    """A camera of the table: by one of the ways above, at times with sound, at times to two who watch."""
    name = name or str(rng.choice(list(load_halls())))
    pictures = take_pictures(name, seconds, rng)
    up, down = SENDERS[int(rng.choice(len(SENDERS), p=SENDER_SHARES))](pictures, seconds, rng)
    if rng.random() < 0.08:
        up = up + [(t_s + 0.002, octets) for t_s, octets in up]
    if rng.random() < 0.35:
        step_s, octets = ((0.02, 216.0), (0.04, 376.0), (0.064, 310.0), (0.128, 560.0))[int(rng.integers(4))]
        spread_octets = 0.0 if octets < 300 or octets == 376 else 40.0
        up = up + [(t_s, octets + float(rng.normal(0, spread_octets))) for t_s in ticks(step_s, seconds, rng, 0.001)]
    return up, down


def draw_flow(kind: str, seconds: float, rng: Rng) -> Flow:
    """One flow: a kind of `OTHERS` or `VIDEO_BUT_NO_CAMERA`, `camera` for any of the table, or one by its name."""
    source = {**OTHERS, **VIDEO_BUT_NO_CAMERA}.get(kind)
    if source is None:
        up, down = camera(seconds, rng, None if kind == "camera" else kind)
    else:
        up, down = source(seconds, rng)
    cell = draw_cell(rng, sum(octets for _, octets in up) * 8e-6 / seconds)
    heard, back = overhear(up, down, seconds, rng, cell)
    return flow_of(heard, back)
