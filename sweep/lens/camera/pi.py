"""The only module that imports Picamera2: the global-shutter camera of the probe, triggered by the sensor head, and on
the bench NoIR modules that run freely, slower, with frames that are paired by the lamps (`clip/whole_frame`).

Job: set the sensor to fixed exposure and gain, take unpacked 10-bit raw frames with their time stamps. Input: a
permit and settings; output: `RawFrame`s. Refuses to open or go on without a permit that holds, without external
trigger, and when the camera delivers another format, size or gain than asked for. Written against Picamera2 0.3
(Raspberry Pi OS; its manual, sections 4 and 5, and its source) and never run on a Pi here:
`tests/lens/picamera2_stand_in.py` stands in for it. libcamera gives a camera up whose trigger pauses for about a second
(raspberrypi/libcamera#80, picamera2#748), and it stays dead until it is started anew: so it is opened while triggers
run, and closed where they end.
"""

from __future__ import annotations

import threading
from collections import deque
from importlib import import_module
from pathlib import Path
from typing import Any

from sweep.lens.clip.frames import (
    LOOK_S,
    CameraError,
    CameraSettings,
    RawFrame,
    check_permit,
    go_on_or_close,
    unpack_10_bit,
)
from sweep.lens.clip.whole_frame import can_be_lit_whole
from sweep.modality.lease import RoomPermit
from sweep.phrases import Phrase

TRIGGER_MODE = Path("/sys/module/imx296/parameters/trigger_mode")
"""1: the sensor exposes while XTR is low (documentation of the global-shutter camera, external trigger)."""
MODEL = "imx296"
LOW_BITS = frozenset({"R10", "SRGGB10", "SBGGR10", "SGRBG10", "SGBRG10"})
"""10 bits in the low bits of 16 (Pi 4)."""
HIGH_BITS = frozenset({"R16", "SRGGB16", "SBGGR16", "SGRBG16", "SGBRG16"})
"""10 bits in the high bits of 16 (Pi 5)."""
FRAME_US = 16_667
"""The sensor's shortest frame: triggers come every 20 ms by a resonator that may be 0.5 % fast, and one that comes
before the frame of the one before is over is lost (derived)."""
GAIN_TOLERANCE = 0.02
BUFFERS = 6
KEPT = 4
"""Frames that wait for a thread that is late, 80 ms of them; two buffers stay with the sensor. The library itself keeps
one completed request and lets the others go, so each is taken as it completes; what comes beyond is lost, and counted
as a trigger without a frame."""
MAIN_SIZE = (160, 120)
"""The processed stream is needed by the library and used by nobody."""


class PiCamera:
    """The camera, opened by being made and closed when the permit ends."""

    def __init__(
        self,
        permit: RoomPermit,
        settings: CameraSettings,
        *,
        trigger_mode: Path = TRIGGER_MODE,
        module: Any = None,
    ) -> None:
        """`module`: stands in for picamera2. Raises RoomNotEmptyError, CameraError."""
        check_permit(permit)
        self._permit = permit
        self._settings = settings
        self._news = threading.Condition()
        self._kept: deque[Any] = deque()
        _check_shutter(settings, trigger_mode)
        library = module if module is not None else _library()
        cameras = library.Picamera2.global_camera_info()
        if not cameras:
            raise CameraError(Phrase("no_camera_connected_look"), "camera_away")
        number = next((k for k, one in enumerate(cameras) if one.get("Model") == settings.model), 0)
        permit.check()
        try:
            self._camera = library.Picamera2(number)
        except (RuntimeError, IndexError) as error:
            raise CameraError(Phrase("camera_does_not_open", why=error), "camera_away") from error
        try:
            self._shift = self._set_up()
            permit.check()
            self._camera.pre_callback = self._keep
            self._camera.start()
        except BaseException:
            self.close()
            raise
        model = str(self._camera.camera_properties.get("Model", "unknown"))
        self.serial = f"{model} {cameras[number].get('Id', '')}".strip()[:200]

    def _set_up(self) -> int:
        """Configure the streams; by how many bits raw values stand to the left."""
        settings, camera = self._settings, self._camera
        model = camera.camera_properties.get("Model")
        if model != settings.model:
            raise CameraError(
                Phrase("camera_model_unsupported", model=str(model)[:40], wanted=settings.model), "camera_unusable"
            )
        shutter_s = settings.exposure_s if settings.shutter is None else settings.shutter.shutter_s
        frame_us = FRAME_US if settings.shutter is None else round(1e6 * settings.shutter.frame_s)
        configuration = camera.create_video_configuration(
            main={"size": MAIN_SIZE, "format": "YUV420"},
            raw={"size": (settings.width, settings.height), "format": "SRGGB10"},
            sensor={"output_size": (settings.width, settings.height), "bit_depth": 10},
            buffer_count=BUFFERS,
            queue=False,  # each request is taken by `_keep`
            controls={
                "AeEnable": False,
                "AwbEnable": False,
                "ExposureTime": round(shutter_s * 1e6),
                "AnalogueGain": settings.gain,
                "FrameDurationLimits": (frame_us, frame_us),
            },
        )
        camera.configure(configuration)
        raw = camera.camera_configuration()["raw"]
        if tuple(raw["size"]) != (settings.width, settings.height):
            raise CameraError(
                Phrase("camera_frame_size_differs", size=raw["size"], width=settings.width, height=settings.height),
                "camera_unusable",
            )
        if raw["format"] in LOW_BITS:
            return 0
        if raw["format"] in HIGH_BITS:
            return 6
        raise CameraError(Phrase("camera_format_not_raw", format=str(raw["format"])[:40]), "camera_unusable")

    def _keep(self, request: Any) -> None:
        """Called by the library's own thread, which holds its lock, for each request that was completed."""
        request.acquire()
        with self._news:
            self._kept.append(request)
            late = self._kept.popleft() if len(self._kept) > KEPT else None
            self._news.notify()
        if late is not None:
            late.release()

    def read(self) -> RawFrame | None:
        """The next frame; None when none came for a while. Raises RoomNotEmptyError (and closes), CameraError."""
        go_on_or_close(self, self._permit, is_open=self._camera is not None)
        with self._news:
            if not self._news.wait_for(lambda: self._kept, LOOK_S):
                return None
            request = self._kept.popleft()
        try:
            go_on_or_close(self, self._permit, is_open=self._camera is not None)
            metadata = request.get_metadata()
            rows = request.make_array("raw")
        finally:
            request.release()
        gain = float(metadata.get("AnalogueGain", 0.0))
        if abs(gain - self._settings.gain) > GAIN_TOLERANCE * self._settings.gain:
            raise CameraError(Phrase("sensor_gain_differs", gain=gain, wanted=self._settings.gain), "camera_unusable")
        stamp = metadata.get("SensorTimestamp")
        if not isinstance(stamp, int) or stamp <= 0:
            raise CameraError(Phrase("frame_without_time_stamp"), "camera_unusable")
        shutter = self._settings.shutter
        if shutter is not None:
            exposed_s = float(metadata.get("ExposureTime", 0)) * 1e-6
            if abs(exposed_s - shutter.shutter_s) > GAIN_TOLERANCE * shutter.shutter_s:
                said = Phrase("sensor_shutter_differs", exposed_ms=exposed_s * 1e3, wanted_ms=shutter.shutter_s * 1e3)
                raise CameraError(said, "camera_unusable")
        return RawFrame(unpack_10_bit(rows, self._settings.width, self._shift), stamp, gain, shutter)

    def close(self) -> None:
        """Switch the sensor off; may be called twice."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.pre_callback = None
            with self._news:
                kept = list(self._kept)
                self._kept.clear()
            for request in kept:
                request.release()
            camera.stop()
            camera.close()


def _check_shutter(settings: CameraSettings, trigger_mode: Path) -> None:
    """Raises CameraError where the lamps could not be told: no trigger, or rows that are never all open."""
    if settings.shutter is not None:
        if not can_be_lit_whole(settings.shutter):
            raise CameraError(Phrase("camera_rows_never_all_open", model=settings.model), "camera_unusable")
        if settings.model == MODEL and _read(trigger_mode) == "1":
            raise CameraError(Phrase("camera_in_trigger_mode", file=trigger_mode), "camera_unusable")
    elif settings.model != MODEL:
        raise CameraError(Phrase("camera_takes_no_trigger", model=settings.model), "camera_unusable")
    elif _read(trigger_mode) != "1":
        raise CameraError(Phrase("camera_not_in_trigger_mode", file=trigger_mode), "camera_unusable")


def _library() -> Any:
    try:
        return import_module("picamera2")
    except ImportError as error:
        raise CameraError(Phrase("picamera2_missing"), "camera_away") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return "absent"
