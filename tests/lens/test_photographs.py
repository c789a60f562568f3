"""Ordinary photographs are no strobed recording, however they are dressed up."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sweep.lens import scan_clips
from sweep.lens.clip.clips import Frame
from tests.lens.clip_factory import PHASES, as_frame, made_up_photograph, write_frames


def _frames(photographs: list[npt.NDArray[np.float32]], seed: int, shift_px: float, noise: float) -> list[Frame]:
    rng = np.random.default_rng(seed)
    return [as_frame(photographs[i % len(photographs)], rng, shift_px, noise) for i in range(len(PHASES))]


@pytest.mark.parametrize(("shift_px", "noise"), [(0.0, 0.0), (0.0, 3.0), (0.7, 3.0), (3.0, 8.0)])
def test_one_photograph_in_all_phases(tmp_path: Path, shift_px: float, noise: float) -> None:
    for seed in range(3):
        write_frames(tmp_path / f"p{seed}", _frames([made_up_photograph(seed)], seed, shift_px, noise))
    for result in scan_clips(tmp_path).clips:
        assert result.error is None
        assert result.verdict == "not_assessable"
        assert result.reason == "lamp_phases_do_not_differ"
        assert result.candidates == ()
        assert result.coverage is not None
        assert result.coverage.seen_share == 0.0


@pytest.mark.parametrize("count", [3, 15])
def test_different_photographs(tmp_path: Path, count: int) -> None:
    for seed in range(4):
        photographs = [made_up_photograph(100 * seed + i) for i in range(count)]
        photographs = [p * (0.3 + 0.7 * ((i + seed) % 3) / 2) for i, p in enumerate(photographs)]
        write_frames(tmp_path / f"p{seed}", _frames(photographs, seed, 0.5, 3.0))
    for result in scan_clips(tmp_path).clips:
        assert result.verdict == "not_assessable", result.clip
        assert result.reason in {
            "lamp_phases_do_not_differ",
            "lamp_phases_show_different_scenes",
            "no_common_scene",
            "too_fast",
            "phase_labels_wrong",
        }
        assert result.candidates == ()


def test_real_photographs(tmp_path: Path, shared_data: Path) -> None:
    for number, path in enumerate(sorted((shared_data / "lens").glob("*.jpg"))[:12]):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert image is not None
        small = cv2.resize(image, (364, 272), interpolation=cv2.INTER_AREA).astype(np.float32)
        write_frames(tmp_path / f"p{number}", _frames([small], number, 0.8, 2.0))
    for result in scan_clips(tmp_path).clips:
        assert (result.verdict, result.reason) == ("not_assessable", "lamp_phases_do_not_differ")
