from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweep.lab.city.rooms import template_plan
from sweep.modality.mode import QUICK_KINDS
from sweep.sim import world
from sweep.sim.source import SimulatedSource, default_room

ROOT = Path(__file__).parent.parent.parent


def test_the_demonstration_room_is_the_servers() -> None:
    facility = json.loads((ROOT / "server" / "places" / "demo_facility.json").read_text(encoding="utf-8"))
    first = facility["rooms"][0]
    room = default_room()
    assert str(room.room_id) == first["room_id"]
    assert room.plan.model_dump(mode="json") == first["plan"]
    assert room.room_name.ko == first["name"]["ko"]


def test_every_zone_has_a_standpoint_inside_it() -> None:
    plan = template_plan()
    made = world.make_world(plan, 5, "stall-2")
    assert [place.zone_id for place in made.positions] == [zone.zone_id for zone in plan.zones]
    for place in made.positions:
        zone = plan.zone_at(place.x_m, place.y_m)
        assert zone is not None
        assert zone.zone_id == place.zone_id


@pytest.mark.parametrize("seed", range(5))
def test_the_camera_hides_in_the_wall_of_its_zone(seed: int) -> None:
    camera = world.make_world(template_plan(), seed, "stall-3").camera
    assert camera is not None
    zone = template_plan().zone_at(camera.x_m, camera.y_m)
    assert zone is not None
    assert zone.zone_id == "stall-3"
    assert 0.3 < camera.range_m < 2.0


def test_a_quick_sweep_visits_stalls_and_says_so() -> None:
    made = world.visit_only(world.make_world(default_room().plan, 1, None), QUICK_KINDS)
    assert [place.zone_id for place in made.positions] == ["stall-1", "stall-2", "stall-3"]
    source = SimulatedSource(default_room(), seed=1, camera_zone=None, probe_id="probe-demo-1", mode="quick")
    assert source.manifest.mode == "quick"
    assert [position.zone for position in source.manifest.positions] == ["stall-1", "stall-2", "stall-3"]


def test_an_unknown_zone_names_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"choose one of stall-1, stall-2"):
        world.make_world(template_plan(), 1, "attic")
