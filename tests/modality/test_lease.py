"""The lease as words and time: what gives it, what ends it, and that an ended one stays ended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.modality.lease import ALIVE, END, LONGEST_NS, MESSAGE_OCTETS, SILENT_NS, Declaration, Lease, until

SECOND_NS = 1_000_000_000
NOW_NS = 7_000 * SECOND_NS
PERSONS = ("김점검", "Lee b ")


def message(until_ns: int, by: tuple[str, str] = PERSONS) -> bytes:
    return until(Declaration(by, until_ns))


def given_for(seconds: float) -> Lease:
    lease = Lease()
    lease.hear(message(NOW_NS + round(seconds * 1e9)), NOW_NS)
    return lease


def test_nothing_is_on_before_anything_is_said() -> None:
    lease = Lease()
    lease.hear(ALIVE, NOW_NS)
    assert not lease.is_on(NOW_NS)
    assert lease.ended == "not_declared"


def test_it_lives_to_its_deadline_and_not_a_nanosecond_longer() -> None:
    lease = given_for(1.0)
    assert lease.is_on(NOW_NS + SECOND_NS - 1)
    assert not lease.is_on(NOW_NS + SECOND_NS)
    assert lease.ended == "expired"
    assert not lease.is_on(NOW_NS)  # a clock that goes back revives nothing


@pytest.mark.parametrize(
    ("said", "why"),
    [(END, "ended"), (b"", "giver_gone"), (b"until now", "malformed"), (b"until %d 41" % (NOW_NS + 9), "malformed")],
)
def test_words_that_end_it(said: bytes, why: str) -> None:
    lease = given_for(1.0)
    lease.hear(said, NOW_NS)
    lease.hear(ALIVE, NOW_NS)
    assert not lease.is_on(NOW_NS)
    assert lease.ended == why


def test_a_giver_that_falls_silent_ends_it_for_good() -> None:
    lease = given_for(60.0)
    lease.hear(ALIVE, NOW_NS + SECOND_NS)
    assert lease.is_on(NOW_NS + SECOND_NS + SILENT_NS)
    assert not lease.is_on(NOW_NS + SECOND_NS + SILENT_NS + 1)
    lease.hear(ALIVE, NOW_NS + 4 * SECOND_NS)
    assert not lease.is_on(NOW_NS + 4 * SECOND_NS)
    assert lease.ended == "giver_silent"


def test_no_lease_is_longer_than_a_declaration_and_none_begins_in_the_past() -> None:
    for deadline_ns in (NOW_NS + LONGEST_NS + 1, NOW_NS, 0):
        lease = Lease()
        lease.hear(message(deadline_ns), NOW_NS)
        assert not lease.is_on(NOW_NS)


@pytest.mark.parametrize("by", [("a", "a"), ("", "b"), ("a", " ")])
def test_it_names_two_who_differ_or_does_not_live(by: tuple[str, str]) -> None:
    lease = given_for(1.0)
    assert lease.by == PERSONS
    lease.hear(message(NOW_NS + SECOND_NS, by), NOW_NS)
    assert lease.ended == "malformed"


def test_names_too_long_for_a_word_give_none() -> None:
    lease = Lease()
    lease.hear(message(NOW_NS + SECOND_NS, ("a" * MESSAGE_OCTETS, "b"))[:MESSAGE_OCTETS], NOW_NS)
    assert not lease.is_on(NOW_NS)


def test_what_its_holder_ended_comes_back_with_a_later_declaration_only() -> None:
    lease = given_for(1.0)
    lease.withdraw("button", NOW_NS)
    for deadline_ns in (NOW_NS + SECOND_NS, NOW_NS + LONGEST_NS):
        lease.hear(message(deadline_ns), NOW_NS)
        assert not lease.is_on(NOW_NS)
        assert lease.ended == "button"
    lease.hear(message(NOW_NS + LONGEST_NS + 1), NOW_NS + 1)
    assert lease.is_on(NOW_NS + 1)
    assert lease.endings == 1


@given(st.lists(st.one_of(st.binary(max_size=64), st.sampled_from([ALIVE, END, b"until", b"until -5", b"until 1e99"]))))
def test_nothing_but_a_good_word_raises_it(words: list[bytes]) -> None:
    lease = Lease()
    for said in words:
        lease.hear(said, NOW_NS)
        assert not lease.is_on(NOW_NS)
