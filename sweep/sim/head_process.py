"""The process of the emulated sensor head: runs the machine and puts its UART on a pseudo-terminal. The scene comes
as one line of JSON on standard input; the path of the terminal goes to standard output; when standard input closes,
it ends. Free running it emulates only as fast as the other side reads, so nothing is ever lost; paced it keeps to
wall time.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
import tty
from pathlib import Path

from sweep.sim.head_avr import EmulatorError
from sweep.sim.head_machine import HeadMachine
from sweep.sim.head_scene import RfScene, SceneError

BOOT_S = 0.05
STEP_S = 0.002
READ_SIZE = 4096


def _serve(machine: HeadMachine, master: int, *, is_paced: bool) -> None:
    """Run until standard input closes."""
    stdin = sys.stdin.fileno()
    outgoing = bytearray(machine.run(BOOT_S))
    is_heard = False
    emulated_s, began = 0.0, time.monotonic()
    while True:
        ahead_s = emulated_s - (time.monotonic() - began) if is_paced else 0.0
        may_run = is_heard or is_paced
        # Free running waits for the first bytes of the host, so that what it sends arrives at a known cycle.
        wait_s = None if outgoing or not may_run else max(ahead_s, 0.0)
        if is_paced and wait_s is None:
            wait_s = STEP_S
        readable, writable, _ = select.select([stdin, master], [master] if outgoing else [], [], wait_s)
        if stdin in readable and not os.read(stdin, READ_SIZE):
            return
        if master in readable:
            machine.send(os.read(master, READ_SIZE))
            is_heard = True
        if writable:
            del outgoing[: os.write(master, outgoing)]
        is_due = ahead_s <= 0 if is_paced else is_heard and not outgoing
        if is_due:
            outgoing += machine.run(STEP_S)
            emulated_s += STEP_S


def main() -> int:
    """Entry point of `python -m sweep.sim.head_process`."""
    parser = argparse.ArgumentParser(
        description="Emulated sensor head; the scene is one line of JSON on standard input."
    )
    parser.add_argument("--elf", type=Path)
    parser.add_argument("--paced", action="store_true")
    arguments = parser.parse_args()
    try:
        machine = HeadMachine(RfScene.from_json(sys.stdin.readline()), arguments.elf)
    except (EmulatorError, SceneError) as error:
        print(f"error {error}", flush=True)
        return 2
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    print(f"port {os.ttyname(slave)}", flush=True)
    try:
        _serve(machine, master, is_paced=arguments.paced)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
