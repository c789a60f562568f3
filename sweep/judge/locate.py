"""Where a transmitter is: its levels at the sweep's positions in, a posterior over the plan and its surroundings out.

Log-distance path loss; power, exponent and strength of the shadowing are unknown and averaged over, single levels that
a wall or a body distorts count little (Student's t), and a ring outside the room competes with the room itself, side by
side.  It also names the standpoint that would tell most.  It says where, never what: a place is no evidence by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.judge.words import place_text, position_text
from sweep.report import (
    AddressToken,
    Observation,
    OutsideShares,
    Plan,
    Position,
    TransmitterPlace,
    WifiObservation,
    centre_of,
)
from sweep.report import NextPosition as NextPositionRecord

MAX_PLACES: Final = 50  # bounds a report
LEAST_GAIN_BITS: Final = 0.05  # guessed: a twentieth of a yes or no
MIN_POSITIONS: Final = 3  # derived: two coordinates and a power cannot follow from fewer
INSIDE_CELLS: Final = 500  # derived: 0.22 m in a room of 6 m by 4 m, a quarter of the error that is possible at all
RING_M: Final = 5.0  # guessed: what stands farther away is heard like what stands there
RING_STEP_M: Final = 0.5
RING_DECAY_M: Final = 2.5  # guessed: neighbouring rooms begin behind the wall and are as deep as this one
INSIDE_PRIOR: Final = 0.5  # guessed, and even on purpose: the levels shall decide
WALL_M: Final = 0.4  # guessed: sockets, vents and holes in tiles are this near to a wall
WALL_FAVOUR: Final = 1.5  # guessed: a place by the wall is likelier than one in the open
HEIGHT_M: Final = 0.8  # guessed: a probe in the hand against emitters between bowl and ceiling
EXPONENTS: Final = np.array([1.7, 2.2, 2.7, 3.2])  # guessed: free space is 2, rooms with partitions up to 3
EXPONENT_WEIGHTS: Final = np.array([0.2, 0.35, 0.3, 0.15])
POWERS_DBM: Final = np.arange(-66.0, -5.0, 3.0)  # level at one metre
INSIDE_POWER_DBM: Final = (-29.0, 8.0)  # derived: 8 to 20 dBm less 40 dB (2.4 GHz) or 47 dB (5 GHz); mean, deviation
WALL_DB: Final = (8.0, 4.0)  # guessed: plasterboard 3 dB, brick 8 dB, concrete 15 dB; mean, deviation
SHADOWING_DB: Final = np.array([4.0, 6.5])  # scales of Student's t; 6 dB of deviation about bodies and partitions
SHADOWING_WEIGHTS: Final = np.array([0.25, 0.75])  # guessed
FREEDOM: Final = 6.0  # guessed: one level in a hundred is off by more than three scales
REGION_SHARE: Final = 0.9
INSIDE_BELOW: Final = 0.2
OUTSIDE_ABOVE: Final = 0.95
"""Probabilities of being outside that decide; measured on made-up rooms of other habits, where at least 95 % of what is
decided is right.  Outside needs more, since it would send the inspector away from a camera."""
SAME_PLACE_M: Final = 0.4  # derived: shadowing repeats within a few wavelengths, so standing there again tells nothing

Side = Literal["left", "right", "top", "bottom"]
SIDES: Final[tuple[Side, ...]] = ("left", "right", "top", "bottom")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NextPosition:
    """A position that has not been tried and what standing there is expected to tell."""

    x_m: float
    y_m: float
    gain_bits: float
    """Expected fall of the entropy over places."""


@dataclass(frozen=True, slots=True)
class Location:
    """What the levels say about a transmitter's place; coordinates are the plan's, in metres."""

    x_m: float
    y_m: float
    """Mean of the posterior, given that it is inside."""
    radius_m: float
    """Circle about the mean that holds 90 %, given that it is inside."""
    region_xy_m: Floats
    """(n, 2): centres of the fewest cells that hold 90 %, given that it is inside."""
    cell_xy_m: tuple[float, float]
    """Size of a cell."""
    zones: Mapping[str, float]
    """Probability of each zone of the plan."""
    open_floor: float
    """Probability of being inside but in no zone."""
    outside: Mapping[Side, float]
    """Probability of being behind the wall on that side of the plan; with zones and open floor it adds up to 1."""
    decision: Literal["inside", "outside", "undecided"]
    next_position: NextPosition | None
    """None when every candidate has been tried or none was given."""

    @property
    def outside_probability(self) -> float:
        """Probability of being outside on any side."""
        return sum(self.outside.values())


@dataclass(frozen=True, slots=True)
class _Ground:
    """Cells in which the transmitter may be: those inside first, then the ring."""

    xy_m: Floats
    """(cells, 2)"""
    prior: Floats
    """(cells,), sums to 1."""
    inside: int
    side: NDArray[np.int64]
    """(cells outside,): index into SIDES."""
    cell_xy_m: tuple[float, float]


def locate(plan: Plan, positions_xy_m: Floats, rssi_dbm: Floats, candidates_xy_m: Floats | None = None) -> Location:
    """The posterior for one transmitter heard with `rssi_dbm` (n,) at `positions_xy_m` (n, 2).

    `candidates_xy_m` (k, 2) are standpoints to choose the next one from.  Raises ValueError for fewer than
    MIN_POSITIONS levels, shapes that do not fit and numbers that are not finite.
    """
    xy_by_position, levels = np.asarray(positions_xy_m, dtype=np.float64), np.asarray(rssi_dbm, dtype=np.float64)
    if xy_by_position.shape != (len(levels), 2) or levels.ndim != 1:
        raise ValueError(f"{levels.shape} levels do not belong to {xy_by_position.shape} standpoints")
    if len(levels) < MIN_POSITIONS:
        raise ValueError(f"a place needs levels from {MIN_POSITIONS} positions, not {len(levels)}")
    if not (np.isfinite(xy_by_position).all() and np.isfinite(levels).all()):
        raise ValueError("standpoints and levels must be finite")
    ground = _lay_ground(plan)
    joint = _posterior(ground, xy_by_position, levels)
    places = joint.sum(axis=(1, 2))
    within = places[: ground.inside] / places[: ground.inside].sum()
    cells = ground.xy_m[: ground.inside]
    x_m, y_m = within @ cells
    outside = {side: float(places[ground.inside :][ground.side == number].sum()) for number, side in enumerate(SIDES)}
    zones, open_floor = _by_zone(plan, cells, places[: ground.inside])
    beyond = sum(outside.values())
    return Location(
        x_m=float(x_m),
        y_m=float(y_m),
        radius_m=_radius(np.hypot(*(cells - (x_m, y_m)).T), within),
        region_xy_m=cells[_fewest(within)],
        cell_xy_m=ground.cell_xy_m,
        zones=zones,
        open_floor=open_floor,
        outside=outside,
        decision="outside" if beyond >= OUTSIDE_ABOVE else "inside" if beyond <= INSIDE_BELOW else "undecided",
        next_position=None
        if candidates_xy_m is None
        else _best_position(ground, joint, xy_by_position, candidates_xy_m),
    )


def locate_uplinks(
    plan: Plan, positions: Sequence[Position], observations: Iterable[Observation]
) -> tuple[TransmitterPlace, ...]:
    """The place of every transmitter that sends video and was heard at enough positions, by tag.

    The next standpoint is chosen among the middles of the zones; a gain below LEAST_GAIN_BITS is not worth a walk.
    """
    xy_by_position = {position.position_id: (position.x_m, position.y_m) for position in positions}
    heard: dict[str, dict[str, float]] = {}
    uplinks: dict[str, AddressToken] = {}
    for one in observations:
        if isinstance(one, WifiObservation) and one.rssi_dbm is not None and one.position_id in xy_by_position:
            token = min(one.addresses, key=lambda a: (a.key_id, a.tag))
            heard.setdefault(token.tag, {})[one.position_id] = one.rssi_dbm.median
            if one.video.verdict == "video_uplink":
                uplinks[token.tag] = token
    candidates = np.array([centre_of(zone) for zone in plan.zones])
    result: list[TransmitterPlace] = []
    for tag in sorted(uplinks):
        levels = sorted(heard[tag].items())
        if len(levels) >= MIN_POSITIONS and len(result) < MAX_PLACES:
            at = np.array([xy_by_position[name] for name, _ in levels])
            found = locate(plan, at, np.array([level for _, level in levels]), candidates)
            result.append(_as_record(plan, uplinks[tag], len(levels), found))
    return tuple(result)


def zone_shares(plan: Plan, positions: Sequence[Position], heard: Iterable[WifiObservation]) -> Mapping[str, float]:
    """Probability of each zone for one transmitter by its levels; empty where too few positions heard it."""
    xy_by_position = {position.position_id: (position.x_m, position.y_m) for position in positions}
    levels = {
        one.position_id: one.rssi_dbm.median
        for one in heard
        if one.rssi_dbm is not None and one.position_id in xy_by_position
    }
    if len(levels) < MIN_POSITIONS:
        return {}
    return locate(plan, np.array([xy_by_position[name] for name in levels]), np.array(list(levels.values()))).zones


def _as_record(plan: Plan, token: AddressToken, positions: int, found: Location) -> TransmitterPlace:
    side = max(SIDES, key=lambda one: found.outside[one])
    zone = max(plan.zones, key=lambda one: found.zones[one.zone_id], default=None)
    best = found.next_position
    at = None if best is None else plan.zone_at(best.x_m, best.y_m)
    return TransmitterPlace(
        address=token,
        positions=positions,
        decision=found.decision,
        x_m=round(found.x_m, 3),
        y_m=round(found.y_m, 3),
        radius_m=round(found.radius_m, 3),
        region=_rectangles(found.region_xy_m, found.cell_xy_m),
        zones={name: _share(share) for name, share in found.zones.items()},
        open_floor_share=_share(found.open_floor),
        outside=OutsideShares(**{f"{one}_share": _share(found.outside[one]) for one in SIDES}),
        text=place_text(
            found.decision,
            found.outside_probability,
            side,
            found.outside[side],
            None if zone is None else zone.name,
            0.0 if zone is None else found.zones[zone.zone_id],
        ),
        next_stand=None
        if best is None or best.gain_bits < LEAST_GAIN_BITS
        else NextPositionRecord(
            x_m=round(best.x_m, 3),
            y_m=round(best.y_m, 3),
            zone_id=None if at is None else at.zone_id,
            gain_bits=round(best.gain_bits, 3),
            text=position_text(None if at is None else at.name),
        ),
    )


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)


def _rectangles(centres_xy_m: Floats, cell_xy_m: tuple[float, float]) -> tuple[tuple[float, float, float, float], ...]:
    """Cells as one rectangle (left, top, right, bottom) for each unbroken run of a row."""
    wide, high = cell_xy_m
    columns, rows = np.floor(centres_xy_m[:, 0] / wide).astype(int), np.floor(centres_xy_m[:, 1] / high).astype(int)
    result: list[tuple[float, float, float, float]] = []
    for row in sorted(set(rows.tolist())):
        taken = np.sort(columns[rows == row])
        for run in np.split(taken, np.flatnonzero(np.diff(taken) > 1) + 1):
            left, right = run[0] * wide, (run[-1] + 1) * wide
            result.append((round(left, 3), round(row * high, 3), round(right, 3), round((row + 1) * high, 3)))
    return tuple(result)


def _lay_ground(plan: Plan) -> _Ground:
    width, depth = max(plan.width_m, 0.5), max(plan.depth_m, 0.5)
    step = math.sqrt(width * depth / INSIDE_CELLS)
    across, down = max(2, round(width / step)), max(2, round(depth / step))
    cell = (width / across, depth / down)
    x, y = np.meshgrid((np.arange(across) + 0.5) * cell[0], (np.arange(down) + 0.5) * cell[1])
    inner = np.column_stack([x.ravel(), y.ravel()])
    ring, away, side = _ring(width, depth)
    to_wall = np.minimum(inner, np.array([width, depth]) - inner).min(axis=1)
    within, outer = np.where(to_wall < WALL_M, WALL_FAVOUR, 1.0), np.exp(-away / RING_DECAY_M)
    prior = np.concatenate([INSIDE_PRIOR * within / within.sum(), (1.0 - INSIDE_PRIOR) * outer / outer.sum()])
    return _Ground(np.concatenate([inner, ring]), prior, len(inner), side, cell)


def _ring(width: float, depth: float) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Cells of the ring, their distance from the room and the wall they are behind; coarser about large rooms."""
    step = max(RING_STEP_M, (width + depth) / 30.0)
    axes = [np.arange(-RING_M + step / 2.0, size + RING_M, step) for size in (width, depth)]
    x, y = (axis.ravel() for axis in np.meshgrid(*axes))
    beyond = np.stack([-x, x - width, -y, y - depth])  # in the order of SIDES
    is_out = beyond.max(axis=0) > 0.0
    beyond = beyond[:, is_out]
    dx, dy = np.maximum(beyond[0], beyond[1]).clip(0.0), np.maximum(beyond[2], beyond[3]).clip(0.0)
    return np.column_stack([x[is_out], y[is_out]]), np.hypot(dx, dy), beyond.argmax(axis=0)


def _decades(cells: Floats, xy_by_position: Floats) -> Floats:
    """log10 of the distances in metres, (cells, positions)."""
    square = ((cells[:, None, :] - xy_by_position[None, :, :]) ** 2).sum(axis=2) + HEIGHT_M**2
    result: Floats = 0.5 * np.log10(square)
    return result


def _posterior(ground: _Ground, xy_by_position: Floats, levels: Floats) -> Floats:
    """Joint posterior (cells, exponents, powers); the shadowing's scale is summed over."""
    far = _decades(ground.xy_m, xy_by_position)[:, :, None] * (10.0 * EXPONENTS)
    shape = (len(far), len(EXPONENTS), len(POWERS_DBM))
    logs = [np.zeros(shape) for _ in SHADOWING_DB]
    for first in range(0, len(levels), 24):  # a product of more might overflow
        products = [np.ones(shape) for _ in SHADOWING_DB]
        for number in range(first, min(first + 24, len(levels))):
            square = (levels[number] + far[:, number, :, None] - POWERS_DBM) ** 2
            for number_of_scale, scale in enumerate(SHADOWING_DB):
                products[number_of_scale] *= 1.0 + square * (1.0 / (FREEDOM * scale**2))
        for number_of_scale, product in enumerate(products):
            logs[number_of_scale] -= 0.5 * (FREEDOM + 1.0) * np.log(product)
    stacked = np.stack(
        [
            log + math.log(weight) - len(levels) * math.log(scale)
            for log, weight, scale in zip(logs, SHADOWING_WEIGHTS, SHADOWING_DB, strict=True)
        ]
    )
    joint: Floats = np.exp(stacked - stacked.max()).sum(axis=0)
    mean, deviation = INSIDE_POWER_DBM
    joint[: ground.inside] *= _bell(POWERS_DBM, mean, deviation)
    joint[ground.inside :] *= _bell(POWERS_DBM, mean - WALL_DB[0], math.hypot(deviation, WALL_DB[1]))
    joint *= EXPONENT_WEIGHTS[:, None] * ground.prior[:, None, None]
    return joint / joint.sum()


def _bell(values: Floats, mean: float, deviation: float) -> Floats:
    bell: Floats = np.exp(-0.5 * ((values - mean) / deviation) ** 2)
    return bell / bell.sum()


def _fewest(weights: Floats) -> NDArray[np.int64]:
    """Indices of the fewest cells that hold REGION_SHARE, most probable first."""
    order = np.argsort(-weights, kind="stable")
    count = int(np.searchsorted(np.cumsum(weights[order]), REGION_SHARE)) + 1
    return order[:count]


def _radius(distances: Floats, weights: Floats) -> float:
    order = np.argsort(distances, kind="stable")
    held = np.cumsum(weights[order])
    return float(distances[order[min(int(np.searchsorted(held, REGION_SHARE)), len(order) - 1)]])


def _by_zone(plan: Plan, cells: Floats, weights: Floats) -> tuple[dict[str, float], float]:
    zones = dict.fromkeys((zone.zone_id for zone in plan.zones), 0.0)
    open_floor = 0.0
    for (x, y), weight in zip(cells.tolist(), weights.tolist(), strict=True):
        zone = plan.zone_at(x, y)
        if zone is None:
            open_floor += weight
        else:
            zones[zone.zone_id] += weight
    return zones, open_floor


def _best_position(
    ground: _Ground, joint: Floats, xy_by_position: Floats, candidates_xy_m: Floats
) -> NextPosition | None:
    """The candidate whose level shares most information with the place.

    Power and exponent given a cell are replaced by a Gaussian of the same moments, so that a level predicted from one
    is Gaussian; over all cells it is their mixture, whose entropy is summed on a grid of levels.
    """
    candidates = np.asarray(candidates_xy_m, dtype=np.float64).reshape(-1, 2)
    apart = np.hypot(*(candidates[:, None, :] - xy_by_position[None, :, :]).transpose(2, 0, 1))
    fresh = np.flatnonzero(apart.min(axis=1, initial=np.inf) >= SAME_PLACE_M)
    if not len(fresh):
        return None
    places = joint.sum(axis=(1, 2))
    kept = np.argsort(-places, kind="stable")[:400]  # derived: what is left holds a per cent of the doubt
    share = places[kept] / places[kept].sum()
    given: Floats = joint[kept] / places[kept, None, None]
    gains = [_information_bits(share, given, ground.xy_m[kept], candidates[number]) for number in fresh]
    best = int(np.argmax(gains))
    x_m, y_m = candidates[fresh[best]].tolist()
    return NextPosition(x_m, y_m, max(0.0, float(gains[best])))


def _information_bits(share: Floats, given: Floats, cells: Floats, best: Floats) -> float:
    decades = _decades(cells, best[None, :])[:, 0]
    exponent, power = given.sum(axis=2), given.sum(axis=1)
    mean_n, mean_p = exponent @ EXPONENTS, power @ POWERS_DBM
    cross: Any = np.einsum("cnp,n,p->c", given, EXPONENTS, POWERS_DBM) - mean_n * mean_p
    spread_n, spread_p = exponent @ EXPONENTS**2 - mean_n**2, power @ POWERS_DBM**2 - mean_p**2
    mean = mean_p - 10.0 * mean_n * decades
    noise = float(SHADOWING_WEIGHTS @ SHADOWING_DB**2) * FREEDOM / (FREEDOM - 2.0)
    variance = spread_p + 100.0 * decades**2 * spread_n - 20.0 * decades * cross + noise
    levels = np.arange(mean.min() - 25.0, mean.max() + 25.0, 2.0)
    density = np.exp(-0.5 * (levels - mean[:, None]) ** 2 / variance[:, None]) / np.sqrt(2 * np.pi * variance)[:, None]
    mixture = share @ density
    total = -float((mixture * np.log2(np.maximum(mixture, 1e-300))).sum()) * 2.0
    known = 0.5 * float(share @ np.log2(2.0 * np.pi * math.e * variance))
    return total - known
