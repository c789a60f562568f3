"""Does the level place a transmitter? The statistic of many windows, in fades of a person who stands nearly still, and
the zone with the highest inside-minus-outside level over rooms, cameras and fades that nothing was chosen on.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.report import RfWindow
from sweep.rf.envelope import NOMINAL, loud_level, summarise
from sweep.rf.judge import judge_windows
from sweep.sim import source, world
from sweep.sim.sources import CAMERA_RF_AT_1M_DBM

from .test_confusion import interval
from .test_rf import run, window

WINDOWS, FADES = 40, 8
"""Windows of a position, and how many of them fade independently: half a second each."""


def rician_db(k_db: float | None, rng: np.random.Generator) -> NDArray[np.float64]:
    """Fading of each window around the mean power; None: none."""
    if k_db is None:
        return np.zeros(WINDOWS)
    share = 1 / (1 + 10 ** (k_db / 10))
    scattered = math.sqrt(share / 2) * (rng.standard_normal(FADES) + 1j * rng.standard_normal(FADES))
    power_db = 20 * np.log10(np.abs(math.sqrt(1 - share) + scattered))
    return np.repeat(power_db, WINDOWS // FADES)


def carrier(levels_dbm: NDArray[np.float64]) -> list[RfWindow]:
    return [
        window(quiet_dbm=float(dbm), loud_dbm=float(dbm), duty=1.0, bursts=1, number=n)
        for n, dbm in enumerate(levels_dbm)
    ]


def excess_db(inside: list[RfWindow], outside: list[RfWindow]) -> float:
    return max((one.excess_db or 0.0 for one in judge_windows(inside, outside).emitters), default=0.0)


def median_excess_db(inside: list[RfWindow], outside: list[RfWindow]) -> float:
    """By the median of the windows, for comparison."""
    here, there = summarise(inside), summarise(outside)
    assert here is not None
    assert there is not None
    return here.floor_dbm - there.floor_dbm


Statistic = Callable[[list[RfWindow], list[RfWindow]], float]


def placed(seeds: range, k_db: float | None, statistic: Statistic) -> tuple[int, int]:
    """(right, cases): in every zone of the demonstration room once a camera, for each seed."""
    plan = source.default_room().plan
    right = cases = 0
    for seed in seeds:
        for at, zone in enumerate(plan.zones):
            rng = np.random.default_rng((60, seed, at))
            room = world.make_world(plan, seed, zone.zone_id, "analog_camera")
            assert room.camera is not None
            there = (room.camera.x_m, room.camera.y_m)

            def heard(x_m: float, y_m: float, wall_db: float = 0.0, there: tuple[float, float] = there) -> float:
                loss_db = world.path_loss_db(world.distance_m((x_m, y_m), there))
                return max(CAMERA_RF_AT_1M_DBM - loss_db - wall_db, -53.0)

            outside = carrier(heard(plan.width_m, plan.depth_m + 2.0, 12.0) + rician_db(k_db, rng))
            excess = {
                position.zone_id: statistic(carrier(heard(position.x_m, position.y_m) + rician_db(k_db, rng)), outside)
                for position in room.positions
            }
            right += max(excess, key=excess.__getitem__) == zone.zone_id
            cases += 1
    return right, cases


def test_the_zone_of_a_transmitter_is_the_one_with_the_highest_level() -> None:
    right, cases = placed(range(100, 106), None, excess_db)
    assert right == cases


@pytest.mark.soak
def test_zones_in_fades(capsys: pytest.CaptureFixture[str]) -> None:
    lines = []
    for k_db in (None, 10.0, 6.0, 3.0, 0.0):
        cells = []
        for name, statistic in (("loud half", excess_db), ("median", median_excess_db)):
            right, cases = placed(range(100, 140), k_db, statistic)
            low, high = interval(right, cases)
            cells.append(f"{name} {right}/{cases} [{low:.3f}, {high:.3f}]")
        lines.append(f"Rician K {'no fading' if k_db is None else f'{k_db:.0f} dB':10} {'; '.join(cells)}")
    with capsys.disabled():
        print("", *lines, sep="\n")


def test_the_loud_level_is_of_power_and_forgives_pauses_and_a_click() -> None:
    assert loud_level([-40.0]) == pytest.approx(-40.0)
    assert loud_level([-40.0] * 20) == pytest.approx(-40.0)
    assert loud_level([-40.0] * 12 + [-60.0] * 12) == pytest.approx(-40.0)
    assert loud_level([-40.0] * 39 + [-10.0]) == pytest.approx(-40.0)
    # Half the power in the loud half is 3 dB less, not the mean of the decibels.
    assert loud_level([-40.0] * 10 + [-90.0] * 10 + [-95.0] * 20) == pytest.approx(-43.3, abs=0.4)


def test_bursts_that_fade_keep_their_level() -> None:
    rng = np.random.default_rng(3)
    windows = [w for dbm in -35 + rician_db(6.0, rng) for w in run(1, loud_dbm=float(dbm), duty=0.3, bursts=20)]
    (emitter,) = judge_windows(windows).emitters
    assert emitter.level_dbm == pytest.approx(-35.0, abs=3.0)
    assert NOMINAL.to_dbm(min(w.min_counts for w in windows)) >= emitter.level_dbm
