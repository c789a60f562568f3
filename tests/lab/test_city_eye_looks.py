"""Looks by eye in the simulated city: what is known when one is chosen, what it costs, looked at and found apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweep.judge.eye_looks import EyeLookPolicy, load_policy
from sweep.judge.thresholds import load_thresholds
from sweep.lab.city import eye_look_visits
from sweep.lab.city.eye_look_figures import (
    EYES,
    MOST_MEAN_S,
    SCREWS,
    choose_looks,
    look_figures,
    screw_figures,
    write_policy,
)
from sweep.lab.city.eye_look_visits import VISITS, visit_figures, visit_rows
from sweep.lab.city.eye_looks import COLUMNS, UNSURE, Looked, LookRows, found, look, walk
from sweep.lab.city.figures import MARGIN, figures
from sweep.lab.city.light import dark_of
from sweep.lab.city.rooms import KINDS, WORLDS, with_screws
from sweep.lab.city.samples import load_curves
from sweep.lab.city.simulation import Rows, run_city
from sweep.lab.city.sweeps import Sampler

CURVES = load_curves("first")


@pytest.fixture(scope="module")
def city() -> tuple[Rows, LookRows]:
    looks = LookRows(load_policy(), least_values=(1e-7, 1e-6))
    dark = dark_of(CURVES.light_nulls, 3)
    rows = run_city(
        WORLDS["first"], CURVES, seed=3, rooms=150, per_kind=20, also=lambda kind, room: looks.add(dark, kind, room)
    )
    return rows, looks


def test_looks_draw_nothing_from_the_city(city: tuple[Rows, LookRows]) -> None:
    bare = run_city(WORLDS["first"], CURVES, seed=3, rooms=150, per_kind=20)
    assert np.array_equal(city[0].table, bare.table), "candidates and findings are what they were"


def test_no_room_costs_more_than_its_seconds_and_looked_at_is_not_found(city: tuple[Rows, LookRows]) -> None:
    rows, looks = city
    told = look_figures(rows, looks, load_thresholds())
    for seconds, one in told["seconds_a_look"].items():
        cost = one["per_room"]
        assert cost["most_seconds"] <= load_policy().budget_s
        assert cost["control_seconds"] == pytest.approx(cost["controls"] * float(seconds), abs=0.006)
        for kind in one["kinds"].values():
            lens, zone = kind["looked_at_lens"]["share"], kind["looked_in_zone"]["share"]
            assert lens <= zone
            assert kind["found_0.46"] <= kind["found_0.8"] <= kind["found_0.95"] <= zone
            for eye in EYES:
                assert kind[f"found_by_either_{eye:g}"] >= kind[f"found_today_{eye:g}"] - 0.002
    curve = told["curve"]["10"]
    assert [p["looks"] for p in curve] == sorted((p["looks"] for p in curve), reverse=True)
    json.dumps(told, allow_nan=False)


def test_looks_of_which_nobody_can_tell_cost_seconds_and_make_candidates(city: tuple[Rows, LookRows]) -> None:
    rows, looks = city
    told = look_figures(rows, looks, load_thresholds())
    asked = figures(rows, load_thresholds())["per_1000_rooms"]["after"]["first_look"]["rate"]
    mean_s = told["seconds_a_look"]["10"]["per_room"]["seconds"]
    few, many = (told["unsure"][f"{part:g}"] for part in UNSURE)
    assert mean_s < few["seconds"] < many["seconds"]
    assert many["most_seconds"] <= load_policy().budget_s
    assert 0.0 < few["by_looks_per_1000"] < many["by_looks_per_1000"] <= 20.0
    for one in (few, many):
        assert one["candidates_per_1000"] == pytest.approx(asked + one["by_looks_per_1000"], abs=0.01)
    at = looks.least_values.index(load_policy().least_value)
    point = next(p for p in told["curve"]["10"] if p["least_value"] == looks.least_values[at])
    assert point["candidates_per_1000"] == pytest.approx(many["candidates_per_1000"], abs=0.06)


def test_a_control_takes_a_look_of_its_zone_and_its_seconds() -> None:
    sampler = Sampler(WORLDS["first"], CURVES, np.random.default_rng(8))
    dark = dark_of(CURVES.light_nulls, 8)
    walked = [walk(sampler.room(None), dark) for _ in range(60)]
    policy = load_policy()

    def all_of(share: float) -> list[Looked]:
        changed = policy.model_copy(update={"control_share": share})
        return [look(one, changed, rng=np.random.default_rng(n)) for n, one in enumerate(walked)]

    assert not any(one.controls for one in all_of(0.0))
    for one in all_of(1.0):
        assert one.seconds == pytest.approx(policy.glance_s * (len(one.places) + one.controls))
        assert one.seconds <= policy.budget_s
        assert one.controls <= len(one.places)
    assert any(one.controls for one in all_of(1.0))


def test_fewer_and_more_screws_are_walked_through_by_the_same_policy() -> None:
    dark = dark_of(CURVES.light_nulls, 3)
    told = screw_figures(WORLDS["first"], CURVES, dark, load_policy(), seed=3, rooms=120, per_kind=2)
    few, many = (told[f"{times:.3g}"] for times in SCREWS)
    for seconds in ("10", "17"):
        assert few[seconds]["per_room"]["seconds"] < many[seconds]["per_room"]["seconds"]
        assert set(few[seconds]["kinds"]) == {kind.name for kind in KINDS}


def test_an_eye_finds_what_it_is_pointed_at_and_a_zone_unpointed() -> None:
    row = dict.fromkeys(COLUMNS, 0.0)
    cases = [row, row | {"in_zone": 1.0}, row | {"at_whole_zone": 1.0, "in_zone": 1.0},
             row | {"at_lens": 1.0, "at_whole_zone": 1.0, "in_zone": 1.0}]  # fmt: skip
    table = np.array([[case[name] for name in COLUMNS] for case in cases])
    assert found(table, 0.8, 0.46).tolist() == [0.0, 0.0, 0.46, 0.8]


def test_a_zone_is_judged_by_what_was_seen_until_then() -> None:
    sampler = Sampler(WORLDS["second"], load_curves("second"), np.random.default_rng(4))
    dark = dark_of(CURVES.light_nulls, 4)
    rooms = (sampler.room(None) for _ in range(80))
    room = next(one for one in rooms if sum(bool(spots) for spots in one.spots) >= 3)
    walked = walk(room, dark)
    names = [zone.zone_id for zone in room.kind.plan.zones]
    assert [names.index(stage.odds.zone_id) for stage in walked.stages] == [
        len(names) - 1 - stage.to_come for stage in walked.stages
    ]
    turned = replace(room, spots=[*room.spots[:-1], []])
    for stage, other in zip(walked.stages, walk(turned, dark).stages, strict=False):
        if stage.to_come:
            assert list(stage.odds.scores.values()) == list(other.odds.scores.values())
            assert list(stage.odds.spots.values()) == list(other.odds.spots.values()), "not by glints of later zones"


def test_what_looks_take_the_light_does_not_have() -> None:
    sampler = Sampler(WORLDS["first"], CURVES, np.random.default_rng(5))
    dark = dark_of(CURVES.light_nulls, 5)
    rooms = [room for room in (sampler.room(None) for _ in range(120)) if room.tested]
    took = {kept_s: sum(walk(room, dark).tail(kept_s).clock_s for room in rooms) for kept_s in (0.0, 40.0)}
    assert took[40.0] < took[0.0]


def test_an_answer_saves_the_next_visit_and_is_asked_for_again_after_half_a_year(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def visits() -> list[dict[str, float]]:
        dark = dark_of(CURVES.light_nulls, 6)
        return visit_figures(WORLDS["third"], CURVES, dark, load_policy(), seed=6, rooms=40, per_kind=2)

    told = visits()
    assert len(told) == VISITS
    assert len(visit_rows(told)) == VISITS
    assert (told[0]["known"], told[0]["forgot_s"]) == (0.0, told[0]["seconds"])
    assert sum(one["seconds"] for one in told) < sum(one["forgot_s"] for one in told)
    assert all(one["seconds"] <= load_policy().budget_s for one in told)
    monkeypatch.setattr(eye_look_visits, "HOLDS", 0)
    forgot = visits()
    assert forgot[0] == told[0]
    assert all(one["known"] == 0.0 for one in forgot)
    assert sum(one["seconds"] for one in told[1:]) < sum(one["seconds"] for one in forgot[1:])


def test_the_point_is_chosen_within_the_seconds(city: tuple[Rows, LookRows], tmp_path: Path) -> None:
    rows, looks = city
    policy = choose_looks(rows, looks, load_thresholds())
    at = looks.least_values.index(policy.least_value)
    assert looks.of(-1)[:, 0, at, COLUMNS.index("seconds")].mean() <= MARGIN * MOST_MEAN_S
    write_policy(policy, tmp_path / "p.json", seed=3, rooms=150, screws=3.0)
    read = EyeLookPolicy.model_validate_json((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert read.least_value == policy.least_value
    assert "150 simulated rooms" in read.chosen_on
    assert "--screws 3 " in read.made_by


def test_more_screws_are_only_more_screws() -> None:
    world = WORLDS["first"]
    more = with_screws(world, 3.0)
    assert with_screws(world, 1.0) is world
    for before, now in zip(world.rooms, more.rooms, strict=True):
        for zone, table in before.clutter.items():
            assert now.clutter[zone] == dict(table) | {"screw": 3.0 * table["screw"]}
    assert {kind.name for kind in KINDS} == set(world.camera_shares)
