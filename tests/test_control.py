from __future__ import annotations

import pickle
import threading

import pytest

from sweep.control import DECLARATION_S, Control, RoomNotEmptyError, RoomPermit
from sweep.report import ProbeState


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def states_while_waiting(control: Control) -> tuple[str, list[ProbeState]]:
    told: list[ProbeState] = []
    return control.wait(told.append), told


def test_nothing_starts_before_two_persons_declared_the_room_empty() -> None:
    clock = Clock()
    control = Control(clock=clock, wait_s=0.0)
    assert states_while_waiting(control) == ("expired", ["waiting_for_empty"])
    control.declare_empty(("점검자-01", "점검자-02"))
    assert states_while_waiting(control) == ("go", [])
    assert control.declared_by == ("점검자-01", "점검자-02")


def test_a_declaration_expires_after_fifteen_minutes() -> None:
    clock = Clock()
    control = Control(clock=clock, wait_s=0.0)
    control.declare_empty(("a1", "b1"))
    clock.now = DECLARATION_S - 1.0
    assert states_while_waiting(control) == ("go", [])
    clock.now = DECLARATION_S
    assert states_while_waiting(control)[0] == "expired"


def test_a_pause_ends_the_declaration() -> None:
    control = Control(clock=Clock(), declared=True, wait_s=0.0)
    assert states_while_waiting(control) == ("go", [])
    control.pause()
    assert states_while_waiting(control) == ("expired", ["paused"])
    control.declare_empty(("a1", "b1"))
    assert states_while_waiting(control) == ("go", [])


def wait_for_end(control: Control, answers: list[str], reached: threading.Event) -> None:
    answers.append(control.wait(lambda _: reached.set()))


def test_finish_and_abort_end_a_wait_from_another_thread() -> None:
    for end, answer in (("finish", "finish"), ("abort", "abort")):
        control = Control(clock=Clock())
        reached = threading.Event()
        answers: list[str] = []
        thread = threading.Thread(target=wait_for_end, args=(control, answers, reached))
        thread.start()
        assert reached.wait(5.0)
        getattr(control, end)()
        thread.join(5.0)
        assert answers == [answer]


def test_a_permit_needs_two_different_persons() -> None:
    clock = Clock()
    control = Control(clock=clock)
    with pytest.raises(RoomNotEmptyError, match="two persons"):
        control.permit()
    for by in (("a1", "a1"), ("a1", " a1 "), ("a1", " ")):
        control.declare_empty(by)
        with pytest.raises(RoomNotEmptyError, match="different"):
            control.permit()
    control.declare_empty(("a1", "b1"))
    assert control.permit().declared_by == ("a1", "b1")


def test_a_recording_that_needs_no_declaration_gives_no_permit() -> None:
    control = Control(clock=Clock(), declared=True)
    assert control.is_declared
    with pytest.raises(RoomNotEmptyError):
        control.permit()


def test_a_permit_ends_with_a_pause_an_ending_or_fifteen_minutes_and_never_revives() -> None:
    clock = Clock()
    for end in (Control.pause, Control.finish, Control.abort):
        control = Control(clock=clock)
        control.declare_empty(("a1", "b1"))
        permit = control.permit()
        permit.check()
        end(control)
        assert not permit.holds()
        control.declare_empty(("a1", "b1"))
        with pytest.raises(RoomNotEmptyError, match="stays off"):
            permit.check()
    control = Control(clock=clock)
    control.declare_empty(("a1", "b1"))
    permit = control.permit()
    clock.now += DECLARATION_S - 1.0
    assert permit.holds()
    clock.now += 1.0
    assert not permit.holds()
    control.declare_empty(("a1", "b1"))
    assert not permit.holds()
    assert control.permit().holds()


def test_declaring_again_in_time_lets_a_permit_go_on() -> None:
    clock = Clock()
    control = Control(clock=clock)
    control.declare_empty(("a1", "b1"))
    permit = control.permit()
    clock.now += DECLARATION_S - 1.0
    control.declare_empty(("a1", "c1"))
    clock.now += 10.0
    assert permit.holds()


def test_nobody_else_makes_a_permit_or_carries_it_away() -> None:
    control = Control(clock=Clock())
    with pytest.raises(TypeError, match=r"Control\.permit"):
        RoomPermit(control, 0, ("a1", "b1"), object())
    control.declare_empty(("a1", "b1"))
    with pytest.raises(TypeError, match="stays in the process"):
        pickle.dumps(control.permit())
