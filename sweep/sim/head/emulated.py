"""A sensor head without hardware: starts the emulator as a process of its own and offers its pseudo-terminal, and
records what comes out of it. Input is a radio scene, output a port for pyserial or a file of raw serial bytes. It
never touches a real port.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from sweep.host.interrupts import held
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import SerialPort
from sweep.link.messages import EnvelopeWindow, Identify, Message, RfStart
from sweep.link.readings import BURST_BELOW_COUNTS, HYSTERESIS_COUNTS, WINDOW_S
from sweep.link.tuner_tour import tour_lists, tuner_plan
from sweep.phrases import Phrase
from sweep.sim.head.avr import EmulatorError, EmulatorGoneError
from sweep.sim.head.machine import find_elf
from sweep.sim.head.scene import Detector, Emitter, RfScene

__all__ = ["Detector", "Emitter", "EmulatedHead", "EmulatorError", "RfScene", "record_serial"]

SLOTS_PER_S = 31_250
STOP_TIMEOUT_S = 5.0
SILENCE_LIMIT_S = 30.0  # of wall time without a byte while recording: the emulator hangs


class EmulatedHead:
    """Context manager: the emulated head runs while it is open; `port` is the path to give to pyserial.

    `paced` keeps it to wall time (needed when a person or the 100 ms host-silence rule is involved); otherwise it runs
    as fast as its output is read. `on_edge` hears each edge of the output `pins` from a thread: pin, level, and when it
    was on CLOCK_BOOTTIME. Where a socket `exposures` is named, whoever connects hears of each exposure of the camera
    (`sensed_camera`). Raises EmulatorError when the firmware is not built or the emulator is missing.
    """

    def __init__(
        self,
        scene: RfScene,
        elf: Path | None = None,
        *,
        paced: bool = False,
        pins: tuple[str, ...] = (),
        on_edge: Callable[[str, int, int], None] = lambda _pin, _level, _t_ns: None,
        exposures: Path | None = None,
    ) -> None:
        self._pins = pins
        self._on_edge = on_edge
        self._exposures = exposures
        self._scene = scene
        self._elf = find_elf(elf)
        self._paced = paced
        self._process: subprocess.Popen[str] | None = None
        self.port = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "sweep.sim.head.process", "--elf", str(self._elf)]
        if self._paced:
            command.append("--paced")
        for pin in self._pins:
            command += ["--pin", pin]
        if self._exposures is not None:
            command += ["--exposures", str(self._exposures)]
        with held():
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EmulatorError(Phrase("emulator_no_pipes"))
        with suppress(BrokenPipeError):  # then nothing is read either
            stdin.write(self._scene.to_json() + "\n")
            stdin.flush()
        word, _, rest = stdout.readline().strip().partition(" ")
        if word != "port":
            self._stop()
            if not word:
                raise EmulatorGoneError(Phrase("emulator_not_start"))
            raise EmulatorError(rest or word)
        self.port = rest
        if self._pins:
            threading.Thread(target=self._follow, args=(stdout,), name="pins", daemon=True).start()
        return self

    def hold_button(self, *, is_pressed: bool) -> None:
        """Press the button, or let it go."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write("press\n" if is_pressed else "release\n")
            self._process.stdin.flush()

    def unplug(self) -> None:
        """Pull the cable: the port is gone at once, with whatever was on its way."""
        if self._process is not None:
            self._process.kill()

    def _follow(self, stdout: IO[str]) -> None:
        for line in stdout:
            _, pin, level, t_ns = line.split()
            self._on_edge(pin, int(level), int(t_ns))

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is None:
            return
        with self._process as process:  # closes the pipes; the process ends when its standard input does
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._process = None


def record_serial(
    path: Path,
    scene: RfScene,
    seconds: float,
    elf: Path | None = None,
    *,
    tuner_mhz: Sequence[int] = (),
) -> int:
    """Write what an emulated head sends in `seconds` of RF windows to `path`, raw; returns the number of windows.

    The tuner visits `tuner_mhz` meanwhile, where there are any, the highest 41 of them: what is sent once is the same
    each time.
    The bytes come through pyserial from the firmware's own UART; the same scene gives the same file.
    """
    start = RfStart(round(WINDOW_S * SLOTS_PER_S), BURST_BELOW_COUNTS, HYSTERESIS_COUNTS)
    commands: list[Message] = [Identify(), *([tuner_plan(tour_lists(tuner_mhz)[0])] if tuner_mhz else []), start]
    wanted = max(1, round(seconds / WINDOW_S))
    recorded = bytearray()
    reader, windows = FrameReader(), 0
    with EmulatedHead(scene, elf) as head, SerialPort(head.port) as port:
        port.write(b"".join(encode(command, seq) for seq, command in enumerate(commands)))
        last_byte = time.monotonic()
        while windows < wanted:
            data = port.read()
            if data:
                last_byte = time.monotonic()
            elif time.monotonic() - last_byte > SILENCE_LIMIT_S:
                raise EmulatorGoneError(Phrase("emulated_head_fell_silent"))
            for octet in data:
                recorded.append(octet)
                for event in reader.feed(bytes((octet,))):
                    windows += isinstance(event, Received) and isinstance(event.message, EnvelopeWindow)
                if windows == wanted:
                    break
    path.write_bytes(recorded)
    return windows
