"""Flows and the light test of a capture that is read log by log are those of the whole."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from sweep.captures.files import open_capture
from sweep.wifi import read_log
from sweep.wifi.frames.framelog import FrameLog, build_log, read_windows
from sweep.wifi.stimulus.significance import judge_stimulus
from sweep.wifi.stimulus.whole_capture import gather
from sweep.wifi.targets import chosen_before
from sweep.wifi.transmitters import streams as module
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.streams import Streams, list_flows
from tests.wifi.frames import AP, OTHER, STATION, data_up, radiotap
from tests.wifi.test_radio_headers import block_of
from tests.wifi.test_stimulus import CAMERA, draw_sequence, record


def windows(path: Path) -> Iterator[FrameLog]:
    with open_capture(path, chunk_octets=65_536) as reader:
        yield from read_windows(reader.blocks, window_frames=700)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("air") / "a.pcap", draw_sequence(60.0, 8), 60.0, 8)


def assert_same(one: tuple[Flow, ...], other: tuple[Flow, ...]) -> None:
    assert len(one) == len(other) > 3
    for flows in zip(one, other, strict=True):
        for field in fields(Flow):
            a, b = (getattr(flow, field.name) for flow in flows)
            assert np.array_equal(a, b), field.name
            assert getattr(a, "dtype", None) == getattr(b, "dtype", None)


def test_flows_go_on_across_logs(capture: Path) -> None:
    streams, logs = Streams(), 0
    for log in windows(capture):
        streams.add(log)
        logs += 1
        if logs % 3 == 0:  # and no listing in between changes that
            assert streams.list_flows()
    assert logs > 6
    assert_same(list_flows(read_log(capture)[0]), streams.list_flows())
    assert streams.dropped == 0


def test_flows_before_a_time_are_those_of_the_frames_before_it(capture: Path) -> None:
    log, _ = read_log(capture)
    streams, middle_ns = Streams(), (log.start_ns + log.end_ns) // 2
    streams.add(log)
    known = replace_heard(list_flows(log.keep(log.frames.t_ns < middle_ns)))
    assert_same(known, replace_heard(streams.list_flows(before_ns=middle_ns)))


def replace_heard(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Without the seconds in which the channel was heard, which are those of the whole."""
    return tuple(replace(flow, heard_ns=flow.heard_ns[:0]) for flow in flows)


def test_the_light_test_of_a_capture_says_the_same_log_by_log(capture: Path) -> None:
    sequence = draw_sequence(60.0, 8)
    log, _ = read_log(capture)
    whole = gather([log], sequence)
    parts = gather(windows(capture), sequence)
    assert (parts.frames, parts.start_ns, parts.listened_s) == (len(log.frames), log.start_ns, log.listened_s)
    assert parts.before_s == whole.before_s == pytest.approx(0.7, abs=0.1)
    sequence = replace(sequence, start_s=sequence.start_s + 3.0, chips=sequence.chips[5:])
    parts = gather(windows(capture), sequence)
    chosen = chosen_before(parts)
    assert int(CAMERA.replace(":", ""), 16) in chosen
    assert chosen == chosen_before(gather([log], sequence))
    told = judge_stimulus(parts, sequence, chosen=chosen)
    assert told == judge_stimulus(log, sequence, chosen=chosen)
    assert {one.verdict for one in told.transmitters} == {"follows_light", "not_assessable"}


def test_data_frames_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FRAMES", 25)
    streams = Streams()
    for sender in (STATION, OTHER):
        frames = [radiotap() + data_up(sender, sequence=n) for n in range(20)]
        streams.add(build_log([block_of(frames)]))
    streams.add(build_log([]))
    assert [(len(flow.t_ns), flow.peer) for flow in streams.list_flows(5)] == [
        (20, int(AP.replace(":", ""), 16)), (5, int(AP.replace(":", ""), 16)),
    ]  # fmt: skip
    assert streams.dropped == 15
    assert Streams().list_flows() == ()
