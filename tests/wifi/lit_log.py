"""A log of cameras in the light of a lamp, made at once instead of in real time: for tests of what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sweep.addresses import format_address
from sweep.captures.packets import LINK_RADIOTAP, Row, build_block
from sweep.wifi.framelog import FrameLog, build_log
from tests.wifi.frames import data_up, radiotap
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import AP, ENCODER_S, LOST, OVERHEAD, PIECE


def log_of(
    cameras: Mapping[int, LitCamera], *, seconds: float, level_at: Callable[[float], int] = lambda _: 0, seed: int = 1
) -> FrameLog:
    """What is heard of cameras by address; `level_at` is the lamp at a time in seconds after the log's start."""
    rng = np.random.default_rng(seed)
    packets: list[tuple[float, bytes]] = []
    for address, camera in cameras.items():
        sequence = 0
        for number in range(int(seconds * camera.hz)):
            left = camera.next_picture(level_at(number / camera.hz))
            t_s = number / camera.hz + ENCODER_S + abs(rng.normal(0, 0.003))
            while left > 0:
                piece, sequence = min(left, PIECE), (sequence + 1) % 4096
                left, t_s = left - piece, t_s + 0.0008
                if rng.random() >= LOST:
                    frame = data_up(format_address(address), AP, piece + OVERHEAD, sequence)
                    packets.append((t_s, radiotap() + frame))
    packets.sort(key=lambda packet: packet[0])
    rows: list[Row] = []
    at = 0
    for t_s, packet in packets:
        rows.append((at, len(packet), len(packet), round(1e12 + t_s * 1e9)))
        at += len(packet)
    return build_log([build_block(LINK_RADIOTAP, b"".join(packet for _, packet in packets), rows)])
