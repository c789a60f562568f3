"""A position filmed with a head and a camera that do as told: what is asked and said, and what keeps it from
filming.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweep.lens.camera.ranging import RangeSource
from sweep.lens.camera.source import LiveCamera, nominal_meta
from sweep.lens.clip.clips import ClipMeta
from sweep.lens.clip.frames import CameraError, CameraSettings, RawFrame
from sweep.lens.live.records import CropBudget
from sweep.lens.live.session import film_position, strobe_for
from sweep.lens.modality import LensModality
from sweep.lens.words import WORDS
from sweep.modality.control import Control
from sweep.modality.lease import RoomPermit
from sweep.modality.measurement import Measurement
from sweep.modality.messages import FirstWord, Guide, Leave, PartialMeasurement, SpotNow, ToRunner, ToWorker
from sweep.modality.strobe import (
    FILMED_OUT,
    ORDER,
    SHORT_EVERY,
    SHORT_SCALE,
    VARIED_ORDER,
    StopStrobe,
    Strobe,
    StrobeEnded,
    Trigger,
    Triggers,
)
from sweep.report import LensObservation
from sweep.report.crops import MAX_CROPS
from tests.lens.clip_factory import strobed_frames
from tests.lens.live_triples import walk
from tests.run.test_workers import TASK

PERIOD_NS = 16_666_667
FRAMES = strobed_frames(3, phases=VARIED_ORDER * 12, glint=(200.0, 130.0), glint_e=30_000.0, drift_px=(0.6, 0.3))


class Bench:
    """Head, line and camera in one: each strobe gives some frames and then ends for a reason."""

    serial = "stand-in"
    lamps = ()
    ranging: RangeSource | None = None

    def __init__(self, *runs: tuple[int, str], camera: CameraError | None = None) -> None:
        """`runs`: for each strobe, how many frames come of it, and why it ends."""
        self.runs, self.camera = list(runs), camera
        self.said: list[ToRunner] = []
        self.exposures: list[float] = []
        self.rates: list[float] = []
        self.opened = self.closed = 0
        self._number, self._told, self._first = -1, 0, 0
        self._left = 0

    @property
    def meta(self) -> ClipMeta:
        return walk(1)[1]

    def say(self, message: ToRunner) -> None:
        self.said.append(message)
        if isinstance(message, Strobe):
            assert self.opened == self.closed, "no camera is open before its triggers run"
            self._left, self._because = self.runs.pop(0)
            self._number, self._told = -1, 0

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        del wait_s
        due = [self._trigger(n) for n in range(self._told, min(self._number + 2, self._left))]
        self._told += len(due)
        words: list[ToWorker] = [Triggers(tuple(due), (("clock_not_settled", 1),))] if due else []
        if self._number + 1 >= self._left:
            words.append(Leave("moved_on") if self._because == "moved_on" else StrobeEnded(self._because))
        return words

    def _trigger(self, number: int) -> Trigger:
        phase, scale = VARIED_ORDER[number % 6], SHORT_SCALE if number // 6 % SHORT_EVERY == SHORT_EVERY - 1 else 1.0
        scale = scale if phase != "C" else 1.0
        return Trigger(number, 10**12 + (self._first + number) * PERIOD_NS, phase, True, scale)

    def exposed(self, exposure_s: float) -> Bench:
        self.exposures.append(exposure_s)
        return self

    def paced(self, fps: float) -> Bench:
        self.rates.append(fps)
        return self

    def open_camera(self, permit: RoomPermit) -> Bench:
        permit.check()
        if self.camera is not None:
            raise self.camera
        self.opened += 1
        return self

    def read(self) -> RawFrame | None:
        if self._number + 1 >= self._left:
            return None
        self._number += 1
        at = self._first + self._number
        return RawFrame(FRAMES[at], 10**12 + at * PERIOD_NS + 1_050_000, 1.0)

    def close(self) -> None:
        self.closed += 1
        self._first += self._number + 1


def film(
    bench: Bench, crops: CropBudget | None = None, range_m: float | None = None, *, is_spared: bool = False
) -> Measurement:
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    task = replace(TASK, lease=control, dwell_s=30.0, range_m=range_m, is_spared=is_spared)  # type: ignore[arg-type]  # gives permits as an end does
    found = film_position(task, bench, bench, crops or CropBudget(), ("lens_uncalibrated",), room=100)
    assert bench.opened == bench.closed
    return found


@pytest.mark.wall_clock("what is told last is of the last picture that this machine came to while the hand went on")
def test_what_is_seen_is_told_while_it_is_filmed_and_measured_at_the_end() -> None:
    bench, crops = Bench((72, FILMED_OUT)), CropBudget()
    found = film(bench, crops)
    assert bench.said[0] == Strobe(60.0, 1e-3, 30.0, VARIED_ORDER)
    assert bench.said[-1] == StopStrobe()
    assert (found.samples, found.blind_reason, found.gaps) == (24, None, ())
    assert len(found.observations) == len(found.crops) == 1
    assert found.rejections["clock_not_settled"] >= 1, "what the head dropped is counted"
    told = [message for message in bench.said if isinstance(message, FirstWord)]
    assert told[-1].is_candidate
    assert 0.0 < told[-1].quality <= found.quality
    assert all(
        isinstance(message, Strobe | StopStrobe | FirstWord | SpotNow | Guide | PartialMeasurement)
        for message in bench.said
    )
    (seen,) = found.observations
    spot = [message for message in bench.said if isinstance(message, SpotNow)][-1]
    assert isinstance(seen, LensObservation)
    assert seen.bearing_deg is not None
    assert spot.right_deg == pytest.approx(seen.bearing_deg, abs=5.0), "the view moved little since"
    assert spot.range_m is None
    assert spot.snr == pytest.approx(seen.snr)
    assert crops.left == MAX_CROPS - 1


@pytest.mark.parametrize(
    ("runs", "camera", "because"),
    [
        (((0, "head_away"),), None, "head_away"),
        (((0, "no_lamp"),), None, "no_lamp"),
        (((0, "not_declared"),), None, "room_not_declared_empty"),
        (((0, FILMED_OUT),) * 3, None, "no_triggers"),
        (((72, FILMED_OUT),), CameraError("x", "camera_away"), "camera_away"),
        (((72, FILMED_OUT),), CameraError("x", "camera_unusable"), "camera_unusable"),
    ],
    ids=["head", "lamp", "lease", "triggers", "camera", "kind"],
)
def test_what_keeps_it_from_filming_is_a_code_with_a_sentence_and_a_gap(
    runs: tuple[tuple[int, str], ...], camera: CameraError | None, because: str
) -> None:
    bench = Bench(*runs, camera=camera)
    found = film(bench)
    assert (found.blind_reason, [gap.reason for gap in found.gaps]) == (because, [because])
    assert (found.samples, found.quality, found.dwell_s) == (0, 0.0, 0.0)
    assert because in WORDS.reasons or because == "head_away"
    assert bench.said[-1] == StopStrobe()


def test_nobody_films_without_a_lease() -> None:
    bench = Bench((72, FILMED_OUT))
    found = LensModality().measure(replace(TASK, source=bench), bench)
    assert found.blind_reason == "room_not_declared_empty"
    assert bench.said == [StopStrobe()]


def test_lamps_that_went_off_by_themselves_begin_again_and_a_camera_is_opened_anew() -> None:
    bench = Bench((30, "lamp_went_off"), (42, FILMED_OUT))
    found = film(bench)
    assert [type(message) for message in bench.said if isinstance(message, Strobe | StopStrobe)] == [
        Strobe,
        StopStrobe,
    ] * 2
    assert bench.opened == 2
    assert (found.samples, found.blind_reason, found.gaps) == (24, None, ())
    assert found.rejections["lamp_went_off"] == 1


def test_a_head_that_has_a_lamp_once_a_group_only_is_asked_for_three_phases() -> None:
    bench = Bench((0, "lamp_refused"), (72, FILMED_OUT))
    found = film(bench)
    assert [message.order for message in bench.said if isinstance(message, Strobe)] == [VARIED_ORDER, ORDER]
    assert (found.samples, found.gaps, found.rejections["lamp_refused"]) == (24, (), 1)
    always = film(Bench((0, "lamp_refused"), (0, "lamp_refused")))
    assert (always.samples, [gap.reason for gap in always.gaps]) == (0, ["lamp_refused"])


def test_it_gives_up_after_some_beginnings_and_keeps_what_it_saw() -> None:
    found = film(Bench((30, "lamp_went_off"), (3, "lamp_went_off"), (3, "lamp_went_off")))
    assert [gap.reason for gap in found.gaps] == ["lamp_went_off"]
    assert found.samples == 12
    assert found.blind_reason is None


def test_whoever_moves_on_ends_it_at_once() -> None:
    found = film(Bench((30, "moved_on")))
    assert [gap.reason for gap in found.gaps] == ["moved_on"]
    assert found.samples == 10


def test_at_a_spot_that_is_looked_at_again_the_exposure_is_set_for_its_range() -> None:
    usual_s = Bench().meta.exposure_s
    for range_m in (None, 0.5):
        bench = Bench((9, FILMED_OUT))
        film(bench, range_m=range_m)
        assert bench.exposures == ([] if range_m is None else [pytest.approx(usual_s / 4.0, rel=1e-3)])


@pytest.mark.parametrize("is_spared", [False, True])
def test_a_processor_that_must_be_spared_is_given_half_the_pictures_and_that_is_said(is_spared: bool) -> None:
    bench = Bench((9, FILMED_OUT))
    found = film(bench, is_spared=is_spared)
    assert bench.rates == ([bench.meta.fps / 2] if is_spared else [])
    assert ("lens_rate_lowered" in found.limits) == is_spared
    assert "lens_uncalibrated" in found.limits


def test_a_camera_at_another_rate_asks_the_lamps_for_it() -> None:
    settings = CameraSettings(width=1456, height=1088)
    camera = LiveCamera(nominal_meta(settings), settings).paced(25.0)
    assert camera.settings.fps == 25.0
    assert strobe_for(camera.meta, 10.0, ()).fps == 25.0
