"""Whose turn it is on the head: one at a time, in the order of asking, and RF makes way once it has had its least."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sweep.link.schedule import RF_LEAST_S, Begin, Schedule, Turn, User, Wait, Yield


def test_the_first_who_asks_begins_and_the_others_wait_and_are_told_once_for_whom() -> None:
    schedule = Schedule()
    schedule.ask("strobe")
    schedule.ask("chips")
    assert schedule.step(0.0) == [Begin("strobe"), Wait("chips", "strobe")]
    schedule.ask("rf")
    schedule.ask("chips")
    assert schedule.step(1.0) == [Wait("rf", "strobe")]
    assert schedule.step(100.0) == [], "a camera without triggers times out: nobody interrupts it"
    schedule.end("strobe")
    assert schedule.step(100.0) == [Begin("chips"), Wait("rf", "chips")]
    schedule.end("chips")
    assert schedule.step(200.0) == [Begin("rf")]


def test_rf_makes_way_once_it_has_had_its_least() -> None:
    schedule = Schedule()
    schedule.ask("rf")
    assert schedule.step(10.0) == [Begin("rf")]
    assert schedule.step(10.0 + 10 * RF_LEAST_S) == [], "alone it measures as long as was asked"
    schedule.end("rf")
    schedule.ask("rf")
    assert schedule.step(100.0) == [Begin("rf")]
    schedule.ask("strobe")
    assert schedule.step(100.1) == [Wait("strobe", "rf")]
    assert schedule.step(100.0 + RF_LEAST_S) == [Yield("rf", "strobe"), Begin("strobe")]


def test_who_gives_up_waiting_is_forgotten_and_so_is_everybody_when_the_head_goes() -> None:
    schedule = Schedule()
    for user in ("strobe", "chips", "rf"):
        schedule.ask(user)
    schedule.step(0.0)
    schedule.end("chips")
    assert schedule.waiting == ("rf",)
    schedule.clear()
    schedule.ask("rf")
    assert schedule.step(1.0) == [Begin("rf")]


USERS: tuple[User, ...] = ("rf", "strobe", "chips")


@given(st.lists(st.tuples(st.sampled_from(("ask", "end", "step")), st.sampled_from(USERS), st.floats(0.0, 4.0))))
def test_there_is_never_more_than_one_and_nobody_is_forgotten(acts: list[tuple[str, User, float]]) -> None:
    schedule, now_s = Schedule(), 0.0
    running: set[User] = set()
    wanting: set[User] = set()

    def obey(turns: list[Turn]) -> None:
        for turn in turns:
            match turn:
                case Begin(user):
                    running.add(user)
                case Yield(user):
                    assert user == "rf"
                    running.remove(user)
                    wanting.remove(user)
                case Wait(user):
                    assert user not in running
            assert len(running) <= 1

    for act, user, passed_s in acts:
        now_s += passed_s
        if act == "ask":
            schedule.ask(user)
            wanting.add(user)
        elif act == "end":
            schedule.end(user)
            wanting.discard(user)
            running.discard(user)
        else:
            obey(schedule.step(now_s))
    obey(schedule.step(now_s + RF_LEAST_S))
    assert bool(running) == bool(wanting)
    assert running | set(schedule.waiting) == wanting
