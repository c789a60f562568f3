"""What was lost on the line to the head, by code: only what is new, whoever was reset or plugged in again."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

from sweep.link.decode import Losses
from sweep.link.frame import Reason
from sweep.link.loss_counters import HEADS, OURS, LossCounters
from sweep.link.messages import Counters


def counters(**lost: int) -> Counters:
    return Counters(**{field.name: lost.get(field.name, 0) for field in fields(Counters)})


def test_only_what_is_new_is_told_and_each_thing_has_a_code_of_its_own() -> None:
    account = LossCounters()
    losses = Losses(rejected=Counter({Reason.BAD_CRC: 2}), missing_messages=1)
    assert account.news(losses) == {"head_line_bad_crc": 2, "head_messages_missing": 1}
    assert account.news(losses) == {}
    losses.rejected[Reason.BAD_COBS] += 1
    losses.restarts = 1
    assert account.news(losses) == {"head_line_bad_cobs": 1, "head_restarts": 1}
    codes = [*OURS.values(), *HEADS.values()]
    assert len(codes) == len(set(codes))


def test_what_the_head_lost_before_is_nobodys_and_after_a_reset_it_counts_from_0() -> None:
    account = LossCounters()
    losses = Losses(head=counters(rx_bad_frames=40, missed_slots=7))
    assert account.news(losses) == {}
    losses.head = counters(rx_bad_frames=42, missed_slots=7)
    assert account.news(losses) == {"head_frames_refused": 2}
    losses.head = counters(rx_bad_frames=3)
    assert account.news(losses) == {"head_frames_refused": 3}
