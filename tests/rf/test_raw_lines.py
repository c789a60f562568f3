"""A picture's lines in raw runs of the log detector at any band, told from everything else the detector hears."""

import numpy as np
import pytest

from sweep.modality.line_rate import RUN_SAMPLES, line_excess_db
from sweep.report import RfWindow
from sweep.rf.envelope import NOMINAL
from sweep.rf.judge import judge_windows
from sweep.rf.raw_lines import PROBABLE_DB, RawLines, tell_raw_lines
from sweep.sim.head.scene import Emitter, EmitterKind, RfScene, Waveform

from .envelopes import WINDOW_SLOTS, log_window
from .test_confusion import share

OTHERS: tuple[tuple[EmitterKind, ...], ...] = (
    (), ("continuous",), ("wifi",), ("wifi", "wifi"), ("ble",), ("dect",), ("continuous", "wifi"),
    ("continuous", "dect", "ble"),
)  # fmt: skip
RUNS = 8


def raw_window(run: np.ndarray, number: int) -> RfWindow:
    window = log_window(run * 4, number * 2_000)
    return window.model_copy(update={"receiver": "raw_run", "line_excess_db": line_excess_db(run.astype(np.float64))})


def windows_of(scene: RfScene) -> list[RfWindow]:
    """Eight raw runs, every other half a slot later, and half a second of windows."""
    waveform = Waveform(scene)
    early = waveform.next_block().astype(np.int64) * 1023 // 2500
    late = early if waveform.late is None else waveform.late.astype(np.int64) * 1023 // 2500
    rng = np.random.default_rng((33, scene.seed))
    begins = [int(at) for at in np.arange(RUNS) * 1_800 + rng.integers(0, 1_200, RUNS)]
    runs = [(late if n % 2 else early)[at : at + RUN_SAMPLES] // 4 for n, at in enumerate(begins)]
    logs = [log_window(early[at : at + WINDOW_SLOTS], at) for at in range(0, 6 * WINDOW_SLOTS, WINDOW_SLOTS)]
    return [*(raw_window(run, n) for n, run in enumerate(runs)), *logs]


def scene_of(kinds: tuple[EmitterKind, ...], seed: int) -> RfScene:
    rng = np.random.default_rng((31, seed))
    emitters = [Emitter(kind, float(rng.uniform(-52, -15)), duty_cycle=float(rng.uniform(0.05, 0.9))) for kind in kinds]
    return RfScene(tuple(emitters), noise_dbm=float(rng.uniform(-62, -55)), seed=seed)


def camera(slope_db_per_mhz: float, lines_per_s: float, seed: int, wifi_above_db: float | None = None) -> RfScene:
    rng = np.random.default_rng((32, seed))
    level_dbm = float(rng.uniform(-45, -20))
    emitters = [Emitter("analog_video", level_dbm, lines_per_s=lines_per_s, slope_db_per_mhz=slope_db_per_mhz)]
    if wifi_above_db is not None:
        emitters.append(Emitter("wifi", level_dbm + wifi_above_db, duty_cycle=float(rng.uniform(0.1, 0.6))))
    return RfScene(tuple(emitters), seed=seed)


def lines_in(scene: RfScene) -> RawLines | None:
    return tell_raw_lines(windows_of(scene), NOMINAL)


@pytest.mark.parametrize("lines_per_s", [15_625.0, 15_734.266])
def test_a_picture_in_a_room_with_echoes_shows_its_lines(lines_per_s: float) -> None:
    result = judge_windows(windows_of(camera(0.4, lines_per_s, 3)))
    assert [(one.kind, one.centre_mhz) for one in result.emitters] == [("analog_video", None)]
    assert any("8 raw runs" in reason for reason in result.emitters[0].reasons)
    assert "probable_video" not in result.limits


def test_without_raw_runs_or_in_saturation_a_carrier_is_a_carrier() -> None:
    windows = windows_of(camera(0.4, 15_625.0, 3))
    logs = [window for window in windows if window.receiver == "log_detector"]
    assert [one.kind for one in judge_windows(logs).emitters] == ["continuous"]
    clipped = [window.model_copy(update={"p50_counts": NOMINAL.to_counts(-4.0)}) for window in windows]
    assert tell_raw_lines(clipped, NOMINAL) is None
    assert tell_raw_lines(windows[:3], NOMINAL) is None


def test_what_is_only_probable_is_said_to_be() -> None:
    windows = windows_of(camera(0.4, 15_625.0, 3))
    hardly = [
        window.model_copy(update={"line_excess_db": PROBABLE_DB + 0.5}) if window.receiver == "raw_run" else window
        for window in windows
    ]
    result = judge_windows(hardly)
    assert [one.kind for one in result.emitters] == ["probable_video"]
    assert "probable_video" in result.limits


def test_nothing_else_has_lines() -> None:
    for kinds in OTHERS:
        for seed in range(4):
            assert lines_in(scene_of(kinds, seed)) is None, kinds


@pytest.mark.soak
def test_raw_lines_by_slope_and_beside_wifi(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for slope in (0.1, 0.2, 0.4):
        for wifi_above_db in (None, -8.0, 10.0):
            for name, lines_per_s in (("PAL", 15_625.0), ("NTSC", 15_734.266)):
                told = [lines_in(camera(slope, lines_per_s, seed, wifi_above_db)) for seed in range(40)]
                pictures = sum(one is not None and one.kind == "analog_video" for one in told)
                named = sum(one is not None for one in told)
                beside = "alone" if wifi_above_db is None else f"Wi-Fi {wifi_above_db:+.0f} dB"
                rows.append(f"{slope} dB/MHz {name:4} {beside:12} told {share(pictures, 40)}, named {share(named, 40)}")
    for kinds in OTHERS:
        named = sum(lines_in(scene_of(kinds, seed)) is not None for seed in range(1_000, 1_300))
        rows.append(f"{'+'.join(kinds) or 'nothing':24} named {share(named, 300)}")
        assert named <= 3, rows[-1]
    with capsys.disabled():
        print("", *rows, sep="\n")
