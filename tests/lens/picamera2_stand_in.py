"""Stands in for picamera2 where there is no Raspberry Pi. It is no proof that the real one behaves so.

It mimics strictly what the manual and the source of Picamera2 0.3 say of the calls that the door uses: names and kinds
of arguments, the order configure, start, capture, release; it refuses everything else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

VIDEO_ARGUMENTS = {
    "main", "lores", "raw", "transform", "colour_space", "buffer_count", "controls", "display", "encode", "queue",
    "sensor", "use_case",
}  # fmt: skip
CONTROLS: dict[str, type | tuple[type, ...]] = {
    "AeEnable": bool, "AwbEnable": bool, "ExposureTime": int, "AnalogueGain": (int, float),
    "FrameDurationLimits": tuple,
}  # fmt: skip


class Request:
    """A completed request, which must be released once."""

    def __init__(self, camera: Camera, rows: npt.NDArray[np.uint8], metadata: dict[str, Any]) -> None:
        self._camera, self._rows, self._metadata = camera, rows, metadata
        self._held = True

    def make_array(self, name: str) -> npt.NDArray[np.uint8]:
        assert self._held, "used after release"
        assert name == "raw"
        return self._rows

    def get_metadata(self) -> dict[str, Any]:
        assert self._held, "used after release"
        return dict(self._metadata)

    def release(self) -> None:
        assert self._held, "released twice"
        self._held = False
        self._camera.requests_out -= 1


class Camera:
    """Picamera2(camera_num)."""

    def __init__(self, module: Module, number: int) -> None:
        if module.open_cameras:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        module.open_cameras += 1
        self._module = module
        self.state = "available"
        self.requests_out = 0
        self.camera_properties = {"Model": module.model, "PixelArraySize": (1456, 1088)}

    def create_video_configuration(self, **arguments: Any) -> dict[str, Any]:
        assert set(arguments) <= VIDEO_ARGUMENTS
        assert set(arguments["raw"]) <= {"size", "format"}
        assert set(arguments["sensor"]) <= {"output_size", "bit_depth"}
        for name, value in arguments["controls"].items():
            if name not in CONTROLS:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
            assert isinstance(value, CONTROLS[name]), name
        return arguments

    def configure(self, configuration: dict[str, Any]) -> None:
        assert self.state == "available", "configured while it runs"
        self._configuration = configuration
        self.state = "configured"

    def camera_configuration(self) -> dict[str, Any]:
        width, height = self._module.size or self._configuration["raw"]["size"]
        raw = {"format": self._module.format, "size": (width, height), "stride": 2 * width + self._module.padding}
        return {**self._configuration, "raw": raw}

    def start(self) -> None:
        assert self.state == "configured", "started before it was configured"
        self.state = "running"

    def capture_request(
        self, wait: bool | float | None = None, signal_function: object = None, flush: object = None
    ) -> Request:
        assert self.state == "running"
        assert self.requests_out < self._configuration["buffer_count"], "the camera has no buffer left"
        if not self._module.frames:
            assert isinstance(wait, float), "would wait for ever"
            raise TimeoutError
        self.requests_out += 1
        frame, metadata = self._module.frames.pop(0)
        height, width = frame.shape
        values = frame << 6 if self._module.format.endswith("16") else frame
        rows = np.zeros((height, 2 * width + self._module.padding), np.uint8)
        rows[:, : 2 * width] = values.astype("<u2").view(np.uint8).reshape(height, -1)
        return Request(self, rows, metadata)

    def stop(self) -> None:
        self.state = "stopped"

    def close(self) -> None:
        assert self.state != "closed", "closed twice"
        self.state = "closed"
        self._module.open_cameras -= 1


class Module:
    """What `import picamera2` gives."""

    def __init__(self, frames: list[tuple[npt.NDArray[np.uint16], dict[str, Any]]]) -> None:
        self.frames = frames
        self.format = "SRGGB10"
        self.size: tuple[int, int] | None = None
        self.padding = 16
        self.model = "imx296"
        self.present = 1
        self.open_cameras = 0
        self.cameras: list[Camera] = []
        module = self

        class Picamera2(Camera):
            def __init__(self, camera_num: int = 0) -> None:
                super().__init__(module, camera_num)
                module.cameras.append(self)

            @staticmethod
            def global_camera_info() -> list[dict[str, Any]]:
                return [{"Model": module.model, "Id": f"/base/i2c/{n}", "Num": n} for n in range(module.present)]

        self.Picamera2 = Picamera2
