"""Cameras under the lamp that shape what they send: filled up, of one length, in steps, seldom, sent back, or begun by
what was stored.

Input is a shape of `SHAPES`, a row of the encoders' tables and a random generator; output is the flow, the sequence and
for how long anybody listened, as of `air_encoded.draw_lit`.  Each shape takes from the traffic a mark by which pictures
are told; all leave in it how much the picture changed, which the light tells.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np

from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_encoded import GOOD_RADIO, SETTINGS, Floats, acknowledge, both, cut, every, load_rows
from tests.simulators.air_radio import Packets, overhear
from tests.simulators.encode_pictures import CHIP_S, LIT_FROM_S, draw_chips

Shape = Literal["padded", "equal", "stepped", "sparse", "mirrored", "stored"]
SHAPES: Final[tuple[Shape, ...]] = get_args(Shape)
"""Pictures filled up to multiples of 8,000 octets; cut into frames of one length; a frame each 20 ms; all pictures of
a second or two at once; an equal stream back; thick seconds of what was stored, then the stream."""
PADDED_OCTETS: Final = 8_000.0
PIECE, HEADER = 1_200.0, 42.0
STEP_S: Final = 0.02
STORED_S, STORED_TIMES = 4.0, 25.0
"""How long what was stored is sent first, and how many times as fast as the stream."""


def draw_shaped(
    shape: Shape, name: str, first_chip: int, chips: int, rng: np.random.Generator, *, kbps: float
) -> tuple[Flow, ChipSequence, float]:
    """A camera of so many kbit/s before it is filled up, under the lamp from one of its chips on."""
    hz = SETTINGS[name].hz
    listened_s = 1.0 + chips * CHIP_S + 3.5
    begin_s, delay_s = LIT_FROM_S + first_chip * CHIP_S - 1.0, float(rng.uniform(0.05, 0.6))
    first = int(begin_s * hz)
    sizes = load_rows()[name][first : first + int(listened_s * hz) + 1].astype(np.float64)
    sizes = np.maximum(sizes * kbps * 125.0 / (sizes.mean() * hz), 40.0)
    starts = (np.arange(len(sizes)) + first) / hz - begin_s + delay_s + rng.gamma(2.0, 0.001, len(sizes))
    up, down = _shape(shape, np.maximum.accumulate(starts), sizes, listened_s, rng)
    flow = overhear(up, down, listened_s, rng, GOOD_RADIO)
    played = draw_chips(name, SETTINGS[name].seconds, CHIP_S)[first_chip : first_chip + chips]
    start_s = 1.0 + float(rng.uniform(-0.3, 0.3))
    return flow, ChipSequence(start_s, 0.3, CHIP_S, tuple(int(chip) for chip in played)), listened_s


def _shape(
    shape: Shape, starts: Floats, sizes: Floats, seconds: float, rng: np.random.Generator
) -> tuple[Packets, Packets]:
    alive = every(5.0, seconds, 84, rng)
    match shape:
        case "padded":
            return cut(starts, np.ceil(sizes / PADDED_OCTETS) * PADDED_OCTETS, PIECE, 0.0003, HEADER), alive
        case "equal":
            piece = max(float(np.median(sizes)) / 3.0, 60.0)
            return cut(starts, np.ceil(sizes / piece) * piece, piece, 0.0003, HEADER), alive
        case "stepped":
            return _step(starts, sizes, seconds), alive
        case "sparse":
            every_s = float(rng.choice([1.0, 2.0]))
            turn, place = np.unique(np.floor(starts / every_s), return_inverse=True)
            return cut((turn + 1.0) * every_s, np.bincount(place, weights=sizes), PIECE, 0.0003, HEADER), alive
        case "mirrored":
            up = cut(starts, sizes, PIECE, 0.0003, HEADER)
            return up, (up[0] + 0.012, up[1])
        case "stored":
            up = cut(starts, sizes, PIECE, 0.0003, HEADER)
            octets = sizes.sum() / seconds * STORED_TIMES * STORED_S
            stored = cut(np.arange(0.0, STORED_S, 0.1), np.full(int(STORED_S * 10), octets / STORED_S / 10), PIECE,
                         0.0003, HEADER)  # fmt: skip
            return both(up, stored), acknowledge(up, 0.01, 2)


def _step(starts: Floats, sizes: Floats, seconds: float) -> Packets:
    """What waits is sent in one frame each step, as speech is."""
    t_s = np.arange(STEP_S, seconds, STEP_S)
    waiting = np.bincount(np.minimum(np.searchsorted(t_s, starts), len(t_s) - 1), weights=sizes, minlength=len(t_s))
    sent = np.zeros(len(t_s))
    left, share = 0.0, 0.0
    for number, more in enumerate(waiting.tolist()):
        if more:
            left += more
            share = left / 3.0
        sent[number] = min(left, max(share, 40.0))
        left -= sent[number]
    return t_s, np.minimum(sent, 1_400.0) + HEADER
