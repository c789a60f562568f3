"""A lease between processes: what its ends hear, when they end, and that a camera in another process ends with it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

import numpy as np
import pytest

from sweep.lens.camera.pi import PiCamera
from sweep.lens.clip.frames import CameraError, CameraSettings
from sweep.modality.control import Control
from sweep.modality.lease import ALIVE, LONGEST_NS, SILENT_NS, Declaration, RoomNotEmptyError, until
from sweep.modality.lease_pipe import LAPSE_NS, LeaseEnd, LeaseGiver
from sweep.modality.liveness import boottime_ns
from tests.lens.picamera2_stand_in import Module
from tests.waiting import wait_until

PERSONS = ("Kim", "Lee")
DARK_WITHIN_NS = 100_000_000
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def control() -> Control:
    return Control()


@pytest.fixture
def giver(control: Control) -> Iterator[LeaseGiver]:
    with control.lease() as giver:
        yield giver


def test_what_persons_do_is_there_when_they_have_done_it(control: Control, giver: LeaseGiver) -> None:
    end = giver.end()
    assert end.why_ended() == "not_declared"
    for act in (control.pause, control.lapse):
        control.declare_empty(PERSONS)
        assert end.why_ended() is None
        assert end.permit().declared_by == PERSONS
        assert giver.end().why_ended() is None, "a process that comes later has it, too"
        act()
        assert end.why_ended() == "ended"
    control.declare_empty(PERSONS)
    control.finish()
    assert end.why_ended() == "ended"
    control.declare_empty(PERSONS)
    assert end.why_ended() == "ended"


def test_a_permit_goes_on_with_a_renewed_declaration_and_never_revives(control: Control, giver: LeaseGiver) -> None:
    end = giver.end()
    with pytest.raises(RoomNotEmptyError, match="two persons"):
        end.permit()
    control.declare_empty(PERSONS)
    permit = end.permit()
    control.declare_empty(("Kim", "Park"))
    permit.check()
    control.pause()
    control.declare_empty(PERSONS)
    with pytest.raises(RoomNotEmptyError, match="stays off"):
        permit.check()
    end.permit().check()


def test_its_button_ends_it_though_the_giver_does_not_know(control: Control, giver: LeaseGiver) -> None:
    end, other = giver.end(), giver.end()
    control.declare_empty(PERSONS)
    permit = end.permit()
    end.withdraw("button")
    assert (end.why_ended(), other.why_ended()) == ("button", None)
    assert not permit.holds()
    control.declare_empty(PERSONS)
    assert end.why_ended() is None, "declared anew, and afterwards"
    assert not permit.holds()


def test_it_ends_with_its_givers_context_and_when_it_is_let_go(control: Control) -> None:
    control.declare_empty(PERSONS)
    with control.lease() as giver:
        end, closed = giver.end(), giver.end()
        assert (end.why_ended(), closed.why_ended()) == (None, None)
        closed.close()
        closed.close()
        assert closed.why_ended() == "giver_gone"
        control.declare_empty(PERSONS)  # said to nobody where one is gone
    assert end.why_ended() == "giver_gone"
    end.close()


def test_a_terminal_that_takes_no_more_does_not_keep_the_end_from_it(control: Control, giver: LeaseGiver) -> None:
    """Who tells of an end is held up; the giver looks by itself."""
    said: list[Declaration | None] = [Declaration(PERSONS, boottime_ns() + LONGEST_NS)]
    with LeaseGiver(lambda: said[-1]) as own:
        own.follow()
        end = own.end()
        assert end.why_ended() is None
        said.append(None)
        at_ns = boottime_ns()
        wait_until(lambda: end.why_ended() == "ended", "it goes on")
        assert boottime_ns() - at_ns < DARK_WITHIN_NS


def test_its_deadline_is_its_own_business() -> None:
    clock = [boottime_ns()]
    theirs, ours = Pipe(duplex=False)
    end = LeaseEnd(theirs, os.getpid(), os.getpid(), clock_ns=lambda: clock[0])
    ours.send_bytes(until(Declaration(PERSONS, clock[0] + 1_000_000)))
    assert end.why_ended() is None
    clock[0] += 1_000_000
    assert end.why_ended() == "expired"
    ours.send_bytes(until(Declaration(PERSONS, clock[0] + LONGEST_NS)))
    for _ in range(3):
        clock[0] += SILENT_NS
        ours.send_bytes(ALIVE)
        assert end.why_ended() is None
    clock[0] += SILENT_NS + 1
    assert end.why_ended() == "giver_silent"
    end.close()
    ours.close()


@pytest.mark.parametrize(
    "message",
    [b"x" * 5_000, b"sure", until(Declaration(("Kim", "kim "), boottime_ns() + 10**9))],
    ids=["long", "unknown", "one person twice"],
)
def test_one_person_twice_and_what_nobody_says_give_nothing(message: bytes) -> None:
    theirs, ours = Pipe(duplex=False)
    end = LeaseEnd(theirs, os.getpid(), os.getpid())
    ours.send_bytes(message)
    assert end.why_ended() is not None
    end.close()
    ours.close()


def test_an_end_that_takes_no_more_holds_nobody_up_and_is_cut_off(control: Control, giver: LeaseGiver) -> None:
    end = giver.end()
    for _ in range(3_000):  # more than a pipe holds
        control.declare_empty(PERSONS)
        control.pause()
    control.declare_empty(PERSONS)
    assert end.why_ended() is not None


def test_it_travels_to_a_process_of_ones_own_only(giver: LeaseGiver) -> None:
    with pytest.raises(RuntimeError, match="inheritance"):
        pickle.dumps(giver.end())


def _film(end: LeaseEnd, told: Connection, trigger_mode: Path) -> None:
    """A process that films with an end of the lease: frame by frame until it may not."""
    settings = CameraSettings(width=8, height=8)
    stamps = {"SensorTimestamp": 1, "AnalogueGain": 1.0}
    module = Module([(np.zeros((8, 8), np.uint16), stamps)] * 1_000_000)
    try:
        end.permit()
    except RoomNotEmptyError:
        told.send(("closed", boottime_ns(), module.open_cameras))
    wait_until(lambda: end.why_ended() is None, "nobody declared anything")
    camera = PiCamera(end.permit(), settings, trigger_mode=trigger_mode, module=module)
    told.send(("open", boottime_ns(), module.open_cameras))
    try:
        while True:
            camera.read()
    except RoomNotEmptyError:
        told.send(("ended", boottime_ns(), module.open_cameras))
    try:
        camera.read()
    except CameraError:
        told.send(("stays closed", boottime_ns(), module.open_cameras))


def _give(told: Connection, trigger_mode: Path, has_begun: Connection) -> None:
    """A sweep's process: persons' control and a process that films."""
    control = Control()
    with control.lease() as giver:
        end = giver.end()
        filming = SPAWN.Process(target=_film, args=(end, told, trigger_mode))
        filming.start()
        end.close()
        has_begun.recv()
        control.declare_empty(PERSONS)
        while (message := has_begun.recv()) != "over":
            getattr(control, message)()
        filming.join()


@pytest.mark.parametrize("way", ["pause", "finish", "abort", "kill", "stop"])
def test_a_camera_in_another_process_ends_with_it(way: str, tmp_path: Path) -> None:
    (tmp_path / "trigger_mode").write_text("1\n", encoding="ascii")
    hears, told = SPAWN.Pipe(duplex=False)
    orders, order = SPAWN.Pipe(duplex=False)
    sweep = SPAWN.Process(target=_give, args=(told, tmp_path / "trigger_mode", orders))
    sweep.start()
    told.close()
    orders.close()
    assert sweep.pid is not None
    assert hears.recv()[0::2] == ("closed", 0), "nobody declared anything"
    order.send("declare")
    assert hears.recv()[0::2] == ("open", 1)
    at_ns = boottime_ns()
    match way:
        case "kill":
            os.kill(sweep.pid, signal.SIGKILL)
        case "stop":
            os.kill(sweep.pid, signal.SIGSTOP)
            at_ns += SILENT_NS
        case _:
            order.send(way)
    message, ended_ns, cameras = hears.recv()
    print(f"{way}: camera off after {(ended_ns - at_ns) / 1e6:.1f} ms")
    assert (message, cameras) == ("ended", 0)
    assert ended_ns - at_ns < DARK_WITHIN_NS
    assert hears.recv()[0::2] == ("stays closed", 0)
    if way == "stop":
        os.kill(sweep.pid, signal.SIGCONT)
    if way != "kill":
        order.send("over")
    sweep.join()
    for pipe in (hears, order):
        pipe.close()


def test_a_sweep_that_hung_asks_persons_anew() -> None:
    """Some ends have ended by its silence; that the sweep goes on as if nothing had been would leave it dark."""
    lapsed: list[int] = []
    ask_ns = boottime_ns()
    declaration = Declaration(PERSONS, ask_ns + LONGEST_NS)
    is_held_up = [True]

    def ask() -> Declaration:
        if is_held_up.pop() if is_held_up else False:
            wait_until(lambda: boottime_ns() > ask_ns + LAPSE_NS + 100_000_000, "the clock stands")
        return declaration

    with LeaseGiver(ask, on_lapse=lambda: lapsed.append(boottime_ns())):
        wait_until(lambda: bool(lapsed), "it never noticed")
