"""Which emitter is told for which, over simulated envelopes whose models and parameters are not those the thresholds
were chosen on (`envelopes.py`). The shares say how well the judgement separates models, not real transmitters. Each is
given with its 95 % interval (Clopper-Pearson); `-m soak` prints the table over more cases.
"""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from sweep.modality.line_rate import has_line_rate
from sweep.rf.channels import tuner_frequencies
from sweep.rf.judge import OVER_CARRIER_DB, judge_windows
from sweep.sim.head.fm_video import NTSC, PAL, Standard
from sweep.sim.head.scene import Emitter, RfScene, Waveform

from .envelopes import FLOOR_DBM, WINDOW_SLOTS, Kind, Source, log_window, log_windows, tuner_windows
from .video import SPACES, draw_chain, draw_sender, fm_windows, hear, window_of

KINDS: tuple[Kind, ...] = ("continuous", "analog_video", "wifi", "ble", "dect")
WIDEBAND: tuple[Kind, ...] = ("continuous", "wifi", "ble", "dect")
FM_CASES = 15
UNTOLD_PAIRS = {("wifi", "ble"), ("wifi", "dect")}
"""Window statistics of Wi-Fi hide short bursts in them: only Wi-Fi is told."""


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


def share(right: int, cases: int) -> str:
    low, high = interval(right, cases)
    return f"{right}/{cases} [{low:.3f}, {high:.3f}]"


def told_one(kind: Kind, seed: int) -> tuple[str, ...]:
    rng = np.random.default_rng((77, seed))
    source = Source(kind, FLOOR_DBM + rng.uniform(15, 45))
    return tuple(heard.kind for heard in judge_windows(log_windows([source], 2.0, rng)).emitters)


def is_pair_right(kinds: tuple[Kind, Kind], told: tuple[str, ...]) -> bool:
    """The lenient rule: one of the two is told, a carrier among them always, and nothing that is not there."""
    if "continuous" in kinds and "continuous" not in told:
        return False
    return bool(told) and set(told) <= {*kinds, "unknown"} and set(told) != {"unknown"}


def told_pair(kinds: tuple[Kind, Kind], seed: int) -> tuple[tuple[str, ...], bool]:
    """What is told, and whether both can be: bursts below a carrier are in no envelope."""
    rng = np.random.default_rng((78, seed))
    sources = [Source(kind, FLOOR_DBM + rng.uniform(15, 40)) for kind in kinds]
    told = tuple(heard.kind for heard in judge_windows(log_windows(sources, 2.0, rng)).emitters)
    return told, "continuous" not in kinds or sources[1].level_dbm >= sources[0].level_dbm + OVER_CARRIER_DB


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
        answers = [told_pair(pair, seed) for seed in range(cases)]
        told = Counter(kinds for kinds, _ in answers)
        right = sum(is_pair_right(pair, kinds) for kinds, _ in answers)
        both = sum(set(kinds) == set(pair) for kinds, _ in answers)
        able = [kinds for kinds, is_able in answers if is_able]
        both_able = sum(set(kinds) == set(pair) for kinds in able)
        lines.append(
            f"{'+'.join(pair):18}one and nothing else {share(right, cases)}; both {share(both, cases)}; "
            f"both where both stand out {share(both_able, len(able))} {dict(told)}"
        )
        assert right >= 0.95 * cases, lines[-1]
        if pair not in UNTOLD_PAIRS:
            assert both_able >= 0.8 * len(able), lines[-1]
    return lines


@pytest.mark.soak
def test_emitters_alone_and_in_pairs() -> None:
    table(20)


@pytest.mark.soak
def test_the_whole_confusion_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [*table(200), *tuner_table(300), *physical_table(60)]
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


# --- the picture, physically ------------------------------------------------------------------------------------------

FM_KINDS: tuple[Kind, ...] = ("analog_video", "continuous", "wifi")


def told_physically(kind: Kind, seed: int) -> tuple[str | None, str | None]:
    """The same as told_tuned for cases of the physical chain that no rule was tuned on."""
    rng = np.random.default_rng((SPACES["test"], seed, FM_KINDS.index(kind)))
    visited = tuner_frequencies()
    centre_mhz = float(rng.choice(visited)) + float(rng.uniform(-1, 1))
    source = Source(kind, -95.0 + rng.uniform(15, 45))
    found = judge_windows(fm_windows(source, centre_mhz, visited, rng)).emitters
    if not found:
        return None, None
    strongest = max(found, key=lambda one: one.level_dbm)
    return strongest.kind, strongest.kind_without_lines


def physical_table(cases: int) -> list[str]:
    """Analogue video, bare carrier and Wi-Fi through the physical chain."""
    lines = []
    for kind in FM_KINDS:
        told = [told_physically(kind, seed) for seed in range(cases)]
        right = sum(with_lines == kind for with_lines, _ in told)
        without = sum(blind == kind for _, blind in told)
        lines.append(
            f"FM simulated {kind:14}{share(right, cases)}; without the line rate {share(without, cases)} "
            f"{dict(Counter(told))}"
        )
        assert kind == "analog_video" or not any(with_lines == "analog_video" for with_lines, _ in told), lines[-1]
        assert right >= 0.75 * cases, lines[-1]
    return lines


def test_a_picture_is_told_through_the_physical_chain() -> None:
    physical_table(1)


def lines_at(
    standard: Standard, off_mhz: float, carrier_to_noise_db: float, cases: int
) -> tuple[float, int, float, float]:
    """(median error of the line count in %, windows with a line rate, their share's interval) over drawn chains."""
    per_field = 2 * standard.pulses + standard.pulses
    expected = standard.lines_per_s * (1 + per_field / 2 / (standard.half_lines / 2))
    errors, locked = [], 0
    for seed in range(cases):
        rng = np.random.default_rng((SPACES["test"], seed, round(10 * off_mhz), round(carrier_to_noise_db)))
        sender, chain = draw_sender(rng, standard), draw_chain(rng)
        heard = hear(sender, chain, off_mhz, carrier_to_noise_db, rng)
        window = window_of(heard.edges, heard.level_db, 5800.0, chain, rng)
        assert window.lines_per_s is not None
        errors.append(abs(window.lines_per_s / expected - 1))
        locked += has_line_rate(window)
    low, high = interval(locked, cases)
    return 100 * float(np.median(errors)), locked, low, high


@pytest.mark.soak
def test_lines_come_through_far_above_the_threshold_and_not_below() -> None:
    for standard in (PAL, NTSC):
        error, locked, _, _ = lines_at(standard, 0.0, 35.0, 1)
        assert error < 2.0
        assert locked == 1
        assert lines_at(standard, 0.0, 3.0, 1)[1] == 0


@pytest.mark.soak
def test_lines_by_noise_and_detuning(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for name, standard in (("PAL", PAL), ("NTSC", NTSC)):
        for off_mhz in (0.0, 2.0, 4.0, 6.0):
            cells = []
            for carrier_to_noise_db in (30, 20, 16, 13, 10, 7):
                error, locked, low, high = lines_at(standard, off_mhz, carrier_to_noise_db, FM_CASES)
                cells.append(f"{carrier_to_noise_db} dB: {locked}/{FM_CASES} [{low:.2f}, {high:.2f}] {error:.1f} %")
            rows.append(f"{name:4} {off_mhz:.0f} MHz beside  " + "; ".join(cells))
    with capsys.disabled():
        print("", *rows, sep="\n")


# --- the scenes of the emulator, on which the thresholds were chosen --------------------------------------------------


def test_a_carrier_with_wifi_on_top_keeps_both() -> None:
    for seed in range(5):
        scene = RfScene((Emitter("continuous", -45.0), Emitter("wifi", -25.0, duty_cycle=0.4)), seed=seed)
        waveform = Waveform(scene)
        counts = np.concatenate([waveform.next_block() for _ in range(2)]).astype(np.int64) * 1023 // 2500
        windows = [log_window(counts[at : at + WINDOW_SLOTS], at) for at in range(0, counts.size, WINDOW_SLOTS)]
        result = judge_windows(windows)
        assert [heard.kind for heard in result.emitters] == ["continuous", "wifi"]
        assert result.emitters[0].level_dbm == pytest.approx(-45.0, abs=1.0)
        assert result.emitters[1].level_dbm == pytest.approx(-25.0, abs=4.0)


def test_nothing_but_noise_is_nothing() -> None:
    for seed in range(20):
        assert not judge_windows(log_windows([], 2.0, np.random.default_rng(seed))).emitters
