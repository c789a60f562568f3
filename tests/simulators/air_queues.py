"""A second source of flows: senders behind queues instead of habits drawn from ranges.

Input is a kind, a random generator and a world (the ranges that senders and channel are drawn from); output is a
`Flow`.  Applications put messages into a queue; the radio empties it in transmit opportunities that it wins against
others, several packets at a time.  Encoders follow a rate controller with a leaky bucket and scene changes; TCP grows
and halves its window against a bottleneck.  Where `air_flows` draws features, here they come about.  The detector was
tuned on both worlds: on `SEEN` from the beginning, on `SECOND`, which has other ranges, after its false alarms had been
seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow
from tests.simulators.flow_of import flow_of

Message = tuple[float, float]
"""When an application wrote it, octets."""


@dataclass(frozen=True, slots=True)
class World:
    """Ranges that senders and channel are drawn from; pairs are low and high, longer rows are choices."""

    pictures_hz: tuple[float, ...]
    camera_kbps: tuple[float, float]
    group_pictures: tuple[int, ...]
    complete_ratio: float
    """Octets of a complete picture over those of a difference, before the rate controller."""
    picture_shape: float
    """Shape of the gamma spread of picture sizes: larger is steadier."""
    picture_delay_s: float
    """Scale of the encoder's delay."""
    bottleneck_kbps: tuple[float, float]
    rtt_s: tuple[float, float]
    buffer_pipes: tuple[float, float]
    rtt_shape: float
    photograph_log_octets: float
    photograph_octets_s: tuple[float, float]
    chunk_octets: float
    call_hz: tuple[float, ...]
    call_octets: tuple[float, float]
    voice_step_s: float
    voice_octets: tuple[float, float]
    page_octets: tuple[float, float]
    channel_busy: tuple[float, ...]
    """Chance that somebody else transmits next."""
    link_mbps: tuple[float, ...]
    receiver_loss: tuple[float, ...]
    datagram_octets: tuple[float, ...]
    per_opportunity: int
    """Packets in one transmit opportunity."""


SEEN: Final = World(
    pictures_hz=(6.0, 10.0, 12.5, 15.0, 24.0, 25.0, 30.0), camera_kbps=(180, 4_000),
    group_pictures=(15, 25, 30, 50, 60, 100), complete_ratio=6.0, picture_shape=8.0, picture_delay_s=0.0015,
    bottleneck_kbps=(400, 15_000), rtt_s=(0.01, 0.15), buffer_pipes=(0.5, 3.0), rtt_shape=50.0,
    photograph_log_octets=14.2, photograph_octets_s=(2e5, 2e6), chunk_octets=65_536.0,
    call_hz=(15.0, 25.0, 30.0), call_octets=(600, 5_000), voice_step_s=0.032, voice_octets=(150, 700),
    page_octets=(200, 2_500), channel_busy=(0.0, 0.2, 0.5), link_mbps=(6.0, 20.0, 60.0),
    receiver_loss=(0.0, 0.03, 0.15), datagram_octets=(1_024.0, 1_188.0, 1_400.0), per_opportunity=16,
)  # fmt: skip
SECOND: Final = World(
    pictures_hz=(5.0, 7.0, 8.0, 14.0, 18.0, 20.0, 22.0, 29.97), camera_kbps=(220, 6_000),
    group_pictures=(10, 20, 40, 45, 90, 150, 240), complete_ratio=9.0, picture_shape=5.0, picture_delay_s=0.0022,
    bottleneck_kbps=(600, 30_000), rtt_s=(0.006, 0.25), buffer_pipes=(0.2, 6.0), rtt_shape=120.0,
    photograph_log_octets=13.4, photograph_octets_s=(1e5, 4e6), chunk_octets=32_768.0,
    call_hz=(12.0, 20.0, 24.0), call_octets=(400, 8_000), voice_step_s=0.04, voice_octets=(100, 1_000),
    page_octets=(150, 6_000), channel_busy=(0.1, 0.35, 0.6), link_mbps=(11.0, 39.0, 120.0),
    receiver_loss=(0.01, 0.08, 0.25), datagram_octets=(948.0, 1_200.0, 1_316.0), per_opportunity=8,
)  # fmt: skip


def log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def encode(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """Pictures of an encoder that steers its quantiser by a leaky bucket, on a sensor clock that drifts."""
    hz = float(rng.choice(world.pictures_hz)) * (1 + rng.normal(0, 2e-4))
    target = log_uniform(rng, world.camera_kbps) * 125 / hz
    group = int(rng.choice(world.group_pictures))
    bucket, quantiser, scene = 0.0, 1.0, 1.0
    messages = []
    number = int(rng.integers(group))
    t = float(rng.uniform(0, 1 / hz))
    while t < seconds:
        if rng.random() < 0.004:
            scene = float(rng.lognormal(0, 0.5))
        complete = number % group == 0
        complexity = scene * (world.complete_ratio if complete else 1.0)
        complexity *= float(rng.gamma(world.picture_shape, 1 / world.picture_shape))
        size = max(target * complexity / quantiser, 200.0)
        bucket = max(bucket + size - target, 0.0)
        quantiser = float(np.clip(0.7 * quantiser + 0.3 * (1.0 + bucket / (6 * target)), 0.4, 8.0))
        messages.append((t + float(rng.gamma(2, world.picture_delay_s)), size))
        number += 1
        t += 1 / hz
    return messages


def congestion_window(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """A long upload by TCP: slow start, additive increase, halving when the bottleneck's buffer overflows."""
    capacity = log_uniform(rng, world.bottleneck_kbps) * 125
    base_rtt, buffer = log_uniform(rng, world.rtt_s), float(rng.uniform(*world.buffer_pipes))
    window, threshold, t = 10.0, 1e9, float(rng.uniform(0, 0.5))
    messages = []
    pipe = max(capacity * base_rtt / 1460, 2.0)
    while t < seconds:
        sent = min(window, pipe * (1 + buffer))
        messages.append((t, float(int(max(sent, 1)) * 1460)))
        t += max(base_rtt, sent * 1460 / capacity) * float(rng.gamma(world.rtt_shape, 1 / world.rtt_shape))
        if window > pipe * (1 + buffer):
            threshold = window = max(window / 2, 2.0)
        else:
            window = window * 2 if window < threshold else window + 1
        if rng.random() < 0.003:
            t += float(rng.exponential(2.0))
    return messages


def photographs(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """A gallery synchronised one picture after the other, each followed by an answer of the server."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        size = float(rng.lognormal(world.photograph_log_octets, 0.5))
        rate = float(rng.uniform(*world.photograph_octets_s))
        while size > 0 and t < seconds:
            chunk = min(size, world.chunk_octets)
            messages.append((t, chunk))
            size -= chunk
            t += chunk / rate * float(rng.gamma(10, 0.1))
        t += float(rng.gamma(4, 0.08))
    return messages


def conference(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """One half of a conference: layered pictures, forward error correction, sound in small packets."""
    hz, base = float(rng.choice(world.call_hz)), float(rng.uniform(*world.call_octets))
    messages = []
    for number in range(int(seconds * hz)):
        layers = 1.0 + (0.7 if number % 2 else 0.0) + (0.5 if number % 4 == 0 else 0.0)
        t = number / hz + float(rng.gamma(2, 0.002))
        messages.append((t, base * layers * float(rng.gamma(6, 1 / 6))))
        if rng.random() < 0.3:
            messages.append((t + 0.004, base * 0.4))
    messages += [
        (n * 0.02 + float(rng.uniform(0, 0.002)), float(rng.uniform(70, 160))) for n in range(int(seconds * 50))
    ]
    return sorted(messages)


def voice_assistant(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """Sound going up in short frames while somebody speaks."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        for _ in range(int(rng.integers(50, 300))):
            messages.append((t, float(rng.uniform(*world.voice_octets))))
            t += world.voice_step_s
        t += float(rng.exponential(3.0))
    return [message for message in messages if message[0] < seconds]


def pages(seconds: float, rng: np.random.Generator, world: World) -> list[Message]:
    """Requests of a browser."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        for _ in range(int(rng.pareto(1.2)) + 1):
            messages.append((t, float(rng.uniform(*world.page_octets))))
            t += float(rng.exponential(0.05))
            if t > seconds or len(messages) > 4_000:
                break
        t += float(rng.pareto(1.5)) + 0.3
    return [message for message in messages if message[0] < seconds]


CAMERAS: Final[dict[str, Callable[[float, np.random.Generator, World], list[Message]]]] = {"encoder": encode}
OTHERS: Final[dict[str, Callable[[float, np.random.Generator, World], list[Message]]]] = {
    "congestion_window": congestion_window, "photographs": photographs, "conference": conference,
    "voice_assistant": voice_assistant, "pages": pages,
}  # fmt: skip


def send(
    messages: list[Message], seconds: float, rng: np.random.Generator, world: World, *, packet: float, is_stream: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Empty a queue of messages in transmit opportunities; a stream joins messages that wait, as TCP does."""
    busy = float(rng.choice(world.channel_busy))
    rate = float(rng.choice(world.link_mbps)) * 1e6 / 8
    receiver_loss = float(rng.choice(world.receiver_loss))
    times: list[float] = []
    sizes: list[float] = []
    now, index = 0.0, 0
    waiting: list[float] = []
    while index < len(messages) or waiting:
        if not waiting:
            now = max(now, messages[index][0])
        while index < len(messages) and messages[index][0] <= now:
            left = messages[index][1]
            if is_stream and waiting and waiting[-1] < packet:
                taken = min(packet - waiting[-1], left)
                waiting[-1] += taken
                left -= taken
            while left > 0:
                waiting.append(min(left, packet))
                left -= packet
            index += 1
        now += float(rng.exponential(0.00015))
        while rng.random() < busy:
            now += float(rng.uniform(0.0002, 0.003))  # somebody else transmits
        for _ in range(min(len(waiting), world.per_opportunity)):
            now += (waiting[0] + 90) / rate + 1e-5
            if rng.random() >= receiver_loss:
                times.append(now)
                sizes.append(waiting[0] + 92)
            waiting.pop(0)
        if now > seconds:
            break
    inside = np.array(times) < seconds
    return (np.array(times)[inside] * 1e9).astype(np.int64), np.array(sizes)[inside].astype(np.int32)


def draw_flow(kind: str, seconds: float, rng: np.random.Generator, world: World = SEEN) -> Flow:
    """One flow of a kind of `CAMERAS` or `OTHERS`."""
    is_camera = kind in CAMERAS
    source = CAMERAS.get(kind) or OTHERS[kind]
    is_stream = kind in {"congestion_window", "photographs", "pages"} or (is_camera and rng.random() < 0.4)
    packet = float(rng.choice(world.datagram_octets)) if not is_stream else 1_448.0
    t_ns, frame_len = send(source(seconds, rng, world), seconds, rng, world, packet=packet, is_stream=is_stream)
    if kind == "conference":
        back_ns, back_len = send(conference(seconds, rng, world), seconds, rng, world, packet=1_188.0, is_stream=False)
    elif kind == "pages":
        answers = [(t + 0.05, float(rng.lognormal(9.5, 1.2))) for t, _ in pages(seconds, rng, world)]
        back_ns, back_len = send(answers, seconds, rng, world, packet=1_448.0, is_stream=True)
    elif is_stream:
        back_ns = t_ns[1::2] + 2_000_000
        back_len = np.full(len(back_ns), 130, dtype=np.int32)
    else:
        back_ns = (np.arange(0, seconds, 1.0) * 1e9).astype(np.int64)
        back_len = np.full(len(back_ns), 150, dtype=np.int32)
    return flow_of((t_ns, frame_len), (back_ns, back_len))
