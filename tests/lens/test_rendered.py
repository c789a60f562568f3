"""Rendered scenes: the planted lens is found where it is, and nothing is found without it."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from sweep.lab.scoring.truth import ClipTruth, parse_truth
from sweep.lens import ClipResult, crop, scan_clips
from sweep.lens.clip.clips import read_clip
from sweep.lens.crop import CropError
from sweep.sim.scene.wall import PlantedLens, Wall, render_clip
from tests.simulators.compact_clip import render_compact_clip

LENS = PlantedLens(aperture_mm=2.0, range_m=1.0, x_px=210.0, y_px=150.0, rho=0.05, off_angle_deg=8.0)


def found(result: ClipResult, truth: ClipTruth, tolerance_px: float = 4.0) -> list[bool]:
    """Whether each planted lens is among the candidates."""
    hits = []
    for lens in truth.lenses:
        places = {row.frame: (row.x, row.y) for row in lens.track}
        hits.append(
            any(
                math.hypot(places[d.frame][0] - d.x, places[d.frame][1] - d.y) <= tolerance_px
                for d in result.candidates
            )
        )
    return hits


def strays(result: ClipResult, truth: ClipTruth, tolerance_px: float = 4.0) -> int:
    """Candidates that are no lens."""
    places = [(row.frame, row.x, row.y) for lens in truth.lenses for row in lens.track]
    return sum(
        not any(f == d.frame and math.hypot(x - d.x, y - d.y) <= tolerance_px for f, x, y in places)
        for d in result.candidates
    )


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak), pytest.param(3, marks=pytest.mark.soak)])
def test_lens_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    order = ("ABC", "BAC", "CAB", "CBA")[seed]
    with_lens = parse_truth(render_clip(tmp_path, clip="with", wall=Wall(seed, (LENS,)), fmt="npy", order=order).truth)
    without = parse_truth(render_clip(tmp_path, clip="without", wall=Wall(seed), fmt="npy", order=order).truth)
    first, second = scan_clips(tmp_path).clips
    assert found(first, with_lens) == [True]
    assert (first.verdict, strays(first, with_lens)) == ("candidate", 0)
    assert (second.verdict, second.reason) == ("nothing_detected", "not_calibrated")
    assert strays(second, without) == 0


@pytest.mark.soak
def test_compact_clips(tmp_path: Path) -> None:
    truths = {}
    for seed in range(6):
        lenses = [PlantedLens(1.2, 0.9, 60.0 + 40.0 * seed, 40.0 + 30.0 * seed, 0.04)] if seed % 2 else []
        name = f"c{seed}"
        truths[name] = render_compact_clip(tmp_path, clip=name, seed=40 + seed, lenses=lenses)
        assert sum(f.stat().st_size for f in (tmp_path / name).iterdir()) < 600_000
    results = scan_clips(tmp_path).clips
    seen = [hit for result in results for hit in found(result, truths[result.clip])]
    assert sum(seen) >= 2, "four dark triples are few"
    assert sum(strays(result, truths[result.clip]) for result in results) <= 1


def test_full_size_and_two_lenses(tmp_path: Path) -> None:
    lenses = (
        PlantedLens(1.0, 1.2, 400.0, 800.0, 0.03, 15.0),
        PlantedLens(2.0, 1.2, 1100.0, 300.0, 0.05, 5.0),
    )
    made = render_clip(tmp_path, clip="full", wall=Wall(3, lenses, (1456, 1088)), fmt="npy", triples=3)
    truth = parse_truth(made.truth)
    (result,) = scan_clips(tmp_path).clips
    assert found(result, truth, 6.0) == [True, True]
    assert strays(result, truth, 6.0) == 0


def test_same_input_same_output(tmp_path: Path) -> None:
    for name in ("one", "two"):
        render_clip(tmp_path / name, clip="c", wall=Wall(9, (LENS,), (364, 272)), fmt="png", triples=3)
    tables = []
    for name in ("one", "two"):
        table = scan_clips(tmp_path / name).to_json()
        table["ms_per_triple"] = 0
        for result in table["results"]:
            result["ms_per_triple"] = 0
        tables.append(json.dumps(table, allow_nan=False, sort_keys=True))
    assert tables[0] == tables[1]
    names = sorted(p.name for p in (tmp_path / "one" / "c").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "two" / "c").iterdir())
    for name in names:
        assert (tmp_path / "one" / "c" / name).read_bytes() == (tmp_path / "two" / "c" / name).read_bytes()


def test_swapped_labels_are_named(tmp_path: Path) -> None:
    render_clip(tmp_path, clip="c", wall=Wall(9, (LENS,), (364, 272)), fmt="npy", triples=4)
    meta = json.loads((tmp_path / "c" / "meta.json").read_text(encoding="utf-8"))
    meta["phases"] = [{"A": "C", "B": "B", "C": "A"}[p] for p in meta["phases"]]
    (tmp_path / "c" / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    (result,) = scan_clips(tmp_path).clips
    assert (result.verdict, result.reason, result.candidates) == ("not_assessable", "phase_labels_wrong", ())


def test_evidence_and_coverage(tmp_path: Path) -> None:
    render_clip(tmp_path, clip="c", wall=Wall(5, (LENS,)), fmt="npy", triples=6)
    (result,) = scan_clips(tmp_path, range_m=1.0).clips
    best = result.candidates[0]
    assert best.evidence["ratio_max"] < 0.2
    assert best.evidence["persistence"] == 1.0
    assert best.reasons[-1].name == "rest"
    assert math.isclose(sum(reason.weight for reason in best.reasons), best.score, abs_tol=1e-3)
    assert result.quality is not None
    assert result.quality.triples_usable == 6
    assert result.coverage is not None
    assert result.coverage.seen_share > 0.9
    assert not result.coverage.range_is_estimated
    assert result.coverage.nearest_m < 1.0 < result.coverage.farthest_m
    far = scan_clips(tmp_path, range_m=30.0).clips[0].coverage
    assert far is not None
    assert far.seen_share == 0.0


def test_crop_of_a_candidate_only(tmp_path: Path) -> None:
    render_clip(tmp_path, clip="c", wall=Wall(5, (LENS,)), fmt="npy", triples=4)
    (result,) = scan_clips(tmp_path).clips
    clip = read_clip(tmp_path / "c")
    best = result.candidates[0]
    image = cv2.imdecode(np.frombuffer(crop(clip, best), np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    assert image.shape == (64, 64)
    assert image.dtype == np.uint8
    assert image[28:37, 28:37].max() == 255
    glint = next(d for d in result.detections if d.verdict == "glint")
    with pytest.raises(CropError, match="only lens candidates"):
        crop(clip, glint)


def test_independent_clips(shared_data: Path) -> None:
    scan = scan_clips(shared_data / "lens-clips")
    assert [c.error for c in scan.clips] == [None] * 4
    assert all(c.quality is not None and c.quality.triples_usable == 8 for c in scan.clips)
    missed = 0
    for result in scan.clips:
        truth = json.loads((shared_data / "lens-clips-truth" / f"{result.clip}.json").read_text(encoding="utf-8"))
        if truth["tier"] > 2:
            continue
        for lens in truth["lenses"]:
            track = {row["frame"]: row for row in lens["track"]}
            near = [
                d for d in result.candidates if math.hypot(track[d.frame]["x"] - d.x, track[d.frame]["y"] - d.y) <= 4.0
            ]
            missed += not near
    assert missed == 0
