"""How the death of a process is noticed, on kernels with and without descriptors of threads."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading

import pytest

from sweep.modality.liveness import PIDFD_THREAD, open_pidfd

OLDER = 1 << 30
"""A flag that no kernel knows, as PIDFD_THREAD is to an older one."""


def is_ended(fd: int, patience_s: float) -> bool:
    return bool(select.select([fd], [], [], patience_s)[0])


@pytest.mark.parametrize("flags", [PIDFD_THREAD, OLDER], ids=["linux-6.9", "older"])
def test_the_death_of_a_process_is_seen(flags: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        fd = open_pidfd(child.pid, flags=flags)
        assert not is_ended(fd, 0.0)
        child.kill()
        assert is_ended(fd, 10.0)
        os.close(fd)
    with pytest.raises(ProcessLookupError):
        open_pidfd(child.pid, flags=flags)


def test_the_end_of_a_thread_is_seen_though_its_process_lives() -> None:
    over, fds = threading.Event(), list[int]()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        fds.append(open_pidfd(thread.native_id or 0))
        assert not is_ended(fds[0], 0.0)
    finally:
        over.set()
        thread.join()
    assert is_ended(fds[0], 10.0)
    os.close(fds[0])


def test_an_older_kernel_watches_the_whole_process_instead_of_the_thread() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    fd = open_pidfd(thread.native_id or 0, flags=OLDER)
    over.set()
    thread.join()
    assert not is_ended(fd, 0.05)
    os.close(fd)


def test_an_older_kernel_is_told_the_process_of_anothers_thread() -> None:
    code = """
import sys, threading
thread = threading.Thread(target=sys.stdin.read)
thread.start()
print(thread.native_id, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        fd = open_pidfd(int(child.stdout.readline()), child.pid, flags=OLDER)
        assert not is_ended(fd, 0.0)
        child.kill()
        assert is_ended(fd, 10.0)
        os.close(fd)
