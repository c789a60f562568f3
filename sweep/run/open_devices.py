"""What a sweep of the room itself opens before it measures: its supplies, the head, the machine.

Input is a probe's parts and the declaration; output is context managers that leave everything dark and off, whatever
ends a sweep.  Without the part there is None, and nothing is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from multiprocessing.connection import Connection

from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.lease_pipe import LeaseGiver
from sweep.power.keeper import CameraPower
from sweep.run.watch.condition_watch import is_strained
from sweep.run.watch.probe_parts import ProbeParts
from sweep.run.watch.supply_watch import SupplyWatch


@contextmanager
def open_power(parts: ProbeParts, control: Control) -> Iterator[CameraPower | None]:
    """The camera's supply follows the persons' declaration.  Raises LineError where the line cannot be held low."""
    if parts.camera_power is None:
        yield None
        return
    with CameraPower(parts.camera_power, lambda: control.declaration) as power:
        if parts.head_port is not None:
            power.need("head")  # without it nobody has a button
        control.watch(power.follow)
        yield power


def open_head(
    parts: ProbeParts, lease: LeaseGiver | None, power: CameraPower | None
) -> AbstractContextManager[HeadProcess | None]:
    """The head's process, which says on a line that it is there; when it ends, the camera's power is cut."""
    if parts.head_port is None:
        return nullcontext()
    tripwire: Callable[[], Connection] | None = None if power is None else partial(power.tripwire, "head")
    return HeadProcess(parts.head_port, lease=None if lease is None else lease.end, tripwire=tripwire)


def supply_of(parts: ProbeParts) -> SupplyWatch:
    """What watches the probe's own supply, as far as there is anything to read."""
    alarm = None if parts.machine is None else parts.machine.alarm
    bank = parts.bank
    return SupplyWatch(alarm, read_bank=None if bank is None else partial(bank.read, is_sweeping=True))


def is_strained_now(parts: ProbeParts) -> bool:
    """Whether the machine is too hot or too weak for full rates."""
    return parts.machine is not None and is_strained(parts.machine.read())
