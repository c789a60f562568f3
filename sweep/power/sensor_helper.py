"""The privileged half of the sensor's late driver: binds it once the sensor has power, and does nothing else.

Input is one verb, `attach`, on a socket that a service manager hands over as standard input; output is `ok` or `error
SENTENCE`.  The driver stays bound for as long as the other end holds the socket: when the sweep ends, or dies, it is
taken away, so that it finds the sensor next time.  Which driver and which device is fixed here; nothing that is said
names a file.  It runs as root without any capability, since the files of the driver are root's.  **Proven with a
stand-in for the driver, unproven on a Pi.**
"""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase, phrase_of, to_line
from sweep.power.sensor import DEVICES, DRIVER, VERB, SensorDriver, SensorError

MAX_OCTETS: Final = 64


def main(arguments: list[str]) -> int:
    """Body of the process. `arguments`: folders of a stand-in for the driver and its devices, of a test alone."""
    driver, devices = (Path(one) for one in arguments) if arguments else (DRIVER, DEVICES)
    with socket.socket(fileno=sys.stdin.fileno()) as line:
        serve(line, SensorDriver("bind", driver=driver, devices=devices))
    return 0


def serve(line: socket.socket, driver: SensorDriver) -> None:
    """One connection from its verb to its end."""
    if line.recv(MAX_OCTETS) != VERB:
        _say(line, f"error {to_line(Phrase('sensor_helper_knows_one_verb'))}")
        return
    try:
        driver.attach()
    except SensorError as error:
        _say(line, f"error {to_line(phrase_of(error))}")
        return
    _say(line, "ok")
    with contextlib.suppress(ConnectionError):
        while line.recv(MAX_OCTETS):
            pass  # whatever else is said changes nothing; only the end counts
    with contextlib.suppress(SensorError):
        driver.detach()
    _say(line, "ok")


def _say(line: socket.socket, answer: str) -> None:
    with contextlib.suppress(OSError):  # it has ended
        line.send(answer.encode())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
