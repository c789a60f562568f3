"""Frames of a live camera: what they are, and why they cannot leave the process.

Job: the types that a live camera hands out. Input: raw values with the sensor's time stamp; output: frames that show
neither in a log nor through a queue. Refuses to be pickled, copied to another process or printed: a frame of a room
stays in memory and is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import NOMINAL_SHARE, Frame
from sweep.lens.optics import RollingShutter
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.modality.strobe import Trigger
from sweep.phrases import Phrase

LOOK_S: Final = 0.1
"""How long a camera waits for a frame before it looks up: whoever stops it waits no longer."""
SILENT_LOOKS: Final = 20
"""After two seconds without a frame a camera is silent (guessed: libcamera gives up after one)."""


class CameraError(RuntimeError):
    """The camera cannot be used; one line that says what to do."""

    def __init__(self, said: Phrase | str, code: str = "camera_failed") -> None:
        """`code`: why, as the report says it."""
        super().__init__(said)
        self.code = code


class _StaysHere:
    """Whatever holds pixels of a room: it cannot be sent or stored by Python's own means."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError("frames stay in the memory of the process that took them")


@dataclass(frozen=True, slots=True, eq=False)
class RawFrame(_StaysHere):
    """One exposure as the sensor delivered it."""

    pixels: Frame = field(repr=False)
    """uint16, H x W, black level not subtracted."""
    sensor_ns: int
    """CLOCK_BOOTTIME of the sensor's frame start, which in trigger mode follows the end of the exposure."""
    gain: float
    """Analogue gain that the sensor used."""
    shutter: RollingShutter | None = None
    """How it was exposed by a sensor that takes no external trigger; None: while its trigger said."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseFrame(_StaysHere):
    """A frame with the lamp phase that it was taken under."""

    pixels: Frame = field(repr=False)
    trigger: Trigger
    sensor_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class LiveTriple(_StaysHere):
    """One on_axis, off_axis and dark frame of one round of the lamps."""

    number: int
    """Count since the lamps began, rounds that were lost included."""
    on_axis: PhaseFrame
    off_axis: PhaseFrame
    dark: PhaseFrame
    beside: tuple[PhaseFrame, ...] = ()
    """Frames before its end that are of no triple: middle rings, a burst of red with its partners."""

    @property
    def is_short(self) -> bool:
        """Taken with pulses so short that it only serves to measure what saturates in the others."""
        return self.on_axis.trigger.pulse_scale < NOMINAL_SHARE


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What a live camera is set to; fixed while it runs."""

    width: int = 1456
    height: int = 1088
    fps: float = 50.0
    """An IMX296 that is triggered from outside needs about 16.68 ms a frame (one measurement, by others), so at 60 it
    does not keep up with its triggers."""
    exposure_s: float = 1e-3
    """Of the lamps, and of the shutter of a sensor that is triggered."""
    gain: float = 1.0
    model: str = "imx296"
    """Of the Raspberry Pi's camera, as libcamera calls it."""
    shutter: RollingShutter | None = None
    """How a sensor exposes that takes no external trigger."""


class Camera(Protocol):
    """A live camera: `camera_pi.PiCamera` or `camera_v4l2.V4l2Camera`. It is opened by being made."""

    serial: str
    """What tells this camera from others, for the calibration."""

    def read(self) -> RawFrame | None:
        """The next frame; None when none came for `LOOK_S`. Raises RoomNotEmptyError (and closes), CameraError."""

    def close(self) -> None:
        """Switch the sensor off; may be called twice."""


def next_frame(camera: Camera, goes_on: Callable[[], bool] = lambda: True) -> RawFrame | None:
    """The next frame; None once `goes_on` says no. Raises RoomNotEmptyError, CameraError (also when it is silent)."""
    for _ in range(SILENT_LOOKS):
        frame = camera.read()
        if frame is not None:
            return frame
        if not goes_on():
            return None
    raise CameraError(Phrase("no_frame_no_triggers"), "camera_silent")


def check_permit(permit: RoomPermit) -> None:
    """Raises RoomNotEmptyError, and TypeError for a stand-in: it opens nothing, even where no type checker looked."""
    if type(permit) is not RoomPermit:
        raise TypeError("a camera opens with a RoomPermit only")
    permit.check()


def go_on_or_close(camera: Camera, permit: RoomPermit, *, is_open: bool) -> None:
    """Raises CameraError where it is closed, and RoomNotEmptyError, which closes it."""
    if not is_open:
        raise CameraError(Phrase("camera_closed"))
    try:
        permit.check()
    except RoomNotEmptyError:
        camera.close()
        raise


def unpack_10_bit(rows: npt.NDArray[np.uint8], width: int, shift: int) -> Frame:
    """Unpacked raw bytes (H x stride, two bytes a pixel, little-endian) as H x W values of 10 bits.

    `shift`: by how many bits the values stand to the left, 0 or 6.  Raises CameraError when the rows are too short.
    """
    if rows.ndim != 2 or rows.shape[1] < 2 * width or rows.dtype != np.uint8:
        raise CameraError(Phrase("camera_rows_not_unpacked", octets=rows.shape[-1], needed=2 * width))
    values = np.ascontiguousarray(rows[:, : 2 * width]).view("<u2")
    return np.asarray(values >> shift if shift else values.copy(), np.uint16)
