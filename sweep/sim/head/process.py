"""The process of the emulated sensor head: runs the machine and puts its UART on a pseudo-terminal. The scene comes
as one line of JSON on standard input; the path of the terminal goes to standard output; when standard input closes,
it ends. With --pin each edge of an output pin is a line `pin NAME LEVEL TIME` there too; "press" and "release" on
standard input move the button; with --exposures whoever connects to that socket hears of each exposure of the camera.
Times are CLOCK_BOOTTIME, as of a controller that never waits for a processor. Free running it emulates only as fast as
the other side reads, so nothing is ever lost; paced it keeps to wall time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import socket
import sys
import time
import tty
from pathlib import Path

from sweep.host.interrupts import release
from sweep.sim.head.avr import CLOCK_HZ, EmulatorError
from sweep.sim.head.lamp_pins import LampWatch
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.pads import PINS, Assembly
from sweep.sim.head.scene import RfScene, SceneError

BOOT_S = 0.05
STEP_S = 0.002
CATCH_UP = 1.25
"""Paced, it runs at most so much faster than wall time after it had to wait for a processor: faster, and the host's
signs of life, which keep to wall time, would come too late for it."""
READ_SIZE = 4096
STOPPED = 130
"""Exit code after Ctrl-C, as of a shell."""


class _Watchers:
    """Those who hear of the pins."""

    def __init__(
        self, machine: HeadMachine, pins: list[str], exposures: Path | None, assembly: Assembly | None
    ) -> None:
        self._machine = machine
        self._pins = frozenset(pins)
        self._lamps = LampWatch(assembly)
        self._source: socket.socket | None = None
        self._cameras: list[socket.socket] = []
        if exposures is not None:
            self._source = socket.socket(socket.AF_UNIX)
            self._source.bind(str(exposures))
            self._source.listen()
            self._source.setblocking(False)
        self.began_ns = 0
        """When the emulated time began to run, on CLOCK_BOOTTIME."""

    def tell(self) -> None:
        """What happened in the last step."""
        self._welcome()
        for edge in self._machine.edges:
            if edge.pin in self._pins:
                print(f"pin {edge.pin} {edge.level} {self._t_ns(edge.cycle)}", flush=True)
            exposure = self._lamps.take(edge)
            if exposure is not None and self._cameras:
                length_ns = self._t_ns(exposure.ended) - self._t_ns(exposure.begun)
                lit_us = 1e6 * exposure.lit_cycles / CLOCK_HZ
                self._send(f"{self._t_ns(exposure.begun)} {length_ns} {exposure.lit} {lit_us:.0f}\n".encode())
        self._machine.edges.clear()

    def _t_ns(self, cycle: int) -> int:
        return self.began_ns + cycle * 1_000_000_000 // CLOCK_HZ

    def _welcome(self) -> None:
        while self._source is not None:
            try:
                camera, _ = self._source.accept()
            except BlockingIOError:
                return
            camera.setblocking(False)
            self._cameras.append(camera)

    def _send(self, line: bytes) -> None:
        for camera in list(self._cameras):
            try:
                camera.send(line)
            except OSError:  # gone, or it does not listen
                self._cameras.remove(camera)
                camera.close()


def _serve(machine: HeadMachine, master: int, watchers: _Watchers, *, is_paced: bool) -> None:
    """Run until standard input closes."""
    stdin = sys.stdin.fileno()
    outgoing = bytearray(machine.run(BOOT_S))
    is_heard = False
    emulated_s, began = 0.0, time.monotonic()
    watchers.began_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - round(BOOT_S * 1e9)
    stepped = began
    while True:
        now = time.monotonic()
        ahead_s = max(emulated_s - (now - began), stepped + STEP_S / CATCH_UP - now) if is_paced else 0.0
        may_run = is_heard or is_paced
        # Free running waits for the first bytes of the host, so that what it sends arrives at a known cycle.
        wait_s = None if outgoing or not may_run else max(ahead_s, 0.0)
        if is_paced and wait_s is None:
            wait_s = STEP_S
        readable, writable, _ = select.select([stdin, master], [master] if outgoing else [], [], wait_s)
        if stdin in readable:
            said = os.read(stdin, READ_SIZE)
            if not said:
                return
            machine.hold_button(is_pressed=said.endswith(b"press\n"))
        if master in readable:
            machine.send(os.read(master, READ_SIZE))
            is_heard = True
        if writable:
            del outgoing[: os.write(master, outgoing)]
        is_due = ahead_s <= 0 if is_paced else is_heard and not outgoing
        if is_due:
            stepped = now
            outgoing += machine.run(STEP_S)
            emulated_s = machine.avr.cycle / CLOCK_HZ - BOOT_S  # a step is a few cycles longer than asked
            watchers.tell()


def main() -> int:
    """Entry point of `python -m sweep.sim.head.process`."""
    parser = argparse.ArgumentParser(
        description="Emulated sensor head; the scene is one line of JSON on standard input."
    )
    parser.add_argument("--elf", type=Path)
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("--pin", action="append", default=[])
    parser.add_argument("--exposures", type=Path)
    arguments = parser.parse_args()
    try:
        scene = RfScene.from_json(sys.stdin.readline())
        pins = arguments.pin if arguments.exposures is None else PINS
        machine = HeadMachine(scene, arguments.elf, is_watching_pins=bool(pins), only=pins, is_swift=arguments.paced)
    except (EmulatorError, SceneError) as error:
        print(f"error {error}", flush=True)
        return 2
    # Nearly all of its time it is in the emulator's library, whose callbacks would swallow what is raised in them.
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(STOPPED))
    release()
    master, slave = os.openpty()
    tty.setraw(slave)
    if arguments.paced:  # a controller never waits for a processor; where we may, neither does this one
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    os.set_blocking(master, False)
    watchers = _Watchers(machine, arguments.pin, arguments.exposures, scene.assembly)
    print(f"port {os.ttyname(slave)}", flush=True)
    _serve(machine, master, watchers, is_paced=arguments.paced)
    return 0


if __name__ == "__main__":
    sys.exit(main())
