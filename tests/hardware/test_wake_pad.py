"""The opening over the bank's button and its pad: where it lies, that it closes the grip, that a thumb gets through."""

import pytest
from manifold3d import Manifold

from hardware.enclosure import layout, mesh, sheets
from hardware.enclosure.solids import Box
from tests.hardware.test_enclosure import EPS

MIDDLE_Y, OUTER, INNER = layout.wake_slot()
OUTSIDE, WITHIN = (0.0, MIDDLE_Y, OUTER - 2.0), (0.0, MIDDLE_Y, INNER + 3.0)


def is_closed(pad: Manifold | None) -> bool:
    """Whether the air behind the grip's rear wall is apart from the air in front of it."""
    room = Box((-13.0, MIDDLE_Y - 40.0, OUTER - 3.0), (13.0, MIDDLE_Y + 40.0, INNER + 4.0))
    pockets = mesh.air(room, [mesh.part("grip"), *([] if pad is None else [pad])])
    return mesh.pocket_of(pockets, OUTSIDE) != mesh.pocket_of(pockets, WITHIN)


def test_neither_light_nor_dust_gets_past_the_pad() -> None:
    """Its rim lies on the countersink; pressed home by a hundredth, no air leads past it."""
    home = mesh.part("wake_pad").translate((0.0, 0.0, EPS))
    assert is_closed(home)
    assert not is_closed(None)
    crack = mesh.closed(Box((-0.1, MIDDLE_Y - 0.1, INNER - 0.5), (0.1, MIDDLE_Y + 0.1, INNER + 2.0)))
    assert not is_closed(home - crack)


def test_the_pad_is_flush_outside_and_cannot_fall_out_or_in() -> None:
    pad, grip = mesh.part("wake_pad"), mesh.part("grip")
    low, high = pad.bounding_box()[2], pad.bounding_box()[5]
    assert low == pytest.approx(OUTER, abs=1e-3), "nothing stands out into the hand"
    assert mesh.overlap_mm3(pad.translate((0.0, 0.0, -0.5)), grip) > 10, "its catch holds behind the wall"
    assert mesh.overlap_mm3(pad.translate((0.0, 0.0, 0.5)), grip) > 10, "its rim rests in the countersink"
    assert high - INNER == pytest.approx(layout.shell()["wake"]["reach"], abs=1e-3)


def test_what_is_pressed_is_a_skin_in_a_recess_as_wide_as_a_thumbs_tip() -> None:
    pad, table = mesh.part("wake_pad"), layout.shell()["wake"]
    wide, high = (side / 2 - table["rim"] - 0.1 for side in table["slot"])
    assert 2 * wide > 12.0 and 2 * high > 50.0
    for x, y in ((0.0, 0.0), (wide, 0.0), (-wide, 0.0), (0.0, high), (0.0, -high)):
        start, end = (x, MIDDLE_Y + y, OUTER - 1.0), (x, MIDDLE_Y + y, INNER + 5.0)
        met = sorted(float(hit.position[2]) for hit in pad.ray_cast(start, end))
        assert met == pytest.approx([INNER + table["reach"] - table["skin"], INNER + table["reach"]], abs=1e-3)
        assert met[0] - OUTER > 2.0, "a recess: the hand on the grip does not press it"
        assert not mesh.is_blocked(mesh.part("grip"), start, end)


def test_the_opening_lies_over_the_upper_half_of_a_narrow_side_of_the_bank() -> None:
    """On the bank of the bill, which stands on the door; where its button lies no drawing says."""
    long, _, thick = sheets.bank_mm()
    near, far = sheets.below_ports_mm()
    assert near == pytest.approx(5.0) and far > long / 2
    assert 2 * (layout.shell()["wake"]["slot"][0] / 2 - layout.shell()["wake"]["rim"]) >= thick / 2
    said = (layout.HERE / "README.md").read_text(encoding="utf-8")
    assert f"the middle 13 of {thick:g} mm" in said and f"{near:g} to {far:g} mm below its ports" in said


def test_the_largest_bank_passes_the_pad_and_the_one_of_the_bill_gives_way_less_than_the_skin_is_pressed() -> None:
    grip, table = layout.shell()["grip"], layout.shell()["wake"]
    free = grip["inner"][1] - table["reach"]
    assert layout.shell()["bank"]["box"][2] < free
    assert mesh.overlap_mm3(mesh.part("wake_pad"), mesh.contents()["power bank"]) == 0.0
    assert 0.0 < free - table["foam"] - sheets.bank_mm()[1] < 2.0, "the way to the button, bank against the foam"


def test_button_and_pad_are_on_opposite_walls() -> None:
    """Nobody presses the one for the other."""
    stop = layout.contents()["button"][0]
    assert max(OUTER, INNER) < layout.shell()["grip"]["z"] < stop.high
