"""Which emitter is told for which, over simulated detector envelopes. The statistics of a window are the firmware's,
written again with numpy (tests/firmware compares the two). The emitters' burst patterns are simulated and the
thresholds were chosen on the same patterns: the shares say how well the judgement separates these models, not real
transmitters.
"""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.report import RfWindow
from sweep.rf.judge import judge_windows
from sweep.sim.head_scene import BLOCK_SLOTS, Emitter, EmitterKind, RfScene, Waveform

WINDOW_SLOTS = 3125
BURST_BELOW, BURST_END = 767, 775
KINDS: tuple[EmitterKind, ...] = ("continuous", "analog_video", "wifi", "ble", "dect")
FLOOR_DBM = -62.0


def windows_of(scene: RfScene, blocks: int = 2) -> list[RfWindow]:
    waveform = Waveform(scene)
    millivolts = np.concatenate([waveform.next_block() for _ in range(blocks)])
    counts = (millivolts.astype(np.int64) * 1023) // 2500
    return [
        _window(counts[at : at + WINDOW_SLOTS], at)
        for at in range(0, blocks * BLOCK_SLOTS - WINDOW_SLOTS + 1, WINDOW_SLOTS)
    ]


def _window(counts: NDArray[np.int64], at: int) -> RfWindow:
    # Hysteresis: between the two thresholds the state of the last sample outside them holds.
    state = np.where(counts < BURST_BELOW, 1, np.where(counts >= BURST_END, 0, -1))
    last = np.maximum.accumulate(np.where(state >= 0, np.arange(state.size), 0))
    is_burst = state[last] == 1
    p10, p50, p90 = np.percentile(counts, (10, 50, 90), method="inverted_cdf")
    begins = np.count_nonzero(is_burst[1:] & ~is_burst[:-1])
    return RfWindow(
        t_ns=at * 32_000,
        duration_s=0.1,
        receiver="log_detector",
        centre_mhz=None,
        samples=counts.size,
        dropped=0,
        min_counts=float(counts.min()),
        mean_counts=float(counts.mean()),
        max_counts=float(counts.max()),
        p10_counts=float(p10),
        p50_counts=float(p50),
        p90_counts=float(p90),
        duty_cycle=float(is_burst.mean()),
        bursts=int(begins + is_burst[0]),
        gaps=int(np.count_nonzero(~is_burst[1:] & is_burst[:-1]) + (not is_burst[0])),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_one_emitter_15_db_or_more_above_the_floor(kind: EmitterKind) -> None:
    expected = "continuous" if kind == "analog_video" else kind
    rng = np.random.default_rng(11)
    told: Counter[tuple[str, ...]] = Counter()
    for seed in range(30):
        level_dbm = FLOOR_DBM + rng.uniform(15, 45)
        emitter = Emitter(kind, level_dbm, duty_cycle=float(rng.uniform(0.05, 0.9)))
        result = judge_windows(windows_of(RfScene((emitter,), noise_dbm=FLOOR_DBM, seed=seed)))
        told[tuple(heard.kind for heard in result.emitters)] += 1
    assert told[(expected,)] >= 0.95 * told.total(), told
    assert "analog_video" not in {name for names in told for name in names}


def test_a_carrier_with_wifi_on_top_keeps_both() -> None:
    for seed in range(10):
        scene = RfScene((Emitter("continuous", -45.0), Emitter("wifi", -25.0, duty_cycle=0.4)), seed=seed)
        result = judge_windows(windows_of(scene))
        assert [heard.kind for heard in result.emitters] == ["continuous", "unknown"]
        assert result.emitters[0].level_dbm == pytest.approx(-45.0, abs=1.0)
        assert result.emitters[1].level_dbm == pytest.approx(-25.0, abs=4.0)


def test_nothing_but_noise_is_nothing() -> None:
    assert not any(judge_windows(windows_of(RfScene(seed=seed))).emitters for seed in range(20))


def test_wifi_alone_is_never_a_carrier_or_video() -> None:
    told: Counter[str] = Counter()
    for seed in range(60):
        duty = 0.03 + 0.92 * seed / 60
        windows = windows_of(RfScene((Emitter("wifi", -35.0, duty_cycle=duty),), seed=seed), blocks=1)
        told.update(heard.kind for heard in judge_windows(windows).emitters)
    assert told["analog_video"] == told["continuous"] == 0
    assert told["wifi"] >= 57
