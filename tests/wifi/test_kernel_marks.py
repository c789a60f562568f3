"""Windows of flows are measured by the compiled kernel as with array operations, and nothing beside them is touched."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.kernel import Kernel, load_kernel
from sweep.wifi import read_log
from sweep.wifi.traffic.cadence import (
    CLOCK_RULES,
    SOUND_HZ,
    Rhythm,
    find_best_by,
    find_best_plainly,
    find_plainly,
    is_sound,
    weigh_beats,
)
from sweep.wifi.traffic.camera_features import Features
from sweep.wifi.traffic.unclocked import UNCLOCKED_RULES
from sweep.wifi.traffic.video import judge_flow
from sweep.wifi.traffic.windows import MARK_RULES, FlowCutter, find_sound, measure_features
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.streams import list_flows
from tests.compiled import checked, run_sanitized
from tests.simulators.fit_likeness import draw_flows
from tests.simulators.flow_of import flow_of

CLOSE = 1e-7
LENGTHS = (60, 90, 150, 151, 264, 332, 599, 600, 700, 1_060, 1_400, 1_498, 1_500, 1_600, 3_000, 65_535)


@pytest.fixture(scope="module")
def kernel(host_cc: str, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    return checked(host_cc, tmp_path_factory.mktemp("kernel"))


@st.composite
def frames(draw: st.DrawFn, most: int = 400) -> tuple[Any, Any]:
    """Ascending times in nanoseconds and lengths: with a clock, in bursts, all at once, with pauses, of odd lengths."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, most))
    rate_hz, late_s = draw(st.floats(0.5, 60.0)), draw(st.sampled_from([0.0, 1e-4, 0.003, 0.02]))
    gaps_s = np.choose(
        rng.integers(0, 4, count),
        [np.zeros(count), np.full(count, 1 / rate_hz), rng.exponential(1 / rate_hz, count), np.full(count, 0.001)],
    )
    if draw(st.booleans()):
        gaps_s = np.where(rng.random(count) < 0.02, rng.choice([2.4, 2.6, 70.0, 1e6], count), gaps_s)
    t_s = np.sort(np.cumsum(gaps_s) + rng.exponential(late_s or 1e-9, count))
    few = rng.choice(LENGTHS, draw(st.integers(1, 5)))
    octets = np.where(rng.random(count) < draw(st.floats(0, 1)), rng.choice(few, count), rng.integers(24, 1_600, count))
    if draw(st.integers(0, 9)) == 0:
        octets[rng.random(count) < 0.1] = draw(st.sampled_from([0, 65_536, 2**31 - 1]))
    return (t_s * 1e9).astype(np.int64), octets.astype(np.int32)


flows = st.builds(flow_of, frames(), frames(most=200))


def assert_same(found: Rhythm, expected: Rhythm) -> None:
    assert astuple(found) == pytest.approx(astuple(expected), rel=CLOSE, abs=CLOSE)


@given(frames())
def test_clocks_are_those_of_python(kernel: Kernel, found: tuple[Any, Any]) -> None:
    t_s, octets = found[0] / 1e9, found[1]
    beats = kernel.marks.find_clock(t_s, CLOCK_RULES)
    assert beats is not None
    assert_same(weigh_beats(beats), find_plainly(t_s))
    if len(t_s):
        best = find_best_by(kernel, t_s, octets)
        if octets.max() > 65_535:
            assert best is None
        else:
            assert best is not None
            assert_same(best, find_best_plainly(t_s, octets))
            assert find_sound(t_s, octets, kernel).tolist() == is_sound(t_s, octets).tolist()


@pytest.mark.parametrize("seconds", [0.3, 2.5, 10.0, 63.9, 64.1, 200.0])
@pytest.mark.parametrize("rate_hz", [3.0, 4.01, 12.5, 30.9, 100.0, 1_000.0])
def test_clocks_of_any_length_and_rate_are_those_of_python(kernel: Kernel, seconds: float, rate_hz: float) -> None:
    rng = np.random.default_rng([int(seconds * 10), int(rate_hz * 10)])
    for late_s in (1e-5, 0.004, 0.03):
        ticks = np.arange(int(seconds * rate_hz)) / rate_hz
        t_s = np.sort(ticks + rng.exponential(late_s, len(ticks)))
        beats = kernel.marks.find_clock(t_s, CLOCK_RULES)
        assert beats is not None
        assert_same(weigh_beats(beats), find_plainly(t_s))


@given(flows, st.sampled_from([2.5, 7.0, 30.0]), st.floats(0.0, 4.0))
def test_windows_are_those_of_python(kernel: Kernel, flow: Flow, seconds: float, begin_s: float) -> None:
    one, other = (FlowCutter(flow, by).cut(begin_s, seconds) for by in (kernel, None))
    assert (one.frames, one.octets.tolist()) == (other.frames, other.octets.tolist())
    assert one.t_s.tolist() == other.t_s.tolist()
    assert one.sums == other.sums
    assert astuple(one.unclocked()) == pytest.approx(astuple(other.unclocked()), rel=CLOSE, abs=CLOSE)
    assert one.unclocked().is_like_pictures == other.unclocked().is_like_pictures
    if one.frames:
        assert_alike(measure_features(one, flow), measure_features(other, flow))


def assert_alike(found: Features, expected: Features) -> None:
    assert_same(found.rhythm, expected.rhythm)
    plain = [{name: value for name, value in asdict(one).items() if name != "rhythm"} for one in (found, expected)]
    assert plain[0] == pytest.approx(plain[1], rel=CLOSE, abs=CLOSE)


@given(flows)
def test_verdicts_are_those_of_python(kernel: Kernel, flow: Flow) -> None:
    assert_judged_alike(flow, kernel)


def assert_judged_alike(flow: Flow, kernel: Kernel) -> None:
    found, expected = judge_flow(flow, kernel), judge_flow(flow, None)
    assert replace(found, score=0.0, features=None) == replace(expected, score=0.0, features=None)
    assert found.score == pytest.approx(expected.score, rel=CLOSE, abs=CLOSE)
    assert (found.features is None) == (expected.features is None)
    if found.features is not None and expected.features is not None:
        assert_alike(found.features, expected.features)


def test_verdicts_on_simulated_flows_are_those_of_python(kernel: Kernel) -> None:
    verdicts = set()
    for _, _, flow in draw_flows(1):
        assert_judged_alike(flow, kernel)
        verdicts.add(judge_flow(flow, kernel).verdict)
    assert verdicts == {"video_uplink", "not_video", "not_assessable"}


def test_verdicts_on_recorded_captures_are_those_of_python(kernel: Kernel, shared_data: Path) -> None:
    paths = [*(shared_data / "wifi").glob("*.*cap*"), *(shared_data / "ip").glob("*.pcap*")]
    flows = [
        flow for path in sorted(paths) for flow in list_flows(read_log(path, as_flows=path.parent.name == "ip")[0])
    ]
    assert len(flows) > 12
    for flow in flows:
        assert_judged_alike(flow, kernel)


def test_no_memory_beside_a_window_is_touched(host_cc: str, tmp_path: Path, repo_root: Path) -> None:
    """Random windows in pieces of memory of their own, under the sanitizer for addresses."""
    done = run_sanitized(host_cc, tmp_path, repo_root, "tests.wifi.test_kernel_marks:measure_random", 500)
    assert (done.returncode, done.stdout) == (0, "500\n"), done.stderr[-2_000:]


def measure_random(library: str, count: int) -> None:
    kernel = load_kernel(Path(library))
    assert isinstance(kernel, Kernel)
    rng = np.random.default_rng(4)
    for number in range(count):
        frames, back = int(rng.integers(0, 400)), int(rng.integers(0, 60))
        gaps_s = rng.exponential(rng.choice([1e-5, 0.01, 0.2]), frames) * (rng.random(frames) < 0.9)
        t_s = np.cumsum(gaps_s) + rng.choice([0.0, -5.0, 1e9])
        top = int(rng.choice([100, 1_600, 65_536, 70_000]))
        octets, back_octets = (rng.integers(-(number % 50 == 0), top, n).astype(np.int32) for n in (frames, back))
        if number % 40 == 1 and frames:
            t_s[rng.integers(frames)] = rng.choice([np.nan, np.inf, -np.inf, 1e300, -1e300])
        clock = float(rng.choice([0.0, 4.0, 30.0, 1e9, np.nan, np.inf])), float(rng.choice([0.0, -1e12, np.nan]))
        marks = kernel.marks
        marks.find_clock(t_s, CLOCK_RULES)
        marks.find_clocks(t_s, octets, CLOCK_RULES)
        marks.cut_window(t_s, octets, back_octets, 0.0, MARK_RULES)
        marks.find_sound(t_s, octets, np.array(SOUND_HZ), MARK_RULES)
        marks.measure_ticks(t_s, octets, clock, number % 5, number % 9, MARK_RULES)
        marks.measure_unclocked(t_s, octets, float(rng.choice([0.1, 3.0, 30.0, 20_000.0])), UNCLOCKED_RULES)
    print(count)


def test_threads_measure_side_by_side(kernel: Kernel) -> None:
    chosen = [flow for _, _, flow in draw_flows(1)][:4]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda flow: judge_flow(flow, kernel), chosen * 4))
    assert found == [judge_flow(flow, kernel) for flow in chosen] * 4
