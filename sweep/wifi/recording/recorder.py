"""Keeps a position while it is heard: an air and a line that pass everything on and write it down, to be replayed.

Input is an air, a line and a path; output is an air and a line that behave the same, a pcapng capture, and beside it
the lines of `kept_lines`.  The kept air's clock stands still between two calls that listen or tune, and messages are
heard once after each, so that a replay meets the same at the same places.  A disk that fails ends the keeping, not the
position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from sweep.captures.packets import PacketBlock
from sweep.captures.pcapng_writer import PcapngWriter
from sweep.modality.addresses import format_address
from sweep.modality.messages import Leave, Line, Played, SkipResponseTests, ToRunner, ToWorker
from sweep.phrases import Phrase, quoted
from sweep.report.base import display_text, to_json
from sweep.report.problems import first_problem
from sweep.wifi.capture.air import Air, CaptureGap, CaptureOpenError, CaptureTally
from sweep.wifi.capture.channels import Channel, ChannelMemory
from sweep.wifi.position import WifiRequest

from .lines import (
    MAX_SENTENCE,
    Asked,
    Began,
    Ended,
    Listened,
    PersonMessage,
    PlayerMessage,
    RecordedChannel,
    RecordedGap,
    RecordedKnowledge,
    RunnerMessage,
    Tuned,
    steps_beside,
)


class LineWriter:
    """The two files of a position; a context manager."""

    def __init__(self, capture: Path) -> None:
        """Raises OSError when they cannot be made."""
        self._frames = capture.open("wb")
        try:
            self._lines = steps_beside(capture).open("wb")
        except OSError:
            self._frames.close()
            raise
        self._capture = PcapngWriter(self._frames)
        self.fault: Phrase | str | None = None
        """Why nothing is written any more; None while it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._frames, self._lines):
            try:
                file.close()
            except OSError as error:  # the rest of what was written did not find room either
                self.fault = self.fault or quoted(error)

    def add(self, block: PacketBlock) -> None:
        """Write frames."""
        self._try(lambda: self._capture.write(block))

    def note(self, make: Callable[[], BaseModel]) -> None:
        """Write a line, and before it every frame that it speaks of."""
        self._try(self._frames.flush)
        self._try(lambda: self._lines.write(to_json(make()) + b"\n"))
        self._try(self._lines.flush)

    def _try(self, act: Callable[[], object]) -> None:
        """After the first fault nothing is written: what comes later would have no place."""
        if self.fault is None:
            try:
                act()
            except OSError as error:
                self.fault = quoted(error)
            except ValidationError as error:  # out of the bounds that hold for what is replayed
                self.fault = first_problem(error)


class RecordingAir:
    """Passes an air on and writes down what it gave."""

    def __init__(self, air: Air, paper: LineWriter) -> None:
        self._air = air
        self._paper = paper
        self._now_ns = air.now_ns()
        self._dropped_before = air.tally.dropped
        self._known_gaps = len(air.tally.gaps) - (not air.is_open and bool(air.tally.gaps))
        self._kept_gaps: list[CaptureGap] = []
        self.steps = 0
        """Calls so far that listened or tuned."""

    @property
    def memory(self) -> ChannelMemory:
        """Of the air."""
        return self._air.memory

    @memory.setter
    def memory(self, memory: ChannelMemory) -> None:
        self._air.memory = memory

    @property
    def is_adapter(self) -> bool:
        """Whether the air is an adapter's."""
        return self._air.is_adapter

    @property
    def tally(self) -> CaptureTally:
        """Of the air."""
        return self._air.tally

    @property
    def is_open(self) -> bool:
        """Whether the adapter is there."""
        return self._air.is_open

    def now_ns(self) -> int:
        """When the last step ended."""
        return self._now_ns

    def channels(self) -> tuple[Channel, ...]:
        """What can be tuned to.  Raises CaptureOpenError where nothing can be asked."""
        channels: tuple[Channel, ...] = ()
        refusal: CaptureOpenError | None = None
        try:
            channels = self._air.channels()
        except CaptureOpenError as error:
            refusal = error
        self._step()
        self._paper.note(
            lambda: Asked(
                t_ns=self._now_ns,
                channels=tuple(RecordedChannel.of(one) for one in channels),
                refusal=_sentence(refusal),
            )
        )
        if refusal is not None:
            raise refusal
        return channels

    def tune(self, channel: Channel) -> None:
        """Listen there from now on.  Raises CaptureOpenError."""
        refusal: CaptureOpenError | None = None
        try:
            self._air.tune(channel)
        except CaptureOpenError as error:
            refusal = error
        self._step()
        self._paper.note(
            lambda: Tuned(t_ns=self._now_ns, channel=RecordedChannel.of(channel), refusal=_sentence(refusal))
        )
        if refusal is not None:
            raise refusal

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:
        """What is heard within the next `seconds`."""
        counts: list[int] = []
        for block in self._air.blocks(seconds, is_last=is_last):
            counts.append(len(block))
            self._paper.add(block)
            yield block
        self._step()
        self._paper.note(
            lambda: Listened(
                t_ns=self._now_ns,
                asked_s=seconds,
                blocks=tuple(counts),
                dropped=self._air.tally.dropped - self._dropped_before,
                is_open=self._air.is_open,
                gaps=self.new_gaps(),
            )
        )

    def _step(self) -> None:
        self._now_ns = self._air.now_ns()
        self.steps += 1

    def new_gaps(self) -> tuple[RecordedGap, ...]:
        """Gaps of this position that began or went on since they were last asked for."""
        gaps = self._air.tally.gaps[self._known_gaps :]
        first = max(0, len(self._kept_gaps) - 1)  # of those before, only the last may have changed
        is_known = gaps[first:] == self._kept_gaps[first:]
        self._kept_gaps = gaps
        return () if is_known else tuple(RecordedGap.of(number, gaps[number]) for number in range(first, len(gaps)))


class RecordingLine:
    """Passes a line on and writes down what was heard."""

    def __init__(self, line: Line, air: RecordingAir, paper: LineWriter) -> None:
        self._line = line
        self._air = air
        self._paper = paper
        self._heard_at = -1

    def say(self, message: ToRunner) -> None:
        """Tell the runner."""
        self._line.say(message)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """What the runner said; what comes between two steps comes after the next one."""
        if self._air.steps == self._heard_at:
            return []
        self._heard_at = self._air.steps
        messages = self._line.hear(wait_s)
        for message in (one for one in messages if isinstance(one, Played | Leave | SkipResponseTests)):
            self._paper.note(partial(_recorded_message, self._air.now_ns(), message))
        return messages


@dataclass(frozen=True, slots=True)
class PositionRecorder:
    """A position that is kept, to be heard by these."""

    air: RecordingAir
    line: RecordingLine
    paper: LineWriter


@contextmanager
def record_position(capture: Path, wish: WifiRequest, air: Air, line: Line) -> Iterator[PositionRecorder]:
    """Keep what a position hears in `capture` and beside it; OSError when the files cannot be made."""
    with LineWriter(capture) as paper:
        kept = RecordingAir(air, paper)
        paper.note(lambda: _began(wish, kept))
        yield PositionRecorder(kept, RecordingLine(line, kept, paper), paper)
        paper.note(lambda: Ended(t_ns=kept.now_ns()))


def _recorded_message(t_ns: int, message: Played | Leave | SkipResponseTests) -> BaseModel:
    match message:
        case Played():
            return PlayerMessage.of(t_ns, message)
        case Leave(reason=reason):
            return RunnerMessage(t_ns=t_ns, reason=reason)
        case SkipResponseTests():
            return PersonMessage(t_ns=t_ns)


def _began(wish: WifiRequest, air: RecordingAir) -> Began:
    memory = air.memory
    return Began(
        t_ns=air.now_ns(),
        dwell_s=wish.dwell_s,
        surveys_first=wish.surveys_first,
        trial=wish.kind,
        trial_longest_s=wish.test_longest_s,
        trials_longest_s=wish.tests_longest_s,
        open_trials_longest_s=wish.open_tests_longest_s,
        is_any_uplink=wish.is_any_uplink,
        no_trial_because=wish.no_test_because,
        decided=tuple(format_address(one) for one in sorted(wish.decided)),
        own_addresses=tuple(format_address(one) for one in sorted(wish.own_addresses)),
        elsewhere_dbm={format_address(one): level for one, level in sorted(wish.elsewhere_dbm.items())},
        only=None if wish.only is None else tuple(format_address(one) for one in sorted(wish.only)),
        known=tuple(
            RecordedKnowledge(
                channel=RecordedChannel.of(one.channel),
                interest=one.interest,
                listened_s=one.listened_s,
                visited=one.visited,
            )
            for one in memory.known
        ),
        dwells=memory.dwells,
        spent_s=memory.spent_s,
        resurveyed_s=memory.resurveyed_s,
        is_adapter=air.is_adapter,
        is_open=air.is_open,
        gaps=air.new_gaps(),
    )


def _sentence(error: CaptureOpenError | None) -> str | None:
    return None if error is None else display_text(str(error) or "refused", limit=MAX_SENTENCE)
