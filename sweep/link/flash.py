"""Writes the firmware into the sensor head with avrdude and asks it afterwards who it is. Refuses while another process
holds the port (a sweep runs), and says in one line what is missing: port, image or avrdude, or a way to reset the head.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.host.installation import built
from sweep.link.decode import HeadError
from sweep.link.head import Head, PortError, SerialPort
from sweep.link.messages import Identity
from sweep.link.reset import RESTART_S, resets_itself, restarts
from sweep.phrases import Phrase, quote

BAUD = 115_200
OLD_BAUD = 57_600
"""Of the bootloader that Nanos and their copies carried until 2018."""
FLASH_TIMEOUT_S = 120.0
"""At 57,600 baud 32 KiB take 10 s to write and to read back (guessed: ten times that, and the reset)."""
RECORD_START = b":"
LINES_SHOWN = 3
"""Of what avrdude said last: what went wrong stands among them (guessed)."""
HEADER_PORTS = ("ttyAMA", "ttyS")
"""UARTs of the Raspberry Pi's header, which have no line that resets a Nano."""


class FlashError(ValueError):
    """The firmware was not written; the message says what to do."""


def find_image(image: Path | None) -> Path:
    """The Intel HEX image: `image`, or the one that was built for this program. Raises FlashError."""
    path = image or built("sensor_head.hex")
    if not path.is_file():
        raise FlashError(Phrase("no_firmware_image", file=path.name))
    with path.open("rb") as file:
        if file.read(1) != RECORD_START:
            raise FlashError(Phrase("not_an_intel_hex_image", file=path.name))
    return path


def flash(
    port: str,
    image: Path,
    *,
    is_old_bootloader: bool = False,
    is_verifying: bool = True,
    reset: Callable[[], None] | None = None,
    restart_s: float = RESTART_S,
    avrdude: str = "avrdude",
) -> Identity | None:
    """Write `image` through the bootloader on `port`; returns who answers afterwards (None where not asked).

    `reset`: resets the head where opening the port does not; None: nothing does. `restart_s`: how long a head that was
    not written is then waited for, to tell why. `avrdude`: the program.

    Raises FlashError, HeadError (nobody or another firmware answers afterwards), LineError.
    """
    if resets_itself(port):
        reset = None
    elif reset is None and Path(port).resolve().name.startswith(HEADER_PORTS):
        raise FlashError(Phrase("head_without_reset", port=port))
    program = shutil.which(avrdude)
    if program is None:
        raise FlashError(Phrase("avrdude_missing"))
    baud = OLD_BAUD if is_old_bootloader else BAUD
    command = [program, "-q", "-c", "arduino", "-p", "m328p", "-P", port, "-b", str(baud), "-D"]
    command += ["-U", f"flash:w:{image}:i"]
    with _held(port):
        try:
            if reset is not None:
                reset()  # the bootloader then waits a second for avrdude, which begins within half of one
            done = subprocess.run(command, capture_output=True, text=True, timeout=FLASH_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise FlashError(Phrase("avrdude_did_not_finish", port=port)) from error
        except OSError as error:
            raise FlashError(Phrase("avrdude_not_started", why=error)) from error
    if done.returncode != 0:
        why = quote(" ".join(done.stderr.strip().splitlines()[-LINES_SHOWN:]))
        hint = None if is_old_bootloader else Phrase("older_nano_needs_option")
        if reset is not None:
            hint = _reset_hint(hint, has_restarted=restarts(port, reset, within_s=restart_s))
        if hint is None:
            raise FlashError(Phrase("avrdude_failed", port=port, why=why))
        raise FlashError(Phrase("avrdude_failed_hint", port=port, hint=hint, why=why))
    if not is_verifying:
        return None
    with SerialPort(port) as opened:
        return Head(opened).identity


def _reset_hint(hint: Phrase | None, *, has_restarted: bool) -> Phrase:
    """What to do where the head was reset by its line and its bootloader did not answer."""
    if not has_restarted:
        return Phrase("reset_does_not_reach_head")
    if hint is None:
        return Phrase("bootloader_did_not_answer")
    return Phrase("bootloader_did_not_answer_hint", hint=hint)


@contextmanager
def _held(port: str) -> Iterator[None]:
    """Keep other processes of this software off `port`; avrdude itself does not ask for the lock."""
    try:
        handle = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise FlashError(Phrase("port_not_opened", port=port, why=error)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FlashError(Phrase("port_in_use_by_sweep", port=port)) from error
        if not os.isatty(handle):
            raise FlashError(Phrase("not_a_serial_port", port=port))
        yield
    finally:
        os.close(handle)


__all__ = ["FlashError", "HeadError", "PortError", "find_image", "flash"]
