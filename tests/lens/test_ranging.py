"""What a range sensor says of the scene, and that it has supply only while a permit holds."""

from __future__ import annotations

import pytest

from sweep.lens.camera.ranging import FARTHEST_M, NEAREST_M, NOT_MEASURED, Ranging
from sweep.lens.clip.frames import RawFrame
from sweep.lens.live.live import LiveScan
from sweep.lens.live.records import CropBudget
from sweep.lens.live.wall_coverage import WALL_M, WallCoverage
from sweep.lens.words import WORDS
from sweep.modality.control import Control
from sweep.modality.lease import RoomNotEmptyError
from sweep.modality.strobe import FILMED_OUT
from sweep.report import LensObservation
from tests.lens.clip_factory import meta_for
from tests.lens.live_triples import PHASES, walk
from tests.lens.test_film_stand import Bench, film
from tests.simulators.vl53l1x import LASER, PHASE, VALID, Vl53l1x
from tests.waiting import wait_until


def declared() -> Control:
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    return control


@pytest.mark.parametrize("ending", ["pause", "finish", "abort"])
def test_it_is_dark_as_soon_as_the_declaration_ends_and_is_asked_nothing_more(ending: str) -> None:
    control, chip = declared(), Vl53l1x()
    ranging = Ranging(chip)
    with ranging.measuring(control.permit()):
        wait_until(lambda: ranging.distances > 2, "no distance")
        assert chip.is_ranging
        assert ranging.scene_m() == pytest.approx(1.4)
        getattr(control, ending)()
        wait_until(lambda: not chip.supply, "it stays on")
        told = chip.told
        with pytest.raises(RoomNotEmptyError):
            control.permit().check()
    assert (chip.edges, chip.told, chip.asked_dark) == ([True, False], told, 0)


def test_it_has_no_supply_before_the_stand_after_it_nor_with_a_permit_that_ended() -> None:
    control, chip = declared(), Vl53l1x()
    permit, ranging = control.permit(), Ranging(chip)
    assert (chip.edges, ranging.limits) == ([], ())
    with ranging.measuring(permit):
        wait_until(lambda: ranging.distances, "no distance")
    assert (chip.edges, ranging.limits) == ([True, False], ())
    control.pause()
    control.declare_empty(("A-1", "A-2"))
    with ranging.measuring(permit):
        pass
    assert (chip.edges, chip.asked_dark) == ([True, False], 0)
    with Ranging(None).measuring(permit):
        pass


@pytest.mark.parametrize(
    ("chip", "counted"),
    [
        (Vl53l1x(is_there=False), "range_silent"),
        (Vl53l1x(model=0xEEAC), "range_silent"),
        (Vl53l1x(statuses=[PHASE]), "range_no_target"),
        (Vl53l1x(statuses=[LASER]), "range_sensor_fault"),
        (Vl53l1x(is_garbage=True), "range_garbage"),
    ],
    ids=["absent", "foreign", "nothing", "laser", "garbage"],
)
def test_what_it_cannot_tell_is_counted_and_coverage_says_so(chip: Vl53l1x, counted: str) -> None:
    ranging = Ranging(chip)
    with ranging.measuring(declared().permit()):
        wait_until(lambda: ranging.counts[counted], "never counted")
        if counted == "range_sensor_fault":
            wait_until(lambda: not chip.supply, "a laser that is faulty stays on")
    assert ranging.scene_m() is None
    assert ranging.limits == (NOT_MEASURED,)
    assert NOT_MEASURED in WORDS.conditional_limits
    assert not chip.supply
    if counted == "range_sensor_fault":
        assert chip.edges == [True, False], "nor does it come back at this position"


def test_one_that_falls_silent_is_set_up_anew() -> None:
    chip = Vl53l1x(nacks={40})
    ranging = Ranging(chip)
    with ranging.measuring(declared().permit()):
        wait_until(lambda: ranging.counts["range_silent"] and ranging.distances and chip.edges[2:], "no second start")
        before = ranging.distances
        wait_until(lambda: ranging.distances > before, "no distance after it")
    assert chip.edges == [True, False, True, False]
    assert ranging.limits == ()


def test_a_distance_beyond_what_coverage_is_stated_for_is_the_farthest_that_it_is() -> None:
    for millimetres, said in ((4100, FARTHEST_M), (50, NEAREST_M)):
        ranging = Ranging(Vl53l1x(millimetres=[millimetres], statuses=[VALID]))
        with ranging.measuring(declared().permit()):
            wait_until(lambda one=ranging: one.distances, "no distance")  # type: ignore[misc]  # bound as it is
            assert ranging.scene_m() == said


class RangedBench(Bench):
    """A bench whose camera waits for the range sensor's first word."""

    def __init__(self, chip: Vl53l1x) -> None:
        super().__init__((72, FILMED_OUT))
        self.ranging = self.chip = chip

    def read(self) -> RawFrame | None:
        wait_until(lambda: self.chip.told > 2, "the sensor tells nothing")
        return super().read()


def test_a_filmed_stand_states_its_coverage_for_the_distance_that_was_measured() -> None:
    near, blind = (film(RangedBench(chip)) for chip in (Vl53l1x(millimetres=[1600]), Vl53l1x(statuses=[PHASE])))
    ranges = [[one.range_m for one in each.observations if isinstance(one, LensObservation)] for each in (near, blind)]
    assert ranges == [[pytest.approx(1.6)], [WALL_M]]
    widths = [[one.width_m for one in each.observations if isinstance(one, LensObservation)] for each in (near, blind)]
    pixel_m = 1.6 / walk(1)[1].focal_px
    assert widths == [[pytest.approx(2.5 * pixel_m, rel=0.5)], [None]], "two or three pixels, as the optics blur"
    said = [each.observations[0].model_dump_json() for each in (near, blind)]
    assert ["width_m" in words for words in said] == [True, False], "reports without one are as they were"
    assert LensObservation.model_validate_json(said[0]) == near.observations[0]
    assert NOT_MEASURED not in near.limits
    assert NOT_MEASURED in blind.limits
    assert blind.rejections["range_no_target"] > 0
    assert blind.dropped == near.dropped, "a measurement is no frame"


def test_coverage_is_stated_for_the_walls_that_are_there() -> None:
    triples, meta = walk(4)
    seen = {}
    for range_m in (None, 0.1, 3.0):
        scan = LiveScan(meta, crops=CropBudget(), range_m=iter([range_m] * 4).__next__)
        for triple in triples:
            scan.add(triple)
        summary = scan.finish()
        assert summary.range_m == pytest.approx(range_m or WALL_M)
        seen[range_m] = summary.seen_sr
    assert seen[0.1] == 0.0 < seen[3.0] <= seen[None], "nothing is stated for walls nearer than the model reaches"


def test_a_measurement_that_fails_once_leaves_the_others() -> None:
    walls = WallCoverage(meta_for((272, 364), PHASES))
    assert walls.wall_m == WALL_M
    for range_m in (1.5, None, 1.6, 9.0):
        walls.note_range(range_m)
    assert walls.wall_m == pytest.approx(1.6)
