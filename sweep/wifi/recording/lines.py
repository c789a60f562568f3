"""What is kept of a stand beside its frames, line by line: when it was listened, what was tuned, which messages came.

Each line of the file is one of these records as JSON, in the order in which things happened.  Each call that listens
or tunes is a *step*; frames are in the capture beside, as many as the steps say, and messages came after the step
before them.  Bounds are such that a hostile file costs no more than an honest one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from sweep.modality.messages import Leave, Played, SkipResponseTests
from sweep.phrases import Phrase
from sweep.report.base import Code, Count, LongText, Record, TimeNs, display_text
from sweep.wifi.capture.air import CaptureGap
from sweep.wifi.capture.capture import MAX_GAPS
from sweep.wifi.capture.channels import Channel, ChannelMemory, KnownChannel
from sweep.wifi.stimulus.sequence import MAX_CHIPS, MAX_UNCERTAINTY_S

MAX_LINE_OCTETS: Final = 64 * 1024
"""Derived: the longest are 10,000 chips and 500 channels."""
MAX_LINES: Final = 200_000
"""Derived: at four steps a second and a message with each, half a day."""
MAX_SENTENCE: Final = 500
"""Characters kept of why something was refused or is away: guessed."""
LONGEST_S: Final = 3_600.0
"""Of listening and of a test, that a file may ask for: guessed, far above any setting."""

Mhz = Annotated[int, Field(ge=1, le=100_000)]
Address = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Addresses = Annotated[tuple[Address, ...], Field(max_length=2_000)]
Chips = Annotated[str, StringConstraints(pattern=rf"^[01]{{0,{MAX_CHIPS}}}$")]
Dbm = Annotated[float, Field(ge=-200, le=100)]
FewSeconds = Annotated[float, Field(ge=0, le=LONGEST_S)]


class RecordedChannel(Record):
    """A channel of the adapter."""

    mhz: Mhz
    is_wide: bool
    is_radar: bool

    @classmethod
    def of(cls, one: Channel) -> Self:
        """The line that records it."""
        return cls(mhz=one.mhz, is_wide=one.is_wide, is_radar=one.is_radar)

    def channel(self) -> Channel:
        """The value that was recorded."""
        return Channel(self.mhz, self.is_wide, self.is_radar)


Channels = Annotated[tuple[RecordedChannel, ...], Field(max_length=500)]


class RecordedKnowledge(Record):
    """What earlier positions learnt of one channel."""

    channel: RecordedChannel
    interest: Literal["camera", "undecided", "thin", "quiet"]
    listened_s: Annotated[float, Field(ge=0, le=1e9)]
    visited: Count


class RecordedGap(Record):
    """A gap that began, or that lasts longer than was known."""

    number: Annotated[int, Field(ge=0, lt=MAX_GAPS)]
    begin_ns: TimeNs
    end_ns: TimeNs
    reason: LongText

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_ns < self.begin_ns:
            raise ValueError(Phrase("gap_ends_before_begin"))
        return self

    @classmethod
    def of(cls, number: int, gap: CaptureGap) -> Self:
        """The line that records it."""
        reason = display_text(gap.reason or "away", limit=MAX_SENTENCE)
        return cls(number=number, begin_ns=gap.begin_ns, end_ns=gap.end_ns, reason=reason)

    def gap(self) -> CaptureGap:
        """The value that was recorded."""
        return CaptureGap(self.begin_ns, self.end_ns, self.reason)


Gaps = Annotated[tuple[RecordedGap, ...], Field(max_length=MAX_GAPS)]


class Began(Record):
    """The first line: what was wished for, and how the adapter stood."""

    what: Literal["began"] = "began"
    v: Literal[1] = 1
    t_ns: TimeNs
    dwell_s: FewSeconds
    surveys_first: bool = False
    trial: Literal["light", "motion"] | None
    trial_longest_s: FewSeconds
    trials_longest_s: FewSeconds | None = None
    open_trials_longest_s: FewSeconds | None = None
    is_any_uplink: bool
    no_trial_because: Code | None
    decided: Addresses
    own_addresses: Addresses
    elsewhere_dbm: Annotated[dict[Address, Dbm], Field(max_length=2_000)] = Field(default_factory=dict)
    """Of what was kept before that was written down: nothing was louder elsewhere."""
    only: Addresses | None = None
    known: Annotated[tuple[RecordedKnowledge, ...], Field(max_length=500)]
    dwells: Count
    spent_s: Annotated[float, Field(ge=0, le=1e9)]
    resurveyed_s: Annotated[float, Field(ge=0, le=1e9)]
    is_adapter: bool = False
    """The channels are all that the probe could hear; false of what was kept before that was written down."""
    is_open: bool
    gaps: Gaps

    def memory(self) -> ChannelMemory:
        """What earlier positions had learnt of the channels."""
        known = tuple(
            KnownChannel(one.channel.channel(), one.interest, one.listened_s, one.visited) for one in self.known
        )
        return ChannelMemory(known, self.dwells, self.spent_s, self.resurveyed_s)


class Asked(Record):
    """A step: what the adapter said that it can be tuned to, or why it said nothing."""

    what: Literal["asked"] = "asked"
    t_ns: TimeNs
    channels: Channels
    refusal: LongText | None = None


class Tuned(Record):
    """A step: the channel listened to from then on, or why it is not."""

    what: Literal["tuned"] = "tuned"
    t_ns: TimeNs
    channel: RecordedChannel
    refusal: LongText | None = None


class Listened(Record):
    """A step: what came until then."""

    what: Literal["listened"] = "listened"
    t_ns: TimeNs
    asked_s: FewSeconds
    """How long it was to be."""
    blocks: Annotated[tuple[Count, ...], Field(max_length=20_000)]
    """Packets of each block, to be taken from the capture in turn."""
    dropped: Count
    """Frames lost since the position began."""
    is_open: bool
    """Whether the adapter is there."""
    gaps: Gaps = ()
    """What is new of them."""


class PlayerMessage(Record):
    """What whoever plays said."""

    what: Literal["played"] = "played"
    t_ns: TimeNs
    begun: Annotated[int, Field(ge=0, le=MAX_CHIPS)]
    start_ns: TimeNs
    chip_ns: Annotated[float, Field(ge=0, le=60e9)]
    error_ns: Annotated[int, Field(ge=0, le=int(MAX_UNCERTAINTY_S * 1e9))]
    unreported: Count
    cut: Count
    ended: Code | None
    chips: Chips
    withheld: Count = 0
    """Older recordings do not say it."""

    @model_validator(mode="after")
    def _has_lengths(self) -> Self:
        if self.begun > len(self.chips):
            raise ValueError(Phrase("more_chips_than_drawn"))
        if self.begun and self.chip_ns < 50e6:
            raise ValueError(Phrase("chips_too_short"))
        return self

    @classmethod
    def of(cls, t_ns: int, message: Played) -> Self:
        """The line that records it."""
        return cls(
            t_ns=t_ns, begun=message.begun, start_ns=message.start_ns, chip_ns=message.chip_ns,
            error_ns=message.error_ns,
            unreported=message.unreported, cut=message.cut, ended=message.ended, chips="".join(map(str, message.chips)),
            withheld=message.withheld,
        )  # fmt: skip

    def message(self) -> Played:
        """As it was said."""
        return Played(
            self.begun, self.start_ns, self.chip_ns, self.error_ns, self.unreported, self.cut, self.ended,
            tuple(int(chip) for chip in self.chips), self.withheld,
        )  # fmt: skip


class RunnerMessage(Record):
    """That everything had to stop."""

    what: Literal["leave"] = "leave"
    t_ns: TimeNs
    reason: Code

    def message(self) -> Leave:
        """As it was said."""
        return Leave(self.reason)


class PersonMessage(Record):
    """That a person skipped the response tests."""

    what: Literal["skip"] = "skip"
    t_ns: TimeNs

    def message(self) -> SkipResponseTests:
        """As it was said."""
        return SkipResponseTests()


class Ended(Record):
    """The last line: nothing is missing."""

    what: Literal["ended"] = "ended"
    t_ns: TimeNs


Step = Asked | Tuned | Listened
RecordedMessage = PlayerMessage | RunnerMessage | PersonMessage
Line = Annotated[
    Began | Asked | Tuned | Listened | PlayerMessage | RunnerMessage | PersonMessage | Ended,
    Field(discriminator="what"),
]
LINES: Final[TypeAdapter[Began | Step | RecordedMessage | Ended]] = TypeAdapter(Line)


def steps_beside(capture: Path) -> Path:
    """Where the lines of a position are whose frames are in `capture`."""
    return capture.with_suffix(".jsonl")
