"""Commands against heads and lines that are made up: when they are sent again, when given up, what a stop takes back;
and against any line that loses, doubles and delays, with a head that may begin anew.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import ANSWER_WITHIN_S, Command, CommandSender, TakenBack, Unanswered
from sweep.link.messages import (
    Accepted,
    BuzzerSet,
    LampRun,
    LampStop,
    LightSet,
    Message,
    Refused,
    RfStart,
    RfStop,
    StimulusRun,
    TunerStop,
)

MS = 1_000_000
RF = RfStart(3125, 767, 8)
CHIPS = StimulusRun(1000, 8, bytes(16))
TRIPLES = LampRun(521, 100, 3, bytes(6), bytes((31,) * 6), bytes(6), 0)


def read(frames: bytes) -> list[tuple[Message, int]]:
    """(message, number) of each frame."""
    events = FrameReader(is_to_host=False).feed(frames)
    assert all(isinstance(event, Received) for event in events)
    return [(event.message, event.seq) for event in events if isinstance(event, Received)]


def is_open(command: Command) -> bool:
    """Whether its outcome is not known yet."""
    return command.outcome is None


def test_a_command_is_sent_again_three_times_and_then_given_up() -> None:
    sender = CommandSender()
    command = sender.put(RF)
    sent_ms = {now_ms: frame for now_ms in range(3000) if (frame := sender.due(now_ms * MS))}
    assert list(sent_ms) == [0, 50, 200, 700]
    frames = list(sent_ms.values())
    assert frames == [encode(RF, 0)] + 3 * [b"\0" + encode(RF, 0)]
    assert command.outcome == Unanswered(RF)
    assert (sender.repeats, sender.unanswered, sender.is_busy) == (3, 1, False)
    assert sum(ANSWER_WITHIN_S) == pytest.approx(2.0)


@pytest.mark.parametrize("answer", [Accepted(RF.ID, 0, 0), Refused(RF.ID, 0, 1)])
def test_an_answer_ends_it_and_the_next_goes_out_with_the_next_number(answer: Accepted | Refused) -> None:
    sender = CommandSender()
    first, second = sender.put(RF), sender.put(RfStop())
    assert read(sender.due(0)) == [(RF, 0)]
    assert sender.due(10 * MS) == b""
    sender.take(answer)
    assert first.outcome == answer
    assert is_open(second)
    assert read(sender.due(11 * MS)) == [(RfStop(), 1)]
    assert not sender.repeats


@pytest.mark.parametrize(
    "stray",
    [
        Accepted(RF.ID, 1, 0),
        Accepted(RfStop.ID, 0, 0),
        Refused(RF.ID, 255, 1),
        LampStop(),
        Accepted(TunerStop.ID, 9, 0),
    ],
)
def test_another_answer_is_none(stray: Message) -> None:
    sender = CommandSender()
    command = sender.put(RF)
    sender.take(Accepted(RF.ID, 0, 0))  # before it was sent
    sender.due(0)
    sender.take(stray)
    assert is_open(command)
    sender.take(Accepted(RF.ID, 0, 0))
    sender.take(Accepted(RF.ID, 0, 0))  # once more, of a repetition
    assert command.outcome == Accepted(RF.ID, 0, 0)
    assert not sender.is_busy


def test_numbers_go_round_after_256() -> None:
    sender = CommandSender()
    numbers = []
    for now in range(600):
        sender.put(RF)
        ((_, number),) = read(sender.due(now * MS))
        numbers.append(number)
        sender.take(Accepted(RF.ID, number, 0))
    assert numbers == [n & 0xFF for n in range(600)]


def test_a_stop_goes_first_and_takes_back_what_would_light_the_lamps() -> None:
    sender = CommandSender()
    lighting = [sender.put(CHIPS), sender.put(LightSet(1, 1)), sender.put(TRIPLES)]
    other = sender.put(RfStop())
    assert read(sender.due(0)) == [(CHIPS, 0)]
    stop = sender.put(LampStop())
    assert [command.outcome for command in lighting] == [TakenBack(command.message) for command in lighting]
    assert read(sender.due(1 * MS)) == [(LampStop(), 1)], "at once, though the chips are not answered"
    sender.take(Accepted(CHIPS.ID, 0, 0))  # was on its way
    assert is_open(stop)
    sender.take(Accepted(LampStop.ID, 1, 0))
    assert stop.outcome == Accepted(LampStop.ID, 1, 0)
    sent = [read(frame) for now in range(2, 4000) if (frame := sender.due(now * MS))]
    assert {message for ((message, _),) in sent} == {RfStop()}
    assert other.outcome == Unanswered(RfStop())


def test_a_stop_overtakes_a_command_that_is_sent_anew_behind_it() -> None:
    sender = CommandSender()
    command = sender.put(RF)
    sender.due(0)
    sender.put(LampStop())
    assert read(sender.due(1 * MS)) == [(LampStop(), 1)]
    sender.take(Accepted(LampStop.ID, 1, 0))
    assert read(sender.due(2 * MS)) == [(RF, 2)]
    sender.take(Accepted(RF.ID, 2, 0))
    assert command.outcome == Accepted(RF.ID, 2, 0)


# --- any line ---------------------------------------------------------------------------------------------------------


@dataclass
class Head:
    """What a head does with commands (firmware/core/repeat.c, which has tests of its own)."""

    obeyed: list[int] = field(default_factory=list)
    """Periods of the buzzer commands that it carried out: each is used once, so it is a name."""
    last: tuple[int, bytes] | None = None
    reader: FrameReader = field(default_factory=lambda: FrameReader(is_to_host=False))

    def feed(self, data: bytes) -> bytes:
        answers = b""
        for event in self.reader.feed(data):
            if not (isinstance(event, Received) and isinstance(event.message, BuzzerSet)):
                continue
            name = (event.seq, event.message.pack())
            if self.last != name:
                self.obeyed.append(event.message.period_slots)
                self.last = name
            answers += encode(Accepted(BuzzerSet.ID, event.seq, 0), 0)
        return answers

    def restart(self) -> None:
        self.last = None
        self.reader = FrameReader(is_to_host=False)


@dataclass
class Way:
    """One direction: frames are lost, cut, changed, doubled or come late, but never one before the other."""

    rng: random.Random
    share: float
    on_the_way: deque[tuple[int, bytes]] = field(default_factory=deque)

    def put(self, data: bytes, now_ns: int) -> None:
        if self.rng.random() < self.share:
            at = self.rng.randrange(len(data))
            data = self.rng.choice(
                (b"", data[:at], data[:at] + data[at + 1 :], data + data, data[:at] + b"\x55" + data[at:])
            )
        late_ns = self.rng.choice((1, 1, 1, 2, 40, 300)) * MS
        after_ns = max(now_ns + late_ns, self.on_the_way[-1][0] if self.on_the_way else 0)
        self.on_the_way.append((after_ns, data))

    def take(self, now_ns: int) -> bytes:
        arrived = b""
        while self.on_the_way and self.on_the_way[0][0] <= now_ns:
            arrived += self.on_the_way.popleft()[1]
        return arrived


@given(
    seed=st.integers(0, 2**32),
    share=st.floats(0.0, 0.6),
    count=st.integers(1, 300),
    restart_share=st.sampled_from([0.0, 0.0, 0.002]),
)
def test_on_any_line_an_accepted_command_was_obeyed_once_and_in_order(
    seed: int, share: float, count: int, restart_share: float
) -> None:
    rng = random.Random(seed)
    there, back, head, sender = Way(rng, share), Way(rng, share), Head(), CommandSender()
    heard = FrameReader()
    commands: list[Command] = []
    restarts, now_ns = 0, 0
    while len(commands) < count or sender.is_busy:
        now_ns += rng.randrange(1, 5) * MS
        if len(commands) < count and (not sender.is_busy or rng.random() < 0.05):
            commands.append(sender.put(BuzzerSet(1, 1000 + len(commands), 1)))
        if rng.random() < restart_share:  # what is on the way back arrives; what is on the way there meets a new head
            restarts += 1
            head.restart()
        if frame := sender.due(now_ns):
            there.put(frame, now_ns)
        if answers := head.feed(there.take(now_ns)):
            back.put(answers, now_ns)
        for event in heard.feed(back.take(now_ns)):
            if isinstance(event, Received):
                sender.take(event.message)
    accepted = [1000 + n for n, command in enumerate(commands) if isinstance(command.outcome, Accepted)]
    unanswered = sum(isinstance(command.outcome, Unanswered) for command in commands)
    assert len(accepted) + unanswered == count
    assert sender.unanswered == unanswered
    assert set(accepted) <= set(head.obeyed)
    twice = len(head.obeyed) - len(set(head.obeyed))
    assert twice <= restarts, "a command was obeyed twice by one head"
    assert head.obeyed == sorted(head.obeyed), "commands were obeyed out of order"
    if share == 0.0 and not restarts:
        assert not unanswered
