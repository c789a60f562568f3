"""Cameras whose pictures come late, and those that upload clips, are called or left open; others hardly ever."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sweep.wifi.traffic.clips import judge_clips
from sweep.wifi.traffic.unclocked import measure_unclocked
from sweep.wifi.traffic.video import (
    ANSWERED,
    MAY_BE_CLIPS,
    NO_CLOCK,
    OPEN_REASONS,
    TOO_SHORT,
    TOO_THIN,
    VideoVerdict,
    judge_flow,
)
from sweep.wifi.transmitters.earlier_flows import EarlierFlows, close_gaps
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_late import WAYS, Camera, Lateness, Way, draw_late
from tests.simulators.flow_of import flow_of

LATE = {f"{ms} ms": Lateness(ms / 1_000) for ms in (6, 30, 45, 60, 90, 120)} | {
    "batches": Lateness(0.006, batches=True)
}
SEED = 20_27


def answer_of(one: VideoVerdict) -> str:
    if one.verdict == "video_uplink":
        return "called"
    if one.reason == TOO_THIN:
        return "thin"
    return "open" if one.reason in OPEN_REASONS else "denied" if one.verdict == "not_video" else "too little"


def judge_late(way: Way, lateness: Lateness, seconds: float, count: int) -> Counter[str]:
    """Of cameras of 200 kbit/s and more."""
    answers: Counter[str] = Counter()
    for number in range(count):
        rng = np.random.default_rng([SEED, number, WAYS.index(way), round(lateness.sigma_s * 1_000), lateness.batches])
        camera = Camera(
            float(rng.choice([5.0, 8.0, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0])), float(np.exp(rng.uniform(5.5, 7.8)))
        )
        answers[answer_of(judge_flow(draw_late(way, seconds, rng, lateness, camera=camera)))] += 1
    return answers


@pytest.mark.parametrize("seconds", [20.0, pytest.param(60.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize("way", [way for way in WAYS if way != "clips"])
@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("count", [6, pytest.param(200, marks=pytest.mark.soak)])
def test_a_camera_is_not_denied_because_it_is_late(name: str, way: Way, seconds: float, count: int) -> None:
    answers = judge_late(way, LATE[name], seconds, count)
    print(f"{way}, late by {name}, {seconds:g} s: {dict(answers)}")
    assert answers["denied"] <= max(0.03 * count, 1)


@pytest.mark.parametrize("seconds", [60.0, pytest.param(20.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_one_clip_is_left_open_once_its_end_or_beginning_was_heard(seconds: float, count: int) -> None:
    """Within 20 s many are still being sent, and might be any upload."""
    answers = judge_late("clips", LATE["6 ms"], seconds, count)
    print(f"clips, {seconds:g} s: {dict(answers)}")
    assert answers["open"] >= (0.9 if seconds > 30.0 else 0.6) * count


OTHERS = {
    "air_flows": ("backup", "call", "voice", "game", "browse", "download", "sensor"),
    "air_queues SEEN": ("congestion_window", "photographs", "conference", "voice_assistant", "pages"),
    "air_queues SECOND": ("congestion_window", "photographs", "conference", "voice_assistant", "pages"),
    "air_homes": ("tcp_upload", "paced_upload", "meeting", "sound", "constant_datagrams", "reading", "telemetry"),
    "air_halls": ("upload", "upload_by_quic", "share_files", "meet", "play_sound", "report", "play", "read_pages"),
}


MOST_THIN = {
    "air_flows": 0.039, "air_queues SEEN": 0.221, "air_queues SECOND": 0.220, "air_homes": 0.092, "air_halls": 0.076,
}  # fmt: skip
"""Share of thin streams, which get the light last: speech one way, sound, machines that report.  The upper ends of the
95 % intervals (Clopper and Pearson) of a count with 300 other flows of each kind: 64 of 2,100, 299 and 298 of 1,500,
166 of 2,100, 156 of 2,400."""


@pytest.mark.parametrize("world", OTHERS)
@pytest.mark.parametrize("count", [6, pytest.param(600, marks=pytest.mark.soak)])
def test_what_is_no_camera_is_hardly_ever_left_open(world: str, count: int) -> None:
    name, _, ranges = world.partition(" ")
    source: Any = importlib.import_module(f"tests.simulators.{name}")
    worlds = [getattr(source, ranges)] if ranges else []
    total: Counter[str] = Counter()
    for kind in OTHERS[world]:
        label = sum(map(ord, kind))
        each = Counter(
            answer_of(judge_flow(source.draw_flow(kind, 30.0, np.random.default_rng([SEED, i, label]), *worlds)))
            for i in range(count)
        )
        print(f"{world} {kind}: {dict(each)}")
        total += each
    print(f"{world}: {dict(total)}")
    assert total["called"] <= max(0.004 * total.total(), 1)
    assert total["open"] <= max(0.04 * total.total(), 4)
    assert total["thin"] <= max(MOST_THIN[world] * total.total(), 4)


def late_flow(way: Way = "rtp", sigma_s: float = 0.07, seconds: float = 12.0) -> Flow:
    return draw_late(
        way, seconds, np.random.default_rng(3), Lateness(sigma_s), camera=Camera(12.0, 400.0), on_radio=False
    )


def test_the_reason_says_what_is_missing() -> None:
    found = judge_flow(late_flow())
    assert (found.verdict, found.reason, found.decided_after_s) == ("not_assessable", NO_CLOCK, None)
    assert judge_flow(late_flow(seconds=4.0)).reason == TOO_SHORT
    flow = late_flow()
    asked_ns = np.arange(flow.t_ns[0], flow.t_ns[-1], 30_000_000, dtype=np.int64)
    asked = replace(flow, back_t_ns=asked_ns, back_frame_len=np.full(len(asked_ns), 240, dtype=np.int32))
    assert judge_flow(asked).reason == ANSWERED


def test_a_call_and_what_is_forwarded_is_not_left_open() -> None:
    flow = late_flow()
    half = replace(flow, back_t_ns=flow.t_ns + 5_000_000, back_frame_len=flow.frame_len[::-1])
    assert judge_flow(half).verdict == "not_video"
    assert judge_flow(replace(flow, is_from_ap=True, self_sourced_share=0.0)).verdict == "not_video"


def upload(begin_s: float, seconds: float, kbps: float = 2_000.0) -> tuple[list[int], list[int]]:
    step_s = 1_500 * 8e-3 / kbps
    return [round((begin_s + i * step_s) * 1e9) for i in range(int(seconds / step_s))], [1_500] * int(seconds / step_s)


def flow_with(*uploads: tuple[float, ...], seconds: float, heard_s: list[int] | None = None) -> Flow:
    """Uploads from when on, how long and how fast, and a keep-alive each second."""
    t_ns, octets = [round(i * 1e9) for i in range(int(seconds))], [120] * int(seconds)
    for one in uploads:
        more = upload(*one)
        t_ns, octets = t_ns + more[0], octets + more[1]
    order = np.argsort(t_ns, kind="stable")
    flow = flow_of(
        (np.array(t_ns, dtype=np.int64)[order], np.array(octets, dtype=np.int32)[order]),
        (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)),
    )
    return flow if heard_s is None else replace(flow, heard_ns=np.array(heard_s, dtype=np.int64) * 1_000_000_000)


def test_an_upload_is_a_clip_where_quiet_was_heard_beside_it() -> None:
    assert judge_flow(flow_with((8.0, 4.0), seconds=20.0)).reason == MAY_BE_CLIPS
    assert judge_clips(flow_with((0.0, 20.0), seconds=20.0)) is None, "all the time"
    assert judge_clips(flow_with((8.0, 0.5), seconds=20.0)) is None, "too little"
    away = [*range(8, 12), *range(40, 44)]
    assert judge_clips(flow_with((0.0, 50.0), seconds=60.0, heard_s=away)) is None, "cut out by the listener"
    assert judge_clips(flow_with((8.0, 4.0), seconds=20.0, heard_s=[*range(20)])) is not None


FILES = {
    "a pause that films nothing": ((2.0, 4.0), (10.0, 3.0)),
    "more than was filmed": ((2.0, 1.0, 1_000.0), (14.0, 8.0, 16_000.0)),
    "equal parts": ((2.0, 2.0), (7.0, 2.0), (14.0, 2.0), (20.0, 2.0)),
}


@pytest.mark.parametrize("why", FILES)
def test_files_one_after_the_other_are_no_clips(why: str) -> None:
    assert judge_clips(flow_with(*FILES[why], seconds=36.0)) is None


def test_clips_may_follow_each_other_after_a_while_or_stall_or_be_filmed_alike() -> None:
    assert judge_clips(flow_with((2.0, 4.0), (16.0, 3.0), seconds=36.0)) is not None
    assert judge_clips(flow_with((2.0, 4.0), (7.5, 3.0), seconds=36.0)) is not None, "a stall"
    alike = ((2.0, 2.0), (7.0, 2.5), (14.0, 2.0), (20.0, 2.6))
    assert judge_clips(flow_with(*alike, seconds=36.0)) is not None
    by_the_clock = ((2.0, 1.0), (8.0, 3.0), (14.0, 1.5), (20.0, 3.5))
    assert judge_clips(flow_with(*by_the_clock, seconds=36.0)) is not None


def test_a_pause_that_was_not_heard_is_none_between_files() -> None:
    uploads = ((2.0, 4.0), (10.0, 3.0))
    heard_s = [*range(7), *range(10, 36)]
    assert judge_clips(flow_with(*uploads, seconds=36.0)) is None
    assert judge_clips(flow_with(*uploads, seconds=36.0, heard_s=heard_s)) is not None


def test_what_is_fetched_beside_an_upload_makes_it_no_clip() -> None:
    flow = flow_with((8.0, 4.0), seconds=20.0)
    back_ns = np.arange(0, 20_000_000_000, 50_000_000, dtype=np.int64)
    fetched = replace(flow, back_t_ns=back_ns, back_frame_len=np.full(len(back_ns), 1_500, dtype=np.int32))
    assert judge_clips(flow) is not None
    assert judge_clips(fetched) is None


def test_marks_without_a_clock_are_counted_as_they_are_said() -> None:
    t_s = np.arange(0.0, 10.0, 0.05)
    octets = np.tile([1_400, 1_400, 1_400, 300], 50).astype(np.int32)
    octets[3::4] += np.arange(50, dtype=np.int32)
    marks = measure_unclocked(
        t_s, octets, seconds=10.0, up_share=1.0, answers=800.0, long_answers=700.0, grouped_share=0.5
    )
    assert marks.ends_hz == 5.0
    assert marks.distinct == 1.0
    assert marks.active == 1.0
    assert marks.uneven < 0.02
    assert marks.answers == pytest.approx(800 / octets.sum())
    assert marks.long_answers == pytest.approx(700 / octets.sum())
    assert marks.lengths_share == pytest.approx(152 / 200)
    assert marks.is_like_pictures
    assert not replace(marks, uneven=2.0).is_like_pictures


def at_stand(flow: Flow, first_s: float, last_s: float, begin_s: float) -> Flow:
    """Some seconds of a flow, heard `begin_s` after the first position began."""
    t_s, back_s = flow.t_ns / 1e9, flow.back_t_ns / 1e9
    here, back = (t_s >= first_s) & (t_s < last_s), (back_s >= first_s) & (back_s < last_s)
    shift_ns = round((begin_s - first_s) * 1e9)
    return replace(
        flow,
        t_ns=flow.t_ns[here] + shift_ns,
        frame_len=flow.frame_len[here],
        back_t_ns=flow.back_t_ns[back] + shift_ns,
        back_frame_len=flow.back_frame_len[back],
        heard_ns=np.arange(int(begin_s), int(begin_s + last_s - first_s), dtype=np.int64) * 1_000_000_000,
    )


def test_stands_that_heard_too_little_each_leave_a_stream_open_together() -> None:
    whole, earlier = late_flow(seconds=30.0), EarlierFlows()
    positions = [at_stand(whole, 4.0 * number, 4.0 * number + 3.5, 60.0 * number) for number in range(4)]
    for number, position in enumerate(positions):
        alone, together = judge_flow(position), judge_flow(earlier.beside(position))
        assert alone.reason == TOO_SHORT
        assert together.reason == (NO_CLOCK if number else TOO_SHORT)
        earlier.remember((position,))
    other = replace(positions[0], sender=7, t_ns=positions[0].t_ns + 10**12)
    assert judge_flow(earlier.beside(other)).reason == TOO_SHORT, "of another sender"


def test_silence_that_was_heard_is_not_taken_out() -> None:
    flow = at_stand(late_flow(), 0.0, 4.0, 0.0)
    twice = replace(
        flow,
        t_ns=np.concatenate([flow.t_ns, flow.t_ns + 20_000_000_000]),
        frame_len=np.tile(flow.frame_len, 2),
        heard_ns=np.arange(24, dtype=np.int64) * 1_000_000_000,
    )
    assert close_gaps(twice) is twice
    away = replace(twice, heard_ns=np.array([0, 1, 2, 3, 20, 21, 22, 23], dtype=np.int64) * 1_000_000_000)
    assert np.diff(close_gaps(away).t_ns).max() <= 700_000_000


def test_what_is_remembered_is_bounded() -> None:
    earlier, flow = EarlierFlows(), upload_flow(5_000)
    for number in range(40):
        earlier.remember((replace(flow, sender=number + 1),))
    for number in range(1, 15):
        earlier.remember((replace(flow, sender=1, t_ns=flow.t_ns + number * 10**11),))
    later = replace(flow, sender=1, t_ns=flow.t_ns + 10**13)
    assert len(earlier.beside(later).t_ns) == 60_000 + 5_000
    assert sum(len(earlier.beside(replace(later, sender=number + 1)).t_ns) > 5_000 for number in range(40)) <= 33


def upload_flow(frames: int) -> Flow:
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    return flow_of((np.arange(frames, dtype=np.int64) * 1_000_000, np.full(frames, 1_500, dtype=np.int32)), none)
