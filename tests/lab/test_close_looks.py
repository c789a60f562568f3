"""What close looks are counted by: who was looked at, what it does to recall, and that one room is filmed twice."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sweep.judge.thresholds import load_weights
from sweep.lab.lens.close_looks import Held, Spot, auc, counts_of, figures_of, main, recall, scores_by
from sweep.lab.lens.looks import part_of
from sweep.lab.weights.lens import CLOSE_LOOKS, close
from sweep.lab.worlds.tiers import shoot_of
from sweep.lab.worlds.unseen import UnseenRoom
from sweep.sim.scene.camera import Pose, facing
from sweep.sim.scene.hand import draw_hold

SMALL = (182, 136)


def spot(room: int, afar: float, close: float | None, *, is_lens: bool = False) -> Spot:
    kind = "lens" if is_lens else "screw"
    return Spot(f"training-{room:07d}", kind, is_lens, afar, close, close is not None, {})


def spots(*, tells: bool) -> list[Spot]:
    """Ten rooms with a lens and a screw alike from afar, which a close look tells apart or not."""
    rng = np.random.default_rng(3)
    rooms = [(room, float(rng.normal(1.5, 0.3)), float(rng.normal(1.5, 0.3))) for room in range(10)]
    return [
        *(spot(room, lens, 2.5 if tells else lens, is_lens=True) for room, lens, _ in rooms),
        *(spot(room, screw, -1.0 if tells else screw) for room, _, screw in rooms),
        *(spot(room, 0.2, None) for room, _, _ in rooms),
    ]


def test_a_close_look_that_tells_apart_shows_in_recall_and_one_that_does_not_changes_nothing() -> None:
    at = figures_of(spots(tells=True), 0.5)
    assert at["close"] == {"0.01": 1.0, "0.1": 1.0, "1": 1.0, "AUC": 1.0}
    assert at["afar"]["AUC"] < 0.9
    assert at["both"]["AUC"] > at["afar"]["AUC"]
    same = figures_of(spots(tells=False), 0.5)
    assert same["both"] == same["afar"]
    assert same["close"]["AUC"] == same["afar"]["AUC"]


def test_a_spot_that_nobody_went_up_to_keeps_its_score_and_is_no_close_call() -> None:
    ours = [spot(0, 2.0, None, is_lens=True), spot(0, 1.0, 0.5)]
    by = scores_by(ours, 0.5)
    assert by["both"].tolist() == [2.0, 0.75]
    assert by["close"][0] < by["close"][1]
    assert recall(by["afar"], ours, 1, 0.01) == 1.0
    assert math.isnan(auc(np.array([1.0]), np.array([True])))


def test_what_is_counted_is_what_was_looked_at(tmp_path: Path) -> None:
    ours = [*spots(tells=True), Spot("training-0000001", "lens", False, 1.0, 1.0, True, {})]
    kept = counts_of(ours)
    assert (kept["rooms"], len(kept["lenses"]), len(kept["others"])) == (10, 10, 10), (
        "a lens that does not count is none"
    )
    (tmp_path / "training-0000000.json").write_text(json.dumps([vars(one) for one in ours]), encoding="utf-8")
    assert main(["--figures", str(tmp_path), "--counts", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out").read_text(encoding="utf-8")) == kept


def test_the_shipped_table_weighs_nothing_because_nothing_was_shown() -> None:
    table = close(np.random.default_rng(23))
    assert load_weights().tables["glint_close"] == table
    kept = json.loads(CLOSE_LOOKS.read_text(encoding="utf-8"))
    assert table.weights[0].of == (len(kept["lenses"]), len(kept["others"]))
    assert "weighs nothing" in table.made_from
    assert {(one.log10, one.low, one.high) for one in table.weights} == {(0.0, 0.0, 0.0)}


def test_a_close_look_that_adds_something_weighs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    made = {
        "build": "made up", "rooms": 300, "lenses": rng.normal((1.5, 2.0), (0.4, 0.5), (300, 2)).tolist(),
        "others": rng.normal((1.3, 0.5), (0.4, 0.7), (300, 2)).tolist(),
    }  # fmt: skip
    path = tmp_path / "close_looks.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    monkeypatch.setattr("sweep.lab.weights.lens.CLOSE_LOOKS", path)
    table = close(np.random.default_rng(23))
    assert table.weights[-1].log10 > 0.5
    assert "weighs nothing" not in table.made_from


def test_who_holds_the_probe_before_a_spot_sways_less_as_it_is_nearer() -> None:
    hand = draw_hold(np.random.default_rng(1), 0.06, 0.02, 0.0)
    spot_m, at = np.array([0.2, -0.1, 1.0]), np.array([0.14, -0.07, 0.7])
    held = Held(hand, 0.3, Pose(facing(at, spot_m), at), 0.3)
    middle = held.pose(0.3)
    assert middle.position == pytest.approx(at)
    local = middle.rotation @ (spot_m - middle.position)
    assert local[:2] == pytest.approx([0.0, 0.0], abs=1e-9), "the spot is in the middle of the picture"
    moved = np.linalg.norm(held.pose(0.5).position - at)
    assert moved == pytest.approx(0.3 * np.linalg.norm(hand.pose(0.5).position - hand.pose(0.3).position))


def test_a_span_of_frames_is_part_of_the_same_clip_in_either_world() -> None:
    """The truth of a span is that of the whole clip there; so is one that was filmed after another."""
    whole = UnseenRoom(3, None, SMALL, 4, True, None).run("u")
    room = UnseenRoom(3, None, SMALL, 4, True, None)
    room.run("u", range(6))
    part = part_of(room.run("u", range(6, 12)), 6, 12)
    assert part.truth["lenses"][0]["track"] == [
        row | {"peak_dn": part.truth["lenses"][0]["track"][n]["peak_dn"]}
        for n, row in enumerate(part_of(whole, 6, 12).truth["lenses"][0]["track"])
    ]
    assert len(part.frames) == len(part.meta.phases) == 6
    shoot = shoot_of(5, "training", SMALL, 4, with_lens=True)
    first = shoot.run("w", range(6)).truth["lenses"]
    again = shoot.run("w", range(6)).truth["lenses"]
    places = [[(row["frame"], row["x"], row["y"]) for row in lens["track"]] for lens in first]
    assert places == [[(row["frame"], row["x"], row["y"]) for row in lens["track"]] for lens in again]
    assert all(row["frame"] < 6 for lens in again for row in lens["track"]), "and forgets what was filmed before"
    shorter = shoot.exposed_for(0.25, shoot.exposer.hand)
    usual = shoot.exposer.expose(0.0, "A").electrons
    assert float(shorter.expose(0.0, "A").electrons.mean() / usual.mean()) == pytest.approx(0.25, rel=0.02)
