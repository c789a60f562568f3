"""Cameras whose picture sizes come from real encoders (`encode_pictures`), sent as cameras send them.

Input is a row of the table and a random generator; output is a `Flow`.  Pictures travel as RTP in UDP, RTP inside an
RTSP connection, reliable datagrams of a peer-to-peer kit with acknowledgements, multipart JPEG over HTTP, or records
of a TLS connection to a cloud whose window opens by round trips; then over `air_radio`, or over the cell of `air_cell`,
which no choice of the stimulus test was made on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.transmitters import SEQUENCE_NUMBERS
from tests.simulators import encode_pictures
from tests.simulators.air_cell import LEAST_HEARD, Link, draw_cell
from tests.simulators.air_radio import Packets, Radio, draw_radio, overhear
from tests.simulators.encode_cameras import BRIGHT_TABLE, BRIGHTS, CAMERAS, CAMERAS_TABLE
from tests.simulators.encode_pictures import (
    CHIP_S,
    FRESH_TABLE,
    LEVELS_TABLE,
    LIT_FROM_S,
    TABLE,
    THIN_TABLE,
    UNEVEN_TABLE,
    WALK_CHIP_S,
    draw_chips,
)
from tests.simulators.flow_of import flow_of
from tests.simulators.lateness import late

Floats = NDArray[np.float64]
SETTINGS: Final = encode_pictures.SETTINGS | CAMERAS | BRIGHTS
LIT: Final = tuple(name for name in SETTINGS if name.startswith("lit"))
_WITH_LIGHT: Final = ("lit", "dim", "walk", "fresh", "level", "uneven", "thin", "camera", "bright")
STREAMS: Final = tuple(name for name in SETTINGS if not name.startswith(_WITH_LIGHT))
"""Cameras without lamp; those of less than THIN_KBPS are drawn by name only."""
THIN_KBPS: Final = 100.0
LEAST_PICTURE: Final = 40.0
"""Octets of a picture in which nothing changed: guessed, an empty slice and its headers."""
TRANSPORTS: Final = ("rtp", "rtsp", "datagrams", "multipart", "cloud")
TCP_SEGMENT: Final = 1_448
Air = Literal["radio", "cell", "good"]
GOOD_RADIO: Final = Radio(
    mbps=60.0, most_frames=16, joins_octets=0, busy=0.15, error=0.02, misses_frame=0.01, misses_aggregate=0.0,
    deaf_share=0.0, one_time=False,
)  # fmt: skip
"""A link nearby, of which 1 % is not heard: where the air is not what the test is about."""


@cache
def load_rows() -> dict[str, NDArray[np.uint32]]:
    """Octets of each picture by row of the tables."""
    rows: dict[str, NDArray[np.uint32]] = {}
    for path in (TABLE, FRESH_TABLE, LEVELS_TABLE, UNEVEN_TABLE, THIN_TABLE, CAMERAS_TABLE, BRIGHT_TABLE):
        with np.load(path) as table:
            rows |= {name: table[name] for name in table.files}
    return rows


@cache
def list_fresh() -> tuple[str, ...]:
    """Rows with lamp that no choice was made on."""
    return tuple(name for name in load_rows() if name.startswith("fresh"))


@cache
def list_streams() -> tuple[str, ...]:
    """Rows without lamp of at least THIN_KBPS."""
    rows = load_rows()
    return tuple(name for name in STREAMS if rows[name].mean() * 8e-3 * SETTINGS[name].hz >= THIN_KBPS)


def cut(starts: Floats, sizes: Floats, piece: float, spacing_s: Floats | float, header: float) -> Packets:
    """Blocks cut into packets of `piece` octets, the last one shorter, `spacing_s` apart."""
    counts = np.maximum(np.ceil(sizes / piece), 1).astype(np.int64)
    block = np.repeat(np.arange(len(starts)), counts)
    index = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    octets = np.minimum(sizes[block] - index * piece, piece)
    gaps = np.broadcast_to(np.asarray(spacing_s), starts.shape)[block]
    return starts[block] + index * gaps, octets + header


def both(one: Packets, other: Packets) -> Packets:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def every(step_s: float, seconds: float, octets: float, rng: np.random.Generator, spread: float = 0.0) -> Packets:
    times = np.arange(float(rng.uniform(0, step_s)), seconds, step_s)
    return times, octets + rng.uniform(-spread, spread, len(times))


def acknowledge(packets: Packets, delay_s: float, each: int) -> Packets:
    times = np.sort(packets[0])[each - 1 :: each] + delay_s
    return times, np.full(len(times), 52.0)


def spread_over(starts: Floats, sizes: Floats, piece: float, hz: float, rng: np.random.Generator) -> Floats:
    """Distance of the packets of each picture: at once, or over a share of the picture's time."""
    share = float(rng.choice([0.0, 0.0, 0.3, 0.7])) / hz
    spacing: Floats = np.clip(share / np.maximum(sizes / piece, 1.0), 0.00002, 0.008)
    return spacing


def send_rtp(
    starts: Floats, sizes: Floats, hz: float, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    piece = float(rng.choice([1_000, 1_188, 1_300, 1_400]))
    up = cut(starts, sizes, piece, spread_over(starts, sizes, piece, hz, rng), 42.0)
    return both(up, every(5.0, seconds, 80, rng)), every(float(rng.choice([1.0, 5.0])), seconds, 84, rng)


def send_rtsp(
    starts: Floats, sizes: Floats, hz: float, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    sizes = sizes + 18 * np.ceil(sizes / 1_400)
    up = cut(starts, sizes, TCP_SEGMENT, spread_over(starts, sizes, TCP_SEGMENT, hz, rng), 52.0)
    return up, acknowledge(up, 0.002, int(rng.choice([1, 2, 4])))


def send_datagrams(
    starts: Floats, sizes: Floats, hz: float, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    piece = float(rng.choice([1_004, 1_024, 1_260, 1_380]))
    up = cut(starts, sizes, piece, spread_over(starts, sizes, piece, hz, rng), float(rng.choice([44, 52, 60])))
    lost = rng.random(len(up[0])) < float(rng.choice([0.0, 0.01, 0.04]))
    up = both(up, (up[0][lost] + rng.uniform(0.03, 0.12, int(lost.sum())), up[1][lost]))
    return up, every(float(rng.choice([0.05, 0.1, 0.5])), seconds, 80, rng, 20.0)


def send_multipart(
    starts: Floats, sizes: Floats, hz: float, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    if rng.random() < 0.5:
        up = cut(starts, sizes + 95.0, TCP_SEGMENT, 0.00002, 52.0)
    else:
        up = both((starts, np.full(len(starts), 147.0)), cut(starts + 0.0003, sizes, TCP_SEGMENT, 0.00002, 52.0))
    return up, acknowledge(up, 0.002, 2)


def send_cloud(
    starts: Floats, sizes: Floats, hz: float, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    """Segments wait for the window, which opens a round trip after they were sent."""
    sizes = sizes + 29 * np.ceil(sizes / 16_384) + 20
    written, octets = cut(starts, sizes, TCP_SEGMENT, 0.00001, 52.0)
    round_trip_s, window = float(rng.uniform(0.008, 0.09)), int(rng.integers(12, 60))
    sent: list[float] = []
    for number, t_s in enumerate(written.tolist()):
        opens_s = sent[number - window] + round_trip_s if number >= window else 0.0
        sent.append(max(t_s, opens_s, sent[-1] if sent else 0.0))
    up = np.array(sent), octets
    return up, acknowledge(up, round_trip_s, 2)


_SENDERS: Final[dict[str, Callable[[Floats, Floats, float, float, np.random.Generator], tuple[Packets, Packets]]]] = {
    "rtp": send_rtp, "rtsp": send_rtsp, "datagrams": send_datagrams, "multipart": send_multipart, "cloud": send_cloud,
}  # fmt: skip


def stream(
    name: str, begin_s: float, seconds: float, rng: np.random.Generator, transport: str, radio: Radio | None = None,
    *, delay_s: float = 0.0, air: Air = "radio", sigma_s: float = 0.0, batches: bool = False, kbps: float | None = None,
) -> Flow:  # fmt: skip
    """`seconds` of a row of the table from `begin_s` on, each picture `delay_s` after it was taken, or later where
    pictures are late (`lateness`); at a rate of `kbps` where that is said.
    """
    hz = SETTINGS[name].hz
    first = int(begin_s * hz)
    sizes = load_rows()[name][first : first + int(seconds * hz) + 1].astype(np.float64)
    if kbps is not None:
        sizes = np.maximum(sizes * kbps * 125.0 / (sizes.mean() * hz), LEAST_PICTURE)
    starts = (np.arange(len(sizes)) + first) / hz - begin_s + delay_s
    starts = starts * (1 + float(rng.normal(0, 5e-5)))
    starts = starts + rng.gamma(2.0, float(rng.choice([0.0002, 0.001, 0.0025])), len(starts))  # the encoder's work
    starts = np.maximum.accumulate(starts + sizes * float(rng.choice([0.0, 2e-8])))
    kept = rng.random(len(starts)) >= float(rng.choice([0.0, 0.0, 0.02]))  # a camera that drops pictures
    up, down = _SENDERS[transport](starts[kept], sizes[kept], hz, seconds, rng)
    if rng.random() < 0.4:
        step_s, octets = ((0.04, 332.0), (0.064, 260.0), (0.02, 172.0))[int(rng.integers(3))]
        up = both(up, every(step_s, seconds, octets + 42, rng, 0.0 if octets != 260 else 60.0))
    if sigma_s or batches:
        up = queue_late(up, starts[kept], seconds, rng, sigma_s=sigma_s, batches=batches)
    if air == "cell":
        return overhear_cell(up, down, seconds, rng)
    radio = radio or (GOOD_RADIO if air == "good" else draw_radio(rng))
    carried_mbps = (
        3.0 * float(up[1].sum()) * 8e-6 / seconds / (1.0 - radio.busy)
    )  # a link that the camera can live with
    return overhear(up, down, seconds, rng, replace(radio, mbps=max(radio.mbps, carried_mbps)))


def queue_late(
    packets: Packets, starts: Floats, seconds: float, rng: np.random.Generator, *, sigma_s: float, batches: bool
) -> Packets:
    """The packets as a link lets them go that makes pictures late and carries half as much again."""
    order = np.argsort(packets[0], kind="stable")
    t_s, octets = packets[0][order], packets[1][order]
    picture = np.maximum(np.searchsorted(starts, t_s, side="right") - 1, 0)
    drain_kbps = max(4_000.0, 1.5 * float(octets.sum()) * 8e-3 / seconds)
    return late(t_s, octets, picture, rng, sigma_s=sigma_s, batches=batches, drain_kbps=drain_kbps), octets


def overhear_cell(up: Packets, down: Packets, seconds: float, rng: np.random.Generator) -> Flow:
    """The flow of a station in a cell, heard from a place where enough of it is heard."""
    cell = draw_cell(rng, float(up[1].sum()) * 8e-6 / seconds)
    while True:
        link = Link(seconds, rng, cell)
        (t_ns, frame_len), heard_share = link.transmit(list(zip(up[0].tolist(), up[1].tolist(), strict=True)))
        if heard_share >= LEAST_HEARD:
            break
        cell = replace(cell, ear=cell.ear + 1.0, fade_hz=0.0)
    back, _ = Link(seconds, rng, cell).transmit(list(zip(down[0].tolist(), down[1].tolist(), strict=True)))
    return flow_of((t_ns, frame_len), back, link.places % SEQUENCE_NUMBERS)


def draw_flow(kind: str, seconds: float, rng: np.random.Generator) -> Flow:
    """A camera of the table somewhere in its recording; `kind` is a row, or `camera` for any."""
    name = kind if kind in SETTINGS else str(rng.choice(list_streams()))
    rows = load_rows()[name]
    begin_s = float(rng.uniform(0, len(rows) / SETTINGS[name].hz - seconds - 1))
    transport = "multipart" if SETTINGS[name].codec == "mjpeg" and rng.random() < 0.6 else None
    return stream(
        name, begin_s, seconds, rng, transport or str(rng.choice([t for t in TRANSPORTS if t != "multipart"]))
    )


def draw_lit(
    name: str, first_chip: int, chips: int, rng: np.random.Generator, *, air: Air = "radio",
    sigma_s: float = 0.0, batches: bool = False, kbps: float | None = None,
) -> tuple[Flow, ChipSequence, float]:  # fmt: skip
    """A camera under the lamp from one of its chips on: flow, sequence, and for how long anybody listened.

    Listening begins a second before the first chip; the sequence's start is known within 0.3 s.
    """
    chip_s = WALK_CHIP_S if SETTINGS[name].is_commanded_walk else CHIP_S
    played = draw_chips(name, SETTINGS[name].seconds, chip_s)[first_chip : first_chip + chips]
    listened_s = 1.0 + chips * chip_s + 3.5
    is_jpeg = SETTINGS[name].codec == "mjpeg"
    transport = (
        "multipart" if is_jpeg and rng.random() < 0.6 else str(rng.choice([t for t in TRANSPORTS if t != "multipart"]))
    )
    begin_s, delay_s = LIT_FROM_S + first_chip * chip_s - 1.0, float(rng.uniform(0.05, 0.6))
    flow = stream(
        name, begin_s, listened_s, rng, transport, delay_s=delay_s, air=air, sigma_s=sigma_s, batches=batches, kbps=kbps
    )
    start_s = 1.0 + float(rng.uniform(-0.3, 0.3))
    return flow, ChipSequence(start_s, 0.3, chip_s, tuple(int(chip) for chip in played)), listened_s
