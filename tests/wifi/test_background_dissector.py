"""The copy that loads scapy ahead: its answer is what this process would say, and nothing depends on it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.wifi.frames.background_dissector import background_dissector
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.frames.framelog import build_log
from sweep.wifi.frames.management import Management
from sweep.wifi.scan import scan_file
from tests.waiting import descendants
from tests.wifi.elements import RATES, element, wps
from tests.wifi.frames import beacon, data_up, radiotap, write_frames
from tests.wifi.test_radio_headers import block_of


def heard(*names: bytes) -> Management:
    frames = [radiotap() + beacon(ssid=name) + RATES + wps() + element(48, b"\1") for name in names]
    return build_log([block_of(frames)]).management


def let() -> bool:
    return True


def do_nothing(_: int) -> None:
    pass


def the_copy(before: list[int]) -> int:
    """The only process below this one that was not there before."""
    (pid,) = set(descendants(os.getpid())) - set(before)
    return pid


def kill(copy: int) -> None:
    os.kill(copy, signal.SIGKILL)


@pytest.mark.parametrize("meanwhile", [do_nothing, kill])
def test_the_answer_is_that_of_this_process(meanwhile: Callable[[int], None]) -> None:
    first, other = heard(b"room", b"hall"), heard(b"room", b"hall", b"roof")
    before = descendants(os.getpid())
    with background_dissector(is_wanted=True, may_fork=let) as ahead:
        assert ahead is not None
        meanwhile(the_copy(before))
        ahead.ask(first)
        ahead.ask(other)  # too late
        assert ahead.read(first) == read_elements(first)
        assert ahead.read(other) == read_elements(other)


def test_a_copy_that_is_never_asked_ends() -> None:
    before = descendants(os.getpid())
    with background_dissector(is_wanted=True, may_fork=let) as ahead:
        assert ahead is not None
        ahead.ask(Management())
        pid = the_copy(before)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(("is_wanted", "may_fork"), [(False, let), (True, lambda: False)], ids=["unwanted", "threads"])
def test_there_is_none_where_none_may_be(is_wanted: bool, may_fork: Callable[[], bool]) -> None:
    with background_dissector(is_wanted=is_wanted, may_fork=may_fork) as ahead:
        assert ahead is None


def test_a_scan_says_the_same_with_and_without(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.pcap", [beacon(), data_up(), beacon(ssid=b"other")])
    one, other = (scan_file(path, processes=processes).to_json(addresses="full") for processes in (1, 2))
    assert one == other
