"""A second source of flows that stays out of all tuning: senders behind queues instead of habits drawn from ranges.

Input is a kind and a random generator; output is a `Flow`.  Applications put messages into a queue; the radio empties
it in transmit opportunities that it wins against others, several packets at a time.  Encoders follow a rate controller
with a leaky bucket and scene changes; TCP grows and halves its window against a bottleneck.  Where `air_flows` draws
features, here they come about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters import Flow

Message = tuple[float, float]
"""When an application wrote it, octets."""


def encode(seconds: float, rng: np.random.Generator) -> list[Message]:
    """Pictures of an encoder that steers its quantiser by a leaky bucket, on a sensor clock that drifts."""
    hz = float(rng.choice([6.0, 10.0, 12.5, 15.0, 24.0, 25.0, 30.0])) * (1 + rng.normal(0, 2e-4))
    target = float(np.exp(rng.uniform(np.log(180), np.log(4_000)))) * 125 / hz
    group = int(rng.choice([15, 25, 30, 50, 60, 100]))
    bucket, quantiser, scene = 0.0, 1.0, 1.0
    messages = []
    number = int(rng.integers(group))
    t = float(rng.uniform(0, 1 / hz))
    while t < seconds:
        if rng.random() < 0.004:
            scene = float(rng.lognormal(0, 0.5))
        complete = number % group == 0
        complexity = scene * (6.0 if complete else 1.0) * float(rng.gamma(8, 1 / 8))
        size = max(target * complexity / quantiser, 200.0)
        bucket = max(bucket + size - target, 0.0)
        quantiser = float(np.clip(0.7 * quantiser + 0.3 * (1.0 + bucket / (6 * target)), 0.4, 8.0))
        messages.append((t + float(rng.gamma(2, 0.0015)), size))
        number += 1
        t += 1 / hz
    return messages


def congestion_window(seconds: float, rng: np.random.Generator) -> list[Message]:
    """A long upload by TCP: slow start, additive increase, halving when the bottleneck's buffer overflows."""
    capacity = float(np.exp(rng.uniform(np.log(400), np.log(15_000)))) * 125
    base_rtt, buffer = float(np.exp(rng.uniform(np.log(0.01), np.log(0.15)))), float(rng.uniform(0.5, 3))
    window, threshold, t = 10.0, 1e9, float(rng.uniform(0, 0.5))
    messages = []
    pipe = max(capacity * base_rtt / 1460, 2.0)
    while t < seconds:
        sent = min(window, pipe * (1 + buffer))
        messages.append((t, float(int(max(sent, 1)) * 1460)))
        t += max(base_rtt, sent * 1460 / capacity) * float(rng.gamma(50, 1 / 50))
        if window > pipe * (1 + buffer):
            threshold = window = max(window / 2, 2.0)
        else:
            window = window * 2 if window < threshold else window + 1
        if rng.random() < 0.003:
            t += float(rng.exponential(2.0))
    return messages


def photographs(seconds: float, rng: np.random.Generator) -> list[Message]:
    """A gallery synchronised one picture after the other, each followed by an answer of the server."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        size = float(rng.lognormal(14.2, 0.5))
        rate = float(rng.uniform(2e5, 2e6))
        while size > 0 and t < seconds:
            chunk = min(size, 65_536.0)
            messages.append((t, chunk))
            size -= chunk
            t += chunk / rate * float(rng.gamma(10, 0.1))
        t += float(rng.gamma(4, 0.08))
    return messages


def conference(seconds: float, rng: np.random.Generator) -> list[Message]:
    """One half of a conference: layered pictures, forward error correction, sound in small packets."""
    hz, base = float(rng.choice([15.0, 25.0, 30.0])), float(rng.uniform(600, 5_000))
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


def voice_assistant(seconds: float, rng: np.random.Generator) -> list[Message]:
    """Sound going up in short frames while somebody speaks."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        for _ in range(int(rng.integers(50, 300))):
            messages.append((t, float(rng.uniform(150, 700))))
            t += 0.032
        t += float(rng.exponential(3.0))
    return [message for message in messages if message[0] < seconds]


def pages(seconds: float, rng: np.random.Generator) -> list[Message]:
    """Requests of a browser."""
    messages, t = [], float(rng.exponential(1.0))
    while t < seconds:
        for _ in range(int(rng.pareto(1.2)) + 1):
            messages.append((t, float(rng.uniform(200, 2_500))))
            t += float(rng.exponential(0.05))
            if t > seconds or len(messages) > 4_000:
                break
        t += float(rng.pareto(1.5)) + 0.3
    return [message for message in messages if message[0] < seconds]


CAMERAS: Final[dict[str, Callable[[float, np.random.Generator], list[Message]]]] = {"encoder": encode}
OTHERS: Final[dict[str, Callable[[float, np.random.Generator], list[Message]]]] = {
    "congestion_window": congestion_window, "photographs": photographs, "conference": conference,
    "voice_assistant": voice_assistant, "pages": pages,
}  # fmt: skip


def send(
    messages: list[Message], seconds: float, rng: np.random.Generator, *, packet: float, is_stream: bool
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Empty a queue of messages in transmit opportunities; a stream joins messages that wait, as TCP does."""
    busy = float(rng.choice([0.0, 0.2, 0.5]))
    rate = float(rng.choice([6e6, 20e6, 60e6])) / 8
    receiver_loss = float(rng.choice([0.0, 0.03, 0.15]))
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
        for _ in range(min(len(waiting), 16)):
            now += (waiting[0] + 90) / rate + 1e-5
            if rng.random() >= receiver_loss:
                times.append(now)
                sizes.append(waiting[0] + 92)
            waiting.pop(0)
        if now > seconds:
            break
    inside = np.array(times) < seconds
    return (np.array(times)[inside] * 1e9).astype(np.int64), np.array(sizes)[inside].astype(np.int32)


def draw_flow(kind: str, seconds: float, rng: np.random.Generator) -> Flow:
    """One flow of a kind of `CAMERAS` or `OTHERS`."""
    is_camera = kind in CAMERAS
    source = CAMERAS.get(kind) or OTHERS[kind]
    is_stream = kind in {"congestion_window", "photographs", "pages"} or (is_camera and rng.random() < 0.4)
    packet = float(rng.choice([1_024.0, 1_188.0, 1_400.0])) if not is_stream else 1_448.0
    t_ns, frame_len = send(source(seconds, rng), seconds, rng, packet=packet, is_stream=is_stream)
    if kind == "conference":
        back_ns, back_len = send(conference(seconds, rng), seconds, rng, packet=1_188.0, is_stream=False)
    elif kind == "pages":
        answers = [(t + 0.05, float(rng.lognormal(9.5, 1.2))) for t, _ in pages(seconds, rng)]
        back_ns, back_len = send(answers, seconds, rng, packet=1_448.0, is_stream=True)
    elif is_stream:
        back_ns = t_ns[1::2] + 2_000_000
        back_len = np.full(len(back_ns), 130, dtype=np.int32)
    else:
        back_ns = (np.arange(0, seconds, 1.0) * 1e9).astype(np.int64)
        back_len = np.full(len(back_ns), 150, dtype=np.int32)
    return Flow(
        sender=0x020000000001,
        peer=0x020000000002,
        is_from_ap=False,
        self_sourced_share=1.0,
        t_ns=t_ns,
        frame_len=frame_len,
        back_t_ns=back_ns,
        back_frame_len=back_len,
    )
