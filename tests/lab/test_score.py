"""The scoring by LENS-CLIPS.md: counted by hand on small cases, and held to the truth of independent clips."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.clip_page.curve import follow
from sweep.lab.scoring.intervals import clopper_pearson, percentiles
from sweep.lab.scoring.report import match_scan, parse_scan
from sweep.lab.scoring.score import Claim, ClipOutcome, match_clip, score_clips
from sweep.lab.scoring.truth import ClipTruth, TruthError, parse_truth, read_truth, read_truths
from sweep.lens.clip.clips import read_clip
from tests.lens.clip_factory import strobed_frames, write_frames

FRAMES = (0, 3, 6, 9)


def lens_at(x: float, y: float, *, kind: str = "clear", snr: float = 50.0, rad: float = 0.0) -> dict[str, Any]:
    track = [{"frame": f, "x": x + f, "y": y, "snr": snr, "rad": rad} for f in FRAMES]
    return {"kind": kind, "snr": snr, "track": track}


def truth_of(name: str = "c", *lenses: dict[str, Any], width: int = 728, tier: int = 2, **more: Any) -> ClipTruth:
    return parse_truth({"clip": name, "tier": tier, "width": width, "lenses": lenses, **more})


@pytest.mark.parametrize(
    ("width", "rad", "distance", "is_hit"),
    [
        (728, 0.0, 3.9, True), (728, 0.0, 4.1, False), (728, 9.0, 4.1, False),
        (1456, 0.0, 5.9, True), (1456, 0.0, 6.1, False), (1456, 5.0, 7.9, True), (1456, 5.0, 8.1, False),
    ],
)  # fmt: skip
def test_hit_radius(width: int, rad: float, distance: float, is_hit: bool) -> None:
    truth = truth_of("c", lens_at(100, 100, rad=rad), width=width)
    outcome = match_clip(truth, [Claim(100 + 3, 100 + distance, 1.0, 3)])
    assert [m.lens == 0 for m in outcome.matched] == [is_hit]


def test_a_detection_counts_in_its_own_frame() -> None:
    truth = truth_of("c", lens_at(100, 100))
    assert match_clip(truth, [Claim(109, 100, 1.0)]).matched[0].lens == 0  # without a frame: the last one
    assert match_clip(truth, [Claim(109, 100, 1.0, 0)]).matched[0].lens is None
    assert match_clip(truth, [Claim(100, 100, 1.0, 0)]).matched[0].lens == 0
    assert match_clip(truth, [Claim(100, 100, 1.0, 1)]).matched[0].lens is None  # no on_axis frame


def test_the_second_detection_on_a_lens_is_a_false_alarm_and_the_best_one_hits() -> None:
    truth = truth_of("c", lens_at(100, 100))
    outcome = match_clip(truth, [Claim(110, 100, 1.0), Claim(109, 102, 5.0)])
    assert [(m.score, m.lens) for m in outcome.matched] == [(5.0, 0), (1.0, None)]
    assert outcome.matched[0].error_px == pytest.approx(2.0)


def test_two_lenses_close_together_are_two_hits() -> None:
    truth = truth_of("c", lens_at(100, 100), lens_at(103, 100))
    outcome = match_clip(truth, [Claim(110, 100, 3.0), Claim(111, 100, 2.0)])
    assert sorted(m.lens for m in outcome.matched if m.lens is not None) == [0, 1]


def test_a_weak_lens_is_neither_hit_nor_false_alarm() -> None:
    truth = truth_of("c", lens_at(100, 100, snr=4.9))
    outcome = match_clip(truth, [Claim(109, 100, 3.0)])
    assert (outcome.matched, outcome.on_weak, outcome.kinds) == ((), 1, ())


def test_a_lens_out_of_view_in_most_frames_does_not_count() -> None:
    lens = lens_at(100, 100)
    for row in lens["track"][:2]:
        row["inside"] = False
    assert truth_of("c", lens).is_positive is False
    lens["track"][1]["inside"] = True
    assert truth_of("c", lens).is_positive is True


def outcome_of(name: str, lens: bool, scores: dict[str, list[float]], tier: int = 2) -> ClipOutcome:
    """A clip with or without a lens at (100, 100); `scores` of detections on it ("hit") and elsewhere ("false")."""
    truth = truth_of(name, *([lens_at(100, 100)] if lens else []), tier=tier)
    claims = [Claim(109, 100, s, 9) for s in scores.get("hit", [])]
    claims += [Claim(300 + 20 * i, 300, s, 9) for i, s in enumerate(scores.get("false", []))]
    return match_clip(truth, claims)


def test_recall_at_a_rate_by_hand() -> None:
    """Ten clips: hits at 9, 7, 5; false alarms at 8, 6, 4. One false alarm is allowed at 0.1 a clip."""
    outcomes = [outcome_of("a", True, {"hit": [9.0]}, 1), outcome_of("b", True, {"hit": [7.0], "false": [4.0]}, 2)]
    outcomes += [outcome_of("c", True, {"hit": [5.0]}, 3), outcome_of("d", True, {}, 3)]
    outcomes += [outcome_of("e", False, {"false": [8.0]}), outcome_of("f", False, {"false": [6.0]})]
    outcomes += [outcome_of(f"n{i}", False, {}) for i in range(4)]
    score = score_clips(outcomes, resamples=200)
    assert (score.clips, score.lenses) == (10, 4)
    assert score.recall[0.01].value == 0.25  # no false alarm is allowed: only the hit at 9
    assert score.recall[0.1].value == 0.5  # one is allowed: down to the hit at 7
    assert score.recall[1.0].value == 0.75
    assert score.threshold == {0.01: 9.0, 0.1: 7.0, 1.0: None}
    assert {tier: (f.count, f.total) for tier, f in score.tiers.items()} == {1: (1, 1), 2: (1, 1), 3: (0, 2)}
    # 4 clips with (9, 7, 5, none) against 6 without (8, 6, none x 4): 6 + 5 + 4 + half of 4 ties, of 24
    assert score.auc.value == pytest.approx((6 + 5 + 4 + 2) / 24)
    assert score.position_px.value == 0.0
    interval = score.recall[0.1].interval
    assert interval is not None
    assert interval[0] <= 0.5 <= interval[1]


def test_equal_scores_stay_or_go_together() -> None:
    outcomes = [outcome_of("a", True, {"hit": [5.0], "false": [5.0, 5.0]})]
    assert score_clips(outcomes, resamples=10).recall[1.0].value == 0.0


def test_a_clip_that_was_not_processed_counts_as_missed() -> None:
    truths = [truth_of("a", lens_at(100, 100)), truth_of("b", lens_at(100, 100))]
    table = {
        "clips": ["a", "z"],
        "detections": [{"clip": "a", "x": 109.0, "y": 100.0, "score": 3.0, "frame": 9}],
        "errors": [{"clip": "b", "error": "frames_truncated", "message": ""}],
    }
    outcomes, without_truth = match_scan(parse_scan(table), truths)
    score = score_clips(outcomes, resamples=10)
    assert (score.recall[1.0].value, score.clips_unprocessed, without_truth) == (0.5, 1, ("z",))


def test_false_alarms_are_blamed_on_the_strongest_confuser_nearby() -> None:
    truth = truth_of(
        "c",
        conf_counts={"eyes": 2, "screw": 5},
        confusers=[[9, "eyes", 305.0, 300.0, 900.0, 1.0], [9, "screw", 300.0, 300.0, 5.0, 0.5], [6, "tape", 500, 300]],
        last_A=9,
    )
    outcome = match_clip(truth, [Claim(300, 300, 2.0, 9), Claim(500, 300, 1.0, 9)])
    assert [m.blamed for m in outcome.matched] == ["eyes", "background"]
    figures = score_clips([outcome] * 10, resamples=10).confusers[1.0]
    assert {kind: (f.count, f.total) for kind, f in figures.items()} == {"eyes": (10, 20), "screw": (0, 50)}


@given(st.integers(0, 30), st.integers(1, 30))
def test_clopper_pearson_against_the_binomial_tails(count: int, extra: int) -> None:
    total = count + extra - 1
    if total == 0:
        assert clopper_pearson(0, 0) == (0.0, 1.0)
        return
    low, high = clopper_pearson(count, total)
    assert 0.0 <= low <= count / total <= high <= 1.0

    def at_most(k: int, p: float) -> float:
        return math.fsum(math.comb(total, i) * p**i * (1 - p) ** (total - i) for i in range(k + 1))

    if count > 0:
        assert 1.0 - at_most(count - 1, low) == pytest.approx(0.05, abs=1e-6)
    if count < total:
        assert at_most(count, high) == pytest.approx(0.05, abs=1e-6)


def test_known_intervals() -> None:
    assert clopper_pearson(0, 20) == pytest.approx((0.0, 0.1391), abs=1e-4)  # 1 - 0.05^(1/20)
    assert clopper_pearson(20, 20)[0] == pytest.approx(0.8609, abs=1e-4)
    assert percentiles(np.full(3, math.nan)) is None


def test_bootstrap_intervals_hold_the_truth_about_nine_times_of_ten() -> None:
    """Detectors of true recall 0.6 on 120 clips of one lens: the interval of recall must hold it in 82-97 % of runs."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(100):
        outcomes = [outcome_of(f"c{i}", True, {"hit": [1.0]} if rng.random() < 0.6 else {}) for i in range(120)]
        interval = score_clips(outcomes, resamples=150, seed=int(rng.integers(1 << 30))).recall[0.1].interval
        assert interval is not None
        held += interval[0] <= 0.6 <= interval[1]
    assert 82 <= held <= 97


def test_clips_of_one_camera_are_resampled_together() -> None:
    """Five cameras of twelve clips, all found or none: the interval must be as wide as five cameras leave it."""
    alone = [outcome_of(f"c{i}", True, {"hit": [1.0]} if i < 36 else {}) for i in range(60)]
    grouped = [replace(o, truth=o.truth.model_copy(update={"group": f"cam{i // 12}"})) for i, o in enumerate(alone)]
    widths = []
    for outcomes, groups in ((alone, 60), (grouped, 5)):
        score = score_clips(outcomes, resamples=400)
        interval = score.recall[0.1].interval
        assert (score.groups, score.recall[0.1].value) == (groups, 0.6)
        assert interval is not None
        widths.append(interval[1] - interval[0])
    assert widths[0] < 0.25
    assert widths[1] > 0.55


def test_a_lens_marked_in_one_frame_is_carried_to_the_others(tmp_path: Path) -> None:
    """In a field test a person marks one frame; a detection may lie in another."""
    write_frames(tmp_path / "clips" / "a", strobed_frames(3, glint=(200.0, 130.0)))
    (tmp_path / "truth").mkdir()
    lens = {"kind": "clear", "detectable": True, "track": [{"frame": 12, "x": 200.0, "y": 130.0}]}
    table = {"clip": "a", "tier": 1, "width": 364, "lenses": [lens]}
    (tmp_path / "truth" / "a.json").write_text(json.dumps(table), encoding="utf-8")
    arguments = ["lens-score", str(tmp_path / "clips"), str(tmp_path / "truth"), "--json", str(tmp_path / "s.json")]
    assert CliRunner().invoke(build_app(["lens-score"]), arguments).exit_code == 0
    score = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert (score["lenses"], score["recall"]["1"]["value"]) == (1, 1.0)
    places = follow(read_clip(tmp_path / "clips" / "a"), 12, 200.0, 130.0)
    assert places[0] == pytest.approx((200.0 - 1.2 * 12, 130.0 - 0.7 * 12), abs=0.7)


BROKEN_TRUTHS = [
    ("[]", "not an object"),
    ("{", "not JSON"),
    ('{"clip": "c"}', "width"),
    ('{"clip": "c", "width": 728, "lenses": [{"snr": 5.0, "track": []}]}', "track"),
    ('{"clip": "c", "width": 728, "lenses": [{"track": [{"frame": 0, "x": 1.0, "y": 2.0}]}]}', "detectable"),
    ('{"clip": "c", "width": 728, "lenses": [{"snr": 1, "track": [{"frame": 0, "x": NaN, "y": 2.0}]}]}', "finite"),
    ('{"clip": "c", "width": 728, "confusers": [[1, "eyes"]]}', "confusers"),
]


@pytest.mark.parametrize(("text", "says"), BROKEN_TRUTHS)
def test_broken_truth_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "c.json").write_text(text, encoding="utf-8")
    with pytest.raises(TruthError, match=says) as raised:
        read_truths(tmp_path)
    assert "c.json" in str(raised.value)


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"clips": ["a"]},
        {"clips": ["a"], "detections": [{"clip": "a", "x": 1.0, "y": 1.0}]},
        {"clips": ["a"], "detections": [{"clip": "a", "x": 1.0, "y": 1.0, "score": math.nan}]},
        {"clips": ["a"], "detections": [{"clip": "b", "x": 1.0, "y": 1.0, "score": 1.0}]},
    ],
)
def test_broken_detections_are_refused(table: Any) -> None:
    with pytest.raises(TruthError, match="detections"):
        parse_scan(table)


def test_truth_of_the_independent_clips_is_understood(shared_data: Path) -> None:
    truths = read_truths(shared_data / "lens-clips-truth")
    assert [(t.tier, len(t.lenses), t.last_frame) for t in truths] == [(2, 2, 21), (4, 1, 21), (3, 1, 22), (1, 2, 21)]
    for truth in truths:
        for lens in truth.lenses:  # what the file says agrees with the rule of the document
            assert lens.counts == lens.model_copy(update={"detectable": None}).counts
        perfect = [Claim(lens.track[-1].x, lens.track[-1].y, 1.0, lens.track[-1].frame) for lens in truth.lenses]
        assert all(m.lens is not None for m in match_clip(truth, perfect).matched)
    score = score_clips([match_clip(t, [Claim(s.x, s.y, 1.0, s.frame) for s in t.confusers[:3]]) for t in truths])
    assert score.lenses == 5
    assert score.recall[1.0].value == 0.0


def test_truth_of_the_renderer_is_read_with_the_width_of_the_clip(tmp_path: Path) -> None:
    table = {"clip": "c", "seed": 1, "lenses": [lens_at(5, 5)], "objects": {"screw": 3}}
    (tmp_path / "c.json").write_text(json.dumps(table), encoding="utf-8")
    truth = read_truth(tmp_path / "c.json", {"c": 320})
    assert (truth.width, truth.confuser_counts, truth.is_positive) == (320, {"screw": 3}, True)


def test_command(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    table = {"clip": "a", "tier": 1, "width": 728, "lenses": [lens_at(100, 100)]}
    (tmp_path / "truth" / "a.json").write_text(json.dumps(table), encoding="utf-8")
    scan = {"clips": ["a"], "detections": [{"clip": "a", "x": 109.5, "y": 100.0, "score": 3.0, "frame": 9}]}
    (tmp_path / "scan.json").write_text(json.dumps(scan), encoding="utf-8")
    app, arguments = build_app(["lens-score"]), ["lens-score", str(tmp_path / "scan.json"), str(tmp_path / "truth")]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "tier 1 at 0.1 FA/clip" in shown.output
    written = CliRunner().invoke(app, [*arguments, "--json", str(tmp_path / "score.json")])
    assert written.exit_code == 0
    score = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    assert score["recall"]["0.1"]["value"] == 1.0
    assert score["position_px"]["value"] == 0.5
    refused = CliRunner().invoke(app, ["lens-score", str(tmp_path / "truth" / "a.json"), str(tmp_path / "truth")])
    assert refused.exit_code == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_the_truth_files_of_the_field_protocol_are_understood() -> None:
    text = (Path(__file__).parents[2] / "sweep" / "lens" / "FIELD-TEST.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) == 2
    lens, confuser = (parse_truth(json.loads(block)) for block in blocks)
    assert lens.is_positive
    assert lens.group
    assert confuser.is_negative
    assert sum(confuser.confuser_counts.values()) == 1
