"""The simulated city: the same seed, the same figures; what is called is counted; choices stay in the first world."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.judge.thresholds import Thresholds, load_thresholds
from sweep.lab.city import simulation
from sweep.lab.city.figures import FINDINGS_PER_1000, STRONG_PER_10000, Cut, choose, figures, write_points
from sweep.lab.city.rooms import KINDS, WORLDS
from sweep.lab.city.samples import CALLED, Tail, load_curves
from sweep.lab.city.simulation import AT, Rows, run_city
from sweep.lab.city.sweeps import Sampler, radio_of
from sweep.lens.evidence.judge import candidate_score
from sweep.report import MODALITIES

RUNNER = CliRunner()


def small() -> Rows:
    return run_city(WORLDS["first"], load_curves("first"), seed=3, rooms=300, per_kind=20)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return small()


def test_the_city_calls_what_the_detector_calls() -> None:
    assert round(candidate_score(), 1) == CALLED


def test_the_same_seed_gives_the_same_city(rows: Rows) -> None:
    assert np.array_equal(rows.table, small().table)


def test_everything_is_counted_and_every_kind_is_planted(rows: Rows) -> None:
    points = load_thresholds()
    told = figures(rows, points)
    after, before = told["per_1000_rooms"]["after"], told["per_1000_rooms"]["before"]
    none = rows.table[:, AT["kind"]] < 0
    asked = none & (rows.table[:, AT["first"]] >= points.first_look)
    assert after["first_look"]["hits"] == int(asked.sum())
    assert after["findings"]["hits"] <= after["first_look"]["hits"] < before["candidates"]["hits"]
    assert {one["finding"]["of"] for one in told["detection"].values()} == {20}
    assert set(told["detection"]) == {kind.name for kind in KINDS}
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)
    assert set(told["leave_one_out"]) == {"lens", "wifi", "ble", "rf"}
    assert told["minutes"]["mean"] < 8.0
    eyes = told["persons"]
    assert 0.0 < eyes["unchanged"] <= 1.0
    saved = eyes["minutes_per_1000_two"] - eyes["minutes_per_1000_one"]
    assert saved == pytest.approx(eyes["minutes_per_1000_two"] * eyes["unchanged"] * 2 / 8, abs=0.5)
    assert 0 < after["first_look_unexplained"]["hits"] < after["first_look"]["hits"]
    assert after["findings_unexplained"]["hits"] <= after["findings"]["hits"]
    asked_for = [one["candidates"] for one in told["trade"]]
    found = [one["recorder_1mm"] for one in told["trade"]]
    assert (asked_for, found) == (sorted(asked_for), sorted(found))
    json.dumps(told, allow_nan=False)


def test_a_camera_with_a_sim_is_found_by_the_lens_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lte = next(kind for kind in KINDS if kind.name == "lte")
    assert all(world.camera_shares["lte"] > 0.0 for world in WORLDS.values())
    monkeypatch.setattr(simulation, "KINDS", (lte,))
    rows, points = run_city(WORLDS["third"], load_curves("third"), seed=3, rooms=0, per_kind=150), load_thresholds()
    found = {}
    for without in (None, *MODALITIES):
        cut = Cut(rows, points, without)
        found[without] = int((cut.finding & cut.camera).sum())
    assert found.pop("lens") == 0
    assert min(found.values()) >= 10


def test_operating_points_keep_what_is_wanted_where_they_are_chosen(rows: Rows, tmp_path: Path) -> None:
    points = choose(rows, -5.0)
    write_points(points, tmp_path / "t.json", seed=3, rooms=300, version="test")
    read = Thresholds.model_validate_json((tmp_path / "t.json").read_text(encoding="utf-8"))
    told = figures(rows, read)["per_1000_rooms"]["after"]
    assert read.first_look == points["first_look"]
    assert told["findings"]["rate"] <= FINDINGS_PER_1000
    assert told["strong_per_10000"]["rate"] <= STRONG_PER_10000


def test_a_tail_goes_on_where_counts_end() -> None:
    tail = Tail.of([0.1 * n for n in range(30)], 300)
    assert tail is not None
    assert tail.beyond(0.0) == pytest.approx(30 / 300)
    assert tail.beyond(2.0) == pytest.approx(10 / 300)
    assert 0.0 < tail.beyond(4.0) < tail.beyond(3.0) < tail.beyond(2.5)
    rng = np.random.default_rng(1)
    drawn = [tail.draw(1.75, rng) for _ in range(400)]
    assert min(drawn) >= 1.75
    assert np.mean([score >= 3.0 for score in drawn]) == pytest.approx(tail.beyond(3.0) / tail.beyond(1.75), abs=0.1)
    assert Tail.of([1.0, 2.0], 50) is None


def test_a_tail_ends_where_the_forest_does() -> None:
    endless = Tail.of([0.1 * n for n in range(30)], 300)
    tail = Tail.of([0.1 * n for n in range(30)], 300, top=3.2)
    assert tail is not None
    assert endless is not None
    assert tail.beyond(tail.start) == pytest.approx(endless.beyond(tail.start))
    assert 0.0 < tail.beyond(3.1) < endless.beyond(3.1)
    assert tail.beyond(3.2) == 0.0
    rng = np.random.default_rng(1)
    assert 3.1 < max(tail.draw(1.75, rng) for _ in range(400)) <= 3.2


def test_the_command_writes_both_worlds(tmp_path: Path) -> None:
    out = tmp_path / "city.json"
    done = RUNNER.invoke(
        build_app(["city"]), ["city", "--seed", "2", "--rooms", "100", "--per-kind", "10", "--json", str(out)]
    )
    assert done.exit_code == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert set(written["worlds"]) == {"first", "second"}
    assert (written["seed"], written["thresholds"]) == (2, load_thresholds().version)
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith(("world ", "  "))] == [], "no line is broken at 80 columns"
    for name, one in written["worlds"].items():
        told = lines[lines.index(f"world {name}: 100 rooms without a camera") :]
        for rule, key in (("two at each opening", "two"), ("one at what is unchanged", "one")):
            said = next(line for line in told if line.startswith(f"    {rule}"))
            assert float(said.removeprefix(f"    {rule}")) == one["persons"][f"minutes_per_1000_{key}"]


def test_the_third_world_is_asked_for_by_its_name(tmp_path: Path) -> None:
    out = tmp_path / "city.json"
    arguments = ["city", "--world", "third", "--seed", "2", "--rooms", "100", "--per-kind", "10", "--json", str(out)]
    done = RUNNER.invoke(build_app(["city"]), arguments)
    assert done.exit_code == 0
    third = json.loads(out.read_text(encoding="utf-8"))["worlds"]
    assert set(third) == {"third"}
    shares = {name: one["share_of_cameras"] for name, one in third["third"]["detection"].items()}
    assert shares == WORLDS["third"].camera_shares
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_carrier_is_heard_in_every_zone_with_its_level_there() -> None:
    sampler = Sampler(WORLDS["first"], load_curves("first"), np.random.default_rng(2))
    analog = next(kind for kind in KINDS if kind.radio == "analog_5800")
    room = next(room for _ in range(50) if (room := sampler.room(analog)).carriers)
    zones = room.kind.plan.zones
    (carrier,) = room.carriers
    heard = [o for k, zone in enumerate(zones) for o in radio_of(zone, f"p{k}", k, room) if o.modality == "rf"]
    assert [o.zone_id for o in heard] == [zone.zone_id for zone in zones]
    assert [o.excess_db for o in heard] == [level - carrier.outside_dbm for level in carrier.levels]


@pytest.mark.parametrize("world", ["second", "third"])
def test_nothing_is_chosen_in_a_world_but_the_first(tmp_path: Path, world: str) -> None:
    done = RUNNER.invoke(build_app(["city"]), ["city", "--world", world, "--choose", str(tmp_path / "t.json")])
    assert done.exit_code == 2
    assert "first world only" in done.stderr
    assert not (tmp_path / "t.json").exists()
