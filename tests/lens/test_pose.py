"""Where the camera points, by pictures and by the inertial sensor: a hand that turns, walls without texture, a sensor
that is mounted askew, and samples that never came.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sweep.lens.live.pose import MotionTrack, Pose
from sweep.lens.live.wall_coverage import MAX_BLUR_PX
from sweep.lens.pixels.motion import Shift
from sweep.modality.motion import ImuSample
from sweep.sim.head.imu import Hand, Motion

FOCAL_PX = 580.0
"""Of half-size frames."""
TRIPLE_NS = 60_000_000
SAMPLE_NS = 10_000_000
Axes = tuple[float, float, float]
UNKNOWN = Shift(0.0, 0.0, False)


def samples(motion: Motion, seconds: float, *, bias_dps: float = 1.0) -> list[ImuSample]:
    hand = Hand(motion, 7)
    found = []
    for number in range(round(seconds * 1e9 / SAMPLE_NS)):
        (x, y, z), force = hand.at(number * SAMPLE_NS / 1e9)
        found.append(ImuSample(number * SAMPLE_NS, (x + bias_dps, y + bias_dps, z - bias_dps), force))
    return found


def track_of(told: list[ImuSample]) -> MotionTrack:
    track = MotionTrack()
    track.add(told)
    return track


def seen(truth: MotionTrack, from_ns: int, to_ns: int) -> Shift:
    """What the pictures show of a head that turns like that."""
    turned = truth.turned_rad(from_ns, to_ns)
    assert turned is not None
    return Shift(FOCAL_PX * turned[2], -FOCAL_PX * turned[1], True)


def run(pose: Pose, truth: MotionTrack, triples: int, *, blank_from: int) -> list[bool]:
    """Triples of a hand; from one on the wall has no texture. Whether each shift was known."""
    known = []
    for number in range(1, triples):
        now_ns = number * TRIPLE_NS
        shift = seen(truth, now_ns - TRIPLE_NS, now_ns) if 1 < number < blank_from else UNKNOWN
        known.append(pose.step(None if number == 1 else shift, now_ns).is_known)
    return known


TURNING = Motion(turn_dps=20.0, pitch_deg=-25.0, roll_deg=4.0, tremor_dps=6.0)
"""To the left, looking up, and swaying."""


def test_where_the_wall_has_no_texture_the_sensor_tells() -> None:
    truth = track_of(samples(TURNING, 2.9, bias_dps=0.0))
    pose = Pose(FOCAL_PX, track_of(samples(TURNING, 2.9)))
    assert pose.direction(0.0, 0.0, (0.0, 0.0)).elevation_deg is None
    known = run(pose, truth, 46, blank_from=32)
    assert all(known)
    expected = -20.0 * math.cos(math.radians(25.0)) * 44 * TRIPLE_NS / 1e9  # a picture turns less about a tilted axis
    middle = pose.direction(700.0, 500.0, (700.0, 500.0))
    assert middle.bearing_deg is not None
    assert middle.bearing_deg == pytest.approx(expected, abs=3.0)
    assert middle.elevation_deg == pytest.approx(25.0, abs=3.0)
    right_and_up = pose.direction(700.0 + FOCAL_PX, 500.0 - FOCAL_PX, (700.0, 500.0))
    assert right_and_up.bearing_deg == pytest.approx(middle.bearing_deg + 45.0, abs=0.1)
    assert right_and_up.elevation_deg == pytest.approx(70.0, abs=3.0)


def turned(vector: Axes, mounting: tuple[int, int, int]) -> Axes:
    return vector[mounting[0]], vector[mounting[1]], vector[mounting[2]]


@pytest.mark.parametrize("mounting", [(1, 0, 2), (0, 2, 1), (2, 1, 0)], ids=["xy", "yz", "xz"])
def test_a_sensor_that_is_mounted_askew_is_never_trusted_with_directions(mounting: tuple[int, int, int]) -> None:
    truth = track_of(samples(TURNING, 2.9, bias_dps=0.0))
    askew = [
        replace(
            one,
            rate_dps=turned(one.rate_dps, mounting),
            acceleration_g=turned(one.acceleration_g, mounting),
        )
        for one in samples(TURNING, 2.9)
    ]
    pose = Pose(FOCAL_PX, track_of(askew))
    known = run(pose, truth, 46, blank_from=32)
    assert not any(known[31:]), "nobody knows, and nobody says he does"
    direction = pose.direction(700.0, 500.0, (700.0, 500.0))
    assert (direction.bearing_deg, direction.elevation_deg) == (None, None)


def test_without_a_sensor_the_pictures_tell_until_they_do_not() -> None:
    truth = track_of(samples(TURNING, 2.9, bias_dps=0.0))
    pose = Pose(FOCAL_PX, MotionTrack())
    run(pose, truth, 40, blank_from=99)
    assert pose.direction(0.0, 0.0, (0.0, 0.0)).bearing_deg is not None
    assert pose.blur_px([10**9], 1e-3) == 0.0
    pose.step(UNKNOWN, 40 * TRIPLE_NS)
    pose.step(Shift(0.0, 0.0, True), 41 * TRIPLE_NS)
    assert pose.direction(0.0, 0.0, (0.0, 0.0)).bearing_deg is None, "what was lost stays lost"


def test_samples_that_never_came_are_a_hole_and_not_a_rest() -> None:
    whole = samples(TURNING, 2.0)
    track = track_of([one for one in whole if not 500_000_000 < one.t_ns < 700_000_000])
    assert track.turned_rad(300_000_000, 480_000_000) is not None
    assert track.turned_rad(450_000_000, 650_000_000) is None
    assert track.speed_rad_s(600_000_000) is None
    assert track.turned_rad(1_900_000_000, 2_040_000_000) is not None, "a batch that is on its way"
    assert track.turned_rad(1_900_000_000, 2_200_000_000) is None
    assert track.turned_rad(-100, 100_000_000) is None


@pytest.mark.parametrize(("dps", "is_too_fast"), [(60.0, False), (98.0, False), (100.0, True), (200.0, True)])
def test_too_fast_follows_from_blur_exposure_and_focal_length(dps: float, is_too_fast: bool) -> None:
    """1 px of half-size frames at 1 ms and 580 px is 98.8 degrees a second, about whatever axis."""
    about = 1.0 / math.sqrt(3.0)
    still = [ImuSample(n * SAMPLE_NS, (dps * about, -dps * about, dps * about), (0.0, 0.0, 1.0)) for n in range(50)]
    pose = Pose(FOCAL_PX, track_of(still))
    blur_px = pose.blur_px([100_000_000, 120_000_000, 140_000_000], 1e-3)
    assert blur_px == pytest.approx(math.radians(dps) * 1e-3 * FOCAL_PX)
    assert (blur_px > MAX_BLUR_PX * 0.5) == is_too_fast
