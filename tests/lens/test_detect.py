"""Filtering, peaks, following and motion by points, each on frames made for it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.follow.track import AT, CAPACITY, MAX_TRIPLES, Tracker
from sweep.lens.pixels import cutouts, detect
from sweep.lens.pixels import matched_filter as filtered
from sweep.lens.pixels.points import motion_by_points
from sweep.lens.pixels.register import Motion, identity, interpolate, prepare, register

Image = npt.NDArray[np.float32]
SHAPE = (160, 240)
NO_FLOW = np.zeros((10, 15, 2), np.float32)


def wall(rng: np.random.Generator, level: float = 300.0) -> Image:
    return np.asarray(rng.poisson(np.full(SHAPE, level)), np.float32)


def add_point(image: Image, x: float, y: float, electrons: float, sigma: float = 0.8) -> None:
    ys, xs = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    spot = np.exp(-0.5 * ((xs - x) ** 2 + (ys - y) ** 2) / sigma**2)
    image += (electrons * spot / spot.sum()).astype(np.float32)


def peaks_of(on: Image, off: Image, levels: int = 2) -> detect.Peaks:
    ratio = np.ones((4, 4), np.float32)
    on_levels, off_levels = filtered.filter_frame(on, 1, levels), filtered.filter_frame(off, 1, levels)
    return detect.find_peaks(on_levels, off_levels, 3.0, ratio, identity(), NO_FLOW)


def test_the_filter_returns_the_flux_of_a_point() -> None:
    frame = np.zeros(SHAPE, np.float32)
    add_point(frame, 100.0, 80.0, 5000.0)
    fine, _ = filtered.filter_frame(frame, 1)
    assert abs(float(fine.flux[80, 100]) - 5000.0) < 25.0


def test_a_point_that_off_axis_lacks_is_found_to_a_tenth_of_a_pixel() -> None:
    rng = np.random.default_rng(2)
    on, off = wall(rng), wall(rng)
    add_point(on, 100.3, 80.2, 3000.0)
    peaks = peaks_of(on, off)
    best = int(np.argmax(peaks.z))
    assert abs(peaks.x[best] - 100.3) < 0.1
    assert abs(peaks.y[best] - 80.2) < 0.1
    assert best in detect.worth_following(peaks)


def test_a_lens_in_a_hole_darker_than_its_light_is_found() -> None:
    rng = np.random.default_rng(3)
    hole = np.ones(SHAPE, np.float32)
    ys, xs = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    hole[np.hypot(xs - 100, ys - 80) < 2.2] = 0.05
    on, off = rng.poisson(300 * hole).astype(np.float32), rng.poisson(300 * hole).astype(np.float32)
    add_point(on, 100.0, 80.0, 900.0)
    surroundings = on[60:100, 80:120].mean()
    assert on[78:83, 98:103].mean() < surroundings
    peaks = peaks_of(on, off)
    best = int(np.argmax(peaks.z))
    assert np.hypot(peaks.x[best] - 100.0, peaks.y[best] - 80.0) < 0.5
    assert peaks.z[best] > 6.0


def test_points_that_both_lamps_show_are_followed_in_bounded_number() -> None:
    rng = np.random.default_rng(4)
    on, off = wall(rng), wall(rng)
    for frame in (on, off):
        for x in range(12, 228, 18):
            for y in range(12, 150, 18):
                add_point(frame, float(x), float(y), 6000.0)
    peaks = peaks_of(on, off)
    follow = detect.worth_following(peaks)
    at_points = [np.abs((axis[follow] - 3.0) % 18.0 - 9.0) < 1.0 for axis in (peaks.x, peaks.y)]
    shared = follow[at_points[0] & at_points[1] & (peaks.z[follow] < detect.GLINT_Z)]
    assert 0.8 * detect.MAX_SHARED <= shared.size <= detect.MAX_SHARED
    assert np.abs(peaks.flux_e[shared] / 6000.0 - 1.0).max() < 0.2


def test_levels_and_frames_have_the_same_coordinates() -> None:
    x = np.array([0.0, 10.5, 33.0], np.float32)
    np.testing.assert_allclose(filtered.from_level(filtered.to_level(x, 4), 4), x, atol=1e-5)


def peaks_at(places: list[tuple[float, float]], z: float = 20.0) -> detect.Peaks:
    x = np.array([p[0] for p in places], np.float32)
    y = np.array([p[1] for p in places], np.float32)
    same = np.full(x.size, z, np.float32)
    zero = np.zeros(x.size, np.float32)
    return detect.Peaks(x, y, zero.astype(np.int8), same * 100, same, zero, zero, same, np.ones_like(same), zero)


def no_light(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> cutouts.Table:
    return np.zeros((x.size, len(cutouts.COLUMNS)), np.float32)


def test_a_track_follows_the_motion_and_learns_a_slide() -> None:
    tracker = Tracker(1.0, SHAPE)
    motion = Motion(np.array([[1.0, 0.0, 7.0], [0.0, 1.0, -2.0]]), None)
    for k in range(6):
        peaks = peaks_at([(50.0 + 7.0 * k, 90.0 - 2.0 * k), (80.0 + 8.5 * k, 60.0 - 2.0 * k)])
        tracker.step(k, peaks, np.array([0, 1]), motion if k else None, no_light)
    tracks = tracker.finish()
    assert len(tracks) == 2
    assert (tracks.column("found") == 1).all()
    slides = np.nanmedian(tracks.column("slide_x"), axis=1)
    np.testing.assert_allclose(sorted(slides), [0.0, 1.5], atol=0.05)


def test_a_missed_place_is_measured_where_it_should_be() -> None:
    tracker = Tracker(1.0, SHAPE)
    motion = Motion(np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]]), None)
    for k in range(5):
        peaks = peaks_at([] if k == 2 else [(50.0 + 5.0 * k, 90.0)])
        tracker.step(k, peaks, np.arange(len(peaks)), motion if k else None, no_light)
    tracks = tracker.finish()
    assert tracks.column("found")[0].tolist() == [1, 1, 0, 1, 1]
    assert abs(float(tracks.column("x")[0, 2]) - 60.0) < 0.1


def test_a_place_that_was_found_often_outlives_a_longer_gap() -> None:
    tracker = Tracker(1.0, SHAPE)
    for k in range(40):
        peaks = peaks_at([] if 25 <= k < 33 else [(50.0, 90.0)])
        tracker.step(k, peaks, np.arange(len(peaks)), Motion(identity(), None) if k else None, no_light)
    tracks = tracker.finish()
    assert len(tracks) == 1
    assert int((tracks.column("found") > 0).sum()) == 32


def test_memory_is_bounded() -> None:
    tracker = Tracker(1.0, (2000, 2000))
    rng = np.random.default_rng(1)
    for k in range(MAX_TRIPLES + 6):
        places = [(float(x), float(y)) for x, y in rng.uniform(10, 1990, size=(200, 2))]
        tracker.step(k, peaks_at(places), np.arange(200), Motion(identity(), None) if k else None, no_light)
    tracks = tracker.finish()
    assert len(tracks) <= CAPACITY
    assert tracks.rows.shape[1:] == (MAX_TRIPLES, len(AT))
    assert tracks.triples.tolist() == list(range(6, MAX_TRIPLES + 6))


def test_motion_of_a_plain_wall_comes_from_its_points() -> None:
    rng = np.random.default_rng(8)
    places = rng.uniform(20, [SHAPE[1] - 40, SHAPE[0] - 40], size=(14, 2))
    before, after = wall(rng), wall(rng)
    for x, y in places:
        add_point(before, float(x), float(y), 2500.0)
        add_point(after, float(x) + 9.0, float(y) + 4.0, 2500.0)
    motion = motion_by_points(before, after)
    assert motion is not None
    np.testing.assert_allclose(motion @ np.array([100.0, 80.0, 1.0]), [109.0, 84.0], atol=0.7)
    assert motion_by_points(wall(rng), wall(rng)) is None


def test_texture_is_registered_to_a_tenth_of_a_pixel() -> None:
    rng = np.random.default_rng(6)
    texture = cv2.GaussianBlur(rng.normal(0, 1, (600, 800)).astype(np.float32), (0, 0), 2.5) * 150 + 400
    shift = np.array([[1.0, 0.0, -6.4], [0.0, 1.0, 3.7]])
    moved = cv2.warpAffine(texture, shift, (800, 600), flags=cv2.INTER_CUBIC)
    on, other = texture[30:574, 40:768], moved[30:574, 40:768]
    first, second = (rng.poisson(np.maximum(f, 0)).astype(np.float32) for f in (on, other))
    fit = register(prepare(first, 3.0), prepare(second, 3.0))
    np.testing.assert_allclose(fit.matrix @ np.array([364.0, 272.0, 1.0]), [364.0 - 6.4, 272.0 + 3.7], atol=0.1)
    assert fit.ok
    half = interpolate(identity(), fit.matrix, 0.5)
    np.testing.assert_allclose(half[:, 2], fit.matrix[:, 2] / 2)
