"""The two renderers beside the physical one: deterministic, whole, and true to their truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sweep.lab.lens.pairs import render_pair
from sweep.lab.scoring.truth import parse_truth
from sweep.lab.worlds.plain import render_plain_clip
from sweep.lab.worlds.recipe import ring_places
from sweep.lab.worlds.tiers import render_tier_clip
from sweep.lab.worlds.unseen import render_unseen_clip
from sweep.lab.worlds.unseen_light import Points, lay, lobe
from sweep.lens.clip.clips import read_clip
from sweep.lens.optics import load_extra_lamps
from sweep.sim.scene.rendered import RenderedClip

SMALL = (364, 272)
Render = Callable[..., RenderedClip]
both = pytest.mark.parametrize("render", [render_plain_clip, render_unseen_clip], ids=["plain", "unseen"])


@both
def test_same_seed_same_clip(render: Render) -> None:
    one, two, other = (render(seed, size=SMALL, triples=3) for seed in (31, 31, 32))
    assert one.truth == two.truth
    assert one.meta == two.meta
    assert all(np.array_equal(a, b) for a, b in zip(one.frames, two.frames, strict=True))
    assert not np.array_equal(one.frames[0], other.frames[0])


@both
@pytest.mark.parametrize("tier", [1, 2, 3, 4])
def test_a_clip_of_each_tier_is_whole(render: Render, tier: int, tmp_path: Path) -> None:
    clip = render(40 + tier, tier=tier, size=SMALL, triples=3, with_lens=True)
    clip.write(tmp_path / "clips", truth_dir=tmp_path / "truth")
    read = read_clip(tmp_path / "clips" / clip.meta.clip)
    assert np.array_equal(read.frame(3), clip.frames[3])
    truth = parse_truth(clip.truth)
    assert truth.tier == tier
    assert truth.is_negative is False
    assert [place.frame for place in truth.lenses[0].track] == [i for i, p in enumerate(clip.meta.phases) if p == "A"]
    assert render(40 + tier, tier=tier, size=SMALL, triples=3, with_lens=False).truth["lenses"] == []


@both
def test_truth_is_the_centroid_of_the_light(render: Render) -> None:
    """Half of the lenses within a quarter of a pixel of it, none farther than most of one: glints lie on some."""
    errors = []
    for seed in range(60, 68):
        clip = render(seed, tier=1, size=SMALL, triples=3, with_lens=True)
        last = clip.truth["last_A"]
        dark = np.median([clip.frames[i] for i, p in enumerate(clip.meta.phases) if p == "C"], axis=0)
        for lens in clip.truth["lenses"]:
            row = lens["track"][-1]
            column, line = round(row["x"]), round(row["y"])
            cut = (slice(line - 3, line + 4), slice(column - 3, column + 4))
            if not row["inside"] or lens["snr"] < 20 or row["rad"] > 2:
                continue
            light = clip.frames[last][cut] - dark[cut]
            light = np.maximum(light - np.median(light), 0.0) * (light > 0.3 * light.max())
            ys, xs = np.mgrid[cut]
            errors.append(
                np.hypot((light * xs).sum() / light.sum() - row["x"], (light * ys).sum() / light.sum() - row["y"])
            )
    assert len(errors) >= 3
    assert np.median(errors) < 0.25
    assert max(errors) < 0.9


def test_points_of_the_unseen_world_keep_place_and_light() -> None:
    points = Points(0.9, 3.0, 6, 0.2)
    for disc in (0.0, 2.2):
        image = np.zeros((60, 60), np.float32)
        lay(image, np.array([30.25]), np.array([24.5]), np.array([1000.0]), np.array([disc]), points)
        ys, xs = np.mgrid[:60, :60]
        assert image.sum() == pytest.approx(1000.0, rel=1e-4)
        assert (image * xs).sum() / 1000.0 == pytest.approx(30.25, abs=0.06)
        assert (image * ys).sum() / 1000.0 == pytest.approx(24.5, abs=0.06)


def test_lobes_of_the_unseen_world_send_out_what_comes_in() -> None:
    alpha = np.linspace(0.0, 0.3, 60_000)
    for shape in (0.9, 2.0, 4.0):
        density = lobe(alpha, np.array(0.01), np.array(shape))
        assert np.trapezoid(density * 2 * np.pi * alpha, alpha) == pytest.approx(1.0, rel=0.01)


def test_the_training_mode_draws_its_own_rooms() -> None:
    """Another room from the same seed than the mode that figures are compared in, and eyes that keep still."""
    wide, tuned = (render_tier_clip(9, size=SMALL, triples=3, mode=mode) for mode in ("training", "tuning"))
    assert wide.truth["mode"] == "training"
    assert not np.array_equal(wide.frames[0], tuned.frames[0])


@pytest.mark.parametrize("render", [render_plain_clip, render_tier_clip], ids=["plain", "physical"])
def test_short_pulses_and_middle_rings(render: Render) -> None:
    clip = render(77, tier=1, size=SMALL, triples=4, short_pulses=True, middle_rings="laboratory", with_lens=True)
    assert sorted(clip.meta.phases) == sorted("ABCMN" * 4)
    assert {"M", "N"} <= set(clip.meta.led)
    assert clip.meta.pulse_scale == (1.0,) * 15 + (1 / 16,) * 5
    light: dict[tuple[str, float], float] = {
        (phase, pulse): float(np.median(frame)) - clip.meta.black_level
        for frame, phase, pulse in zip(clip.frames, clip.meta.phases, clip.meta.pulse_scale, strict=True)
    }
    dark = light["C", 1.0]
    for phase in "ABMN":
        assert (light[phase, 1 / 16] - dark) / (light[phase, 1.0] - dark) == pytest.approx(1 / 16, abs=0.05)


def test_the_heads_rings_stand_where_its_boards_have_them() -> None:
    for name, lamp in load_extra_lamps().items():
        places = ring_places("head", name)  # type: ignore[arg-type]  # letters of the table are those of lamps
        assert np.hypot(*places.T) == pytest.approx(np.full(8, lamp.offset_m))
        assert (abs(places.mean(axis=0)).max() < 1e-9) == lamp.layout.startswith("ring")


def test_red_light_comes_back_from_a_lens_behind_a_filter_of_infrared() -> None:
    """Of nine lenses of the hardest tier two have such a filter; what has none shows less under the weaker red."""
    clip = render_tier_clip(4, tier=4, size=SMALL, triples=3, with_lens=True, lenses=9, red=True)
    assert clip.meta.phases.count("R") == 3
    gains: dict[str, list[float]] = {"clear": [], "absorptive": []}
    for lens in clip.truth["lenses"]:
        if lens["kind"] in gains and lens["snr"] > 0.0:
            gains[lens["kind"]].append(lens["red_snr"] / lens["snr"])
    assert max(gains["clear"]) < 1.0
    assert min(gains["absorptive"]) > 5.0


@pytest.mark.parametrize("render", [render_plain_clip, render_tier_clip], ids=["plain", "physical"])
def test_all_that_shines_is_brightened_and_the_walls_are_not(render: Render) -> None:
    usual, bright = (render(21, tier=1, size=SMALL, triples=3, with_lens=True, gain=gain) for gain in (1.0, 30.0))
    pairs = [(a, b) for a, b in zip(usual.truth["lenses"], bright.truth["lenses"], strict=True) if a["snr"] > 0.0]
    assert pairs
    assert [b["snr"] / a["snr"] for a, b in pairs] == pytest.approx([30.0] * len(pairs), rel=0.1)
    lit = usual.meta.phases.index("A")
    assert np.median(bright.frames[lit]) == pytest.approx(np.median(usual.frames[lit]), rel=0.05)
    assert (bright.frames[lit] >= 1023).sum() > (usual.frames[lit] >= 1023).sum()


def test_the_judging_world_is_looked_at_twice_from_two_places() -> None:
    """The first look is the clip's last part as it is without a second one; the second is 20 to 30 cm aside."""
    size = (182, 136)
    first, second = render_pair(3, "unseen", size=size, with_lens=True)
    triples = len(first.meta.phases + second.meta.phases) // 3
    whole = render_unseen_clip(3, triples=triples, size=size, with_lens=True)
    moved = len(second.frames)
    still = {row["frame"]: (row["x"], row["y"]) for row in whole.truth["lenses"][0]["track"]}
    for row in first.truth["lenses"][0]["track"]:
        assert (row["x"], row["y"]) == still[row["frame"] + moved]
    for row in second.truth["lenses"][0]["track"]:
        x, y = still[row["frame"]]
        assert np.hypot(row["x"] - x, row["y"] - y) > 3.0
    assert second.truth["lenses"][0]["track"], "the second look shows the lens too"
