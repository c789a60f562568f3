"""Live cameras: they open with a permit only, pair frames with lamps by time, and let no frame out of the process.

There is no camera here: the source on Picamera2 meets a strict stand-in, the one to V4L2 a stand-in for OpenCV's
capture.
"""

from __future__ import annotations

import copy
import pickle
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sweep.lens.camera.pi import KEPT, PiCamera
from sweep.lens.camera.v4l2 import V4l2Camera
from sweep.lens.clip.frames import (
    CameraError,
    CameraSettings,
    LiveTriple,
    PhaseFrame,
    RawFrame,
    next_frame,
    unpack_10_bit,
)
from sweep.lens.clip.pairing import WAIT_NS, PhasePairer, TripleBuilder
from sweep.modality.control import Control
from sweep.modality.lease import DECLARATION_S, RoomNotEmptyError, RoomPermit, issue
from sweep.modality.strobe import Phase, Trigger
from tests.lens.picamera2_stand_in import Module
from tests.waiting import wait_until

SETTINGS = CameraSettings(width=128, height=96)
PERIOD_NS = 16_672_000
SECRET = 777


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def control(clock: Clock) -> Control:
    control = Control(clock=clock)
    control.declare_empty(("점검자-01", "점검자-02"))
    return control


@pytest.fixture
def trigger_mode(tmp_path: Path) -> Path:
    (tmp_path / "trigger_mode").write_text("1\n", encoding="ascii")
    return tmp_path / "trigger_mode"


def frames(count: int = 4, **metadata: Any) -> list[tuple[Any, dict[str, Any]]]:
    made = []
    for n in range(count):
        pixels = np.full((SETTINGS.height, SETTINGS.width), SECRET + n, np.uint16)
        stamp = {"SensorTimestamp": 10**9 + n * PERIOD_NS, "AnalogueGain": 1.0, "ExposureTime": 1000}
        made.append((pixels, stamp | metadata))
    return made


@pytest.mark.parametrize("raw_format", ["SRGGB10", "R10", "SBGGR16", "R16"])
def test_the_pi_camera_gives_ten_bits_with_time_stamps(control: Control, trigger_mode: Path, raw_format: str) -> None:
    module = Module(frames())
    module.format = raw_format
    camera = PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    for n in range(4):
        frame = next_frame(camera)
        assert frame is not None
        assert frame.pixels.shape == (96, 128)
        assert set(np.unique(frame.pixels)) == {SECRET + n}
        assert frame.sensor_ns == 10**9 + n * PERIOD_NS
    assert camera.read() is None
    assert next_frame(camera, lambda: False) is None, "whoever stops it waits no longer"
    with pytest.raises(CameraError, match="triggers") as silent:
        next_frame(camera)
    assert silent.value.code == "camera_silent"
    assert module.cameras[0].requests_out == 0
    assert camera.serial == "imx296 /base/i2c/0"
    camera.close()
    camera.close()
    assert module.open_cameras == 0
    with pytest.raises(CameraError, match="closed"):
        camera.read()


def test_the_sensor_is_set_by_hand(control: Control, trigger_mode: Path) -> None:
    module = Module(frames())
    PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    asked = module.cameras[0].camera_configuration()
    assert asked["controls"] == {
        "AeEnable": False, "AwbEnable": False, "ExposureTime": 1000, "AnalogueGain": 1.0,
        "FrameDurationLimits": (16667, 16667),
    }  # fmt: skip
    assert asked["sensor"] == {"output_size": (128, 96), "bit_depth": 10}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "imx708"}, "not imx296"),
        ({"format": "SRGGB10_CSI2P"}, "unpacked"),
        ({"format": "PISP_COMP1"}, "unpacked"),
        ({"size": (64, 48)}, "instead of 128 x 96"),
        ({"present": 0}, "no camera is connected"),
        ({"open_cameras": 1}, "does not open: Failed to acquire"),
    ],
)
def test_another_camera_is_refused_and_closed(
    control: Control, trigger_mode: Path, change: dict[str, Any], says: str
) -> None:
    module = Module(frames())
    for name, value in change.items():
        setattr(module, name, value)
    before = module.open_cameras
    with pytest.raises(CameraError, match=says):
        PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    assert module.open_cameras == before


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"AnalogueGain": 4.0}, "gain 4.00"),
        ({"SensorTimestamp": None}, "no sensor time stamp"),
        ({"SensorTimestamp": 0}, "no sensor time stamp"),
    ],
)
def test_a_frame_that_cannot_be_used_is_refused(
    control: Control, trigger_mode: Path, metadata: dict[str, Any], says: str
) -> None:
    module = Module(frames(**metadata))
    camera = PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    with pytest.raises(CameraError, match=says):
        camera.read()
    camera.close()
    assert module.cameras[0].requests_out == 0


def test_a_thread_that_is_late_finds_four_frames_and_the_others_are_lost(control: Control, trigger_mode: Path) -> None:
    """The library itself would keep one."""
    module = Module(frames(12))
    module.ahead = 100
    camera = PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    wait_until(lambda: not module.frames, "the frames of a sensor that waits for nobody")
    wait_until(lambda: module.cameras[0].requests_out == KEPT, "the last of them")
    found = [frame for frame in (camera.read() for _ in range(KEPT)) if frame is not None]
    assert [frame.sensor_ns for frame in found] == [10**9 + n * PERIOD_NS for n in range(12 - KEPT, 12)]
    assert module.cameras[0].requests_out == 0
    camera.close()


def test_a_camera_whose_trigger_paused_is_silent_until_it_is_opened_anew(control: Control, trigger_mode: Path) -> None:
    module = Module(frames(6))
    module.pauses_after = 2
    camera = PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    assert [next_frame(camera) is not None for _ in range(2)] == [True, True]
    with pytest.raises(CameraError) as silent:
        next_frame(camera)
    assert silent.value.code == "camera_silent"
    camera.close()
    module.pauses_after = None
    again = PiCamera(control.permit(), SETTINGS, trigger_mode=trigger_mode, module=module)
    assert next_frame(again) is not None
    again.close()
    assert module.open_cameras == 0


def test_without_external_trigger_it_stays_closed(control: Control, tmp_path: Path) -> None:
    for name, text in (("absent", None), ("free", "0\n")):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="ascii")
        module = Module(frames())
        with pytest.raises(CameraError, match="trigger mode"):
            PiCamera(control.permit(), SETTINGS, trigger_mode=tmp_path / name, module=module)
        assert module.cameras == []


def sources(trigger_mode: Path, permit: Any) -> Iterator[tuple[Any, Any]]:
    """Each kind of camera, opened with a permit: its maker and what tells whether it was opened."""
    module = Module(frames())
    yield lambda: PiCamera(permit, SETTINGS, trigger_mode=trigger_mode, module=module), module
    capture = Capture()
    yield lambda: V4l2Camera(permit, SETTINGS, opener=capture), capture


class LooksLikeAPermit:
    """Says yes to everything."""

    declared_by = ("a", "b")

    def holds(self) -> bool:
        return True

    def check(self) -> None:
        pass


class SubPermit(RoomPermit):
    """Tries to overrule."""

    def holds(self) -> bool:
        return True


def test_no_camera_opens_without_a_permit(control: Control, trigger_mode: Path) -> None:
    lapsed = control.permit()
    control.pause()
    for permit, error in ((None, TypeError), (LooksLikeAPermit(), TypeError), (lapsed, RoomNotEmptyError)):
        for make, opened in sources(trigger_mode, permit):
            with pytest.raises(error):
                make()
            assert not (opened.cameras if isinstance(opened, Module) else opened.opened)
    forged = object.__new__(SubPermit)
    for make, opened in sources(trigger_mode, forged):
        with pytest.raises(TypeError, match="RoomPermit only"):
            make()
        assert not (opened.cameras if isinstance(opened, Module) else opened.opened)


@pytest.mark.parametrize("kind", [0, 1], ids=["pi", "v4l2"])
@pytest.mark.parametrize("end", ["pause", "finish", "abort", "expire"])
def test_a_camera_switches_off_when_the_permit_ends(
    control: Control, clock: Clock, trigger_mode: Path, end: str, kind: int
) -> None:
    make, opened = list(sources(trigger_mode, control.permit()))[kind]
    camera = make()
    camera.read()
    if end == "expire":
        clock.now += DECLARATION_S
    else:
        getattr(control, end)()
    with pytest.raises(RoomNotEmptyError):
        camera.read()
    assert (opened.open_cameras if isinstance(opened, Module) else opened.opened) == 0
    control.declare_empty(("점검자-01", "점검자-02"))
    with pytest.raises(CameraError, match="closed"):
        camera.read()


class Capture:
    """Stands in for cv2.VideoCapture on a V4L2 device."""

    def __init__(
        self, *, formats: tuple[str, ...] = ("Y10 ",), keeps_auto: bool = False, eight_bit: bool = False
    ) -> None:
        self.formats, self.keeps_auto, self.eight_bit = formats, keeps_auto, eight_bit
        self.opened = 0
        self.values: dict[int, float] = {}
        self.shots = 0

    def __call__(self, device: str, backend: int) -> Capture:
        assert backend == cv2.CAP_V4L2
        self.opened += 1
        return self

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return device_is_there

    def set(self, name: int, value: float) -> bool:
        if name == cv2.CAP_PROP_FOURCC and value not in [float(cv2.VideoWriter.fourcc(*f)) for f in self.formats]:
            return False
        if name == cv2.CAP_PROP_AUTO_EXPOSURE and self.keeps_auto:
            return False
        self.values[name] = value
        return True

    def get(self, name: int) -> float:
        if name == cv2.CAP_PROP_POS_MSEC:
            return 5_000.0 + 16.672 * self.shots
        return self.values.get(name, 3.0)

    def grab(self) -> bool:
        self.shots += 1
        return self.shots < 4

    def retrieve(self) -> tuple[bool, Any]:
        kind = np.uint8 if self.eight_bit else np.uint16
        return True, np.full((96, 128), 99 if self.eight_bit else SECRET, kind)

    def release(self) -> None:
        self.opened -= 1


device_is_there = True


def test_a_v4l2_camera_is_set_by_hand_and_gives_raw_frames(control: Control) -> None:
    capture = Capture()
    camera = V4l2Camera(control.permit(), SETTINGS, opener=capture)
    first, second = camera.read(), camera.read()
    assert first is not None
    assert second is not None
    assert set(np.unique(first.pixels)) == {SECRET}
    assert second.sensor_ns - first.sensor_ns == pytest.approx(16_672_000, abs=1_000_000)
    assert capture.values[cv2.CAP_PROP_EXPOSURE] == pytest.approx(10.0)
    assert capture.values[cv2.CAP_PROP_CONVERT_RGB] == 0.0
    camera.read()
    with pytest.raises(CameraError, match="unplugged"):
        camera.read()
    camera.close()
    assert capture.opened == 0


def test_a_v4l2_camera_that_cannot_be_used_is_refused_and_released(control: Control) -> None:
    for capture, says in (
        (Capture(formats=("YUYV",)), "neither Y8, Y10 nor Y16"),
        (Capture(keeps_auto=True), "automatic"),
    ):
        with pytest.raises(CameraError, match=says):
            V4l2Camera(control.permit(), SETTINGS, opener=capture)
        assert capture.opened == 0
    camera = V4l2Camera(control.permit(), SETTINGS, opener=Capture(eight_bit=True))
    with pytest.raises(CameraError, match="grey frames"):
        camera.read()
    with pytest.raises(CameraError, match="does not open"):
        V4l2Camera(control.permit(), SETTINGS, device="/dev/video-absent")


def test_frames_stay_in_the_process() -> None:
    pixels = np.full((96, 128), SECRET, np.uint16)
    trigger = Trigger(0, 1, "A", True)
    phase_frame = PhaseFrame(pixels, trigger, 1)
    for held in (RawFrame(pixels, 1, 1.0), phase_frame, LiveTriple(0, phase_frame, phase_frame, phase_frame)):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="stay in the memory"):
                pickle.dumps(held, protocol)
        with pytest.raises(TypeError, match="stay in the memory"):
            copy.deepcopy(held)
        assert str(SECRET) not in repr(held)


def test_rows_that_are_too_short_are_refused() -> None:
    with pytest.raises(CameraError, match="not unpacked"):
        unpack_10_bit(np.zeros((4, 10), np.uint8), 8, 0)


def feed(
    *,
    count: int = 60,
    latency_ns: int = 1_050_000,
    jitter_ns: float = 100_000,
    lost: AbstractSet[int] = frozenset(),
    unheard: AbstractSet[int] = frozenset(),
    withheld: AbstractSet[int] = frozenset(),
    late: int = 0,
) -> tuple[list[tuple[int, Phase]], PhasePairer, list[LiveTriple], TripleBuilder]:
    """Frames and triggers of `count` exposures; frames carry their true number as pixels."""
    rng = np.random.default_rng(5)
    pairer, builder = PhasePairer(period_ns=PERIOD_NS, latency_ns=1_000_000), TripleBuilder(3)
    phases: tuple[Phase, ...] = ("A", "B", "C")
    paired: list[tuple[int, Phase]] = []
    triples = []
    waiting: list[Trigger] = []
    for n in range(count):
        got: list[PhaseFrame] = []
        if n not in unheard:
            waiting.append(Trigger(n, 10**12 + n * PERIOD_NS, phases[n % 3], n not in withheld))
        if n not in lost:
            stamp = 10**12 + n * PERIOD_NS + latency_ns + round(rng.normal(0.0, jitter_ns))
            got += pairer.add_frame(RawFrame(np.full((1, 1), n, np.uint16), stamp, 1.0))
        while len(waiting) > late:
            got += pairer.add_trigger(waiting.pop(0))
        for one in got:
            paired.append((int(one.pixels[0, 0]), one.trigger.phase))
            assert one.trigger.number == one.pixels[0, 0]
            triple = builder.add(one)
            if triple is not None:
                triples.append(triple)
    return paired, pairer, triples, builder


@pytest.mark.parametrize("late", [0, 1, 2])
@pytest.mark.parametrize("latency_ns", [1_050_000, 3_000_000, -2_000_000])
def test_every_frame_gets_its_own_phase(late: int, latency_ns: int) -> None:
    paired, pairer, triples, _ = feed(late=late, latency_ns=latency_ns)
    assert len(paired) >= 60 - late
    assert not pairer.dropped
    assert len(triples) >= 19
    assert pairer.latency_ns == pytest.approx(latency_ns, abs=400_000)
    assert [t.on_axis.trigger.phase + t.off_axis.trigger.phase + t.dark.trigger.phase for t in triples] == [
        "ABC"
    ] * len(triples)


def test_lost_frames_and_unheard_triggers_cost_their_triples_only() -> None:
    _, pairer, triples, builder = feed(lost={4, 30, 31, 32, 33}, unheard={10}, withheld={21})
    numbers = {t.number for t in triples}
    assert numbers == set(range(20)) - {1, 3, 7, 10, 11}
    assert pairer.dropped["trigger_without_frame"] == 5
    assert pairer.dropped["lamp_withheld"] == 1
    assert pairer.dropped["frame_between_triggers"] + pairer.dropped["frame_without_trigger"] >= 1
    assert builder.dropped["triple_incomplete"] + builder.dropped["triple_lost"] == 5


def test_a_frame_half_a_period_off_is_dropped_not_guessed() -> None:
    pairer = PhasePairer(period_ns=PERIOD_NS, latency_ns=0)
    pairer.add_trigger(Trigger(0, 0, "A", True))
    pairer.add_trigger(Trigger(1, PERIOD_NS, "B", True))
    assert pairer.add_frame(RawFrame(np.zeros((1, 1), np.uint16), PERIOD_NS // 2, 1.0)) == []
    assert pairer.dropped == {"frame_between_triggers": 1}


def test_memory_is_bounded_when_one_side_falls_silent() -> None:
    pairer = PhasePairer(period_ns=PERIOD_NS, latency_ns=0)
    for n in range(1000):
        pairer.add_trigger(Trigger(n, n * PERIOD_NS, "A", True))
    assert pairer.dropped["trigger_without_frame"] == 1000 - 64
    other = PhasePairer(period_ns=PERIOD_NS, latency_ns=0)
    for n in range(1000):
        other.add_frame(RawFrame(np.zeros((1, 1), np.uint16), n * PERIOD_NS, 1.0))
    assert other.dropped["frame_without_trigger"] == 1000 - (WAIT_NS // PERIOD_NS + 1), "half a second of frames waits"


class EndsWhileAsked:
    """Gives a permit that ends between two questions, wherever those are."""

    def __init__(self) -> None:
        self.answers_left = 1_000

    def permits(self, epoch: int) -> bool:
        self.answers_left -= 1
        return self.answers_left >= 0


@pytest.mark.parametrize("kind", [0, 1], ids=["pi", "v4l2"])
@pytest.mark.parametrize("holds", range(4))
def test_a_camera_is_off_whenever_it_says_so(trigger_mode: Path, kind: int, holds: int) -> None:
    giver = EndsWhileAsked()
    make, opened = list(sources(trigger_mode, issue(giver, 1, ("점검자-01", "점검자-02"))))[kind]
    camera = make()
    giver.answers_left = holds
    with pytest.raises(RoomNotEmptyError):
        deque((camera.read() for _ in range(4)), maxlen=0)
    assert (opened.open_cameras if isinstance(opened, Module) else opened.opened) == 0
