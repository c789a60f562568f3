"""A kept position replayed: an air and a line that give again what was given, on the clock of that time.

Input is the capture of a position and the lines beside it; output is what was wished for, an air and a line.  The same
code meets the same frames and messages at the same steps.  Other code still hears a sensible air: each call takes as
many steps as make up the time it asks for, frames come with their own channel, what was refused is refused again, and
beyond the last step the adapter is away.  What is missing or unreadable is counted by a named reason; it is never made
up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sweep.captures.files import open_capture
from sweep.captures.packets import CaptureFileError, PacketBlock, open_regular_file, shown
from sweep.modality.addresses import parse_address
from sweep.modality.messages import NOBODY, Leave, Line, Progress, SkipResponseTests, ToRunner, ToWorker
from sweep.phrases import Phrase
from sweep.report.base import ContractError, parse_json
from sweep.report.structure import check_structure
from sweep.wifi.capture.air import CaptureGap, CaptureOpenError, CaptureTally
from sweep.wifi.capture.channels import Channel
from sweep.wifi.frames.radio_headers import WIFI_LINK_TYPES
from sweep.wifi.position import WifiRequest

from .lines import (
    LINES,
    MAX_LINE_OCTETS,
    MAX_LINES,
    Asked,
    Began,
    Ended,
    Listened,
    RecordedMessage,
    Step,
    Tuned,
    steps_beside,
)

OVER: Final = "what was kept of this position ends here"
ENOUGH_S: Final = 1e-9
"""Less time than this is none."""


@dataclass(frozen=True, slots=True)
class PositionRecording:
    """A position to be heard again."""

    wish: WifiRequest
    air: RecordedAir
    line: RecordedLine
    rejected: Counter[str]
    """What could not be used, by reason; complete when the position was heard."""


@contextmanager
def open_recording(capture: Path, runner: Line = NOBODY) -> Iterator[PositionRecording]:
    """Open a kept position for one pass; `runner` still hears how far it is, and may stop it.

    Raises CaptureFileError (one line) when either file is none.
    """
    rejected: Counter[str] = Counter()
    path = steps_beside(capture)
    with open_regular_file(path) as stream:
        began, steps = _read_lines(path, stream, rejected)
    with open_capture(capture) as reader:
        air = RecordedAir(began, steps, Frames(reader.blocks, rejected))
        yield PositionRecording(_wish(began), air, RecordedLine(air, runner), rejected)
        rejected += reader.tally.rejected


def _wish(began: Began) -> WifiRequest:
    return WifiRequest(
        dwell_s=began.dwell_s,
        surveys_first=began.surveys_first,
        kind=began.trial,
        test_longest_s=began.trial_longest_s,
        tests_longest_s=began.trials_longest_s,
        open_tests_longest_s=began.open_trials_longest_s,
        is_any_uplink=began.is_any_uplink,
        no_test_because=began.no_trial_because,
        decided=frozenset(map(parse_address, began.decided)),
        own_addresses=frozenset(map(parse_address, began.own_addresses)),
        elsewhere_dbm={parse_address(one): level for one, level in began.elsewhere_dbm.items()},
        only=None if began.only is None else frozenset(map(parse_address, began.only)),
    )


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A step and the messages after it."""

    step: Step | Began
    messages: list[RecordedMessage]


def _read_lines(path: Path, stream: BinaryIO, rejected: Counter[str]) -> tuple[Began, list[RecordedStep]]:
    """What is there up to the first line that is none: behind that nothing has its place."""
    try:
        began = parse_json(Began, stream.readline(MAX_LINE_OCTETS + 1), max_bytes=MAX_LINE_OCTETS)
    except ContractError as error:
        raise CaptureFileError(Phrase("not_a_kept_position", file=shown(path), why=error)) from None
    steps = [RecordedStep(began, [])]
    now_ns = began.t_ns
    for _ in range(MAX_LINES):
        octets = stream.readline(MAX_LINE_OCTETS + 1)
        if not octets.endswith(b"\n"):
            rejected["kept_cut_short"] += 1
            return began, steps
        try:
            check_structure(octets)
            line = LINES.validate_json(octets)
        except ValueError:
            rejected["kept_line_unreadable"] += 1
            return began, steps
        if isinstance(line, Began) or line.t_ns < now_ns:
            rejected["kept_line_misplaced"] += 1
            return began, steps
        now_ns = line.t_ns
        if isinstance(line, Ended):
            return began, steps
        if isinstance(line, RecordedMessage):
            steps[-1].messages.append(line)
        else:
            steps.append(RecordedStep(line, []))
    rejected["kept_over_limit"] += 1
    return began, steps


class Frames:
    """The packets of a capture, handed out again in the blocks in which they came."""

    def __init__(self, blocks: Iterator[PacketBlock], rejected: Counter[str]) -> None:
        self._blocks = blocks
        self._rejected = rejected
        self._block: PacketBlock | None = None
        self._used = 0

    def take(self, count: int) -> Iterator[PacketBlock]:
        """The next `count` packets: one block where they share a link type; others than of 802.11 are left out."""
        parts: list[PacketBlock] = []
        while count > 0 and (block := self._next()) is not None:
            last = min(len(block), self._used + count)
            part = _cut(block, self._used, last)
            count -= len(part)
            self._used = last
            if part.link_type not in WIFI_LINK_TYPES:
                self._rejected["foreign_link_type"] += len(part)
                continue
            if parts and parts[0].link_type != part.link_type:
                yield _join(parts)
                parts = []
            parts.append(part)
        if count > 0:
            self._rejected["kept_frames_missing"] += count
        if parts:
            yield _join(parts)

    def _next(self) -> PacketBlock | None:
        while self._block is None or self._used == len(self._block):
            self._block, self._used = next(self._blocks, None), 0
            if self._block is None:
                return None
        return self._block


def _cut(block: PacketBlock, first: int, last: int) -> PacketBlock:
    rows = slice(first, last)
    return PacketBlock(
        block.link_type, block.data, block.start[rows], block.captured[rows], block.original[rows], block.t_ns[rows]
    )


def _join(parts: list[PacketBlock]) -> PacketBlock:
    if len(parts) == 1:
        return parts[0]
    places = np.cumsum([0, *(len(part.data) for part in parts[:-1])])
    return PacketBlock(
        parts[0].link_type,
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.start + place for part, place in zip(parts, places, strict=True)]),
        np.concatenate([part.captured for part in parts]),
        np.concatenate([part.original for part in parts]),
        np.concatenate([part.t_ns for part in parts]),
    )


class RecordedAir:
    """The air of a kept position."""

    def __init__(self, began: Began, steps: list[RecordedStep], frames: Frames) -> None:
        """`steps` begin with `began`."""
        self._steps = steps
        self._frames = frames
        self._place = 0
        self._now_ns = began.t_ns
        self._due: list[RecordedMessage] = list(steps[0].messages)
        self.memory = began.memory()
        self.is_adapter = began.is_adapter
        self.tally = CaptureTally(gaps=[one.gap() for one in began.gaps])
        self.is_open = began.is_open or not began.gaps
        self._is_over = False

    def now_ns(self) -> int:
        """When the last step ended."""
        return self._now_ns

    def take_messages(self) -> list[RecordedMessage]:
        """Those whose time has come since they were last taken."""
        messages, self._due = self._due, []
        return messages

    def channels(self) -> tuple[Channel, ...]:
        """What the adapter said.  Raises CaptureOpenError where it said nothing."""
        following = self._peek()
        if isinstance(following, Asked):
            self._step()
        said = following if isinstance(following, Asked) else self._first(Asked)
        if said is None:
            raise CaptureOpenError(Phrase("channels_not_asked"))
        if said.refusal is not None:
            raise CaptureOpenError(said.refusal)
        return tuple(one.channel() for one in said.channels)

    def tune(self, channel: Channel) -> None:
        """Raises CaptureOpenError where that was refused, or all that was kept is over."""
        following = self._peek()
        if isinstance(following, Tuned) and following.channel.channel() == channel:
            self._step()
            refusal = following.refusal
        elif self._is_over:
            refusal = OVER
        else:
            refusal = self._usual_refusal(channel)
        if refusal is not None:
            raise CaptureOpenError(refusal)

    def _usual_refusal(self, channel: Channel) -> str | None:
        """Of a channel that was not tuned to just here: what was said whenever it was."""
        said = [
            one.step for one in self._steps if isinstance(one.step, Tuned) and one.step.channel.channel() == channel
        ]
        return said[0].refusal if said and all(one.refusal is not None for one in said) else None

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:  # noqa: ARG002  the steps tell
        """What came within the steps that make up `seconds`."""
        following = self._peek()
        if seconds <= 0.0:
            if isinstance(following, Listened) and following.asked_s <= 0.0:
                yield from self._listen(following)
            return
        left_s = seconds
        while left_s > ENOUGH_S:
            following = self._peek()
            if following is None:
                self._be_silent(left_s)
                return
            if isinstance(following, Listened):
                yield from self._listen(following)
                left_s -= following.asked_s
            else:  # other code did not want it here
                self._step()

    def _listen(self, step: Listened) -> Iterator[PacketBlock]:
        self._step()
        for count in step.blocks:
            for block in self._frames.take(count):
                self.tally.received += len(block)
                yield block
        self.tally.dropped = step.dropped
        for one in step.gaps:
            del self.tally.gaps[one.number :]
            self.tally.gaps.append(one.gap())
        self.is_open = step.is_open or not self.tally.gaps

    def _be_silent(self, seconds: float) -> None:
        """Nothing was kept of what would have come now: as if the adapter had been pulled."""
        end_ns = self._now_ns + round(seconds * 1e9)
        if not self._is_over:
            self._is_over, self.is_open = True, False
            self.tally.gaps.append(CaptureGap(self._now_ns, end_ns, OVER))
        last = self.tally.gaps[-1]
        self.tally.gaps[-1] = CaptureGap(last.begin_ns, end_ns, OVER)
        self._now_ns = end_ns

    def _peek(self) -> Step | None:
        if self._place + 1 == len(self._steps):
            return None
        following = self._steps[self._place + 1].step
        return None if isinstance(following, Began) else following

    def _step(self) -> None:
        self._place += 1
        one = self._steps[self._place]
        self._now_ns = one.step.t_ns
        self._due += one.messages

    def _first(self, kind: type[Asked]) -> Asked | None:
        return next((one.step for one in self._steps if isinstance(one.step, kind)), None)


class RecordedLine:
    """The line of a kept position: what was said then, and of the runner now only that it, or its tests, should
    stop.
    """

    def __init__(self, air: RecordedAir, runner: Line = NOBODY) -> None:
        self._air = air
        self._runner = runner

    def say(self, message: ToRunner) -> None:
        """Nothing is played again; how far it is may be told."""
        if isinstance(message, Progress):
            self._runner.say(message)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """What was said up to this step."""
        kept: list[ToWorker] = [one.message() for one in self._air.take_messages()]
        return kept + [
            message for message in self._runner.hear(wait_s) if isinstance(message, Leave | SkipResponseTests)
        ]
