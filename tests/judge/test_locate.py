"""Where a transmitter is, on made-up rooms whose habits the model does not share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from sweep import report as r
from sweep.judge.locate import MIN_POSITIONS, SIDES, Floats, Location, locate, locate_uplinks
from sweep.judge.words import place_text
from tests.judge.test_fusion import wifi
from tests.report_factory import make_plan, text

Habit = Literal["plain", "hard"]


def stalls_plan() -> r.Plan:
    """6 x 4 m: four stalls along the top wall, basins and an entrance below."""

    def zone(zone_id: str, kind: r.ZoneKind, x: float, y: float, w: float, h: float) -> r.Zone:
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        return r.Zone(zone_id=zone_id, kind=kind, name=text(zone_id, zone_id), polygon=corners)

    stalls = tuple(zone(f"stall-{n + 1}", "stall", 1.2 * n, 0.0, 1.2, 1.6) for n in range(4))
    rest = (zone("basins", "basin", 0.0, 3.0, 3.0, 1.0), zone("entrance", "entrance", 4.6, 2.4, 1.4, 1.6))
    return r.Plan(version=1, is_verified=True, width_m=6.0, depth_m=4.0, zones=(*stalls, *rest))


PLAN = stalls_plan()
SIZE = (PLAN.width_m, PLAN.depth_m)


@dataclass(frozen=True)
class Trial:
    """One emitter and what was heard of it."""

    xy_m: tuple[float, float]
    side: str | None
    positions: Floats
    levels: Floats


def draw_positions(rng: np.random.Generator, count: int = 12) -> Floats:
    """Where an inspector walks: a rough grid of 4 by 3, never twice the same."""
    grid = np.array([(0.75 + 1.5 * i, 0.7 + 1.3 * j) for j in range(3) for i in range(4)])[:count]
    return np.clip(grid + rng.uniform(-0.35, 0.35, grid.shape), 0.1, np.array(SIZE) - 0.1)


def draw_emitter(rng: np.random.Generator, *, outside: bool, habit: Habit) -> tuple[tuple[float, float], str | None]:
    """Inside: anywhere, or (hard) within 30 cm of a wall; outside: up to 4 m behind a wall."""
    x, y = rng.uniform(0.0, SIZE[0]), rng.uniform(0.0, SIZE[1])
    if not outside and habit == "plain":
        return (float(x), float(y)), None
    side = SIDES[rng.integers(4)]
    behind = -rng.uniform(0.3, 4.0) if outside else rng.uniform(0.02, 0.3)
    x, y = {"left": (behind, y), "right": (SIZE[0] - behind, y), "top": (x, behind), "bottom": (x, SIZE[1] - behind)}[
        side
    ]
    return (float(x), float(y)), side if outside else None


def draw_trial(rng: np.random.Generator, *, outside: bool, habit: Habit, positions: Floats | None = None) -> Trial:
    """Six dB of shadowing.

    Plain: independent and Gaussian.  Hard: half of it goes with the place (correlated over a metre), stall walls cost
    2 dB each, the inspector's body up to 8 dB by where he faces, the exponent breaks at 2 m, one level in twenty is
    off by 15 dB.
    """
    positions = draw_positions(rng) if positions is None else positions
    xy, side = draw_emitter(rng, outside=outside, habit=habit)
    away = np.hypot(*(positions - xy).T)
    distance = np.hypot(away, rng.uniform(0.0, 1.5))
    loss = 10.0 * rng.uniform(1.8, 3.2) * np.log10(np.maximum(distance, 0.1))
    if habit == "plain":
        shadow = rng.normal(0.0, 6.0, len(positions))
    else:
        loss = 20.0 * np.log10(np.maximum(distance, 0.1)) + 12.0 * np.maximum(0.0, np.log10(distance / 2.0))
        apart = np.hypot(*(positions[:, None, :] - positions[None, :, :]).transpose(2, 0, 1))
        shadow = rng.multivariate_normal(np.zeros(len(positions)), 16.0 * np.exp(-apart / 1.0))
        shadow = shadow + rng.normal(0.0, 3.0, len(positions))
        shadow -= (
            2.0 * np.abs(np.floor(positions[:, 0] / 1.2) - math.floor(xy[0] / 1.2)).clip(0, 4) * (positions[:, 1] < 1.6)
        )
        shadow -= 4.0 * (1.0 - np.cos(rng.uniform(0.0, 2.0 * np.pi, len(positions))))
        shadow += np.where(rng.random(len(positions)) < 0.05, rng.choice([-15.0, 15.0], len(positions)), 0.0)
    wall = rng.uniform(3.0, 15.0) if outside else 0.0
    levels = np.clip(np.rint(rng.uniform(-42.0, -20.0) - wall - loss + shadow), -98.0, -5.0)
    return Trial(xy, side, positions, levels)


def run(count: int, *, outside: bool, habit: Habit, seed: int) -> Iterator[tuple[Trial, Location]]:
    rng = np.random.default_rng([seed, outside, habit == "hard"])
    for _ in range(count):
        trial = draw_trial(rng, outside=outside, habit=habit)
        yield trial, locate(PLAN, trial.positions, trial.levels)


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share."""
    share, z = hits / total, 1.96
    middle, half = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def holds(trial: Trial, found: Location) -> bool:
    """Whether the truth lies in a cell of the region."""
    gap = np.abs(found.region_xy_m - trial.xy_m) <= np.array(found.cell_xy_m) / 2.0 + 1e-9
    return bool(gap.all(axis=1).any())


@dataclass(frozen=True)
class Figures:
    """What a run over many made-up rooms gave."""

    median_m: float
    held: int
    in_radius: int
    right: int
    decided: int
    side_right: int
    outside_decided: int
    count: int
    """Emitters inside, and as many outside."""

    def __str__(self) -> str:
        def share(hits: int, total: int) -> str:
            low, high = wilson(hits, total)
            return f"{hits}/{total} = {hits / total:.1%} ({low:.1%} to {high:.1%})"

        return (
            f"median error {self.median_m:.2f} m; region holds {share(self.held, self.count)}, circle "
            f"{share(self.in_radius, self.count)}; decided {share(self.decided, 2 * self.count)}, right "
            f"{share(self.right, self.decided)}; side right {share(self.side_right, self.outside_decided)}"
        )


def figures(count: int, habit: Habit, seed: int) -> Figures:
    inner = list(run(count, outside=False, habit=habit, seed=seed))
    outer = list(run(count, outside=True, habit=habit, seed=seed))
    errors = [math.dist(t.xy_m, (f.x_m, f.y_m)) for t, f in inner]
    decided = [(t, f) for t, f in inner + outer if f.decision != "undecided"]
    behind = [(t, f) for t, f in outer if f.decision == "outside"]
    return Figures(
        median_m=float(np.median(errors)),
        held=sum(holds(t, f) for t, f in inner),
        in_radius=sum(error <= f.radius_m for error, (_, f) in zip(errors, inner, strict=True)),
        right=sum((t.side is not None) == (f.decision == "outside") for t, f in decided),
        decided=len(decided),
        side_right=sum(max(f.outside, key=f.outside.__getitem__) == t.side for t, f in behind),
        outside_decided=len(behind),
        count=count,
    )


def assert_keeps_the_promise(found: Figures) -> None:
    """Median error at most 1 m; 85 to 95 % in the region and 95 % of decisions right, as far as the count can tell."""
    shown = str(found)
    assert found.median_m <= 1.0, shown
    held = wilson(found.held, found.count)
    assert held[0] <= 0.95, shown
    assert held[1] >= 0.85, shown
    assert wilson(found.right, found.decided)[1] >= 0.95, shown
    assert found.decided >= 0.35 * 2 * found.count, shown
    assert found.right >= 0.93 * found.decided, shown


@pytest.mark.parametrize("habit", [pytest.param("plain", marks=pytest.mark.soak), "hard"])
def test_places_are_as_good_as_they_claim(habit: Habit) -> None:
    assert_keeps_the_promise(figures(100, habit, seed=71))


@pytest.mark.soak
@pytest.mark.parametrize("habit", ["plain", "hard"])
def test_places_are_as_good_as_they_claim_over_many_rooms(habit: Habit) -> None:
    found = figures(2_500, habit, seed=2_026)
    print(f"\n{habit}: {found}")
    assert_keeps_the_promise(found)
    assert 0.85 <= found.held / found.count <= 0.95
    assert found.right / found.decided >= 0.95


def heard_at(xy_m: tuple[float, float], positions: Floats, power_dbm: float = -28.0) -> Floats:
    """Levels without any shadowing."""
    distance = np.hypot(np.hypot(*(positions - xy_m).T), 0.8)
    levels: Floats = power_dbm - 22.0 * np.log10(distance)
    return levels


POSITIONS = draw_positions(np.random.default_rng(4))


def test_probabilities_add_up_and_the_region_is_on_the_plan() -> None:
    found = locate(PLAN, POSITIONS, heard_at((4.2, 0.3), POSITIONS))
    assert sum(found.zones.values()) + found.open_floor + found.outside_probability == pytest.approx(1.0)
    assert set(found.zones) == {zone.zone_id for zone in PLAN.zones}
    assert max(found.zones, key=found.zones.__getitem__) == "stall-4"
    assert math.dist((found.x_m, found.y_m), (4.2, 0.3)) < 0.8
    assert ((found.region_xy_m >= 0.0) & (found.region_xy_m <= SIZE)).all()
    assert found.decision == "inside"


@pytest.mark.parametrize(
    ("xy_m", "side"), [((-2.5, 2.0), "left"), ((8.5, 2.0), "right"), ((3.0, -2.5), "top"), ((3.0, 6.5), "bottom")]
)
def test_a_neighbour_is_behind_the_right_wall(xy_m: tuple[float, float], side: str) -> None:
    found = locate(PLAN, POSITIONS, heard_at(xy_m, POSITIONS, power_dbm=-40.0))
    assert max(found.outside, key=found.outside.__getitem__) == side
    assert found.outside_probability > 0.7


def test_one_level_far_off_moves_nothing_far() -> None:
    levels = heard_at((4.2, 0.6), POSITIONS)
    plain = locate(PLAN, POSITIONS, levels)
    levels[int(levels.argmin())] += 25.0
    bent = locate(PLAN, POSITIONS, levels)
    assert math.dist((plain.x_m, plain.y_m), (bent.x_m, bent.y_m)) < 0.7


def test_the_order_of_positions_changes_nothing() -> None:
    levels = heard_at((1.0, 3.0), POSITIONS)
    turned = np.random.default_rng(1).permutation(len(levels))
    one, other = locate(PLAN, POSITIONS, levels), locate(PLAN, POSITIONS[turned], levels[turned])
    assert (one.x_m, one.y_m) == pytest.approx((other.x_m, other.y_m))
    assert one.zones == pytest.approx(other.zones)


def test_few_levels_leave_the_place_open() -> None:
    found = locate(PLAN, POSITIONS[:MIN_POSITIONS], heard_at((4.2, 0.6), POSITIONS[:MIN_POSITIONS]))
    assert len(found.region_xy_m) > 3 * len(locate(PLAN, POSITIONS, heard_at((4.2, 0.6), POSITIONS)).region_xy_m)


def test_four_hundred_levels_and_a_hall_do_not_overflow() -> None:
    rng = np.random.default_rng(2)
    hall = PLAN.model_copy(update={"width_m": 180.0, "depth_m": 90.0})
    positions = rng.uniform(0.0, 90.0, (400, 2))
    found = locate(hall, positions, rng.choice(np.array([-110.0, -5.0]), 400))
    assert math.isfinite(found.x_m + found.y_m + found.radius_m)
    assert sum(found.zones.values()) + found.open_floor + found.outside_probability == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("positions", "levels", "says"),
    [
        (POSITIONS[:2], [-40.0, -50.0], "3 positions"),
        (POSITIONS[:4], [-40.0] * 3, "do not belong"),
        (POSITIONS[:3], [-40.0, math.nan, -50.0], "finite"),
    ],
)
def test_what_cannot_be_placed_is_refused_in_one_line(positions: Floats, levels: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        locate(PLAN, positions, np.array(levels))


def test_the_next_position_is_new_and_none_when_all_are_tried() -> None:
    levels = heard_at((4.2, 0.6), POSITIONS)
    assert locate(PLAN, POSITIONS, levels, POSITIONS).next_position is None
    fresh = np.array([(0.2, 3.8), (5.6, 0.2)])
    chosen = locate(PLAN, POSITIONS[:4], levels[:4], np.vstack([POSITIONS[:4], fresh])).next_position
    assert chosen is not None
    assert (chosen.x_m, chosen.y_m) in {(0.2, 3.8), (5.6, 0.2)}
    assert chosen.gain_bits > 0.0


@pytest.mark.soak
def test_the_next_position_tells_more_than_staying_near() -> None:
    """After four levels at the left end, the fifth is worth more at the named standpoint than one step away."""
    rng = np.random.default_rng(9)
    named: list[float] = []
    near: list[float] = []
    for _ in range(150):
        trial = draw_trial(rng, outside=False, habit="plain")
        order = np.argsort(trial.positions[:, 0])
        first, left = order[:4], order[4:]
        begun = locate(PLAN, trial.positions[first], trial.levels[first], trial.positions[left])
        assert begun.next_position is not None
        best = next(
            n for n in left if trial.positions[n].tolist() == [begun.next_position.x_m, begun.next_position.y_m]
        )
        for number, errors in ((best, named), (left[0], near)):
            used = [*first, number]
            found = locate(PLAN, trial.positions[used], trial.levels[used])
            errors.append(math.dist(trial.xy_m, (found.x_m, found.y_m)))
    assert np.mean(named) < np.mean(near) - 0.05


def test_uplinks_heard_at_three_positions_get_a_place() -> None:
    plan = make_plan()
    places = {"stall-1": (0.75, 0.9), "stall-2": (2.25, 0.9), "entrance": (1.5, 1.7)}
    positions = [
        r.Position(position_id=f"p-{zone}", zone_id=zone, x_m=x, y_m=y, facing_deg=270.0, start_ns=0, end_ns=1)
        for zone, (x, y) in places.items()
    ]
    quiet = r.VideoJudgement(verdict="not_video", score=0.1, decided_after_s=None)
    observations = [wifi(1, "stall-1", -55.0), wifi(2, "stall-2", -30.0), wifi(3, "entrance", -50.0)]
    observations += [wifi(4, "stall-1", -60.0, tag=2), wifi(5, "stall-2", -61.0, tag=2)]
    observations += [wifi(n, zone, -50.0, tag=3, video=quiet) for n, zone in ((6, "stall-1"), (7, "stall-2"))]
    observations += [wifi(8, "entrance", -50.0, tag=3, video=quiet)]
    found = locate_uplinks(plan, positions, observations)
    (place,) = found
    assert (place.address.tag, place.positions) == (f"{1:016x}", 3)
    assert max(place.zones, key=place.zones.__getitem__) == "stall-2"
    assert sum(place.zones.values()) + place.open_floor_share + sum(
        place.outside.model_dump().values()
    ) == pytest.approx(1.0, abs=1e-3)
    assert found == locate_uplinks(plan, positions, reversed(observations))
    r.parse_json(r.TransmitterPlace, r.to_json(place))


def test_the_region_is_handed_on_whole_as_rectangles() -> None:
    levels = np.linspace(-60.0, -40.0, len(POSITIONS))
    found = locate(PLAN, POSITIONS, levels)
    zone = PLAN.zones[0].zone_id
    positions = [
        r.Position(position_id=f"p-{n:02}", zone_id=zone, x_m=x, y_m=y, facing_deg=0.0, start_ns=0, end_ns=1)
        for n, (x, y) in enumerate(POSITIONS.tolist())
    ]
    heard = [
        wifi(n, zone, float(level)).model_copy(update={"position_id": f"p-{n:02}"}) for n, level in enumerate(levels)
    ]
    (place,) = locate_uplinks(PLAN, positions, heard)
    rectangles = np.array(place.region)
    area = ((rectangles[:, 2] - rectangles[:, 0]) * (rectangles[:, 3] - rectangles[:, 1])).sum()
    assert area == pytest.approx(len(found.region_xy_m) * found.cell_xy_m[0] * found.cell_xy_m[1], rel=0.02)
    for x, y in found.region_xy_m:
        assert ((rectangles[:, 0] < x) & (x < rectangles[:, 2]) & (rectangles[:, 1] < y) & (y < rectangles[:, 3])).any()


def test_a_place_is_said_with_its_wall_and_the_next_position_with_its_zone() -> None:
    plan = make_plan()
    positions = [
        r.Position(position_id=f"p-{n}", zone_id="entrance", x_m=0.3, y_m=0.3 + 0.6 * n, facing_deg=0.0, start_ns=0,
                   end_ns=1)
        for n in range(4)
    ]  # fmt: skip
    behind_left = [
        wifi(n, "entrance", level).model_copy(update={"position_id": f"p-{n}"})
        for n, level in enumerate((-62.0, -62.5, -63.0, -62.0))
    ]
    (place,) = locate_uplinks(plan, positions, behind_left)
    said = {"inside": "방 안", "outside": "방 밖", "undecided": "아직 알 수 없음"}
    assert said[place.decision] in place.text.ko
    assert place.next_stand is not None
    zone = next(zone for zone in plan.zones if zone.zone_id == place.next_stand.zone_id)
    assert place.next_stand.text.ko == f"{zone.name.ko}에 서서 한 번 더 측정하십시오"


@pytest.mark.parametrize("side", SIDES)
def test_each_side_has_its_words(side: str) -> None:
    texts = {place_text(decision, 0.97, side, 0.6, None, 0.0).ko for decision in ("outside", "undecided", "inside")}
    assert all("벽 너머" in text for text in texts)
