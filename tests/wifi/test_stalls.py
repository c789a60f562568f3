"""A stream that stops for a while and goes on is judged by what it sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from sweep.wifi.traffic.stalls import close_stalls, find_sending
from sweep.wifi.traffic.video import OPEN_REASONS, judge_flow
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_late import Camera, Lateness, draw_late
from tests.simulators.flow_of import flow_of


def stalled(flow: Flow, from_s: float, until_s: float, *, alive_s: float | None) -> Flow:
    """The flow without some seconds, in which only keep-alives are sent, if any."""
    kept = (flow.t_ns < from_s * 1e9) | (flow.t_ns >= until_s * 1e9)
    back = (flow.back_t_ns < from_s * 1e9) | (flow.back_t_ns >= until_s * 1e9)
    alive_ns = np.arange(from_s, until_s, alive_s or 100.0)[0 if alive_s else 1 :] * 1e9
    t_ns = np.concatenate([flow.t_ns[kept], alive_ns.astype(np.int64)])
    octets = np.concatenate([flow.frame_len[kept], np.full(len(alive_ns), 110, dtype=np.int32)])
    order = np.argsort(t_ns, kind="stable")
    return replace(
        flow_of((t_ns[order], octets[order]), (flow.back_t_ns[back], flow.back_frame_len[back])),
        is_from_ap=flow.is_from_ap,
    )


@pytest.mark.parametrize("way", ["rtp", "p2p", "tls"])
@pytest.mark.parametrize("alive_s", [None, 1.0, 0.4])
@pytest.mark.parametrize("kbps", [60.0, 400.0])
@pytest.mark.parametrize("from_s", [5.0, 11.0])
def test_seven_quiet_seconds_deny_no_stream(
    way: Literal["rtp", "p2p", "tls"], alive_s: float | None, kbps: float, from_s: float
) -> None:
    for sigma_s in (0.0, 0.07):
        rng = np.random.default_rng([7, round(kbps)])
        flow = draw_late(way, 30.0, rng, Lateness(sigma_s), camera=Camera(12.0, kbps), on_radio=False)
        found = judge_flow(stalled(flow, from_s, from_s + 7.0, alive_s=alive_s))
        assert found.verdict == "video_uplink" or found.reason in OPEN_REASONS


def test_a_stream_that_stops_again_and_again_is_judged_as_one() -> None:
    flow = draw_late("rtp", 40.0, np.random.default_rng(8), Lateness(0.07), camera=Camera(12.0, 400.0), on_radio=False)
    for from_s in (4.0, 12.0, 20.0, 28.0):
        flow = stalled(flow, from_s, from_s + 3.9, alive_s=None)
    found = judge_flow(flow)
    assert found.verdict == "video_uplink" or found.reason in OPEN_REASONS


def test_seconds_of_sending_are_told_from_keep_alives() -> None:
    seconds = np.array([0, 1, 2, 3, 4, 4, 5, 6, 9], dtype=np.int64)
    octets = np.array([80, 80, 3_000, 2_000, 900, 900, 80, 80, 2_000], dtype=np.int32)
    assert np.flatnonzero(find_sending(seconds, octets)).tolist() == [2, 3, 4, 9]


def test_what_mostly_is_quiet_stays_as_it_is() -> None:
    t_ns = np.sort(np.concatenate([np.arange(60), 10 + np.arange(0, 2, 0.01), 50 + np.arange(0, 2, 0.01)])) * 1e9
    flow = flow_of(
        (t_ns.astype(np.int64), np.where(np.diff(t_ns, prepend=0) < 5e7, 1_400, 90)), (np.zeros(0), np.zeros(0))
    )
    assert close_stalls(flow) is flow
    steady = flow_of((np.arange(0, 20_000_000_000, 50_000_000), np.full(400, 900)), (np.zeros(0), np.zeros(0)))
    assert close_stalls(steady) is steady


def test_a_closed_stall_keeps_order_and_octets() -> None:
    t_s = np.concatenate([np.arange(0.0, 8.0, 0.05), np.arange(8.5, 15.0, 1.0), np.arange(15.0, 25.0, 0.05)])
    octets = np.where((t_s >= 8.0) & (t_s < 15.0), 80, 1_000)
    flow = flow_of(((t_s * 1e9).astype(np.int64), octets), ((t_s[::7] * 1e9).astype(np.int64), octets[::7]))
    closed = close_stalls(flow)
    assert (closed.frame_len == 1_000).all()
    assert closed.frame_len.sum() == 1_000 * (octets == 1_000).sum()
    assert (np.diff(closed.t_ns) >= 0).all() and (np.diff(closed.back_t_ns) >= 0).all()
    assert np.ptp(closed.t_ns) / 1e9 == pytest.approx(18.0, abs=0.2)
