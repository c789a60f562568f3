"""Rendered clips by tier: deterministic, physical, and true to their truth."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweep.lab.worlds.lobes import draw_traced, moffat, ring, traced
from sweep.lab.worlds.tiers import Shoot, render_tier_clip
from sweep.lens.clip.clips import read_clip
from sweep.lens.optics import load_optics
from sweep.sim.scene import lobes as lens_lobes
from sweep.sim.scene.camera import Pose
from sweep.sim.scene.glints import Lamps, Mirror, Mirrors, Moment, Retro
from sweep.sim.scene.imaging import Placed, PointSpread, splat
from sweep.sim.scene.layers import Ambient, Layer, Stage

STILL = np.zeros((1, 3))
FACING = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
AHEAD = np.array([0.0, 0.0, 1.0])


def lamps(offset_m: float, count: int = 8, total_w_sr: float = 1.0) -> Lamps:
    turn = 2.0 * math.pi * np.arange(count) / count
    places = np.column_stack([offset_m * np.cos(turn), offset_m * np.sin(turn), np.zeros(count)])
    return Lamps(places, np.full(count, total_w_sr / count), AHEAD, 0.0)


def moment() -> Moment:
    return Moment(np.zeros(3), 0.0, 1e-3, "A", STILL)


def electrons(irradiance_w_m2: float, exposure_s: float = 1e-3) -> float:
    optics = load_optics()
    return irradiance_w_m2 * optics.pupil_area_m2(2.8) * exposure_s * optics.electrons_per_joule(850)


def reference_lens(range_m: float) -> Retro:
    lobe = lens_lobes.gaussian(0.49, 0.25, 2.5)
    position = np.array([0.0, 0.0, range_m])
    return Retro(0, position, np.array([0.0, 0.0, -1.0]), math.pi / 4 * 1e-6, 0.05, lobe, 4.0, 0.7)


@pytest.mark.parametrize(("range_m", "wanted"), [(0.3, 1.4e5), (1.0, 5.4e4), (2.0, 6.7e3), (3.0, 1.5e3)])
def test_light_of_a_lens_is_that_of_the_clip_document(range_m: float, wanted: float) -> None:
    seen = reference_lens(range_m).glint(lamps(0.012), moment())
    assert electrons(float(seen.irradiance_w_m2[0])) == pytest.approx(wanted, rel=0.2)


@pytest.mark.parametrize(("range_m", "most"), [(0.3, 1e-3), (1.0, 0.02), (2.0, 0.08), (3.0, 0.15)])
def test_a_lens_shows_little_off_axis(range_m: float, most: float) -> None:
    lens = reference_lens(range_m)
    both = [float(lens.glint(lamps(offset), moment()).irradiance_w_m2[0]) for offset in (0.012, 0.07)]
    assert both[1] / both[0] < most


def test_a_glazed_image_is_some_hundred_times_brighter_than_a_lens() -> None:
    """4 % of glass at 1 m against the 1 mm lens of the document."""
    pane = Mirrors([Mirror(0, np.array([0.0, 0.0, 1.0]), FACING, 0.5, 0.5, 0.0, 0.0, 0.04)])
    images = pane.glints(lamps(0.012), moment())
    lens = float(reference_lens(1.0).glint(lamps(0.012), moment()).irradiance_w_m2[0])
    assert images.owner.size == 8
    assert float(images.irradiance_w_m2.sum()) == pytest.approx(0.04 / 4.0, rel=1e-3)
    assert 100 < float(images.irradiance_w_m2.sum()) / lens < 1000
    assert np.allclose(images.at[:, :2] * 2.0, lamps(0.012).positions[:, :2], atol=1e-6)
    assert np.allclose(images.focus_distance_m, 2.0, rtol=1e-3)


def test_twins_of_the_off_axis_clusters_stand_a_baseline_apart() -> None:
    """At the middle of the picture in A, +- focal x offset / (2 R) in B."""
    pair = Lamps(np.array([[-0.07, 0.0, 0.0], [0.07, 0.0, 0.0]]), np.ones(2), AHEAD, 0.0)
    pane = Mirrors([Mirror(0, np.array([0.0, 0.0, 0.8]), FACING, 0.5, 0.5, 0.0, 0.0, 0.04)])
    seen = pane.glints(pair, moment())
    assert sorted(seen.at[:, 0] / seen.at[:, 2]) == pytest.approx([-0.07 / 1.6, 0.07 / 1.6])


def test_a_ball_mirrors_like_a_ball() -> None:
    """Intensity E r^2 / 4, image half a radius behind the surface."""
    ball = Mirrors([Mirror(0, np.array([0.0, 0.0, 1.0]), FACING, 0.009, 0.009, 100.0, 100.0, 1.0, is_round=True)])
    one = Lamps(np.zeros((1, 3)), np.ones(1), AHEAD, 0.0)
    seen = ball.glints(one, moment())
    assert float(seen.irradiance_w_m2[0]) == pytest.approx(0.01**2 / 4.0, rel=0.02)
    assert float(seen.focus_distance_m[0]) == pytest.approx(1.005, abs=1e-3)


def test_lobes_send_out_what_comes_in() -> None:
    shapes = [
        lens_lobes.gaussian(0.5, 0.2, 3.0), lens_lobes.cone(6.0, 0.3), moffat(0.4, 2.5),
        ring(1.0, 0.3, 0.4),
    ]  # fmt: skip
    for lobe in shapes:
        around = lobe.density_per_sr * np.sin(lens_lobes.ANGLES_RAD) * 2.0 * math.pi
        total = float(np.sum(0.5 * (around[1:] + around[:-1]) * np.diff(lens_lobes.ANGLES_RAD)))
        assert total == pytest.approx(1.0, rel=0.03)


def test_ray_traced_lobes_are_narrow_and_whole() -> None:
    """The table holds lenses of six forms, and hardly any light farther out than it reaches."""
    table = traced()
    assert len({row["lens"] for row in table["lobes"]}) == 6
    for row in table["lobes"]:
        assert len(row["density"]) == len(table["angle_deg"])
        assert 0.05 < row["sigma_deg"] < 3.0
        assert row["inside"] > 0.5
    drawn = draw_traced(np.random.default_rng(1), 0.2, 3.0)
    assert float(drawn.at(np.array([0.0]))[0]) > float(drawn.at(np.array([0.1]))[0]) > 0.0


@pytest.mark.parametrize("disc_px", [0.0, 0.7, 3.0])
def test_points_lie_where_they_are_put(disc_px: float) -> None:
    rng = np.random.default_rng(5)
    spread = PointSpread(0.6, stretch=1.2, turn_rad=0.5, coma_px=0.8, hollow=0.3)
    for x, y in rng.uniform(20, 30, (30, 2)):
        image = np.zeros((82, 82), np.float32)
        one = np.ones(1)
        splat(image, Placed(one * x, one * y, one * 1000.0, one * disc_px, one * 0.0), spread, 16)
        ys, xs = np.mgrid[0:82, 0:82] - 16.0
        assert float(image.sum()) == pytest.approx(1000.0, rel=1e-4)
        assert float((image * xs).sum() / image.sum()) == pytest.approx(x, abs=0.02)
        assert float((image * ys).sum() / image.sum()) == pytest.approx(y, abs=0.02)


@pytest.mark.parametrize("mode", ["tuning", "held_out"])
def test_truth_is_the_centroid_of_the_light(mode: str) -> None:
    checked = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        shoot = Shoot(rng, 2, (364, 272), 3, "tuning" if mode == "tuning" else "held_out", None, True)
        shoot.room.mirrors, shoot.room.facets, shoot.room.glows = [], [], []
        shoot.room.retros = [planted.retro for planted in shoot.planted[:1]]
        # a point narrower than half a pixel has no exact centroid once pixels have summed it
        spread = replace(shoot.spread, core_sigma_px=0.7, _bank={})
        exposer, planted, index = replace(shoot.exposer, spread=spread, ghost_paths=()), shoot.planted[0], shoot.last_a
        exposed = exposer.expose(shoot.probe.times_s[index], "A")
        exposer.note(planted.lens, planted.retro, planted.front, np.zeros((272, 364), np.uint16), exposed, index)
        row = planted.lens.rows[0]
        if not row["inside"] or row["e"] < 50 or not (14 < row["x"] < 350 and 14 < row["y"] < 258):
            continue
        reach = 10
        x, y = round(row["x"]), round(row["y"])
        cut = slice(y - reach, y + reach + 1), slice(x - reach, x + reach + 1)
        light = (exposed.electrons - exposed.ground)[cut].astype(float)
        light = np.maximum(light - np.median(light), 0.0)
        ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        assert float((light * xs).sum() / light.sum()) + x == pytest.approx(row["x"], abs=0.05)
        assert float((light * ys).sum() / light.sum()) + y == pytest.approx(row["y"], abs=0.05)
        checked += 1
    assert checked >= 3


@pytest.mark.parametrize(("range_m", "wanted"), [(0.3, 1408.0), (1.0, 127.0), (2.0, 32.0), (3.0, 14.0)])
def test_light_of_a_tile_is_that_of_the_clip_document(range_m: float, wanted: float) -> None:
    """Facing tile of albedo 0.58 at full size, in the middle of the frame."""
    shoot = Shoot(np.random.default_rng(0), 1, (364, 272), 3, "tuning", None, False)
    optics = load_optics()
    per_w_m2 = optics.pupil_area_m2(2.8) * 1e-3 * optics.electrons_per_joule(850)
    view = replace(shoot.view, electrons_per_w_m2=per_w_m2, centre_x=182.0, centre_y=136.0)
    wall = Layer(np.array([0.0, 0.0, range_m]), FACING, range_m / view.focal_px, np.full((300, 400), 0.58, np.float32))
    dark = Ambient(0.0, np.zeros(2), 0.0, 0.0, 0.0, (np.zeros(3), 1.0, 0.0))
    image = Stage([wall], view, dark).light(lamps(0.012), Pose(np.eye(3), np.zeros(3)), 0.0, STILL)
    # a pixel of this size is 16 of the full sensor's
    assert float(image[136, 182]) / 16.0 == pytest.approx(wanted, rel=0.2)


@pytest.mark.parametrize("mode", ["tuning", "held_out"])
def test_same_seed_same_clip(mode: str) -> None:
    def render() -> list[object]:
        clip = render_tier_clip(
            7, tier=3, size=(364, 272), triples=3, mode="tuning" if mode == "tuning" else "held_out", with_lens=True
        )
        return [[frame.tobytes() for frame in clip.frames], clip.meta.model_dump(), json.dumps(clip.truth)]

    assert render() == render()


@pytest.mark.parametrize("tier", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", ["tuning", "held_out"])
def test_a_clip_of_each_tier_is_whole(tier: int, mode: str, tmp_path: Path) -> None:
    clip = render_tier_clip(
        20 + tier, tier=tier, triples=3, mode="tuning" if mode == "tuning" else "held_out", with_lens=tier != 2
    )
    clip.write(tmp_path, truth_dir=tmp_path / "truth")
    again = read_clip(tmp_path / clip.meta.clip)
    truth = json.loads((tmp_path / "truth" / f"{clip.meta.clip}.json").read_text(encoding="utf-8"))
    assert np.array_equal(again.frame(0), clip.frames[0])
    assert truth == clip.truth
    assert bool(truth["lenses"]) is (tier != 2)
    assert clip.meta.phases[truth["last_A"]] == "A" or truth["wrong_labels"]
    for lens in truth["lenses"]:
        assert [row["frame"] for row in lens["track"]] == [
            i for i, letter in enumerate(clip.meta.phases) if letter == "A"
        ] or truth["wrong_labels"]
    for frame in clip.frames:
        assert frame.dtype == np.uint16
        assert 20 < float(np.median(frame)) < 1023


def test_lenses_differ_from_their_absence_only_where_they_stand() -> None:
    """Without a lens nothing else about the probe changes: the two kinds of clip are told apart by the lens alone."""
    with_lens, without = (
        render_tier_clip(3, tier=2, size=(364, 272), triples=3, with_lens=flag) for flag in (True, False)
    )
    assert with_lens.meta == without.meta
    assert without.truth["lenses"] == []


@pytest.mark.parametrize("bad", [0, 5])
def test_an_unknown_tier_is_refused(bad: int) -> None:
    with pytest.raises(ValueError, match="tier"):
        render_tier_clip(1, tier=bad)
