"""Which emitter is told for which, over simulated envelopes whose models and parameters are not those the thresholds
were chosen on (`envelopes.py`). The shares say how well the judgement separates models, not real transmitters. Each is
given with its 95 % interval (Clopper-Pearson); `-m soak` prints the table over more cases.
"""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from sweep.rf.channels import tuner_frequencies
from sweep.rf.judge import judge_windows
from sweep.sim.head_scene import Emitter, RfScene, Waveform

from .envelopes import FLOOR_DBM, WINDOW_SLOTS, Kind, Source, log_window, log_windows, tuner_windows

KINDS: tuple[Kind, ...] = ("continuous", "analog_video", "wifi", "ble", "dect")
WIDEBAND: tuple[Kind, ...] = ("continuous", "wifi", "ble", "dect")


def interval(right: int, cases: int, risk: float = 0.05) -> tuple[float, float]:
    """Clopper-Pearson interval of a share, by bisection of the binomial tail."""

    def tail(share: float, least: int) -> float:
        return sum(math.comb(cases, k) * share**k * (1 - share) ** (cases - k) for k in range(least, cases + 1))

    def root(least: int, wanted: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle, least) < wanted else (low, middle)
        return low

    lowest = 0.0 if right == 0 else root(right, risk / 2)
    return lowest, 1.0 if right == cases else root(right + 1, 1 - risk / 2)


def told_one(kind: Kind, seed: int) -> tuple[str, ...]:
    rng = np.random.default_rng((77, seed))
    source = Source(kind, FLOOR_DBM + rng.uniform(15, 45))
    return tuple(heard.kind for heard in judge_windows(log_windows([source], 2.0, rng)).emitters)


def is_pair_right(kinds: tuple[Kind, Kind], told: tuple[str, ...]) -> bool:
    """One of the two is told, a carrier among them always, and nothing that is not there; bursts may stay unknown."""
    if "continuous" in kinds and "continuous" not in told:
        return False
    return bool(told) and set(told) <= {*kinds, "unknown"} and set(told) != {"unknown"}


def told_pair(kinds: tuple[Kind, Kind], seed: int) -> tuple[str, ...]:
    rng = np.random.default_rng((78, seed))
    sources = [Source(kind, FLOOR_DBM + rng.uniform(15, 40)) for kind in kinds]
    return tuple(heard.kind for heard in judge_windows(log_windows(sources, 2.0, rng)).emitters)


def table(cases: int) -> list[str]:
    """The confusion of single emitters and of pairs; asserts what is promised."""
    lines = []
    for kind in KINDS:
        expected = "continuous" if kind == "analog_video" else kind  # without the tuner a carrier is all it is
        told = Counter(told_one(kind, seed) for seed in range(cases))
        right = told[(expected,)]
        low, high = interval(right, cases)
        lines.append(f"{kind:14}{right}/{cases} [{low:.3f}, {high:.3f}] {dict(told)}")
        assert right >= 0.95 * cases, lines[-1]
        assert not any("analog_video" in kinds for kinds in told)
    for pair in combinations(WIDEBAND, 2):
        told = Counter(told_pair(pair, seed) for seed in range(cases))
        right = sum(count for kinds, count in told.items() if is_pair_right(pair, kinds))
        low, high = interval(right, cases)
        lines.append(f"{'+'.join(pair):18}{right}/{cases} [{low:.3f}, {high:.3f}] {dict(told)}")
        assert right >= 0.95 * cases, lines[-1]
    return lines


def test_emitters_alone_and_in_pairs() -> None:
    table(20)


@pytest.mark.soak
def test_the_whole_confusion_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [*table(200), *tuner_table(300)]
    with capsys.disabled():
        print("", *lines, sep="\n")


def test_the_interval_is_the_published_one() -> None:
    assert interval(0, 1000) == pytest.approx((0.0, 0.00368), abs=1e-4)
    assert interval(95, 100) == pytest.approx((0.8872, 0.9836), abs=1e-3)


# --- with the tuner ---------------------------------------------------------------------------------------------------


def told_tuned(kind: Kind, seed: int) -> tuple[str | None, str | None]:
    """(kind, kind without the line rate) of the strongest transmitter in one sweep of the tuner."""
    rng = np.random.default_rng((79, seed))
    visited = tuner_frequencies()
    centre_mhz = float(rng.choice(visited)) + float(rng.uniform(-1, 1))
    source = Source(kind, -95.0 + rng.uniform(15, 45))
    found = judge_windows(tuner_windows([(source, centre_mhz)], visited, rng)).emitters
    if not found:
        return None, None
    strongest = max(found, key=lambda one: one.level_dbm)
    return strongest.kind, strongest.kind_without_lines


def tuner_table(cases: int) -> list[str]:
    """Analogue video, bare carrier and Wi-Fi at 5.8 GHz, with the line rate and, apart from it, without."""
    lines = []
    kinds: tuple[Kind, ...] = ("analog_video", "continuous", "wifi")
    for kind in kinds:
        told = [told_tuned(kind, seed) for seed in range(cases)]
        right = sum(with_lines == kind for with_lines, _ in told)
        without = sum(blind == kind for _, blind in told)
        low, high = interval(right, cases)
        blind_low, blind_high = interval(without, cases)
        lines.append(
            f"tuner {kind:14}{right}/{cases} [{low:.3f}, {high:.3f}]; without the line rate "
            f"{without}/{cases} [{blind_low:.3f}, {blind_high:.3f}] {dict(Counter(told))}"
        )
        assert right >= 0.95 * cases, lines[-1]
    return lines


def test_the_tuner_tells_a_picture_by_its_lines() -> None:
    tuner_table(40)


def video_calls_in_wifi(cases: int) -> int:
    """Calls of analogue video in `cases` windows of 1 s of Wi-Fi only: log detector, and tuner around its channel."""
    calls = 0
    for seed in range(cases):
        rng = np.random.default_rng((80, seed))
        source = Source("wifi", FLOOR_DBM + rng.uniform(15, 45))
        centre_mhz = float(rng.choice((5745, 5765, 5785, 5805, 5825)))
        visited = tuple(mhz for mhz in tuner_frequencies() if abs(mhz - centre_mhz) < 40)[:10]
        windows = [*log_windows([source], 1.0, rng), *tuner_windows([(source, centre_mhz)], visited, rng)]
        calls += any(heard.kind == "analog_video" for heard in judge_windows(windows).emitters)
    return calls


def test_wifi_alone_is_never_a_picture() -> None:
    assert video_calls_in_wifi(60) == 0


@pytest.mark.soak
def test_a_thousand_seconds_of_wifi_alone_are_never_a_picture() -> None:
    assert video_calls_in_wifi(1000) == 0


# --- the scenes of the emulator, on which the thresholds were chosen --------------------------------------------------


def test_a_carrier_with_wifi_on_top_keeps_both() -> None:
    for seed in range(5):
        scene = RfScene((Emitter("continuous", -45.0), Emitter("wifi", -25.0, duty_cycle=0.4)), seed=seed)
        waveform = Waveform(scene)
        counts = np.concatenate([waveform.next_block() for _ in range(2)]).astype(np.int64) * 1023 // 2500
        windows = [log_window(counts[at : at + WINDOW_SLOTS], at) for at in range(0, counts.size, WINDOW_SLOTS)]
        result = judge_windows(windows)
        assert [heard.kind for heard in result.emitters] == ["continuous", "unknown"]
        assert result.emitters[0].level_dbm == pytest.approx(-45.0, abs=1.0)
        assert result.emitters[1].level_dbm == pytest.approx(-25.0, abs=4.0)


def test_nothing_but_noise_is_nothing() -> None:
    for seed in range(20):
        assert not judge_windows(log_windows([], 2.0, np.random.default_rng(seed))).emitters
