"""A forest fitted to recorded clips: what is refused, groups whole, a gain that is shown and one that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli import lens as lens_command
from sweep.entry.dsse import WEIGHTS_TYPE, Signer
from sweep.lab.commands.bench import _conclude
from sweep.lab.lens import forest as lens_forest
from sweep.lab.lens import refit as lens_refit
from sweep.lab.lens.forest import Earlier, Places
from sweep.lab.lens.recorded import FitError, Sample, follow_campaign, read_campaign
from sweep.lab.lens.rows import render
from sweep.lab.scoring.score import mean_recalls
from sweep.lab.scoring.truth import parse_truth
from sweep.lens.evidence.decision_forest import forest_text, load_model
from sweep.lens.evidence.evidence import AT, FEATURES
from sweep.lens.evidence.judge import shipped_forest
from sweep.run.field_weights import read_forest

SHIPPED = Earlier.of(shipped_forest())
PLACES = 14
SMALL = (364, 272)


def sample(number: int, *, tells: bool, seed: int = 0) -> Sample:
    """A clip of places in a row; in every second one the first is a lens, which `width` tells from others, or nothing
    does. Four clips a group.
    """
    rng = np.random.default_rng([seed, number])
    features = rng.normal(0.0, 1.0, (PLACES, len(FEATURES))).astype(np.float32)
    features[:, [AT["eye_pair"], AT["dark_peak"]]] = 0.0
    has_lens = number // 4 % 2 == 0
    if has_lens and tells:
        features[0, AT["width"]] += 6.0
    found = [(0, 20.0 * at, 5.0) for at in range(PLACES)]
    lens = {"kind": "clear", "detectable": True, "track": [{"frame": 0, "x": 0.0, "y": 5.0}]}
    truth = parse_truth(
        {"clip": f"f{number:03d}", "group": f"thing-{number // 4:02d}", "width": 728, "last_A": 0, "tier": 2,
         "lenses": [lens] if has_lens else []}
    )  # fmt: skip
    labels = np.zeros(PLACES, np.int8)
    labels[0] = has_lens
    said = SHIPPED.model.forest.scores(features)
    places = Places(
        features, labels, np.ones(PLACES, np.float32), np.full(PLACES, number, np.int32), np.full(PLACES, "recorded"),
        np.where(labels == 1, "lens", "background"), said, np.zeros(PLACES, bool),
    )  # fmt: skip
    x = np.array([[x] for _, x, _ in found], np.float32)
    return Sample(truth, places, features, said, found, x, np.full_like(x, 5.0), 1.0)


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens_forest, "ROUNDS", 12)
    monkeypatch.setattr(lens_forest, "CORRECTING_ROUNDS", 12)
    monkeypatch.setattr(lens_refit, "CURVE", (40,))


def test_a_group_is_never_on_both_sides_and_each_fold_has_both_kinds() -> None:
    samples = [sample(number, tells=False) for number in range(96)]
    fold = lens_refit.folds_of(samples, lens_refit.OUTER, 1)
    by_group: dict[str, set[int]] = {}
    for one, at in zip(samples, fold, strict=True):
        by_group.setdefault(one.group, set()).add(int(at))
    assert len(by_group) == 24
    assert all(len(folds) == 1 for folds in by_group.values())
    for number in range(lens_refit.OUTER):
        assert {one.has_lens for one, at in zip(samples, fold, strict=True) if at == number} == {True, False}


def test_what_folds_find_is_found_whatever_the_scale_of_each() -> None:
    samples = [sample(number, tells=True) for number in range(96)]
    fold = lens_refit.folds_of(samples, lens_refit.OUTER, 1)
    outcomes = [one.outcome(lambda features: features[:, AT["snr"]], frozenset()) for one in samples]
    moved = [
        replace(one, matched=tuple(replace(place, score=3.0 * at + place.score) for place in one.matched))
        for one, at in zip(outcomes, fold, strict=True)
    ]
    apart, again = (lens_refit.within_folds(some, fold, 20) for some in (outcomes, moved))
    assert 0.0 < apart[0] < 1.0
    np.testing.assert_allclose(again, apart)
    together = [float(mean_recalls(some, lens_refit.RATES)[0]) for some in (outcomes, moved)]
    assert together[0] != together[1]


def test_where_everything_is_found_every_sample_finds_everything_and_folds_are_drawn_apart() -> None:
    samples = [sample(number, tells=True) for number in range(96)]
    fold = lens_refit.folds_of(samples, lens_refit.OUTER, 1)
    best = [one.outcome(lambda features: features[:, AT["width"]], frozenset()) for one in samples]
    only_hits = [replace(one, matched=tuple(place for place in one.matched if place.lens is not None)) for one in best]
    np.testing.assert_array_equal(lens_refit.within_folds(only_hits, fold, 200), 1.0)
    half = [replace(one, matched=()) if at % 2 else one for at, one in enumerate(only_hits)]
    drawn = lens_refit.within_folds(half, fold, 200)
    each = [
        lens_refit.within_folds(
            [one for one, at in zip(half, fold, strict=True) if at == number], fold[fold == number], 200
        )
        for number in range(2)
    ]
    assert np.corrcoef(each[0][1:], each[1][1:])[0, 1] < 0.3
    assert drawn[1:].std() < min(one[1:].std() for one in each)


def test_a_sample_without_a_difference_counts_half() -> None:
    assert lens_refit.sure_of(np.array([0.1, 0.2, 0.0, -0.1])) == 0.625
    assert lens_refit.sure_of(np.zeros(8)) == 0.5


def test_the_interval_of_a_gain_is_wider_than_the_samples_for_the_folds_share_their_clips() -> None:
    samples = np.linspace(0.0, 0.2, 101)
    assert lens_refit.interval_of(np.array([0.1, *samples])) == pytest.approx((0.1 - 1.5 * 0.09, 0.1 + 1.5 * 0.09))


def test_clips_without_a_group_are_groups_of_their_own() -> None:
    lone = replace(sample(0, tells=False), truth=parse_truth({"clip": "a", "width": 728}))
    assert lone.group == "clip a"


@pytest.mark.usefixtures("few_trees")
def test_what_the_shipped_forest_does_not_know_is_learnt_and_the_gain_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    samples = [sample(number, tells=True) for number in range(96)]
    heard: list[str] = []
    result = lens_refit.refit(samples, lens_refit.Basis(SHIPPED), {"trained_on": "recorded clips"}, heard.append)
    assert result.is_better
    assert result.gain_interval is not None
    assert result.gain_interval[0] > 0.0
    _conclude(result, Path("f.json"))
    verdict, following = capsys.readouterr().err.splitlines()
    assert verdict.startswith("it finds more lenses than the one that ships, on clips left out of its fit")
    assert verdict.endswith(f"over 0.02 to 1 false alarms a clip is {result.gain:.3f} higher")
    assert following == "next: sweep-server sign-weights f.json f-signed.json --data-dir SERVER"
    assert result.way != "shipped"
    assert result.new.groups == 24
    recall, today = result.new.recall[0.1].value, result.shipped.recall[0.1].value
    assert recall is not None
    assert today is not None
    assert recall > today + 0.2
    assert [one.clips for one in result.curve] == [40, 72]
    assert len(heard) == lens_refit.OUTER + 1 + len(result.curve)
    assert result.forest is not None
    model = load_model(forest_text(result.forest), FEATURES)
    fresh = [sample(number, tells=True, seed=1) for number in range(40)]
    best = [int(np.argmax(model.forest.scores(one.features))) for one in fresh if one.has_lens]
    assert np.mean(np.array(best) == 0) > 0.7
    assert model.about["candidate"]["scored_by"] == "folds over recorded clips, by group"


@pytest.mark.usefixtures("few_trees")
def test_where_nothing_tells_a_lens_no_gain_is_claimed() -> None:
    samples = [sample(number, tells=False) for number in range(64)]
    result = lens_refit.refit(samples, lens_refit.Basis(SHIPPED), {}, lambda _: None)
    assert not result.is_better


@pytest.mark.usefixtures("few_trees")
def test_rendered_clips_are_fitted_to_beside_the_recorded_ones() -> None:
    rendered = lens_forest.joined([sample(number, tells=True, seed=2).places for number in range(24)])
    basis = lens_refit.Basis(SHIPPED, rendered)
    assert basis.ways == lens_refit.WAYS
    samples = [sample(number, tells=True) for number in range(8)]
    (held,) = [one for one in (sample(number, tells=True, seed=3) for number in (0,)) if one.has_lens]
    (outcome,) = lens_refit.judged(lens_refit.fit_by("together", samples, basis), [held])
    assert outcome.matched[0].lens == 0


def test_too_few_clips_claim_nothing() -> None:
    samples = [sample(number, tells=True) for number in range(32)]
    with pytest.raises(FitError, match=r"32 clips, 16 lenses that count, 4 groups with a lens and 4 without"):
        lens_refit.refit(samples, lens_refit.Basis(SHIPPED), {}, lambda _: None)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a lens, marked once as the field test says, and one without; truths beside."""
    folder = tmp_path_factory.mktemp("campaign")
    for name, seed, with_lens in (("f001", 5_000_041, True), ("f002", 5_000_042, False)):
        clip = render("unseen", seed, tier=1, size=SMALL, triples=3, with_lens=with_lens)
        meta = clip.meta.model_copy(update={"clip": name})
        replace(clip, meta=meta).write(folder / "clips")
        lenses = [
            {"kind": lens["kind"], "detectable": True,
             "track": [{key: lens["track"][-1][key] for key in ("frame", "x", "y")}]}
            for lens in clip.truth["lenses"]
        ]  # fmt: skip
        told = {"clip": name, "group": "camera-04" if with_lens else "confuser-tape", "tier": 2, "lenses": lenses}
        (folder / "truth").mkdir(exist_ok=True)
        (folder / "truth" / f"{name}.json").write_text(json.dumps(told))
    return folder


def test_a_campaign_is_read_and_a_mark_carried_over_the_frames(campaign: Path) -> None:
    heard: list[tuple[int, int]] = []
    samples = read_campaign(campaign, None, SHIPPED, lambda at, of: heard.append((at, of)))
    assert heard == [(1, 2), (2, 2)]
    assert [(one.group, one.has_lens) for one in samples] == [("camera-04", True), ("confuser-tape", False)]
    assert len(samples[0].truth.lenses[0].track) == 3
    assert (samples[0].places.labels == 1).sum() >= 1
    assert set(samples[1].places.labels.tolist()) <= {0}
    again = read_campaign(campaign / "clips", campaign / "truth", SHIPPED, lambda at, of: None)
    assert np.array_equal(samples[0].features, again[0].features, equal_nan=True)


def test_many_clips_are_counted_while_they_are_judged(
    campaign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["lens", str(campaign / "clips"), "--json", str(tmp_path / "result.json")]
    assert "2/2" not in CliRunner().invoke(build_app(["lens"]), arguments).stderr, "two are not many"
    monkeypatch.setattr(lens_command, "FEW", 1)
    done = CliRunner().invoke(build_app(["lens"]), arguments)
    assert (done.exit_code, done.stderr.split()) == (0, ["2/2"])


def test_of_a_set_up_that_was_recorded_again_the_last_clip_counts(campaign: Path, tmp_path: Path) -> None:
    folder, wall = tmp_path / "campaign", {"background": "matt tile", "is_light_on": False}
    (folder / "clips").mkdir(parents=True)
    for name in ("f001", "f002"):
        (folder / "clips" / name).symlink_to(campaign / "clips" / name)
    (folder / "campaign.json").write_text('{"v": 1, "seed": 1, "setups": 1}')
    tries = [{"clip": name, "setup": 1, "recorded": "2026-12-01T00:00:00Z"} | wall for name in ("f002", "f001")]
    (folder / "tries.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in tries))
    for given in (folder, folder / "clips"):
        followed = follow_campaign(given, campaign / "truth", lambda at, of: None)
        assert [one.truth.clip for one in followed] == ["f001"]


def fit(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(["bench"]), ["bench", "fit", *map(str, arguments)])
    return done.exit_code, " ".join(done.stderr.split())


def test_bad_input_is_one_line(campaign: Path, tmp_path: Path) -> None:
    assert fit(campaign, tmp_path / "absent")[0] == 2
    code, said = fit(campaign / "clips", tmp_path)
    assert (code, said.count("sweep:"), "holds no truth" in said) == (2, 1, True)
    for name in ("f001.json",):
        (tmp_path / name).write_bytes((campaign / "truth" / name).read_bytes())
    code, said = fit(campaign, tmp_path)
    assert (code, "1 clip has no truth" in said, "f002" in said) == (2, True, True)
    code, said = fit(campaign)
    assert (code, "too little to claim anything: 2 clips" in said) == (2, True)
    torn = tmp_path / "torn" / "clips" / "f001"
    torn.mkdir(parents=True)
    for path in (campaign / "clips" / "f001").iterdir():
        (torn / path.name).write_bytes(path.read_bytes()[: 9_000 if path.suffix == ".npy" else None])
    code, said = fit(tmp_path / "torn" / "clips", campaign / "truth")
    assert (code, said.startswith("sweep: f001 cannot be used:")) == (2, True)
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "f002").symlink_to(campaign / "clips" / "f002")
    code, said = fit(lone, campaign / "truth")
    assert (code, "tell nothing apart" in said, "0 places on lenses" in said) == (2, True, True)
    assert fit(campaign, "--with", tmp_path)[1].endswith("holds no rows: sweep bench rows makes them")


def test_a_forest_to_be_signed_is_read_and_another_file_is_one_line(tmp_path: Path) -> None:
    table = json.loads(shipped_forest())
    file = tmp_path / "field.json"
    file.write_text(json.dumps({"v": 1, "forest": table}))
    assert read_forest(file).build == SHIPPED_BUILD
    file.write_text(json.dumps({"v": 1, "forest": table | {"trees": []}}))
    done = CliRunner().invoke(build_app(["lens"]), ["lens", str(tmp_path), "--forest", str(file)])
    assert (done.exit_code, "no lens forest of this version" in done.stderr) == (2, True)
    file.write_text(json.dumps(Signer.from_seed(b"d" * 32).sign(WEIGHTS_TYPE, b"{}").to_json()))
    done = CliRunner().invoke(build_app(["lens"]), ["lens", str(tmp_path), "--forest", str(file)])
    assert (done.exit_code, "is signed: give the unsigned file" in " ".join(done.stderr.split())) == (2, True)


SHIPPED_BUILD = load_model(shipped_forest(), FEATURES).build
