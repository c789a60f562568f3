"""The whole list of `sweep doctor`, for the terminal and for the phone before a sweep.

Input is the settings and this machine; output is the checks, or the live event that carries them.  Nothing is switched
on.  What is installed changes while a program runs as little as the processor does: the agent looks at that once.
"""

from __future__ import annotations

from collections.abc import Callable

from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.checks_keeping import check_keeping
from sweep.cli.doctor.checks_machine import check_machine, check_program
from sweep.cli.doctor.checks_parts import check_camera, check_head, check_radio
from sweep.report import DoctorCheck, DoctorEvent, utc_now

AskHead = Callable[[str], str]
"""Name of the head's firmware, by its port; ValueError where none answers."""


def name_of_head(port: str) -> str:
    """Firmware of the head on a port. Raises ValueError: nobody answers, or another firmware; a sweep has the port."""
    from sweep.link.head import Head, SerialPort
    from sweep.report import display_text

    with SerialPort(port) as opened:
        name = display_text(Head(opened).identity.firmware_git.rstrip(b"\0"))
    return f"firmware {name}"


def checks_of_parts(settings: Config, here: Here, ask: AskHead = name_of_head) -> list[DoctorCheck]:
    """What may change: machine, camera, radio, head."""
    return [
        *check_machine(settings, here),
        *check_keeping(settings, here),
        *check_camera(settings, here),
        *check_radio(settings, here),
        check_head(settings, here, ask),
    ]


class Examiner:
    """Looks at this machine as often as it is asked."""

    def __init__(self, settings: Config, here: Here, ask: AskHead = name_of_head) -> None:
        self._settings = settings
        self._here = here
        self._ask = ask
        self._program: list[DoctorCheck] | None = None

    def look(self) -> DoctorEvent:
        """How it stands now."""
        if self._program is None:
            self._program = list(check_program())
        return event_of([*self._program, *checks_of_parts(self._settings, self._here, self._ask)])


def event_of(checks: list[DoctorCheck]) -> DoctorEvent:
    """The list as the phone gets it."""
    return DoctorEvent(type="doctor", looked=utc_now(), checks=tuple(checks))
