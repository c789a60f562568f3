"""Training of the judge: rows as they were written, worlds weighed by their shares, judging worlds refused."""

from pathlib import Path

import numpy as np
import pytest

from sweep.lab.lens import assumed as lens_assumed
from sweep.lab.lens import figures as lens_figures
from sweep.lab.lens import mixture as lens_mixture
from sweep.lab.lens import rows as lens_rows
from sweep.lab.lens import train as lens_train
from sweep.lab.lens.forest import SHARES, Places, weighted
from sweep.lens.evidence.evidence import AT, FEATURES
from sweep.lens.evidence.judge import load_judge

SMALL = (364, 272)


def places(worlds: list[str], kinds: list[str]) -> Places:
    count = len(worlds)
    return Places(
        np.zeros((count, len(FEATURES)), np.float32),
        np.array([kind == "lens" for kind in kinds], np.int8),
        np.ones(count, np.float32),
        np.arange(count, dtype=np.int32),
        np.array(worlds),
        np.array(kinds),
        np.zeros(count),
        np.zeros(count, bool),
    )


def test_each_world_weighs_its_share_however_many_clips_it_has() -> None:
    mixed = weighted(places(["training"] * 9 + ["plain"], ["lens"] * 10))
    assert mixed.weights.sum() == pytest.approx(10.0)
    assert mixed.weights[:9].sum() == pytest.approx(10.0 * SHARES["training"])
    alone = lens_mixture.without(mixed, "plain")
    assert alone.weights.tolist() == pytest.approx([1.0] * 9)


def test_a_part_is_left_out_of_training_and_nothing_else_is() -> None:
    mixed = places(["training", "plain", "plain"], ["lens", "eyes", "background"])
    assert lens_mixture.without(mixed, "eyes").kinds.tolist() == ["lens", "background"]
    assert lens_mixture.shares(mixed) == {"training": 1, "plain": 2}
    blind = lens_mixture.blind_to(mixed, "motion")
    assert np.isnan(blind.features[:, AT["slide"]]).all()
    assert np.isfinite(blind.features).sum() == 3 * (len(FEATURES) - len(lens_mixture.GROUPS["motion"]))


def test_rows_are_read_back_and_a_judging_world_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = lens_rows.follow(lens_rows.render("unseen", 5_000_041, tier=1, size=SMALL, triples=3, with_lens=True))
    lens_rows.save(rows, tmp_path / "unseen-5000041.npz")
    again = lens_rows.load(tmp_path / "unseen-5000041.npz")
    assert (again.world, again.frames, again.truth) == ("unseen", rows.frames, rows.truth)
    assert np.array_equal(again.tracks.rows, rows.tracks.rows, equal_nan=True)
    short = lens_figures.cut_short(again, 2)
    assert (short.scene.triples, short.tracks.triples.size) == (2, 2)
    (outcome,) = outcomes = [lens_figures.outcome_of(again, load_judge())]
    lenses = sum(lens.counts for lens in outcome.truth.lenses)
    assert lenses
    assert f"of {lenses}" in lens_figures.recall_among([again], outcomes, -9.0, bool)
    assert lens_figures.recall_among([again], outcomes, -9.0, lambda lens: lens["kind"] == "none") == "none"
    assert lens_assumed.lenses_of([again], outcomes).found.size == lenses
    assert lens_train.main(["fit", str(tmp_path), "--out", str(tmp_path / "model.json")]) == 2
    assert "never takes part" in capsys.readouterr().err
    assert not (tmp_path / "model.json").exists()


def test_training_clips_are_the_same_again() -> None:
    assert set(lens_rows.JUDGING) < set(lens_rows.WORLDS)
    one, two = (lens_rows.training_clip("plain", 5) for _ in range(2))
    assert one.truth == two.truth
    assert np.array_equal(one.frames[-1], two.frames[-1])


def test_a_dense_clip_is_another_one_with_more_lenses() -> None:
    dense = lens_rows.training_clip("plain", 6, is_dense=True)
    low, high = lens_rows.DENSE_LENSES
    assert low <= len(dense.truth["lenses"]) < high
    assert dense.truth["lenses"] != lens_rows.training_clip("plain", 6).truth["lenses"]
