"""A sweep's process as far as the camera's power goes: persons' control, the power, the head, a process that films.

Run as `python -m tests.simulators.power_giver CHIP KERNEL [HEAD_PORT]`; orders come by standard input, one a line, and
the ids of all processes go out first, as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from functools import partial

from sweep.host.gpio import LinePlace
from sweep.link.head_messages import ButtonPressed
from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.lease import Declaration, RoomNotEmptyError
from sweep.power.keeper import CameraPower
from sweep.power.kernel import check_strict

PERSONS = ("Kim", "Lee")
expiring: list[Declaration] = []
"""One that is shorter than those of `Control`."""


def main() -> None:
    device, kernel, *head_port = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # in order, as the agent ends when its service is stopped
    control = Control()
    with contextlib.ExitStack() as stack:
        check = check_strict if kernel == "strict" else _take_any_kernel
        power = stack.enter_context(
            CameraPower(LinePlace(device, 4), lambda: expiring[-1] if expiring else control.declaration, check=check)
        )
        if head_port:
            power.need("head")
        head = (
            stack.enter_context(HeadProcess(head_port[0], tripwire=partial(power.tripwire, "head")))
            if head_port
            else None
        )
        camera = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
        power.depend_on(camera.pid)
        assert power.process_ids is not None
        guard, holder = power.process_ids
        said = {"giver": os.getpid(), "guard": guard, "holder": holder, "camera": camera.pid}
        if head is not None:
            assert head.process_id is not None
            said["head"] = head.process_id
        print(json.dumps(said), flush=True)

        control.watch(power.follow)
        while True:
            if select.select([0], [], [], 0.1)[0]:
                orders = os.read(0, 4_096).decode()  # not through a buffer, which select does not see
                if not orders:
                    break
                for order in orders.splitlines():
                    obey(control, power, order.split())
            for message in [] if head is None else head.hear():
                if isinstance(message, ButtonPressed):
                    control.pause()
                print(type(message).__name__, flush=True)


def _take_any_kernel(place: LinePlace) -> None:
    """What a sweep never does: go on with a kernel that it refuses, to see what the processes alone are good for."""


def obey(control: Control, power: CameraPower, order: list[str]) -> None:
    match order:
        case ["declare"]:
            control.declare_empty(PERSONS)
        case ["declare_alone"]:
            with contextlib.suppress(RoomNotEmptyError):
                control.declare_empty(("Kim", "kim "))
        case ["expire_in", seconds]:
            now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            expiring.append(Declaration(PERSONS, now + round(float(seconds) * 1e9)))
            power.follow(expiring[-1])
        case ["someone_came_in"]:
            control.pause()
        case ["finish_unheard"]:
            stuck = threading.Event()
            threading.Thread(target=control.announce, args=(lambda _: stuck.wait(),), daemon=True).start()
            threading.Thread(target=control.finish, daemon=True).start()
        case ["finish"]:
            control.finish()
        case ["abort"]:
            control.abort()
        case _:
            raise SystemExit(f"what is {order}?")


if __name__ == "__main__":
    main()
