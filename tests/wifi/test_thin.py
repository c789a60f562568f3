"""Cameras that send next to nothing are left open and follow the light; it denies nothing that always sends as much."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from sweep.wifi.capture.channels import Channel, ChannelPlan, Interest
from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import CONSTANT_RATE, FlowTest, conclude, examine_flow
from sweep.wifi.traffic.video import LIKE_REPORTS, TOO_THIN, judge_flow
from sweep.wifi.transmitters.flow import Flow
from tests.simulators import air_encoded
from tests.simulators.air_late import WAYS, Camera, Lateness, Way, draw_late
from tests.simulators.flow_of import flow_of

LATE: Final = {
    "on time": Lateness(), "45 ms": Lateness(0.045), "90 ms": Lateness(0.09), "batches": Lateness(0.006, batches=True),
}  # fmt: skip
RATES_KBPS: Final = (20.0, 120.0)
SEED: Final = 40_39


@pytest.mark.parametrize("way", ["rtp", "p2p", "tls"])
@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.soak)])
def test_a_thin_camera_is_left_open(late: str, way: Way, count: int) -> None:
    answers: Counter[str] = Counter()
    for number in range(count):
        rng = np.random.default_rng([SEED, number, WAYS.index(way), *map(ord, late)])
        kbps = float(np.exp(rng.uniform(*np.log(RATES_KBPS))))
        camera = Camera(float(rng.choice([5.0, 8.0, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0])), kbps)
        found = judge_flow(draw_late(way, 30.0, rng, LATE[late], camera=camera))
        answers[found.reason or found.verdict] += 1
    print(f"thin, {way}, {late}: {dict(answers)}")
    assert answers["not_video"] <= max(0.03 * count, 1)


def lit(name: str, kbps: float, number: int, **late: Any) -> tuple[Flow, FlowTest | None]:
    """A thin camera under the lamp for a minute, and its test."""
    rng = np.random.default_rng([SEED, number, round(kbps)])
    flow, sequence, listened_s = air_encoded.draw_lit(name, 100, 95, rng, air="good", kbps=kbps, **late)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    return flow, examine_flow(flow, sequence, NullSequences(sequence), heard)


@pytest.mark.parametrize("kbps", [34.0, 46.0, 80.0])
@pytest.mark.parametrize("late", [{}, {"sigma_s": 0.045}])
def test_what_is_too_thin_for_its_traffic_to_tell_the_light_tells(kbps: float, late: dict[str, Any]) -> None:
    flow, test = lit("fresh_capped_600_2", kbps, 1, **late)
    assert judge_flow(flow).reason in {TOO_THIN, LIKE_REPORTS}
    assert test is not None
    assert test.p_value <= 0.05


def test_what_reports_in_one_length_is_not_thin_video() -> None:
    t_ns = np.arange(0, 30_000_000_000, 100_000_000, dtype=np.int64)
    back = t_ns[::10]
    same = flow_of((t_ns, np.full(len(t_ns), 400)), (back, np.full(len(back), 80)))
    assert judge_flow(same).verdict == "not_video"
    lengths = np.random.default_rng(1).integers(150, 700, len(t_ns))
    assert judge_flow(flow_of((t_ns, lengths), (back, np.full(len(back), 80)))).reason == TOO_THIN
    asked = flow_of((t_ns, lengths), (t_ns, np.random.default_rng(2).integers(150, 700, len(t_ns))))
    assert judge_flow(asked).verdict == "not_video", "both halves of a talk"


def test_speech_in_steps_of_20_ms_is_not_thin_video() -> None:
    """With pauses, so that fewer frames come than would be too many; pictures 40 ms apart may be anything."""
    rng = np.random.default_rng(2)
    talks = np.arange(1_500) % 100 < 80
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    for step_ms, told in ((20, None), (40, TOO_THIN)):
        t_ns = (np.arange(1_500)[talks] * step_ms * 1_000_000 + rng.integers(0, 2_000_000, talks.sum())).astype(
            np.int64
        )
        found = judge_flow(flow_of((t_ns, rng.integers(150, 250, len(t_ns))), none))
        assert (found.verdict, found.reason) == (("not_assessable", told) if told else ("not_video", None))


def test_channels_with_thin_streams_come_after_all_others() -> None:
    plan = ChannelPlan((Channel(2_412), Channel(2_437), Channel(2_462)))
    news: dict[int, Interest] = {2_412: "thin", 2_437: "camera", 2_462: "undecided"}
    for _ in news:
        dwell = plan.next(60.0)
        assert dwell is not None
        plan.note(dwell, news[dwell.channel.mhz])
    order: list[int] = []
    while (dwell := plan.next(60.0)) is not None and len(order) < 8:
        if dwell.reason != "resurvey":
            order.append(dwell.channel.mhz)
        plan.note(dwell, news[dwell.channel.mhz])
    assert list(dict.fromkeys(order)) == [2_437, 2_462, 2_412]


@pytest.mark.parametrize("heard", [1.0, 0.9])
@pytest.mark.parametrize("end", [0, 700])
def test_a_camera_that_fills_up_its_stream_is_not_denied_by_the_light(heard: float, end: int) -> None:
    """Pictures of always four full frames, and a shorter one of one length; some are not heard."""
    rng = np.random.default_rng(3)
    octets = np.full(4, 1_450) if not end else np.array([1_450] * 4 + [end])
    count = 15 * 62
    t_s = (np.arange(count)[:, None] / 15 + 0.001 * np.arange(len(octets))).ravel()
    t_s = np.maximum.accumulate(t_s + rng.gamma(2.0, 0.001, len(t_s)))
    number, lengths = np.arange(len(t_s)), np.tile(octets, count)
    kept = rng.random(len(t_s)) < heard
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    flow = flow_of(((t_s[kept] * 1e9).astype(np.int64), lengths[kept]), none, number[kept] % 4_096)
    _, sequence, listened_s = air_encoded.draw_lit("fresh_capped_600_2", 100, 95, np.random.default_rng(4), air="good")
    report: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    test = examine_flow(flow, sequence, NullSequences(sequence), report)
    assert test is not None
    assert test.is_constant
    assert test.smallest_light(0.05) == float("inf")
    told = conclude((1,), [(test, 1.0)], "not_tested", is_deaf=False)
    assert (told.verdict, told.reason) == ("not_assessable", CONSTANT_RATE)


def test_pictures_that_nobody_fills_up_are_not_constant() -> None:
    for name in ("fresh_mjpeg_2", "fresh_capped_600_2", "fresh_filler_500_2"):
        for sigma_s in (0.0, 0.09):
            rng = np.random.default_rng(5)
            flow, sequence, listened_s = air_encoded.draw_lit(name, 100, 95, rng, air="good", sigma_s=sigma_s)
            heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
            test = examine_flow(flow, sequence, NullSequences(sequence), heard)
            assert test is not None
            assert not test.is_constant, name


def test_a_camera_that_begins_in_the_middle_of_the_light_is_tested_by_what_it_saw() -> None:
    rng = np.random.default_rng(6)
    flow, sequence, listened_s = air_encoded.draw_lit("fresh_capped_600_2", 100, 100, rng, air="good")
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    begun, ended = flow.t_ns >= 31e9, flow.t_ns < 31e9
    for kept, most in ((begun, (30.0, 33.0)), (ended, (28.0, 30.6))):
        part = replace(
            flow,
            t_ns=flow.t_ns[kept],
            frame_len=flow.frame_len[kept],
            sequence_number=flow.sequence_number[kept],
            tid=flow.tid[kept],
        )
        test = examine_flow(part, sequence, NullSequences(sequence), heard)
        assert test is not None
        assert most[0] <= test.tested_s <= most[1]
        assert test.p_value <= 0.05
        kept_alive = np.arange(0, 60_000_000_000, 1_000_000_000, dtype=np.int64)
        order = np.argsort(np.concatenate([part.t_ns, kept_alive]), kind="stable")
        alive = replace(
            part,
            t_ns=np.concatenate([part.t_ns, kept_alive])[order],
            frame_len=np.concatenate([part.frame_len, np.full(60, 110, dtype=np.int32)])[order],
            sequence_number=np.zeros(0, dtype=np.int32),
            tid=np.zeros(0, dtype=np.int8),
        )
        again = examine_flow(alive, sequence, NullSequences(sequence), heard)
        assert again is not None
        assert abs(again.tested_s - test.tested_s) <= 2.0
