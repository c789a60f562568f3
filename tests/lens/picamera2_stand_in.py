"""Stands in for picamera2 where there is no Raspberry Pi. It is no proof that the real one behaves so.

It mimics strictly what the manual and the source of Picamera2 0.3 say of the calls that the camera source uses: names
and kinds of arguments, the order configure, start, acquire, release; it refuses everything else. A thread of its own
completes requests and hands each to `pre_callback`, then keeps none of them; where no buffer is free a frame is lost. A
camera whose trigger paused for longer than libcamera waits (raspberrypi/libcamera#80) gives nothing more until it is
started anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
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
    """A completed request: it goes back to the sensor when everybody who acquired it has released it."""

    def __init__(self, camera: Camera, rows: npt.NDArray[np.uint8], metadata: dict[str, Any]) -> None:
        self._camera, self._rows, self._metadata = camera, rows, metadata
        self._uses = 1

    def acquire(self) -> None:
        with self._camera.buffers:
            assert self._uses > 0, "acquired after its last release"
            self._uses += 1

    def make_array(self, name: str) -> npt.NDArray[np.uint8]:
        assert self._uses > 0, "used after release"
        assert name == "raw"
        return self._rows.copy()

    def get_metadata(self) -> dict[str, Any]:
        assert self._uses > 0, "used after release"
        return dict(self._metadata)

    def release(self) -> None:
        with self._camera.buffers:
            assert self._uses > 0, "released twice"
            self._uses -= 1
            if self._uses == 0:
                self._camera.requests_out -= 1
                self._camera.buffers.notify_all()


class Camera:
    """Picamera2(camera_num)."""

    def __init__(self, module: Module, number: int) -> None:
        if module.open_cameras:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        module.open_cameras += 1
        module.opened_numbers.append(number)
        self._module = module
        self.state = "available"
        self.requests_out = 0
        self.buffers = threading.Condition()
        self.pre_callback: Callable[[Request], None] | None = None
        self._loop: threading.Thread | None = None
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
        assert self.state in {"configured", "stopped"}, "started before it was configured"
        self.state = "running"
        self._loop = threading.Thread(target=self._run, name="event loop", daemon=True)
        self._loop.start()

    def _run(self) -> None:
        module, buffer_count = self._module, self._configuration["buffer_count"]
        while module.frames:
            with self.buffers:
                # in step with whoever takes the frames, unless the test says that he is late
                self.buffers.wait_for(lambda: self.state != "running" or self.requests_out < (module.ahead or 1))
                if self.state != "running":
                    return
                frame, metadata = module.frames.pop(0)
                if module.pauses_after is not None and module.taken == module.pauses_after:
                    return  # libcamera has given it up
                module.taken += 1
                if self.requests_out >= buffer_count:
                    continue  # no buffer for the sensor
                self.requests_out += 1
            request = Request(self, self._rows_of(frame), metadata)
            if self.pre_callback is not None:
                self.pre_callback(request)
            request.release()

    def _rows_of(self, frame: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
        height, width = frame.shape
        values = frame << 6 if self._module.format.endswith("16") else frame
        rows = np.zeros((height, 2 * width + self._module.padding), np.uint8)
        rows[:, : 2 * width] = values.astype("<u2").view(np.uint8).reshape(height, -1)
        return rows

    def stop(self) -> None:
        with self.buffers:
            self.state = "stopped"
            self.buffers.notify_all()
        if self._loop is not None:
            self._loop.join()

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
        self.others_before: tuple[str, ...] = ()
        """Models of cameras that are listed before it."""
        self.opened_numbers: list[int] = []
        self.open_cameras = 0
        self.ahead = 0
        """How many frames may be out before the next one is taken; 0: in step."""
        self.taken = 0
        self.pauses_after: int | None = None
        """The trigger pauses after so many frames, for longer than libcamera waits."""
        self.cameras: list[Camera] = []
        module = self

        class Picamera2(Camera):
            def __init__(self, camera_num: int = 0) -> None:
                super().__init__(module, camera_num)
                module.cameras.append(self)

            @staticmethod
            def global_camera_info() -> list[dict[str, Any]]:
                models = (*module.others_before, *(module.model,) * module.present)
                return [{"Model": model, "Id": f"/base/i2c/{n}", "Num": n} for n, model in enumerate(models)]

        self.Picamera2 = Picamera2
