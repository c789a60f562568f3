"""A camera that makes up a new address every few seconds is one transmitter with one flow; strangers stay apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweep.captures.packets import LINK_RADIOTAP
from sweep.modality.addresses import format_address
from sweep.wifi import read_log
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.scan import scan_log
from sweep.wifi.stimulus.significance import judge_stimulus
from sweep.wifi.transmitters.streams import list_flows
from tests.simulators import air_encoded
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import START_NS, data_up, radiotap

FIRST = 0x02_00_00_00_0D_00


def log_of(
    path: Path, flow: Any, *, every_s: float, level_dbm: Any = None, jump: int = 0, overlap_s: float = 0.0
) -> FrameLog:
    """What was heard of a flow whose address changes every so often.

    Each address is `level_dbm(number)` loud, counts on with a `jump`, and begins `overlap_s` before the last one ends.
    """
    rng, packets = np.random.default_rng(9), []
    for t_ns, octets, number in zip(
        flow.t_ns.tolist(), flow.frame_len.tolist(), flow.sequence_number.tolist(), strict=True
    ):
        turn = int(t_ns / 1e9 / every_s)
        level = -55 if level_dbm is None else level_dbm(turn)
        head = data_up(format_address(FIRST + turn), length=max(octets, 40), sequence=(number + jump * turn) % 4_096)
        body = radiotap(level + int(rng.integers(-2, 3))) + head
        at_ns = START_NS + t_ns - round(turn * overlap_s * 1e9)
        packets.append((at_ns, body, len(body)))
    write_pcap(path, sorted(packets, key=lambda packet: packet[0]), link_type=LINK_RADIOTAP)
    return read_log(path)[0]


def draw(seconds: float = 62.0) -> tuple[Any, Any]:
    chips = round((seconds - 5.0) / 0.6)
    flow, sequence, _ = air_encoded.draw_lit("fresh_capped_600_2", 100, chips, np.random.default_rng(10), air="good")
    return flow, sequence


@pytest.mark.parametrize("every_s", [3.0, 20.0, *(pytest.param(s, marks=pytest.mark.soak) for s in (5.0, 10.0))])
def test_a_camera_under_ever_new_addresses_is_one(tmp_path: Path, every_s: float) -> None:
    flow, sequence = draw()
    log = log_of(tmp_path / "a.pcap", flow, every_s=every_s)
    (joined,) = list_flows(log)
    assert len(joined.t_ns) == len(flow.t_ns)
    assert (joined.sender, *joined.successors) == tuple(FIRST + n for n in range(1 + len(joined.successors)))
    (one,) = scan_log(log).transmitters
    assert one.video.verdict == "video_uplink"
    assert one.transmitter.joined_by == ("stream_continues",)
    lit = type(sequence)(sequence.start_s + START_NS / 1e9, 0.3, 0.6, sequence.chips)
    (told,) = judge_stimulus(log, lit).transmitters
    assert told.verdict == "follows_light"
    assert set(told.addresses) == set(one.transmitter.addresses)


@pytest.mark.parametrize(
    "change",
    [{"level_dbm": lambda turn: -50 - 15 * (turn % 2)}, {"jump": 700}, {"overlap_s": 1.0}],
    ids=["levels", "counters", "at once"],
)
def test_strangers_who_follow_each_other_stay_apart(tmp_path: Path, change: dict[str, Any]) -> None:
    flow, _ = draw(32.0)
    log = log_of(tmp_path / "a.pcap", flow, every_s=8.0, **change)
    assert all(not one.successors for one in list_flows(log))
    assert all(not one.transmitter.joined_by for one in scan_log(log).transmitters)
