"""How commands speak: one clear line for an error, JSON written whole or not at all, tables that show hostile text
safely.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import typer
from rich.console import Console
from rich.text import Text

from sweep.cli.quick import check_place, is_same_file, replace_text, to_text
from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.report.language import Said
    from sweep.sim.world import HiddenKind

EXIT_FINDINGS = 1
EXIT_BAD_INPUT = 2

out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)


class AddressForm(StrEnum):
    """How device addresses are written."""

    HASHED = "hashed"
    FULL = "full"


class FailOn(StrEnum):
    """From which finding on the exit code is 1."""

    NEVER = "never"
    CANDIDATE = "candidate"
    STRONG = "strong"


class CameraKind(StrEnum):
    """What a simulated camera is: how it sends its pictures, and what lens a recorder has that sends none."""

    WIFI = "wifi"
    ANALOG = "analog"
    WIFI_ON_MOTION = "wifi_on_motion"
    ANALOG_1200 = "analog_1200"
    ANALOG_2400 = "analog_2400"
    BLE_SETUP = "ble_setup"
    RECORDER_1MM = "recorder_1mm"
    RECORDER_1MM_IRCUT = "recorder_1mm_ircut"
    RECORDER_2MM = "recorder_2mm"
    LTE = "lte"

    @property
    def hidden_kind(self) -> HiddenKind:
        """Its name in the simulated world."""
        return cast("HiddenKind", {"wifi": "wifi_camera", "analog": "analog_camera"}.get(self, self.value))


def fail(code: str, /, **values: object) -> NoReturn:
    """Say the sentence of a code (`sweep.phrases`) on stderr and end with exit code 2."""
    _end_with(Phrase(code, **values))


def remark(code: str, /, **values: object) -> None:
    """Say the sentence of a code on stderr and go on."""
    speak(Phrase(code, **values))


def count_up(at: int, of: int) -> None:
    """Say on stderr how many of many are done: every tenth, and the last."""
    if at % 10 == 0 or at == of:
        err.print(f"{at}/{of}")


def speak(what: Said) -> None:
    """Say a line on stderr, in the language of the locale."""
    from sweep.report import display_text
    from sweep.report.language import fitted, spoken

    err.print(fitted(display_text(spoken(what), limit=400), sys.stderr), soft_wrap=True)


def tell(what: Said) -> None:
    """Say a line on stdout, in the language of the locale."""
    from sweep.report.language import spoken

    out.print(spoken(what))


def print_words(code: str, /, **values: object) -> None:
    """Say the sentence of a code on stdout."""
    tell(Phrase(code, **values))


def guide(what: Said, *, indent: int = 2) -> None:
    """Say on stderr what goes on or what to do, wrapped between words."""
    from sweep.report.language import spoken

    print_below(err, " " * indent, spoken(what))


def print_below(console: Console, mark: str, text: str) -> None:
    """Print a text wrapped between words, its lines below each other behind `mark`."""
    for number, line in enumerate(Text(text).wrap(console, console.width - len(mark))):
        console.print((" " * len(mark) if number else mark) + line.plain.rstrip(), soft_wrap=True)


def fail_of(error: Exception) -> NoReturn:
    """Say what an error says in one line on stderr and end with exit code 2."""
    _end_with(error)


def _end_with(why: Phrase | Exception) -> NoReturn:
    from sweep.report import display_text  # loads Pydantic, which only an error needs
    from sweep.report.language import fitted, spoken

    said = f"sweep: {display_text(' '.join(spoken(why).split()), limit=400)}"
    err.print(fitted(said, sys.stderr), soft_wrap=True)
    raise typer.Exit(EXIT_BAD_INPUT)


@contextmanager
def one_line(*errors: type[Exception]) -> Iterator[None]:
    """Turn the named errors, and an unreadable file, into one line and exit code 2."""
    try:
        yield
    except typer.Exit:  # a RuntimeError, and what it is about has been said
        raise
    except OSError as error:
        if error.errno is not None:  # else it is a part's own, whose words a file's name would take the place of
            error.filename = error.filename or "input"
        fail_of(error)
    except errors as error:
        fail_of(error)


def write_json(target: Path | None, value: Any) -> None:
    """Write `value` to a file (replaced whole), to stdout for `-`, or nowhere for None."""
    if target is None:
        return
    text = to_text(value)
    if str(target) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    write_text(target, text)


def written_to(target: Path | None) -> Path | None:
    """Callback of an option that names a file to write: what cannot be written is refused before any work."""
    if target is not None and str(target) != "-":
        with one_line():
            check_place(target)
    return target


def spare(target: Path | None, *inputs: Path) -> None:
    """One line and exit code 2 when the result would take the place of what it is read from."""
    for one in inputs:
        if target is not None and is_same_file(one, target):
            fail("result_is_input", file=target)


def write_text(target: Path, text: str) -> None:
    """Write a file whole or not at all; one line and exit code 2 when it cannot be written."""
    with one_line():
        replace_text(target, text)


def existing(path: Path) -> Path:
    """`path` when there is something; else one line and exit code 2."""
    if not path.exists():
        fail_of(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)))
    return path
