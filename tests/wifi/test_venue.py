"""The venue of `air_venue` is what it says: queues that drop, links that lose, pictures late and in batches."""

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.wifi.traffic.video import judge_flow
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_codel import CODEL_INTERVAL_S, Fifo, FqCodel, Packet
from tests.simulators.air_contention import CLASSES
from tests.simulators.air_encoders import draw_pictures
from tests.simulators.air_minstrel import RATES_MBPS, Minstrel, chance
from tests.simulators.air_paths import ignore
from tests.simulators.air_venue import CAMERAS, KINDS, OTHERS, VIDEO_THAT_IS_NO_CAMERA, Told, draw_hall, draw_told

SEED = 55_05
WINDOW_S = 2.5
BACK_TO_BACK_S, PAUSE_S = 0.012, 0.25  # five pictures a second are 0.2 s apart


def seed_of(*numbers: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *numbers])


@pytest.mark.parametrize("kind", [*CAMERAS, *OTHERS, *VIDEO_THAT_IS_NO_CAMERA])
def test_each_kind_is_a_flow_as_a_monitor_hears_it(kind: str) -> None:
    flow, told = draw_told(kind, 4.0, seed_of(1))
    assert len(flow.t_ns) == len(flow.frame_len) == len(flow.sequence_number) == len(flow.tid)
    for times in (flow.t_ns, flow.back_t_ns):
        assert np.all(np.diff(times) >= 0)
        assert not len(times) or 0 <= times[0] <= times[-1] < 4_000_000_000
    assert flow.frame_len.min(initial=60) >= 60 and flow.frame_len.max(initial=60) <= 2_500
    assert set(flow.tid.tolist()) <= {tid for _, _, _, tid in CLASSES.values()}
    assert flow.sequence_number.min(initial=0) >= 0 and flow.sequence_number.max(initial=0) < 4_096
    numbered = Counter(zip(flow.tid.tolist(), flow.sequence_number.tolist(), strict=True))
    assert max(numbered.values(), default=1) == 1 or told.sent > 4_096, "a frame is heard once"
    assert told.heard <= told.sent


def test_kinds_are_cameras_others_or_video_that_is_none() -> None:
    assert {*CAMERAS, *OTHERS, *VIDEO_THAT_IS_NO_CAMERA} == set(KINDS)
    assert len(CAMERAS) + len(OTHERS) + len(VIDEO_THAT_IS_NO_CAMERA) == len(KINDS)


def test_the_same_seed_draws_the_same_flow() -> None:
    (one, _), (again, _) = (draw_told("tls_cloud", 3.0, seed_of(2)) for _ in range(2))
    assert np.array_equal(one.t_ns, again.t_ns) and np.array_equal(one.frame_len, again.frame_len)


def packet(octets: int = 1_500, conversation: int = 1, *, is_markable: bool = False) -> Packet:
    return Packet(octets, conversation, None, ignore, is_markable=is_markable)


@pytest.mark.parametrize("is_markable", [False, True], ids=["dropped", "marked"])
def test_codel_leaves_a_short_queue_alone_and_thins_a_standing_one(is_markable: bool) -> None:
    queue, taken = FqCodel(), 0
    for step in range(1_000):  # a packet in and one out each millisecond, behind 40 that stand
        for _ in range(40 if step == 500 else 1):
            queue.put(packet(is_markable=is_markable), step / 1_000)
        taken += queue.take(step / 1_000) is not None
        if step == 500 + CODEL_INTERVAL_S * 1_000 - 2:
            assert queue.drops + queue.marks == 0
    assert (queue.marks if is_markable else queue.drops) >= 3
    assert queue.drops * queue.marks == 0
    assert taken + len(queue) + queue.drops == 1_039


def test_a_thin_conversation_passes_a_fat_one() -> None:
    queue = FqCodel()
    for _ in range(50):
        queue.put(packet(conversation=1), 0.0)
    queue.take(0.0)
    queue.put(packet(100, conversation=2), 0.001)
    first_two = [queue.take(0.001), queue.take(0.001)]
    assert any(one is not None and one.conversation == 2 for one in first_two)
    plain = Fifo(3)
    for _ in range(5):
        plain.put(packet(), 0.0)
    assert (len(plain), plain.drops) == (3, 2)


def test_the_search_settles_on_a_rate_that_the_link_carries() -> None:
    random = Random(4)
    for snr_db in (8.0, 16.0, 30.0):
        search, used = Minstrel(random, 13, 25.0), list[float]()
        for step in range(2_000):
            place = search.choose(0, step * 0.005)
            search.tell(place, 8, sum(random.random() < chance(place, snr_db) for _ in range(8)))
            used.append(RATES_MBPS[place] * chance(place, snr_db))
        best = max(rate * chance(place, snr_db) for place, rate in enumerate(RATES_MBPS))
        assert np.mean(used[-500:]) > 0.7 * best, snr_db


def test_encoders_cover_the_rates_of_cameras() -> None:
    drawn = [draw_pictures(10.0, seed_of(3, number)) for number in range(120)]
    kbps = np.array([one.octets.sum() * 8e-3 / 10.0 for one in drawn])
    assert kbps.min() >= 149 and kbps.max() <= 5_010
    assert np.percentile(kbps, 20) < 500
    assert np.percentile(kbps, 90) > 1_500
    assert min(one.hz for one in drawn) == 5 and max(one.hz for one in drawn) == 30
    assert all(np.all(np.diff(one.t_s) >= 0) for one in drawn)


def lateness_of(told: Told) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviation of lateness in each window with 8 pictures, and when pictures began to arrive, in seconds."""
    shown = np.array(told.shown).reshape(-1, 2)
    late_s, window = shown[:, 1] - shown[:, 0], (shown[:, 0] / WINDOW_S).astype(int)
    spreads = [float(late_s[window == one].std()) for one in np.unique(window) if (window == one).sum() >= 8]
    return np.array(spreads), np.sort(shown[:, 1])


def batches_of(arrived_s: NDArray[np.float64]) -> tuple[int, int]:
    """Runs of 3 pictures and more back to back, and pauses of PAUSE_S and more."""
    gaps_s = np.diff(arrived_s)
    runs = np.split(gaps_s, np.flatnonzero(gaps_s > BACK_TO_BACK_S))
    return sum(int((run <= BACK_TO_BACK_S).sum()) >= 2 for run in runs), int((gaps_s >= PAUSE_S).sum())


AILING = [(), ("weak",), ("crowded",), ("hidden",), ("scans",), ("bluetooth",), ("processor",), ("hidden", "weak")]


@pytest.mark.parametrize("ails", AILING, ids=["well", *("+".join(one) for one in AILING[1:])])
@pytest.mark.parametrize("count", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_pictures_are_late_by_what_ails_their_link(ails: tuple[str, ...], count: int) -> None:
    """Measured streams: 2 to 6 ms on quiet links, 23 to 304 ms on bad ones, in batches with pauses of 200 to 550 ms."""
    kinds = ("rtp", "rtsp", "tls_cloud", "p2p_kit")
    drawn = [draw_told(kinds[i % 4], 15.0, seed_of(6, i, len(ails)), frozenset(ails))[1] for i in range(count)]
    spreads = np.concatenate([lateness_of(told)[0] for told in drawn]) * 1e3
    batches, pauses = np.sum([batches_of(lateness_of(told)[1]) for told in drawn], axis=0)
    drops, sent = sum(told.drops for told in drawn), sum(told.sent for told in drawn)
    heard, given_up = sum(told.heard for told in drawn), sum(told.given_up for told in drawn)
    at = np.percentile(spreads, [25, 50, 75, 90])
    print(
        f"{'+'.join(ails) or 'well'}: lateness ms quartiles {at[0]:.1f} {at[1]:.1f} {at[2]:.1f}, 90 % {at[3]:.1f}, "
        f"{batches} batches and {pauses} pauses in {15 * count} s, {heard / sent:.3f} heard, "
        f"{drops} dropped, {given_up} given up of {sent}"
    )
    if not ails:
        assert at[1] < 25
    if ails in {("scans",), ("processor",)}:
        assert at[2] > 15 and batches > 0


def test_a_hall_shares_its_channel() -> None:
    hall = draw_hall(4.0, seed_of(7))
    assert len(hall) == 10
    assert sum(kind in CAMERAS for kind, _ in hall) >= 2
    assert len({flow.sender for _, flow in hall}) == 10
    times = np.sort(np.concatenate([flow.t_ns for _, flow in hall]))
    assert len(times) > 100


def cut(flow: Flow, seconds: float) -> Flow:
    """The beginning of a flow."""
    keep, back = flow.t_ns < seconds * 1e9, flow.back_t_ns < seconds * 1e9
    return replace(
        flow,
        t_ns=flow.t_ns[keep],
        frame_len=flow.frame_len[keep],
        sequence_number=flow.sequence_number[keep],
        tid=flow.tid[keep],
        back_t_ns=flow.back_t_ns[back],
        back_frame_len=flow.back_frame_len[back],
    )


FIGURES_SEED = 20_26
"""Of the figures in tests/simulators/FIGURES.md."""


@pytest.mark.soak
@pytest.mark.parametrize("kind", [*CAMERAS, *OTHERS, *VIDEO_THAT_IS_NO_CAMERA])
def test_figures_of_the_venue(kind: str) -> None:
    """Prints what is called video, left open and denied; no share is demanded, since nothing is to be fitted to it."""
    label, count = sum(map(ord, kind)), 60
    flows = [draw_told(kind, 30.0, np.random.default_rng([FIGURES_SEED, i, label]))[0] for i in range(count)]
    for seconds in (10.0, 30.0):
        judged = [judge_flow(cut(flow, seconds)) for flow in flows]
        verdicts = Counter(one.verdict for one in judged)
        reasons = Counter(one.reason for one in judged if one.verdict == "not_assessable")
        print(f"venue {kind}: of {count} in {seconds:.0f} s {dict(verdicts)}, open because {dict(reasons)}")
        assert verdicts.total() == count
