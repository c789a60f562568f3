"""Tables of a field test: counted on groups that the forest never saw, each with its source, refused below a count."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.entry.dsse import WEIGHTS_TYPE, Signer
from sweep.judge.thresholds import load_weights
from sweep.lab.campaign.setups import Setup, draw
from sweep.lab.city.rooms import FIRST
from sweep.lab.commands.bench_weights import _document
from sweep.lab.lens.recorded import FitError, FollowedClip, follow, follow_campaign
from sweep.lab.lens.refit import LEAST
from sweep.lab.lens.rows import render
from sweep.lab.scoring.score import Claim, match_clip
from sweep.lab.scoring.truth import parse_truth
from sweep.lab.weights import recorded as recorded_weights
from sweep.lab.weights.lens import zones_of
from sweep.lab.weights.recorded import TRIPLES, ScoredClip, Shown, count_tables, independent_share, scored
from sweep.lens.clip.clips import Clip
from sweep.lens.evidence.decision_forest import Model, forest_text, load_model
from sweep.lens.evidence.detection import parse_curves
from sweep.lens.evidence.evidence import FEATURES
from sweep.lens.evidence.judge import load_judge, shipped_build, shipped_forest
from sweep.modality.weights import FieldWeights
from sweep.report import parse_json
from sweep.run.field_weights import InstalledWeights, curves_of
from tests.lab.test_bench_fit import campaign  # noqa: F401  a fixture

DAY = date(2026, 12, 1)
DISTRICT = Signer.from_seed(b"d" * 32)
FILTERS = {1: "clear", 2: "clear", 5: "reflective", 6: "reflective", 7: "absorptive"}
APERTURES_MM = {1: 0.8, 2: 1.2}


def clip_of(setup: Setup, *, score: float, **about: Any) -> ScoredClip:
    """What the detector would say of a set-up: its thing, with that score, and a weak place on the wall."""
    number = int(setup.thing.rpartition("-")[2]) if setup.is_lens else 0
    lens = {
        "kind": FILTERS.get(number, "clear"), "aperture_mm": APERTURES_MM.get(number, 2.0), "range_m": setup.range_m,
        "detectable": True, "track": [{"frame": 21, "x": 100.0, "y": 100.0}],
    }  # fmt: skip
    told = {"clip": setup.clip, "group": setup.group, "width": 728, "lenses": [lens | about] if setup.is_lens else []}
    if not setup.is_lens:
        kind = setup.kind_of_thing
        told |= {"conf_counts": {kind: 1}, "confusers": [[21, kind, 100.0, 100.0, 1.0, 20.0]]}
    claims = [Claim(100.0, 100.0, score, 21), Claim(400.0, 300.0, 0.1, 21)]
    outcome = match_clip(parse_truth(told), claims)
    snr = 1_000.0 / setup.range_m**4
    shown = tuple(Shown(0, triples, snr, score) for triples in TRIPLES) if setup.is_lens else ()
    return ScoredClip(setup.group, outcome, shown)


def clips(setups: Sequence[Setup] = draw(7)) -> list[ScoredClip]:
    """A whole field test: lenses are found up to 2 m, half as many beyond; confusers score less."""
    rng = np.random.default_rng(3)
    found = []
    for setup in setups:
        usual = (2.5 if setup.range_m <= 2.0 or rng.random() < 0.5 else 0.4) if setup.is_lens else 0.5
        found.append(clip_of(setup, score=usual + 0.2 * float(rng.random())))
    return found


def fitted(groups: list[str] | None) -> Model:
    """Another forest than the one that ships, with what it says of itself."""
    table = json.loads(shipped_forest())
    table["about"] |= {"note": "another"} | ({} if groups is None else {"groups": groups})
    return load_model(forest_text(table), FEATURES)


def test_a_whole_field_test_makes_tables_that_say_where_they_come_from() -> None:
    made = count_tables(clips(), load_judge(), DAY)
    assert made.counts == {"clips": 200, "lenses": 120, "with_lens": 12, "without_lens": 20}
    glint, nothing = made.tables["glint"], made.rates["no_glint"]
    assert "80 clips without a lens (recorded 2026-12-01, 200 clips of 32 things" in glint.made_from
    assert shipped_build() in glint.made_from
    assert shipped_build() in nothing.made_from
    assert {weight.source for weight in glint.weights} == {nothing.source} == {"rendered"}, (
        "half the kinds are rendered"
    )
    said = " ".join(str(one) for one in made.left_out)
    assert "stay 'rendered'" in said
    assert "facet" in said
    assert "screw" not in said
    assert [w.log10 for w in glint.weights] == sorted(w.log10 for w in glint.weights)
    assert nothing.share > 0.9, "within 1.5 m all are found"
    assert nothing.low < 0.85, "55 clips of 11 cameras are not 55 cameras"


def test_a_curve_counts_the_lenses_of_its_kind_and_needs_four_cameras() -> None:
    made = count_tables(clips(), load_judge(), DAY)
    assert list(made.detection) == ["clear"]
    assert "no curve for reflective lenses: at least 20 of 4 cameras" in " ".join(map(str, made.left_out))
    table = made.detection["clear"]
    assert table["made_from"].startswith("recorded 2026-12-01, 90 lenses of 9 cameras; ")
    curves = parse_curves(json.loads(json.dumps(table)))
    assert curves.forest == shipped_build()
    assert (curves.source, curves.triples) == ("field", TRIPLES)
    assert curves.looked_for.sum(axis=1).tolist() == [90, 90, 90]
    near, far = curves.found[2] / np.maximum(curves.looked_for[2], 1), curves.looked_for[2] > 0
    assert near[-1] == 1.0
    assert 0.2 < near[far][0] < 0.8
    assert curves.independent == pytest.approx(1.0 / (1.0 + 9 * 0.3), abs=1e-4)
    assert curves.together == 1.0, "nobody filmed from two places: misses go together"
    assert curves.looked_for[2, 0] == 0
    assert curves.draw(np.random.default_rng(1), 50)[:, 2, 0].max() == 0.0, "nothing is said of fainter ones"
    width = np.quantile(curves.draw(np.random.default_rng(1), 400)[:, 2, -1], (0.05, 0.95))
    assert width[0] < 0.9, "18 clips of 9 cameras are not 18 cameras"


def test_with_all_that_a_room_holds_filmed_the_tables_are_of_the_field() -> None:
    setups = list(draw(7))
    extra = [
        kind for kind, mean in zones_of(FIRST).items() if mean > 0.0 and kind not in {s.kind_of_thing for s in setups}
    ]
    more = [
        setups[0].model_copy(update={"number": 201 + 8 * at + n, "thing": kind, "is_lens": False, "kind": ""})
        for at, kind in enumerate(extra) for n in range(8)
    ]  # fmt: skip
    made = count_tables(clips([*setups, *more]), load_judge(), DAY)
    assert {weight.source for weight in made.tables["glint"].weights} == {made.rates["no_glint"].source} == {"field"}
    other = count_tables(clips([*setups, *more]), fitted(["camera-99"]), DAY)
    assert {weight.source for weight in other.tables["glint"].weights} == {"field"}


def test_a_kind_that_alarms_too_seldom_for_a_tail_counts_all_the_same() -> None:
    def made_of(screws: int) -> Any:
        """So many of the eight screws alarm as lenses do, the others score nothing; the other kinds are as they are."""
        setups = draw(7)
        every = clips(setups)
        for nth, at in enumerate(at for at, one in enumerate(setups) if one.kind_of_thing == "screw"):
            every[at] = clip_of(setups[at], score=2.5 if nth < screws else -1.0)
        return count_tables(every, load_judge(), DAY).tables["glint"]

    none, five = made_of(0), made_of(5)
    at = none.edges.index(2.3) + 1
    assert (none.weights[at].counts[1], none.weights[at].is_capped) == (0, True), "nothing else alarms so much"
    assert five.weights[at].counts[1] > 0, "what alarms stands on the side of false alarms"
    assert five.weights[at].high < none.weights[at].high - 1.0
    told = [int(re.findall(r"(\d+) kinds that score too seldom", one.made_from)[0]) for one in (none, five)]
    assert told[1] == told[0] + 1, "it is said"


def test_beside_another_forest_nothing_comes_of_rendered_counts() -> None:
    made = count_tables(clips(), fitted([]), DAY)
    assert (made.tables, made.rates, list(made.detection)) == ({}, {}, ["clear"])
    assert "no table of glints by this forest: nobody filmed" in " ".join(map(str, made.left_out))


def test_no_clip_of_a_group_that_the_forest_was_fitted_to_is_counted() -> None:
    all_ = clips()
    groups = sorted({one.group for one in all_})
    with pytest.raises(FitError, match=r"too little to weigh by: 0 clips.*200 clips left out"):
        count_tables(all_, fitted(groups), DAY)
    cameras = [f"camera-{number:02d}" for number in (3, 4, 8, 9, 10)]
    with pytest.raises(
        FitError, match=r"142 clips, 70 lenses that count, 7 groups with a lens and 18 without, 58 clips"
    ):
        count_tables(all_, fitted([*cameras, "confuser-screw-1", "confuser-eyes-2"]), DAY)
    made = count_tables(all_, fitted(["camera-03", "confuser-screw-1"]), DAY)
    assert made.counts == {"clips": 186, "lenses": 110, "with_lens": 11, "without_lens": 19}
    with pytest.raises(FitError, match="does not say which groups it was fitted to"):
        count_tables(all_, fitted(None), DAY)


def test_lenses_that_nobody_measured_are_in_no_curve() -> None:
    unmeasured = [
        ScoredClip(one.group, one.outcome, ()) if one.group in {f"camera-{n:02d}" for n in (1, 2, 3, 4, 8, 9)} else one
        for one in clips()
    ]
    assert count_tables(unmeasured, load_judge(), DAY).detection == {}


def test_the_more_clips_a_thing_has_the_less_each_counts() -> None:
    assert independent_share(20, 20) == 1.0
    assert independent_share(120, 12) * 120 == pytest.approx(32.0, abs=0.5), "as FIELD-TEST.md derives"


def test_what_was_measured_is_signed_installed_and_shown_with_its_source(tmp_path: Path) -> None:
    made = count_tables(clips(), load_judge(), DAY)
    document = _document(made, "demo-gu", datetime(2026, 12, 1, 9, tzinfo=UTC), {"detection": made.detection})
    file = tmp_path / "signed.json"
    file.write_text(json.dumps(DISTRICT.sign(WEIGHTS_TYPE, document.encode()).to_json()))
    kept = InstalledWeights(tmp_path / "state", "demo-gu")
    installed = kept.install(file, DISTRICT.public_key, datetime(2026, 12, 2, tzinfo=UTC))
    assert list(curves_of(installed.field)) == ["clear"]
    force = kept.in_force()
    assert force.weights.tables["glint"] == made.tables["glint"]
    assert force.weights.tables["glint_again"] == load_weights().tables["glint_again"], "the rest as it ships"
    assert force.held_back == {}
    told = tmp_path / "told.json"
    arguments = ["weights", "show", "--state", str(tmp_path / "state"), "--json", str(told)]
    assert CliRunner().invoke(build_app(["weights"]), arguments).exit_code == 0
    shown = json.loads(told.read_bytes())
    grounds = {one["table"]: (one["source"], one["made_from"]) for one in shown["grounds"]["lens"]}
    assert grounds["detection lens_2mm"][0] == "field"
    assert "90 lenses of 9 cameras" in grounds["detection lens_2mm"][1]
    assert grounds["detection pinhole_1mm_ircut"][0] == "guessed"
    assert "behind a reflective IR-cut filter" in grounds["detection pinhole_1mm_ircut"][1]
    assert grounds["glint_again"][0] == "rendered"
    assert shown["why_not_clear"]["lens"] == "weights_not_field"
    said = " ".join(CliRunner().invoke(build_app(["weights"]), arguments[:-2]).output.split())
    assert "lens glint: " in said
    assert "recorded 2026-12-01, 200 clips of 32 things" in said


def test_a_recorded_clip_is_scored_as_the_probe_would(tmp_path: Path) -> None:
    clip = render("unseen", 5_000_041, tier=1, size=(364, 272), triples=5, with_lens=True)

    def followed(times: float) -> FollowedClip:
        """As if the setter had measured so many times the aperture."""
        lenses = [
            {key: lens[key] for key in ("kind", "range_m", "detectable", "track")}
            | {"aperture_mm": times * lens["aperture_mm"]}
            for lens in clip.truth["lenses"]
        ]
        truth = parse_truth({"clip": "f001", "group": "camera-04", "width": 364, "lenses": lenses})
        return follow(Clip("f001", clip.meta, lambda index: clip.frames[index]), truth)

    usual, wide = followed(1.0), followed(2.0)
    one, truth = scored(usual), usual.truth
    counting = [number for number, lens in enumerate(truth.lenses) if lens.counts]
    assert counting
    assert {shown.triples for shown in one.shown} == {3, 5}
    for snr, wider in zip(usual.reference_snr, wide.reference_snr, strict=True):
        assert snr is not None
        assert wider == pytest.approx(4.0 * snr), "by the area of the aperture"
    best = {m.lens: m.score for m in one.outcome.matched if m.lens is not None}
    last = {shown.lens: shown.score for shown in one.shown if shown.triples == 5}
    assert any(last[number] == pytest.approx(best[number]) for number in counting if number in best and number in last)


def test_the_command_writes_what_a_server_signs(
    campaign: Path,  # noqa: F811  # the fixture of that name
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorded_weights, "LEAST", dict.fromkeys(LEAST, 1))
    file = tmp_path / "out.json"
    done = CliRunner().invoke(build_app(["bench"]), ["bench", "weights", str(campaign), "--out", str(file)])
    assert done.exit_code == 0, done.output
    assert "clips 2, lenses 1, with_lens 1, without_lens 1" in done.stdout
    assert "glint and no_glint stay 'rendered'" in done.stderr
    field = parse_json(FieldWeights, file.read_bytes())
    assert (list(field.weights.tables), list(field.weights.rates), field.detection) == (["glint"], ["no_glint"], {})
    assert "2 clips of 2 things" in field.weights.tables["glint"].made_from


def test_bad_input_is_one_line(campaign: Path, tmp_path: Path) -> None:  # noqa: F811  # the fixture of that name
    assert [one.group for one in follow_campaign(campaign, None, lambda at, of: None)] == ["camera-04", "confuser-tape"]

    def weights(*arguments: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(build_app(["bench"]), ["bench", "weights", *map(str, arguments)])
        return done.exit_code, " ".join(done.stderr.split())

    code, said = weights(campaign, "--out", tmp_path / "out.json")
    assert (code, "too little to weigh by: 2 clips" in said, said.count("sweep:")) == (2, True, 1)
    assert not (tmp_path / "out.json").exists()
    assert weights(tmp_path / "absent")[0] == 2
    table = json.loads(shipped_forest())
    table["about"] |= {"note": "another", "groups": ["camera-04", "confuser-tape"]}
    (tmp_path / "fitted.json").write_text(json.dumps(table))
    code, said = weights(campaign, "--forest", tmp_path / "fitted.json")
    assert (code, "0 clips" in said, "2 clips left out" in said, "record another test" in said) == (2, True, True, True)
    assert "2/2" not in said, "nothing was followed"
    (tmp_path / "forest.json").write_text("{}")
    assert "no lens forest of this version" in weights(campaign, "--forest", tmp_path / "forest.json")[1]
