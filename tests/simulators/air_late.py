"""Cameras whose pictures come late: five ways to send, over links that scatter, stall, and catch up.

Input is a way of `WAYS`, a `Lateness` and a random generator; output is a `Flow`.  Sizes of pictures are those of real
encoders (`encode_pictures`), scaled to the rate drawn; when they leave is `lateness`'s; the last metres are
`air_radio`'s.  Streams over TLS join pictures that wait into full segments, a polled camera answers requests of its
viewer, a camera that uploads clips is silent but for some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_encoded import acknowledge, both, cut, every, list_streams, load_rows
from tests.simulators.air_radio import Packets, draw_radio, overhear
from tests.simulators.flow_of import flow_of
from tests.simulators.lateness import late

Way = Literal["rtp", "p2p", "tls", "polled", "clips"]
WAYS: Final[tuple[Way, ...]] = ("rtp", "p2p", "tls", "polled", "clips")
Floats = NDArray[np.float64]
Depart = Callable[[Floats, Floats, NDArray[np.int64]], Floats]
"""When packets sent at some time, of so many octets, of those pictures, leave."""

TLS_SEGMENT, TLS_RECORD, TLS_EXTRA = 1_448, 16_384, 29
CLIP_S: Final = (4.0, 20.0)
CLIP_KBPS: Final = (600.0, 4_500.0)
"""Of the upload of a clip: measured, up to 4.2 Mbit/s (one camera)."""
CLIP_MEDIA_KBPS: Final = (250.0, 1_200.0)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late pictures come."""

    sigma_s: float = 0.0
    batches: bool = False


PUNCTUAL: Final = Lateness()


@dataclass(frozen=True, slots=True)
class Camera:
    """What sends."""

    hz: float
    kbps: float


def draw_camera(rng: np.random.Generator, kbps: tuple[float, float] = (150.0, 3_000.0)) -> Camera:
    """Half of them cheap modules of 400 kbit/s at most."""
    cheap = (kbps[0], min(400.0, kbps[1]))
    low, high = cheap if rng.random() < 0.5 else kbps
    hz = float(rng.choice([5.0, 8.0, 10.0, 12.0, 12.5, 15.0, 15.0, 20.0, 25.0, 30.0]))
    return Camera(hz * (1.0 + float(rng.normal(0.0, 2e-4))), float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def draw_pictures(seconds: float, rng: np.random.Generator, camera: Camera) -> tuple[Floats, Floats]:
    """When pictures were taken, and their octets."""
    count = int(seconds * camera.hz) + 1
    row = load_rows()[str(rng.choice(list_streams()))].astype(np.float64)
    chosen = np.resize(np.roll(row, -int(rng.integers(len(row)))), count)  # from anywhere, and round again
    chosen = np.maximum(chosen * camera.kbps * 125.0 / (chosen.mean() * camera.hz), 60.0)
    return np.arange(count) / camera.hz + float(rng.uniform(0.0, 1.0 / camera.hz)), chosen


def draw_late(
    way: Way, seconds: float, rng: np.random.Generator, lateness: Lateness, *,
    camera: Camera | None = None, on_radio: bool | None = None,
) -> Flow:  # fmt: skip
    """One camera; half of them straight from the access point's own port, half through a radio cell."""
    camera = camera or draw_camera(rng)
    up, down = _clips(seconds, rng, lateness) if way == "clips" else _stream(way, seconds, rng, camera, lateness)
    if on_radio if on_radio is not None else rng.random() < 0.5:
        return overhear(up, down, seconds, rng, draw_radio(rng))
    return flow_of(_frames(up, seconds), _frames(down, seconds))


def _frames(packets: Packets, seconds: float) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    order = np.argsort(packets[0], kind="stable")
    t_s, octets = packets[0][order], packets[1][order]
    heard = t_s < seconds
    return (t_s[heard] * 1e9).astype(np.int64), (octets[heard] + 50).astype(np.int32)


def _stream(
    way: Way, seconds: float, rng: np.random.Generator, camera: Camera, lateness: Lateness
) -> tuple[Packets, Packets]:
    taken_s, sizes = draw_pictures(seconds, rng, camera)
    drain_kbps = max(float(np.exp(rng.uniform(np.log(1_500.0), np.log(20_000.0)))), 3.0 * camera.kbps)

    def depart(t_s: Floats, octets: Floats, picture: NDArray[np.int64]) -> Floats:
        return late(
            t_s, octets, picture, rng, sigma_s=lateness.sigma_s, batches=lateness.batches, drain_kbps=drain_kbps
        )

    if way == "tls":
        return _send_tls(taken_s, sizes, seconds, rng, depart)
    if way == "polled":
        return _send_polled(taken_s, sizes, seconds, rng, depart)
    piece = 1_024.0 if way == "p2p" else float(rng.choice([1_000, 1_188, 1_300, 1_400]))
    header = float(rng.choice([44.0, 52.0, 60.0])) if way == "p2p" else 42.0
    # RTP that is paced spreads a picture over most of its time, as evenly as it can
    share = float(rng.choice([0.0, 0.3, 0.8])) if way == "rtp" else 0.0
    spacing = np.clip(share / camera.hz / np.maximum(sizes / piece, 1.0), 0.00002, 0.03)
    t_s, octets = cut(taken_s, sizes, piece, spacing, header)
    picture = np.repeat(np.arange(len(sizes)), np.maximum(np.ceil(sizes / piece), 1).astype(np.int64))
    up = depart(t_s, octets, picture), octets
    if way == "p2p":  # the kit acknowledges by itself, in packets of its own
        back = acknowledge(up, 0.003, int(rng.choice([1, 2, 8])))
        down = both((back[0], np.full(len(back[0]), float(rng.uniform(44, 90)))), every(0.5, seconds, 60, rng))
        return up, down
    return both(up, every(5.0, seconds, 80, rng)), every(5.0, seconds, 84, rng)


def _send_tls(
    taken_s: Floats, sizes: Floats, seconds: float, rng: np.random.Generator, depart: Depart
) -> tuple[Packets, Packets]:
    """Records in one connection: what is written while something waits fills the same segments."""
    whole = sizes + TLS_EXTRA * np.ceil(sizes / TLS_RECORD) + 20
    leaves_s = depart(taken_s, whole, np.arange(len(whole)))
    joined = np.concatenate([[0], np.cumsum(np.diff(leaves_s) > float(rng.choice([0.0005, 0.003, 0.010])))])
    first = np.flatnonzero(np.diff(joined, prepend=-1))
    up = cut(leaves_s[first], np.add.reduceat(whole, first), TLS_SEGMENT, 0.0002, 52.0)
    return up, acknowledge(up, float(rng.uniform(0.01, 0.09)), 2)


def _send_polled(
    taken_s: Floats, sizes: Floats, seconds: float, rng: np.random.Generator, depart: Depart
) -> tuple[Packets, Packets]:
    """A viewer that asks all the time, and is answered where there is a picture."""
    polls_hz = float(np.exp(rng.uniform(np.log(10.0), np.log(40.0))))
    polls_s, octets = every(1.0 / polls_hz, seconds, float(rng.uniform(90, 320)), rng, float(rng.choice([0.0, 8.0])))
    polls_s = np.sort(polls_s + rng.gamma(2.0, 0.002, len(polls_s)))
    place = np.searchsorted(polls_s, taken_s)
    kept = place < len(polls_s)
    asked_s = polls_s[place[kept]] + 0.004
    latest = np.flatnonzero(np.append(np.diff(asked_s) > 0, True))  # of several pictures the newest
    starts, chosen = asked_s[latest], sizes[kept][latest]
    t_s, pieces = cut(starts, chosen, float(rng.choice([1_024.0, 1_448.0])), 0.0002, 52.0)
    picture = np.searchsorted(starts, t_s, side="right") - 1
    order = np.argsort(t_s, kind="stable")
    up = depart(t_s[order], pieces[order], np.maximum.accumulate(picture[order])), pieces[order]
    return up, both(acknowledge(up, 0.003, 2), (polls_s, octets))


def _clips(seconds: float, rng: np.random.Generator, lateness: Lateness) -> tuple[Packets, Packets]:
    """One or two clips by TLS, as fast as the link takes them, and a keep-alive now and then."""
    times, sizes = [], []
    at_s = float(rng.uniform(0.1, 0.4)) * seconds
    while at_s < seconds - 2.0:
        clip_s = float(rng.uniform(*CLIP_S))
        total = clip_s * 125.0 * float(np.exp(rng.uniform(*np.log(CLIP_MEDIA_KBPS))))
        kbps = float(np.exp(rng.uniform(*np.log(CLIP_KBPS))))
        pieces = max(int(total / TLS_RECORD), 1)
        times.append(at_s + np.arange(pieces) * TLS_RECORD * 8e-3 / kbps)
        sizes.append(np.full(pieces, total / pieces + TLS_EXTRA))
        at_s += total * 8e-3 / kbps + float(rng.uniform(15.0, 120.0))
    starts, octets = np.concatenate(times), np.concatenate(sizes)
    t_s, cuts = cut(starts, octets, TLS_SEGMENT, 0.0002, 52.0)
    order = np.argsort(t_s, kind="stable")
    block = np.maximum.accumulate((np.searchsorted(starts, t_s[order], side="right") - 1).astype(np.int64))
    left = late(t_s[order], cuts[order], block, rng, sigma_s=lateness.sigma_s, batches=lateness.batches)
    alive = every(float(rng.choice([1.0, 5.0, 10.0])), seconds, 90.0, rng)
    up = both((left, cuts[order]), alive)
    return up, both(acknowledge((left, cuts[order]), 0.02, 2), every(10.0, seconds, 84.0, rng))
