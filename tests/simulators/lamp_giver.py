"""A sweep's process as far as the lamp goes: persons' control, the lease, the head, and nobody who minds the lamp.

Run as `python -m tests.simulators.lamp_giver HEAD_PORT CHIP_S`; orders come by standard input, one a line. It
asks for chips whatever persons said and never stops them, so that what the lamp does is the head process's own doing.
What that says goes out as JSON, one line each.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading

from sweep.link.head_messages import ButtonPressed, FromHead, HeadState
from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.lease import Declaration
from sweep.modality.lease_pipe import LeaseGiver
from sweep.modality.messages import PlayChips, Played

PERSONS = ("Kim", "Lee")
MOST_CHIPS = 2_000
expiring: list[Declaration] = []
"""One that is shorter than those of `Control`."""
stuck = threading.Event()


def main() -> None:
    port, chip_s = sys.argv[1], float(sys.argv[2])
    control = Control()
    with (
        LeaseGiver(lambda: expiring[-1] if expiring else control.declaration, on_lapse=control.lapse) as lease,
        HeadProcess(port, lease=lease.end) as head,
    ):
        control.watch(lease.follow)
        while True:
            if select.select([0], [], [], 0.01)[0]:
                orders = os.read(0, 4_096).decode()
                if not orders:
                    break
                for order in orders.splitlines():
                    if order == "play":
                        head.say(PlayChips("light", MOST_CHIPS, chip_s))
                    else:
                        obey(control, lease, order.split())
            for message in head.hear():
                say(message)


def obey(control: Control, lease: LeaseGiver, order: list[str]) -> None:
    match order:
        case ["declare"]:
            control.declare_empty(PERSONS)
        case ["expire_at", until_ns]:
            expiring.append(Declaration(PERSONS, int(until_ns)))
            lease.follow()
        case ["finish_unheard"]:
            threading.Thread(target=control.announce, args=(lambda _: stuck.wait(),), daemon=True).start()
            threading.Thread(target=control.finish, daemon=True).start()
        case ["hang"]:  # with the lock of the interpreter, as a loop in C would
            sys.setswitchinterval(1e6)
            while True:
                pass
        case [act]:
            getattr(control, act)()
        case _:
            raise SystemExit(f"what is {order}?")


def say(message: FromHead) -> None:
    """The button does nothing here: the head's process has to obey it by itself."""
    match message:
        case HeadState(is_there=True):
            told = "there"
        case ButtonPressed():
            told = "button"
        case Played(ended=str(why), begun=begun):
            told = why if begun else f"not played: {why}"
        case _:
            return
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
