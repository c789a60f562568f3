"""The adapter is pulled and comes back: scripted, and with two emulated heads behind one name."""

from pathlib import Path

import pytest

from sweep.link.decode import HeadError
from sweep.link.head import PortError, SerialPort
from sweep.link.reconnect import Unplugged, windows_with_reconnect
from sweep.report import RfWindow
from sweep.sim.head import Emitter, EmulatedHead, RfScene
from tests.sim.head_kit import built_elf

CARRIER = RfScene((Emitter("continuous", -40.0),))


def test_windows_go_on_after_the_adapter_came_back(tmp_path: Path) -> None:
    name = tmp_path / "head"
    windows: list[RfWindow] = []
    gaps: list[Unplugged] = []
    first = EmulatedHead(CARRIER, built_elf())
    second = EmulatedHead(CARRIER, built_elf())

    def plug_in_again(_seconds: float) -> None:
        name.unlink()
        name.symlink_to(second.__enter__().port)

    first.__enter__()
    name.symlink_to(first.port)
    try:
        for item in windows_with_reconnect(str(name), 2.0, sleep=plug_in_again):
            if isinstance(item, Unplugged):
                gaps.append(item)
            else:
                windows.append(item)
                if len(windows) == 5:
                    first.__exit__(None, None, None)  # pulled
    finally:
        second.__exit__(None, None, None)
    assert len(windows) == 20
    assert len(gaps) == 1
    assert gaps[0].from_ns <= gaps[0].to_ns


def test_a_head_that_was_never_there_is_an_error_at_once(tmp_path: Path) -> None:
    slept: list[float] = []
    with pytest.raises(PortError, match="plugged in"):
        list(windows_with_reconnect(str(tmp_path / "none"), 1.0, sleep=slept.append))
    assert slept == []


def test_it_gives_up_in_the_end(tmp_path: Path) -> None:
    clock = [0]
    first = EmulatedHead(CARRIER, built_elf())
    port = first.__enter__().port
    name = tmp_path / "head"
    name.symlink_to(port)

    def pass_time(seconds: float) -> None:
        clock[0] += round(seconds * 1e9)

    def open_or_fail(device: str) -> SerialPort:
        if clock[0]:
            raise PortError("gone")
        return SerialPort(device)

    def pull_after_three() -> None:
        items = windows_with_reconnect(
            str(name), 5.0, open_port=open_or_fail, sleep=pass_time, now_ns=lambda: clock[0], give_up_s=3.0
        )
        for count, _ in enumerate(items):
            if count == 3:
                first.__exit__(None, None, None)

    with pytest.raises((PortError, HeadError)):
        pull_after_three()
    assert 3.0e9 <= clock[0] <= 4.0e9
