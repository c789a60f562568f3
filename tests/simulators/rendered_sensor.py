"""A camera without hardware: a rendered sensor in a process of its own, triggered by the emulated head's pins, and the
source through which the lens modality opens it as it opens the probe's own.

Input is what is filmed and the socket on which the emulated head tells of exposures; output is a `CameraSource`.  It
opens with a permit only and closes when that ends, as every camera does.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from sweep.lens.camera.source import ExtraLamp
from sweep.lens.clip.clips import ClipMeta
from sweep.lens.clip.frames import LOOK_S, CameraError, RawFrame, check_permit
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.phrases import Phrase
from tests.simulators.film import Film, FilmSet
from tests.simulators.rendered_sensor_process import HEADER

STOP_TIMEOUT_S: Final = 5.0
READ_SIZE: Final = 1 << 18


class EmulatedSensor:
    """Context manager: the sensor films while it is open; `source` is what a sweep is given.

    It gives frames while the head triggers, in `folder` is its socket.
    """

    def __init__(self, made: FilmSet, exposures: Path, folder: Path) -> None:
        self._made = made
        self._exposures = exposures
        self._frames = folder / "frames.sock"
        self._process: subprocess.Popen[str] | None = None
        self.source = SensedCamera(self._frames, Film(made).meta)

    @property
    def process_id(self) -> int | None:
        """Of the sensor's process; None when it does not run."""
        return None if self._process is None else self._process.pid

    def __enter__(self) -> Self:
        command = [
            sys.executable,
            "-m",
            "tests.simulators.rendered_sensor_process",
            "--exposures",
            str(self._exposures),
        ]
        command += ["--frames", str(self._frames)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdin is None or self._process.stdout is None:
            raise CameraError(Phrase("rendered_sensor_without_pipes"))
        self._process.stdin.write(self._made.to_json() + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline().strip() != "ready":
            self.pull()
            raise CameraError(Phrase("rendered_sensor_not_started"))
        return self

    def pull(self) -> None:
        """The camera is pulled out."""
        if self._process is None:
            return
        with self._process as process:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._process = None
        self._frames.unlink(missing_ok=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()


@dataclass(frozen=True, slots=True)
class SensedCamera:
    """A `CameraSource` (sweep/lens/camera/source.py) to a rendered sensor."""

    frames: Path
    """The sensor's socket."""
    meta: ClipMeta
    """Numbers of its frames."""
    lamps: tuple[ExtraLamp, ...] = ()
    """The rendered room knows no others."""
    ranging: None = None
    """Nor a range sensor."""

    def exposed(self, exposure_s: float) -> SensedCamera:
        """The same: what is rendered is exposed for the room as it is."""
        return self

    def paced(self, fps: float) -> SensedCamera:
        """The same at another rate: it renders a frame for each trigger."""
        return replace(self, meta=self.meta.model_copy(update={"fps": fps}))

    def open_camera(self, permit: RoomPermit) -> RenderedCamera:
        """The camera, running. Raises RoomNotEmptyError, CameraError."""
        return RenderedCamera(permit, self.frames)


class RenderedCamera:
    """The camera, opened by being made and closed when the permit ends."""

    serial = "rendered sensor"

    def __init__(self, permit: RoomPermit, frames: Path) -> None:
        """Raises RoomNotEmptyError, CameraError."""
        check_permit(permit)
        self._permit = permit
        self._taken = bytearray()
        self._line: socket.socket | None = socket.socket(socket.AF_UNIX)
        self._line.settimeout(LOOK_S)
        try:
            self._line.connect(str(frames))
        except OSError as error:
            self.close()
            raise CameraError(Phrase("no_camera_connected"), "camera_away") from error

    def read(self) -> RawFrame | None:
        """The next frame; None when none came for a while. Raises RoomNotEmptyError (and closes), CameraError."""
        self._go_on_or_close()
        line = self._line
        if line is None:
            raise CameraError(Phrase("camera_closed"))
        try:
            while len(self._taken) < HEADER.size or len(self._taken) < self._size():
                more = line.recv(READ_SIZE)
                if not more:
                    raise CameraError(Phrase("camera_pulled_out"), "camera_away")
                self._taken += more
        except TimeoutError:
            return None
        except OSError as error:
            raise CameraError(Phrase("camera_pulled_out"), "camera_away") from error
        self._go_on_or_close()
        stamp_ns, height, width = HEADER.unpack_from(self._taken)
        pixels = np.frombuffer(bytes(self._taken[HEADER.size : self._size()]), np.uint16).reshape(height, width)
        del self._taken[: self._size()]
        return RawFrame(pixels, stamp_ns, 1.0)

    def _size(self) -> int:
        _, height, width = HEADER.unpack_from(self._taken)
        return HEADER.size + 2 * int(height) * int(width)

    def _go_on_or_close(self) -> None:
        try:
            self._permit.check()
        except RoomNotEmptyError:
            self.close()
            raise

    def close(self) -> None:
        """Let it go; may be called twice."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
