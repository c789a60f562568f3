"""A place in words: on which wall, how high, and beside what; only what the plan tells."""

from __future__ import annotations

import re

import pytest

from sweep import report as r
from sweep.report.walls.spots import Whereabouts, look_order, point_of, spot_at, spot_words, where_found
from tests.run.test_eye_looks import MANIFEST, position
from tests.web import evidence as made

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
        (0, (90.0, 0.0), "오른쪽 칸막이(2번 칸 쪽), 가슴 높이, 문 쪽 모서리에서 30 cm"),
        (1, (-40.0, -30.0, 1.0), "왼쪽 칸막이(1번 칸 쪽), 허리 높이, 뒷벽 쪽 모서리에서 60 cm"),
        (2, (90.0, -89.0), "오른쪽 벽, 바닥 가까이, 문 쪽 모서리에서 30 cm"),
        (0, (0.0, 89.0), "뒷벽, 천장 가까이, 가운데"),
        (0, (0.0, 0.0, 6.0), ""),  # of no wall that the plan knows
    ],
)
def test_wall_height_and_what_it_is_beside(number: int, way: tuple[float, ...], words: str) -> None:
    assert said(number, *way) == words


def test_a_corner_that_one_has_to_turn_to_is_told_by_the_wall_that_meets_there() -> None:
    basins = next(n for n, one in enumerate(MANIFEST.positions) if one.zone == "basins")
    turned = said(basins, 90.0, 0.0)
    assert turned.startswith("오른쪽 벽") and "정면 벽 쪽 모서리" in turned, "at its other end is open floor"
    for number in range(3):
        for bearing in range(-180, 180, 5):
            words = said(number, float(bearing))
            assert words.startswith("뒷벽") or not re.search("(왼|오른)쪽 모서리", words), words


def test_a_place_on_a_wall_of_the_room_lies_on_that_walls_line() -> None:
    sweep = made.make_sweep(sweep_id=r.new_id(), room_id=r.new_id()).report
    zones = tuple(
        zone.model_copy(update={"polygon": tuple((x, max(y, 0.05)) for x, y in zone.polygon)})
        for zone in sweep.plan.zones
    )  # drawn by hand, a few centimetres off the outline
    drawn = sweep.model_copy(update={"plan": sweep.plan.model_copy(update={"zones": zones})})
    found = where_found(drawn, drawn.findings[0])
    assert "뒷벽" in found.where.ko
    assert found.y_m == 0.0


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


def of_report(**changes: object) -> Whereabouts:
    """Of a finding in stall 2 whose glint is told with these changes."""
    report = made.make_sweep(sweep_id=r.new_id(), room_id=r.new_id()).report
    glints = tuple(
        one.model_copy(update=changes) if isinstance(one, r.LensObservation) else one for one in report.observations
    )
    return where_found(report.model_copy(update={"observations": glints}), report.findings[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"elevation_deg": -45.0}, "2번 칸 뒷벽, 발목 높이, 왼쪽 모서리에서 50 cm"),
        ({}, "2번 칸 뒷벽, 높이 모름, 왼쪽 모서리에서 50 cm"),
        ({"bearing_deg": None}, "2번 칸, 벽·높이 모름"),
        ({"zone_id": "stall-3"}, "2번 칸, 벽·높이 모름"),  # seen from elsewhere
        ({"position_id": "p99"}, "2번 칸, 벽·높이 모름"),
        ({"bearing_deg": 172.0, "range_m": None}, "2번 칸, 벽·높이 모름"),  # its own circle lies at the back
    ],
)
def test_a_finding_is_on_a_wall_only_where_a_glint_points_to_it(changes: dict[str, object], words: str) -> None:
    found = of_report(**changes)
    assert found.where.ko == words
    assert (found.spot is None) == ("벽·높이 모름" in words)
    assert (found.looks == ()) == (found.spot is not None)


def test_behind_a_partition_it_may_be_in_the_next_cubicle() -> None:
    assert of_report(bearing_deg=None).behind is None
    partition = of_report(bearing_deg=-50.0, range_m=None)
    assert partition.behind is not None
    assert (partition.where.ko, partition.behind.ko) == (
        "2번 칸 왼쪽 칸막이(1번 칸 쪽), 높이 모름, 뒷벽 쪽 모서리에서 60 cm", "1번 칸",
    )  # fmt: skip
    assert partition.where.en.endswith("height unknown, 60 cm from the corner at the back wall")


def test_without_a_wall_one_looks_at_all_of_them_and_from_beside() -> None:
    plan = made.restroom_plan()
    looks = {zone.zone_id: [one.ko for one in look_order(plan, zone)] for zone in plan.zones}
    assert looks["stall-2"] == [
        "문 쪽: 잠금장치, 경첩, 나사 구멍",
        "오른쪽 칸막이(3번 칸 쪽): 휴지걸이, 나사 구멍, 아래 틈",
        "왼쪽 칸막이(1번 칸 쪽): 휴지걸이, 나사 구멍, 아래 틈",
        "뒷벽: 물통, 배관, 벽 구멍",
        "천장: 등, 환기구, 감지기",
        "3번 칸에서 이쪽 칸막이",
        "1번 칸에서 이쪽 칸막이",
    ]
    assert looks["basins"] == ["거울 둘레, 비누통, 세면대 아래", "벽: 구멍, 콘센트, 걸이", "천장: 등, 환기구, 감지기"]
    assert all(len(set(one)) == len(one) > 1 for one in looks.values())
