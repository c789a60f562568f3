"""Results come in order and whole, whoever worked on them and whoever died."""

import os
import signal
import threading

import pytest

from sweep.wifi.frames.fork_pool import ForkPool

HERE = os.getpid()


def always() -> bool:
    """The test runner and its libraries have threads that take no part in this."""
    return True


pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("count", [0, 1, 7, 5_000])
def test_every_number_once_in_order(count: int, processes: int) -> None:
    with ForkPool(lambda number: number * number, count, processes, always) as work:
        assert work.finish() == [number * number for number in range(count)]


def test_copies_take_part() -> None:
    with ForkPool(
        lambda number: os.getpid() if number else (os.getpid(), sum(range(3_000_000)))[0], 2_000, 2, always
    ) as work:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # the copy has done all there is
        assert len(set(work.finish()) - {HERE}) == 1


def test_what_a_copy_dies_of_is_done_again() -> None:
    def work(number: int) -> int:
        if os.getpid() != HERE and number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with ForkPool(work, 10, 2, always) as forked_work:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        assert forked_work.finish() == list(range(10))


def test_an_error_of_the_work_is_raised_here() -> None:
    def work(number: int) -> int:
        raise ValueError(f"number {number}")

    with ForkPool(work, 3, 2, always) as forked_work, pytest.raises(ValueError, match="number"):
        forked_work.finish()


def test_a_process_with_threads_is_not_copied() -> None:
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        with ForkPool(lambda number: os.getpid(), 10, 4) as work:
            assert set(work.finish()) == {HERE}
    finally:
        is_over.set()
        thread.join()
