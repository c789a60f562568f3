from __future__ import annotations

import itertools
import pickle
import threading
import unicodedata

import pytest

from sweep.modality.control import Control
from sweep.modality.lease import DECLARATION_S, Declaration, RoomNotEmptyError, RoomPermit
from sweep.report import ProbeState
from sweep.report.proof_records import Identified
from tests.waiting import PATIENCE_S


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def states_while_waiting(control: Control) -> tuple[str, list[ProbeState]]:
    told: list[ProbeState] = []
    control.announce(told.append)
    return control.wait(), told


def test_nothing_starts_before_two_persons_declared_the_room_empty() -> None:
    clock = Clock()
    control = Control(clock=clock, wait_s=0.0)
    assert states_while_waiting(control) == ("expired", ["waiting_for_empty"])
    control.declare_empty(("점검자-01", "점검자-02"))
    assert states_while_waiting(control) == ("go", [])
    assert control.declaration == Declaration(("점검자-01", "점검자-02"), round(DECLARATION_S * 1e9))


def test_a_declaration_expires_after_fifteen_minutes() -> None:
    clock = Clock()
    control = Control(clock=clock, wait_s=0.0)
    control.declare_empty(("a1", "b1"))
    clock.now = DECLARATION_S - 1.0
    assert states_while_waiting(control) == ("go", ["running"])
    clock.now = DECLARATION_S
    assert states_while_waiting(control)[0] == "expired"


def test_a_pause_ends_the_declaration() -> None:
    control = Control(clock=Clock(), wait_s=0.0)
    control.declare_empty(("a1", "b1"))
    assert states_while_waiting(control) == ("go", ["running"])
    control.pause()
    assert states_while_waiting(control)[0] == "expired"
    control.declare_empty(("a1", "b1"))
    assert states_while_waiting(control) == ("go", [])


def test_who_proved_to_be_there_is_remembered_past_a_pause() -> None:
    control = Control(clock=Clock(), wait_s=0.0)
    control.declare_empty(("a1", "b1"))
    assert control.proved_by == frozenset()  # two names alone prove nothing
    control.declare_empty(("a1", "b1"), Identified(first="password", second="passkey"))
    control.pause()
    control.declare_empty(("a1", "c1"), Identified(first="password", second="pin"))
    assert control.proved_by == {"a1", "b1", "c1"}


def wait_for_end(control: Control, answers: list[str], reached: threading.Event) -> None:
    control.announce(lambda _: reached.set())
    answers.append(control.wait())


def test_finish_and_abort_end_a_wait_from_another_thread() -> None:
    for end, answer in (("finish", "finish"), ("abort", "abort")):
        control = Control(clock=Clock())
        reached = threading.Event()
        answers: list[str] = []
        thread = threading.Thread(target=wait_for_end, args=(control, answers, reached))
        thread.start()
        assert reached.wait(PATIENCE_S)
        getattr(control, end)()
        thread.join(PATIENCE_S)
        assert answers == [answer]


def test_a_permit_needs_two_different_persons() -> None:
    clock = Clock()
    control = Control(clock=clock)
    with pytest.raises(RoomNotEmptyError, match="two persons"):
        control.permit()
    control.declare_empty(("a1", "b1"))
    assert control.permit().declared_by == ("a1", "b1")


@pytest.mark.parametrize(
    "by",
    [("a1", "a1"), ("a1", " a1 "), ("a1", " "), ("Kim", "KIM"), ("김점검", "김 점검"), ("a1", "ａ１"),
     ("김점검", unicodedata.normalize("NFD", "김점검")), ("a1", "a\u200b1"), ("a1", "a1\u3164"), ("ß1", "SS1")],
)  # fmt: skip
def test_one_person_written_twice_declares_nothing(by: tuple[str, str]) -> None:
    control = Control(clock=Clock())
    with pytest.raises(RoomNotEmptyError, match="two different"):
        control.declare_empty(by)
    assert not control.is_declared
    control.declare_empty(("a1", "b1"))
    with pytest.raises(RoomNotEmptyError):
        control.declare_empty(by)
    assert control.declaration == Declaration(("a1", "b1"), round(DECLARATION_S * 1e9))


def test_a_recording_that_needs_no_declaration_gives_no_permit() -> None:
    control = Control(clock=Clock(), needs_persons=False)
    assert control.wait() == "go"
    assert not control.is_declared
    assert control.declaration is None
    control.pause()
    assert control.standing == "paused"
    control.resume()
    assert control.wait() == "go"
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


def test_a_watcher_hears_what_holds_and_each_change_once_and_in_order() -> None:
    clock = Clock()
    control = Control(clock=clock)
    heard: list[Declaration | None] = []
    control.watch(heard.append)
    assert heard == [None]
    control.pause()
    control.resume()
    assert heard == [None], "nothing changed"
    control.declare_empty(("a1", "b1"))
    control.declare_empty(("a1", "b1"))
    clock.now = 10.0
    control.declare_empty(("a1", "c1"))
    first, second = Declaration(("a1", "b1"), 900_000_000_000), Declaration(("a1", "c1"), 910_000_000_000)
    assert heard == [None, first, second]
    late: list[Declaration | None] = []
    control.watch(late.append)
    assert late == [second]
    clock.now = 911.0
    assert heard[-1] == second, "until_ns says it"
    control.pause()
    control.declare_empty(("a1", "b1"))
    control.finish()
    control.abort()
    control.declare_empty(("a1", "b1"))
    assert heard[3:] == [None, Declaration(("a1", "b1"), 1_811_000_000_000), None]
    assert late[1:] == heard[3:]
    over: list[Declaration | None] = []
    control.watch(over.append)
    assert over == [None]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watcher_that_raises_keeps_nobody_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    control = Control(clock=Clock())
    heard: list[Declaration | None] = []

    def fail(_: Declaration | None) -> None:
        raise LookupError("a bug")

    control.watch(fail)
    control.watch(heard.append)
    control.declare_empty(("a1", "b1"))
    control.pause()
    assert control.standing == "paused"
    assert [one is None for one in heard] == [True, False, True]
    assert [args.exc_type for args in said] == [LookupError] * 3


def test_a_watcher_may_steer_and_nobody_waits_for_a_lock() -> None:
    control = Control(clock=Clock())
    heard: list[Declaration | None] = []

    def stop_at_once(declaration: Declaration | None) -> None:
        if declaration is not None:
            control.pause()
            asked = threading.Thread(target=lambda: heard_standing.append(control.standing))
            asked.start()
            asked.join(PATIENCE_S)
        heard.append(declaration)

    heard_standing: list[str] = []
    control.watch(stop_at_once)
    later: list[Declaration | None] = []
    control.watch(later.append)
    control.declare_empty(("a1", "b1"))
    assert heard_standing == ["paused"]
    assert [one is None for one in heard] == [True, False, True]
    assert later == heard, "in the same order"


def test_steering_from_many_threads_is_heard_in_one_order() -> None:
    control = Control()
    heard: list[list[Declaration | None]] = [[], []]
    for one in heard:
        control.watch(one.append)

    def steer(number: int) -> None:
        for turn in range(50):
            control.declare_empty((f"a{number}", f"b{turn}"))
            control.pause()

    threads = [threading.Thread(target=steer, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert heard[0] == heard[1]
    assert heard[0][-1] is None
    assert all(one != following for one, following in itertools.pairwise(heard[0]))


def test_each_transition_is_told_once_whatever_the_order() -> None:
    clock = Clock()
    control = Control(clock=clock)
    told: list[ProbeState] = []
    control.announce(told.append)
    for _ in range(2):
        control.declare_empty(("a1", "b1"))
        control.declare_empty(("a1", "b1"))
        control.pause()
        control.pause()
        control.resume()
    assert told == ["waiting_for_empty"] + ["running", "paused", "waiting_for_empty"] * 2
    control.pause()
    control.declare_empty(("a1", "b1"))
    assert told[-2:] == ["paused", "running"]
    clock.now += DECLARATION_S
    assert control.standing == "undeclared"
    assert told[-1] == "waiting_for_empty"
    control.declare_empty(("a1", "b1"))
    clock.now += DECLARATION_S
    control.declare_empty(("a1", "b1"))
    assert told[-3:] == ["running", "waiting_for_empty", "running"], "an expiry that nobody looked at is told, too"
    control.finish()
    control.pause()
    control.abort()
    for state in ("closing", "done", "done"):
        control.enter(state)
    control.declare_empty(("a1", "b1"))
    assert told[-2:] == ["closing", "done"]
    assert told[-3] == "running"


def test_the_next_listener_hears_no_state_twice() -> None:
    control = Control(clock=Clock())
    told: list[ProbeState] = []
    control.announce(told.append)
    control.announce(told.append)
    assert told == ["waiting_for_empty"]
    control.declare_empty(("a1", "b1"))
    assert told == ["waiting_for_empty", "running"]


def test_an_abort_after_a_finish_holds_and_a_finish_after_an_abort_does_not() -> None:
    control = Control(clock=Clock())
    control.finish()
    control.abort()
    control.finish()
    assert control.standing == "abort"


def test_waiting_for_a_place_ends_by_itself() -> None:
    control = Control(clock=Clock(), wait_s=0.0)
    assert control.next_position() is None
    assert control.standing == "abort"
