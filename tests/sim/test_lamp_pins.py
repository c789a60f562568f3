"""What the emulated head's pins say of its lamps, and frames that follow the pins rather than the head's word."""

from pathlib import Path

import numpy as np
import pytest

from sweep.lens.clip.clips import read_clip
from sweep.modality.strobe import Phase
from sweep.sim.head.avr import EmulatorError
from sweep.sim.head.lamp_pins import read_lamps, run_lamps
from sweep.sim.head.machine import Edge
from sweep.sim.head.pads import Assembly
from sweep.sim.scene.wall import Wall, render_clip

from .head_kit import built_elf

ORDER: tuple[Phase, ...] = ("A", "B", "C")


@pytest.fixture(autouse=True, scope="module")
def firmware() -> None:
    built_elf()


def test_the_lamp_that_shines_is_the_one_the_head_reports() -> None:
    log = run_lamps(ORDER, 4)
    assert log.told == log.lit == ORDER * 4
    assert run_lamps(("A", "B", "C", "M", "N"), 2).lit == ("A", "B", "C", "M", "N") * 2


def test_a_lamp_whose_select_line_is_shorted_stays_dark_whatever_the_head_says() -> None:
    log = run_lamps(ORDER, 2, Assembly(stuck_low=("select_on_axis",)))
    assert log.told == ORDER * 2
    assert log.lit == ("C", "B", "C") * 2


def test_crossed_wires_swap_the_lamps_and_a_loose_contact_loses_a_strobe() -> None:
    crossed = run_lamps(ORDER, 2, Assembly(crossed=(("select_on_axis", "select_off_axis"),)))
    assert (crossed.told, crossed.lit) == (ORDER * 2, ("B", "A", "C") * 2)
    loose = run_lamps(ORDER, 4, Assembly(loses_strobe_every=5))
    assert loose.told == ORDER * 4
    assert "".join(loose.lit) == "ABCABCCBCABC", "the fifth strobe is the on_axis one of the third round"


def test_frames_show_what_the_pins_lit(tmp_path: Path) -> None:
    shining: dict[str, tuple[Phase, ...]] = {"whole": (), "same": ORDER * 4, "broken": ("C", "B", "C") * 4}
    for name, lit in shining.items():
        wall = Wall(3, size=(256, 192), objects=0)
        render_clip(tmp_path, clip=name, wall=wall, order="ABC" * 4, triples=1, fmt="npz", lit=lit)
    whole, same, broken = (read_clip(tmp_path / name) for name in ("whole", "same", "broken"))
    assert whole.meta.phases == broken.meta.phases, "a clip says what the head says"
    assert all(np.array_equal(whole.frame(n), same.frame(n)) for n in range(12))
    assert whole.frame(1).mean() == pytest.approx(broken.frame(1).mean(), abs=1.0)
    level = whole.meta.black_level
    assert whole.frame(0).mean() > level + 50.0
    assert broken.frame(0).mean() < level + 0.4 * (whole.frame(0).mean() - level), "ambient light only"


def test_two_lamps_at_once_are_no_frame() -> None:
    edges = [Edge(n, pin, 1) for n, pin in enumerate(("camera_trigger", "select_on_axis", "select_red", "strobe"))]
    with pytest.raises(EmulatorError, match="two lamps"):
        list(read_lamps([Edge(0, "camera_trigger", 0), *edges[1:], edges[0]]))
