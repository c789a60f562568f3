"""Pictures hardly above the noise, in three dwells on one frequency, and what is no picture in as many. `-m soak`
prints the table of `sweep/rf/README.md`.
"""

from collections import Counter

import numpy as np
import pytest

from sweep.modality.line_rate import has_line_rate
from sweep.report import RfWindow
from sweep.rf.judge import judge_windows
from sweep.sim.head.fm_video import NTSC, PAL, Standard, modulation, receive

from .envelopes import TUNER_FLOOR_DBM
from .others import OTHERS, other_windows
from .test_confusion import share
from .video import SECONDS, SPACES, draw_chain, draw_sender, window_of

DWELLS = 3


def picture_windows(standard: Standard, carrier_to_noise_db: float, seed: int, off_mhz: float = 2.0) -> list[RfWindow]:
    """Three dwells at most `off_mhz` beside a picture."""
    rng = np.random.default_rng((SPACES["test"], 4, seed, round(10 * carrier_to_noise_db), standard is PAL))
    sender, chain, beside_mhz = draw_sender(rng, standard), draw_chain(rng), float(rng.uniform(-off_mhz, off_mhz))
    deviation = modulation(sender, SECONDS, rng)
    windows = []
    for number in range(DWELLS):
        heard = receive(deviation, chain.receiver, off_mhz=beside_mhz, carrier_to_noise_db=carrier_to_noise_db, rng=rng)
        level_dbm = heard.level_db + TUNER_FLOOR_DBM + carrier_to_noise_db
        window = window_of(heard.edges, level_dbm, 5800.0, chain, rng)
        windows.append(window.model_copy(update={"t_ns": number * 100_000_000}))
    return windows


def kind_of(windows: list[RfWindow]) -> str:
    found = judge_windows(windows).emitters
    return found[0].kind if found else "nothing"


def told_at(standard: Standard, carrier_to_noise_db: float, cases: int) -> tuple[Counter[str], int]:
    """Kinds told of so many pictures, and windows with a line rate."""
    each = [picture_windows(standard, carrier_to_noise_db, seed) for seed in range(cases)]
    return Counter(map(kind_of, each)), sum(has_line_rate(window) for windows in each for window in windows)


def test_a_picture_hardly_above_the_noise_is_told() -> None:
    for standard in (PAL, NTSC):
        assert told_at(standard, 11.5, 1)[0] == {"analog_video": 1}


def test_what_is_no_picture_has_no_lines() -> None:
    for number, kind in enumerate(OTHERS[:-1]):
        windows = other_windows(kind, 1, np.random.default_rng((SPACES["test"], 5, number)))
        assert not any(map(has_line_rate, windows)), kind
        assert kind_of(windows) not in {"analog_video", "probable_video"}


@pytest.mark.soak
def test_weak_pictures_and_others(capsys: pytest.CaptureFixture[str]) -> None:
    rows, cases = [], 24
    for name, standard in (("PAL", PAL), ("NTSC", NTSC)):
        for carrier_to_noise_db in (7.0, 8.5, 10.0, 11.5, 13.0, 35.0):
            told, lined = told_at(standard, carrier_to_noise_db, cases)
            named = told["analog_video"] + told["probable_video"]
            rows.append(
                f"{name:5}{carrier_to_noise_db:5.1f} dB: told {share(told['analog_video'], cases)}, "
                f"told or probable {share(named, cases)}, windows {share(lined, cases * DWELLS)} {dict(told)}"
            )
            assert carrier_to_noise_db < 10.0 or told["analog_video"] >= 0.9 * cases, rows[-1]
            assert named >= 0.7 * cases, rows[-1]
    for number, kind in enumerate(OTHERS):
        each = [other_windows(kind, DWELLS, np.random.default_rng((SPACES["test"], 6, number, at))) for at in range(25)]
        lined = sum(has_line_rate(window) for windows in each for window in windows)
        told = Counter(map(kind_of, each))
        rows.append(f"{kind:13} windows with lines {share(lined, 25 * DWELLS)} {dict(told)}")
        assert kind == "fsk_of_lines" or lined <= 0.01 * 25 * DWELLS, rows[-1]
    with capsys.disabled():
        print("", *rows, sep="\n")
