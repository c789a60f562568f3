"""The process of the rendered camera sensor: a frame for each exposure of the emulated head, to whoever has the camera
open. What is filmed comes as one line of JSON on standard input; "ready" goes to standard output; when standard input
closes, it ends. Like a sensor behind Picamera2 it waits for nobody: of frames that nobody fetches in time the newest
are kept and the others lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import socket
import struct
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Final, cast

import cv2

from sweep.modality.strobe import Phase
from tests.simulators.film import Film, FilmSet

HEADER: Final = struct.Struct("<qii")
"""Sensor time stamp in ns of CLOCK_BOOTTIME, height, width; uint16 pixels follow."""
KEPT: Final = 2
"""One on its way, and the one that Picamera2 keeps."""
READ_SIZE: Final = 65_536


class _Outlet:
    """Sends frames to the one who has the camera open."""

    def __init__(self, path: Path) -> None:
        self._source = socket.socket(socket.AF_UNIX)
        self._source.bind(str(path))
        self._source.listen(1)
        self._kept: deque[bytes] = deque(maxlen=KEPT)
        self._news = threading.Condition()
        self.is_open = False
        threading.Thread(target=self._run, name="outlet", daemon=True).start()

    def put(self, frame: bytes) -> None:
        with self._news:
            self._kept.append(frame)
            self._news.notify()

    def _run(self) -> None:
        while True:
            camera, _ = self._source.accept()
            with self._news:
                self._kept.clear()
            self.is_open = True
            with contextlib.suppress(OSError), camera:
                while True:
                    with self._news:
                        if not self._news.wait_for(lambda: self._kept, 0.5):
                            if select.select([camera], [], [], 0)[0]:  # whoever had it open has closed it
                                break
                            continue
                        frame = self._kept.popleft()
                    camera.sendall(frame)
            self.is_open = False


def _serve(film: Film, exposures: socket.socket, outlet: _Outlet) -> None:
    """Until standard input closes or the head is gone."""
    stdin, waiting, begun_ns = sys.stdin.fileno(), b"", 0
    while True:
        ready, _, _ = select.select([stdin, exposures], [], [])
        if stdin in ready and not os.read(stdin, READ_SIZE):
            return
        if exposures not in ready:
            continue
        said = exposures.recv(READ_SIZE)
        if not said:
            return
        *lines, waiting = (waiting + said).split(b"\n")
        for line in lines[-KEPT:]:  # what it is too slow for is lost
            t_ns, length_ns, lit, lit_us = line.split()
            begun_ns = begun_ns or int(t_ns)
            if outlet.is_open:
                frame = film.frame((int(t_ns) - begun_ns) / 1e9, cast("Phase", lit.decode()), int(lit_us) / 1e6)
                stamp_ns = int(t_ns) + int(length_ns)  # read out when the exposure is over
                outlet.put(HEADER.pack(stamp_ns, *frame.shape) + frame.tobytes())


def main() -> int:
    """Entry point of `python -m tests.simulators.rendered_sensor_process`."""
    parser = argparse.ArgumentParser(description="Rendered camera sensor; what it films is one line of JSON.")
    parser.add_argument("--exposures", type=Path, required=True)
    parser.add_argument("--frames", type=Path, required=True)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    film = Film(FilmSet.from_json(sys.stdin.readline()))
    exposures = socket.socket(socket.AF_UNIX)
    exposures.connect(str(arguments.exposures))
    outlet = _Outlet(arguments.frames)
    with contextlib.suppress(PermissionError):  # a sensor never waits for a processor; where we may, neither does this
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    print("ready", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        _serve(film, exposures, outlet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
