"""RF windows from a sensor head whose adapter may be pulled and plugged in again: opens the port anew as often as it
goes, shakes hands each time, and says how long it was gone. It gives up with the port's own error after a while, and at
once when another firmware answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sweep.link.decode import HeadError, WrongFirmware
from sweep.link.head import Head, PortError, SerialPort
from sweep.link.readings import rf_windows
from sweep.plug.liveness import boottime_ns
from sweep.report import RfWindow

RETRY_S = 0.5
GIVE_UP_S = 60.0
"""A person has noticed and plugged it in again by then (guessed)."""


@dataclass(frozen=True, slots=True)
class Unplugged:
    """A gap in the measurement: the head was gone from `from_ns` until `to_ns` (CLOCK_BOOTTIME)."""

    from_ns: int
    to_ns: int


def windows_with_reconnect(
    device: str,
    seconds: float,
    *,
    tuner_mhz: Sequence[int] = (),
    give_up_s: float = GIVE_UP_S,
    open_port: Callable[[str], SerialPort] = SerialPort,
    sleep: Callable[[float], None] = time.sleep,
    now_ns: Callable[[], int] = boottime_ns,
) -> Iterator[RfWindow | Unplugged]:
    """Windows that cover `seconds` of measurement; an Unplugged stands where the head was gone.

    Raises PortError or HeadError when it is not there at first or stays away, WrongFirmware when another answers.
    """
    left_s = seconds
    lost_ns: int | None = None
    is_first = True
    while left_s > 0:
        try:
            with open_port(device) as port:
                head = Head(port, now_ns)
                if lost_ns is not None:
                    yield Unplugged(lost_ns, now_ns())
                    lost_ns = None
                is_first = False
                for window in rf_windows(head, left_s, tuner_mhz=tuner_mhz):
                    if window.receiver == "log_detector":
                        left_s -= window.duration_s
                    yield window
                return
        except WrongFirmware:
            raise
        except (PortError, HeadError):
            lost_ns = now_ns() if lost_ns is None else lost_ns
            if is_first or now_ns() - lost_ns > give_up_s * 1e9:
                raise
            sleep(RETRY_S)
