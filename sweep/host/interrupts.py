"""Ctrl-C as one end: the command that runs stops, says one line, and its exit code tells a shell so.

Input is SIGINT; output is a KeyboardInterrupt where somebody waits for it, and the line.  It waits while a program
loads and while a process starts, where an exception would leave halves behind.  What ends in another way on SIGINT
(a sweep that keeps what was measured) sets its own handler, and a shell that starts us in the background has it
ignored.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

EXIT_STOPPED: Final = 130
"""As a shell says it of a command that Ctrl-C ended; 1 would mean findings."""


@contextmanager
def held() -> Iterator[None]:
    """Keep SIGINT from this thread, and from what it starts, until the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def starting() -> Iterator[None]:
    """`held` around the start of a process of multiprocessing."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # as it starts, it would let SIGINT through
    with held():
        yield


def release() -> None:
    """In a process that was started so, once it knows what to do on SIGINT."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def exit_code_of(command: Callable[[], int], say_stopped: Callable[[], None]) -> int:
    """Exit code of a command; after Ctrl-C EXIT_STOPPED, once `say_stopped` has said the line.

    A library may make another error of what is raised in it, and a helper that the terminal's Ctrl-C ended may look
    broken: any failure after the signal is its doing.  A second one ends at once.
    """
    ours, stopped = os.getpid(), False

    def end_at_once() -> NoReturn:
        say_stopped()
        os._exit(EXIT_STOPPED)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if os.getpid() != ours:  # a copy, whose end its parent notices
            os._exit(EXIT_STOPPED)
        if stopped:
            end_at_once()
        stopped = True
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    try:
        code = command()
    except (KeyboardInterrupt, SystemExit, Exception) as error:
        if not stopped and not isinstance(error, KeyboardInterrupt):
            raise
        code = EXIT_STOPPED
    if code != EXIT_STOPPED:
        return code
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the interpreter is not to be stopped
    say_stopped()
    return code
