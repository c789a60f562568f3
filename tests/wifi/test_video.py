"""Cameras against everything else: how often each is called a camera, and after how long."""

import importlib
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.wifi.traffic.cadence import (
    count_ends,
    find_best_rhythm,
    find_rhythm,
    gain_over_uniform,
    is_rare,
    is_sound,
    is_tone,
    split_bursts,
    sum_ticks,
)
from sweep.wifi.traffic.camera_features import list_marks
from sweep.wifi.traffic.video import (
    LIKE_REPORTS,
    MAY_RELAY,
    NOTHING_HEARD,
    OPEN_REASONS,
    TOO_SHORT,
    VideoVerdict,
    find_strongest,
    judge_flow,
    judge_flows,
)
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_encoded import load_rows
from tests.simulators.air_halls import draw_flow as draw_in_halls
from tests.simulators.encode_halls import HALLS, SECONDS, TABLE
from tests.simulators.encode_pictures import SETTINGS
from tests.simulators.flow_of import flow_of

SEED = 20_26
SECOND = ("air_queues", "SECOND")


def judge_many(module: str | tuple[str, str], kind: str, seconds: float, count: int) -> list[VideoVerdict]:
    name, *world = (module,) if isinstance(module, str) else module
    source: Any = importlib.import_module(f"tests.simulators.{name}")
    worlds = [getattr(source, chosen) for chosen in world]
    label = sum(map(ord, kind))
    return [
        judge_flow(source.draw_flow(kind, seconds, np.random.default_rng([SEED, i, label]), *worlds))
        for i in range(count)
    ]


def count_cameras(verdicts: list[VideoVerdict]) -> int:
    return Counter(one.verdict for one in verdicts)["video_uplink"]


def count_left(verdicts: list[VideoVerdict]) -> int:
    """Those that the light is to tell, or more time."""
    return sum(one.reason in {*OPEN_REASONS, TOO_SHORT} for one in verdicts)


CAMERAS = [
    ("air_flows", "camera"),
    ("air_queues", "encoder"),
    (SECOND, "encoder"),
    ("air_encoded", "camera"),
    ("air_homes", "camera"),
]


@pytest.mark.parametrize(("module", "kind"), CAMERAS)
@pytest.mark.parametrize(
    ("seconds", "wanted", "with_open"),
    [(2.6, 0.4, 0.94), (5.0, 0.68, 0.95), (10.0, 0.74, 0.95)],
    ids=["2.6 s", "5 s", "10 s"],
)
@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_cameras_are_found_within_seconds(
    module: str | tuple[str, str], kind: str, seconds: float, wanted: float, with_open: float, count: int
) -> None:
    """Or left open, where pictures of `air_flows` are alike and small as reports of a machine are."""
    verdicts = judge_many(module, kind, seconds, count)
    found, left = count_cameras(verdicts), count_left(verdicts)
    print(f"{module} {kind}: {found} of {count} cameras found in {seconds} s, {left} left open")
    assert found >= wanted * count
    assert found + left >= with_open * count


QUEUED = ("congestion_window", "photographs", "conference", "voice_assistant", "pages")
AT_HOME = ("tcp_upload", "paced_upload", "meeting", "sound", "constant_datagrams", "reading")
MOST_CALLED = 0.004
"""Of the flows of a kind: the tuning worlds have one in 300 at most."""


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        *(("air_flows", kind) for kind in ("backup", "call", "voice", "game", "browse", "download", "sensor")),
        *((module, kind) for module in ("air_queues", SECOND) for kind in QUEUED),
        *(("air_homes", kind) for kind in (*AT_HOME, "telemetry")),
    ],
)
@pytest.mark.parametrize("count", [60, pytest.param(750, marks=pytest.mark.soak)])
def test_what_is_no_camera_is_hardly_ever_called_one(module: str | tuple[str, str], kind: str, count: int) -> None:
    verdicts = judge_many(module, kind, 10.0, count)
    found, left = count_cameras(verdicts), count_left(verdicts)
    print(f"{module} {kind}: {found} of {count} called a camera in 10 s, {left} left open")
    assert found <= max(MOST_CALLED * count, 1)


IN_HALLS = {
    "upload": 0.01, "upload_by_quic": 0.01, "share_files": 0.004, "meet": 0.004, "play_sound": 0.01, "report": 0.05,
    "play": 0.004, "read_pages": 0.004,
}  # fmt: skip
"""Most that may be called a camera: measured shares stand in tests/simulators/FIGURES.md."""
LISTENED_S = (2.5, 5.0, 10.0, 30.4)


@pytest.mark.parametrize("kind", ["camera", *IN_HALLS, "show_screen"])
@pytest.mark.parametrize(
    ("count", "seconds"), [(12, 10.4), pytest.param(750, 30.4, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_the_halls_against_listening_time(kind: str, count: int, seconds: float) -> None:
    """A camera or a screen is found, the rest is not; prints how many were called video by when."""
    verdicts = judge_many("air_halls", kind, seconds, count)
    after_s = [one.decided_after_s or 0.0 for one in verdicts if one.verdict == "video_uplink"]
    called = [sum(decided_s <= listened_s for decided_s in after_s) for listened_s in LISTENED_S]
    left = count_left(verdicts)
    print(f"air_halls {kind}: of {count}, called video by {LISTENED_S} s: {called}, {left} left open")
    if kind in IN_HALLS:
        assert called[-1] <= max(IN_HALLS[kind] * count, 2)
    else:
        assert called[-1] >= (0.9 if kind == "camera" else 0.5) * count


def test_a_picture_shown_to_people_who_keep_silent_passes_for_a_camera() -> None:
    """It is a video uplink, and nothing in the headers tells the phone from a camera."""
    assert count_cameras(judge_many("air_homes", "meeting_listened", 10.0, 40)) > 8


def test_what_may_be_reports_of_a_machine_is_left_open_and_says_so() -> None:
    verdicts = judge_many("air_homes", "telemetry", 10.0, 150)
    left = [one for one in verdicts if one.reason == LIKE_REPORTS]
    assert len(left) > 5
    for one in left:
        assert (one.verdict, one.decided_after_s) == ("not_assessable", None)
        assert one.features is not None
        marks = list_marks(one.features)
        assert marks["sizes"] < 0.5 < marks["clock"]


def test_the_strongest_verdict_speaks_for_a_sender() -> None:
    found = VideoVerdict("video_uplink", 0.9, 2.5, None)
    no = VideoVerdict("not_video", 0.1, 2.5, None)
    left = VideoVerdict("not_assessable", 0.0, None, None, LIKE_REPORTS)
    assert find_strongest([no, left, found, NOTHING_HEARD]) is found
    assert find_strongest([NOTHING_HEARD, no, left]) is left
    assert find_strongest([NOTHING_HEARD, no]) is no
    assert find_strongest([]) is NOTHING_HEARD


def test_the_table_of_encoded_pictures_is_whole() -> None:
    rows = load_rows()
    drawn = [name for name in rows if name.startswith(("camera_", "bright_"))]  # tests/simulators/encode_cameras.py
    assert len(drawn) == 100
    assert [name for name in rows if name not in drawn] == list(SETTINGS)
    for name, setting in SETTINGS.items():
        assert len(rows[name]) == int(setting.seconds * setting.hz), name


def test_the_halls_are_as_they_were_written_down() -> None:
    with np.load(TABLE) as rows:
        assert list(rows) == list(HALLS)
        for name, hall in HALLS.items():
            assert len(rows[name]) == int(SECONDS * hall.hz), name
    drawn = [draw_in_halls(kind, 3.0, np.random.default_rng(1)) for kind in ("upload", "report", "filler_25hz")]
    assert all(np.all(np.diff(flow.t_ns) >= 0) and (flow.frame_len > 0).all() for flow in drawn)
    assert 200 < drawn[-1].frame_len.sum() * 8e-3 / 3.0 < 3_000


def camera_flow(seconds: float = 12.0) -> Flow:
    source: Any = importlib.import_module("tests.simulators.air_queues")
    flow: Flow = source.draw_flow("encoder", seconds, np.random.default_rng(5))
    return flow


def test_the_decision_comes_early_and_says_when() -> None:
    verdict = judge_flow(camera_flow())
    assert verdict.verdict == "video_uplink"
    assert verdict.decided_after_s is not None
    assert 2.0 <= verdict.decided_after_s <= 5.0
    assert verdict.features is not None
    assert verdict.features.rhythm.clock_nats > 5


def test_too_little_is_not_assessable() -> None:
    flow = camera_flow(1.5)
    empty = replace(flow, t_ns=flow.t_ns[:0], frame_len=flow.frame_len[:0])
    for thin in (flow, empty):
        verdict = judge_flow(thin)
        assert (verdict.verdict, verdict.score, verdict.decided_after_s) == ("not_assessable", 0.0, None)


def test_a_stream_that_begins_late_is_found_from_where_it_begins() -> None:
    flow = camera_flow()
    chatter_ns = np.arange(20, dtype=np.int64) * 50_000_000
    late = replace(
        flow,
        t_ns=np.concatenate([chatter_ns, flow.t_ns + 60_000_000_000]),
        frame_len=np.concatenate([np.full(20, 120, dtype=np.int32), flow.frame_len]),
    )
    verdict = judge_flow(late)
    assert verdict.verdict == "video_uplink"
    assert verdict.decided_after_s is not None
    assert verdict.decided_after_s < 10


def test_a_stream_that_begins_within_other_traffic_is_found() -> None:
    flow = camera_flow(40.0)
    chatter_ns = np.arange(120, dtype=np.int64) * 1_000_000_000
    t_ns = np.concatenate([chatter_ns, flow.t_ns + 60_000_000_000])
    order = np.argsort(t_ns, kind="stable")
    octets = np.concatenate([np.full(120, 120, dtype=np.int32), flow.frame_len])
    verdict = judge_flow(
        replace(flow, t_ns=t_ns[order], frame_len=octets[order], back_t_ns=flow.back_t_ns + 60_000_000_000)
    )
    assert verdict.verdict == "video_uplink"
    assert verdict.decided_after_s is not None
    assert 60 < verdict.decided_after_s <= 80


def test_what_an_access_point_forwards_is_its_clients_download() -> None:
    flow = camera_flow()
    forwarded = replace(flow, is_from_ap=True, self_sourced_share=0.0)
    own = replace(flow, is_from_ap=True, self_sourced_share=1.0)
    assert judge_flow(forwarded).verdict == "not_video"
    assert judge_flow(own).verdict == "video_uplink"
    assert judge_flows(()).verdict == "not_assessable"


def test_an_access_point_that_others_use_may_only_hand_a_stream_on() -> None:
    own = replace(camera_flow(), is_from_ap=True, self_sourced_share=1.0)
    assert judge_flows((own,)).verdict == "video_uplink"
    assert judge_flows((own, replace(own, peer=3))).verdict == "video_uplink"  # two watch the same camera
    count = len(own.t_ns)
    any_time = np.sort(np.random.default_rng(1).integers(own.t_ns[0], own.t_ns[-1], count))
    busy = replace(own, peer=4, t_ns=any_time, frame_len=np.full(count, 1500, dtype=np.int32))
    left = judge_flows((own, busy))
    assert (left.verdict, left.reason, left.decided_after_s) == ("not_assessable", MAY_RELAY, None)
    station = replace(own, is_from_ap=False)
    assert judge_flows((station, busy)).verdict == "video_uplink"


def clips(sizes: list[int], pause_s: float = 60.0) -> Flow:
    """Uploads of so many full frames, with pauses."""
    times, start = [], 0.0
    rng = np.random.default_rng(1)
    for size in sizes:
        times.append(start + np.cumsum(rng.exponential(0.01, size)))
        start = float(times[-1][-1]) + pause_s
    t_ns = (np.concatenate(times) * 1e9).astype(np.int64)
    frames = np.full(len(t_ns), 1500, dtype=np.int32)
    back_t_ns = t_ns[::2] + 1_000_000
    return flow_of((t_ns, frames), (back_t_ns, np.full(len(back_t_ns), 90)))


def test_clips_of_the_same_size_with_pauses_are_a_camera_that_waits_for_motion() -> None:
    assert judge_flow(clips([400, 420, 390, 410, 400, 405, 395])).verdict == "video_uplink"
    assert judge_flow(clips([400, 420, 390])).verdict != "video_uplink"
    assert judge_flow(clips([150, 900, 3000, 200, 5000, 130, 700])).verdict != "video_uplink"
    assert judge_flow(clips([400] * 7, pause_s=5.0)).verdict != "video_uplink"


@given(
    times=st.lists(st.integers(0, 30_000_000_000), max_size=80),
    octets=st.integers(1, 60_000),
    back=st.lists(st.integers(-(10**12), 10**12), max_size=10),
)
def test_any_flow_gets_a_verdict(times: list[int], octets: int, back: list[int]) -> None:
    flow = flow_of(
        (np.array(sorted(times), dtype=np.int64), np.full(len(times), octets)),
        (np.array(sorted(back), dtype=np.int64), np.full(len(back), 100)),
    )
    verdict = judge_flow(flow)
    assert 0.0 <= verdict.score <= 1.0
    assert (verdict.decided_after_s is None) == (verdict.verdict == "not_assessable")


@pytest.mark.parametrize("rate_hz", [5.0, 9.97, 15.0, 24.0, 30.0])
@pytest.mark.parametrize("jitter_s", [0.0, 0.002, 0.005])
def test_a_clock_is_found_at_its_rate(rate_hz: float, jitter_s: float) -> None:
    rng = np.random.default_rng(3)
    count = int(8 * rate_hz)
    ticks = np.sort(np.arange(count) / rate_hz + rng.normal(0, jitter_s, count))
    rhythm = find_rhythm(ticks)
    assert rhythm.rate_hz == pytest.approx(rate_hz, abs=0.05)
    assert rhythm.strength > 0.55
    assert rhythm.clock_nats > 5


def test_random_times_and_rounds_have_no_clock() -> None:
    rng = np.random.default_rng(4)
    random = [find_rhythm(np.sort(rng.uniform(0, 8, 150))).clock_nats for _ in range(300)]
    rounds = [
        find_rhythm(np.cumsum(rng.normal(0.05, spread, 160))).clock_nats for spread in np.geomspace(3e-4, 0.02, 300)
    ]
    split = [  # each round shows as two bursts
        find_rhythm(
            np.sort(np.concatenate([(starts := np.cumsum(rng.normal(0.08, 0.006, 90))), starts + 0.02]))
        ).clock_nats
        for _ in range(100)
    ]
    assert np.mean(np.array(random) > 5) <= 0.01
    assert np.mean(np.array(rounds) > 5) <= 0.01
    assert np.mean(np.array(split) > 5) <= 0.01


def test_the_gain_is_the_entropy_of_a_von_mises_distribution() -> None:
    assert gain_over_uniform(0.0) == pytest.approx(0.0, abs=1e-6)
    sigma = 0.01  # turns; a narrow one is normal
    narrow = float(np.exp(-2 * (np.pi * sigma) ** 2))
    assert gain_over_uniform(narrow) == pytest.approx(-np.log(sigma * np.sqrt(2 * np.pi * np.e)), abs=0.01)


def test_bursts_are_split_by_silence() -> None:
    times = np.array([0.0, 0.001, 0.002, 0.05, 0.051, 0.2])
    starts, sizes = split_bursts(times, np.array([10, 20, 30, 40, 50, 60], dtype=np.int32), 0.006)
    assert starts.tolist() == [0.0, 0.05, 0.2]
    assert sizes.tolist() == [60, 90, 60]
    assert find_best_rhythm(np.zeros(0), np.zeros(0, dtype=np.int32)).events == 0


def test_sound_of_one_length_is_told_from_pictures_that_end_anywhere() -> None:
    rng = np.random.default_rng(6)
    full, sound, ends = np.full(300, 1_500), np.full(60, 264), rng.choice(np.arange(100, 1_400), 80, replace=False)
    octets = np.concatenate([full, sound, ends]).astype(np.int32)
    assert is_tone(octets).tolist() == [False] * 300 + [True] * 60 + [False] * 80
    assert is_rare(octets)[-80:].sum() > 75
    assert not is_rare(octets)[:360].any()


def test_pictures_end_anywhere_and_joined_packets_in_few_places() -> None:
    rng = np.random.default_rng(8)
    ends = rng.integers(100, 1_400, 50)
    assert count_ends(np.concatenate([np.full(300, 1_500), ends]).astype(np.int32), 50) > 45
    cells = 188 * rng.integers(1, 8, 100) + 44  # of a transport stream
    assert count_ends(np.concatenate([np.full(300, 1_360), cells]).astype(np.int32), 100) > 65
    joined = np.concatenate([np.full(7_000, 3_022), np.full(170, 1_528)])  # two packets in most frames
    assert count_ends(joined.astype(np.int32), 80) < 0.15 * 80
    assert count_ends(np.zeros(0, dtype=np.int32), 10) == 0


def test_a_timer_beyond_the_rates_of_pictures_is_no_clock_at_another() -> None:
    assert find_rhythm(np.arange(120) / 43.7).sure_nats < 0
    assert find_rhythm(np.arange(60) / 20).sure_nats > 10


def test_sound_of_other_lengths_is_told_by_its_rate() -> None:
    rng = np.random.default_rng(7)
    sound, pictures = np.arange(78) / 15.625 + 0.01, np.arange(60) / 12 + 0.02
    times = np.concatenate([sound, pictures]) + rng.exponential(0.001, 138)
    octets = rng.integers(250, 400, 138).astype(np.int32)
    order = np.argsort(times)
    found = is_sound(times[order], octets[order])
    assert found[order < 78].mean() > 0.95
    assert found[order >= 78].mean() < 0.4
    assert not is_sound(np.sort(pictures), octets[:60]).any()


def test_octets_are_summed_from_one_tick_to_the_next() -> None:
    ticks = np.arange(40) / 10 + 0.03
    times = np.sort(np.concatenate([ticks, ticks + 0.002, ticks[::10] + 0.004]))
    octets = np.full(len(times), 100, dtype=np.int32)
    rhythm = find_rhythm(ticks)
    assert sum_ticks(times, octets, rhythm).tolist() == [300.0 if n % 10 == 0 else 200.0 for n in range(40)]
    assert not len(sum_ticks(times, octets, find_rhythm(ticks[:3])))
