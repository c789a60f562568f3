"""A camera behind Video4Linux through OpenCV: for a bench without a Raspberry Pi.

Job: open a monochrome camera that gives raw values of 8 (Y8), 10 (Y10) or 16 bits (Y16), set exposure and gain by hand,
take frames with the kernel's time stamps. Input: a permit and settings; output: `RawFrame`s of 10 bits. Refuses to open
or go on without a permit that holds, coloured frames, and a camera that keeps its automatic exposure. Its external
trigger is switched on by its maker's control before (`v4l2-ctl`): Video4Linux has no common one. A camera that runs
freely all the same gives frames between triggers, which are dropped and counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from sweep.lens.clip.frames import CameraError, CameraSettings, RawFrame, check_permit, go_on_or_close
from sweep.modality.lease import RoomPermit
from sweep.phrases import Phrase

MANUAL_EXPOSURE = 1
"""V4L2_EXPOSURE_MANUAL (linux/v4l2-controls.h)."""
EXPOSURE_UNIT_S = 100e-6
"""Unit of V4L2_CID_EXPOSURE_ABSOLUTE."""
FORMATS = {"Y10 ": 0, "Y16 ": 6, "GREY": 0}
"""By how many bits values stand to the left of 10; GREY, of 8 bits, is stretched. The finest is taken."""


class V4l2Camera:
    """The camera, opened by being made and closed when the permit ends."""

    def __init__(
        self,
        permit: RoomPermit,
        settings: CameraSettings,
        *,
        device: str = "/dev/video0",
        opener: Callable[[str, int], Any] = cv2.VideoCapture,
    ) -> None:
        """`opener`: stands in for OpenCV's. Raises RoomNotEmptyError, CameraError."""
        check_permit(permit)
        self._permit = permit
        self._settings = settings
        self.serial = device
        self._capture: Any = opener(device, cv2.CAP_V4L2)
        try:
            self._shift = self._set_up(device)
        except BaseException:
            self.close()
            raise

    def _set_up(self, device: str) -> int:
        """Set format, exposure and gain; by how many bits values stand to the left."""
        capture, settings = self._capture, self._settings
        if not capture.isOpened():
            raise CameraError(Phrase("camera_device_does_not_open", device=device), "camera_away")
        chosen = next((name for name in FORMATS if self._choose(name)), None)
        if chosen is None:
            raise CameraError(Phrase("camera_gives_no_raw_frames", device=device), "camera_unusable")
        shutter_s = settings.exposure_s if settings.shutter is None else settings.shutter.shutter_s
        wanted = {
            cv2.CAP_PROP_CONVERT_RGB: 0.0,
            cv2.CAP_PROP_FRAME_WIDTH: float(settings.width),
            cv2.CAP_PROP_FRAME_HEIGHT: float(settings.height),
            cv2.CAP_PROP_FPS: settings.fps if settings.shutter is None else 1.0 / settings.shutter.frame_s,
            cv2.CAP_PROP_AUTO_EXPOSURE: float(MANUAL_EXPOSURE),
            cv2.CAP_PROP_EXPOSURE: shutter_s / EXPOSURE_UNIT_S,
            cv2.CAP_PROP_GAIN: settings.gain,
        }
        for name, value in wanted.items():
            capture.set(name, value)
        if round(capture.get(cv2.CAP_PROP_AUTO_EXPOSURE)) != MANUAL_EXPOSURE:
            raise CameraError(Phrase("camera_automatic_exposure", device=device), "camera_unusable")
        self._is_8_bit = chosen == "GREY"
        return FORMATS[chosen]

    def _choose(self, name: str) -> bool:
        code = cv2.VideoWriter.fourcc(*name)
        self._capture.set(cv2.CAP_PROP_FOURCC, float(code))
        return bool(round(self._capture.get(cv2.CAP_PROP_FOURCC)) == code)

    def read(self) -> RawFrame | None:
        """The next frame, however long OpenCV waits for it. Raises RoomNotEmptyError (and closes), CameraError."""
        go_on_or_close(self, self._permit, is_open=self._capture is not None)
        if not self._capture.grab():
            raise CameraError(Phrase("no_frame_camera_unplugged"), "camera_away")
        is_there, image = self._capture.retrieve()
        milliseconds = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        go_on_or_close(self, self._permit, is_open=self._capture is not None)
        shape = (self._settings.height, self._settings.width)
        if (
            not is_there
            or image is None
            or image.dtype != (np.uint8 if self._is_8_bit else np.uint16)
            or image.shape[:2] != shape
            or image.size != (shape[0] * shape[1])
        ):
            raise CameraError(
                Phrase("camera_gives_no_16_bit_frames", width=shape[1], height=shape[0]), "camera_unusable"
            )
        values = np.asarray(image.reshape(shape), np.uint16)
        pixels = np.asarray((values << 2) + (values >> 6) if self._is_8_bit else values >> self._shift, np.uint16)
        # the kernel stamps buffers with CLOCK_MONOTONIC, which stops while the machine sleeps
        asleep_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        return RawFrame(pixels, round(milliseconds * 1e6) + asleep_ns, self._settings.gain, self._settings.shutter)

    def close(self) -> None:
        """Let the device go; may be called twice."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()
