"""A place in words: on which wall, how high, and beside what; only what the plan tells."""

from __future__ import annotations

import pytest

from sweep import report as r
from sweep.run.reporting.wall_spots import point_of, spot_at, spot_words
from tests.run.test_eye_looks import MANIFEST, position

PLAN = MANIFEST.plan
ZONES = {zone.zone_id: zone for zone in PLAN.zones}


def said(number: int, bearing_deg: float, elevation_deg: float | None = None, range_m: float | None = None) -> str:
    at = position(number)
    spot = spot_at(PLAN, ZONES[at.zone_id], at, bearing_deg, elevation_deg, range_m)
    return "" if spot is None else ", ".join(one.ko for one in spot_words(PLAN, ZONES[at.zone_id], at, spot))


@pytest.mark.parametrize(
    ("number", "way", "words"),
    [
        (0, (0.0, 0.0), "뒷벽, 가슴 높이, 가운데"),
        (0, (-14.0, -35.0), "뒷벽, 무릎 높이, 왼쪽 모서리 옆"),
        (0, (14.0, None), "뒷벽, 높이 모름, 오른쪽 모서리 옆"),
        (0, (180.0, 60.0), "문 쪽, 머리 위, 가운데"),
        (0, (90.0, 0.0), "오른쪽 칸막이(2번 칸 쪽), 가슴 높이, 오른쪽 모서리에서 30 cm"),
        (1, (-40.0, -30.0, 1.0), "왼쪽 칸막이(1번 칸 쪽), 허리 높이, 오른쪽 모서리에서 60 cm"),
        (2, (90.0, -89.0), "오른쪽 벽, 바닥 가까이, 오른쪽 모서리에서 30 cm"),
        (0, (0.0, 89.0), "뒷벽, 천장 가까이, 가운데"),
        (0, (0.0, 0.0, 6.0), ""),  # of no wall that the plan knows
    ],
)
def test_wall_height_and_what_it_is_beside(number: int, way: tuple[float, ...], words: str) -> None:
    assert said(number, *way) == words


def test_where_no_door_is_known_one_says_it_from_where_one_faces() -> None:
    basins = next(n for n, one in enumerate(MANIFEST.positions) if one.zone == "basins")
    assert said(basins, 0.0).startswith("정면 벽, 높이 모름")
    alone = r.Plan(version=1, is_verified=True, width_m=1.0, depth_m=1.5, zones=(ZONES["stall-1"],))
    at = position(0)
    spot = spot_at(alone, ZONES["stall-1"], at, 0.0, None, None)
    assert spot is not None
    assert spot_words(alone, ZONES["stall-1"], at, spot)[0].ko == "정면 벽", "all four are walls of the room"


def test_the_spot_is_where_the_way_ends() -> None:
    at = position(0)
    spot = spot_at(PLAN, ZONES["stall-1"], at, 0.0, None, None)
    assert spot is not None
    assert point_of(PLAN, ZONES["stall-1"], spot) == pytest.approx((at.x_m, 0.0), abs=1e-6)
