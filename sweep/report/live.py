"""Live messages from a probe: ephemeral, bounded, never evidence.

A probe only calls out: it posts `LiveMessage` records; what comes back are the records of `commands`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import Code, Count, Dbm, LocalText, Metres, Mhz, Pseudonym, Record, Seconds, Share, Slug, Text, UtcTime
from .condition import BankState, Celsius, Tally, Volts
from .eye_looks import EyeOutcome, WallSpot
from .findings import LookKind
from .live_room import CoverageEvent, DevicesEvent, NearEvent
from .observations import Modality
from .reference import ReferenceCheck
from .verdicts import VerdictName

ProbeState = Literal["idle", "waiting_for_empty", "running", "paused", "closing", "done", "aborted", "failed"]


class StateEvent(Record):
    """The probe's state changed."""

    type: Literal["state"]
    state: ProbeState
    text: LocalText
    room_id: UUID | None = None
    """Of the sweep, as it was asked for: a server that began anew knows neither before its first entry arrives."""
    inspectors: Annotated[tuple[Pseudonym, ...], Field(max_length=6)] = ()
    """Their numbers, as in `StartCommand`."""
    is_practice: bool = False


class ProgressEvent(Record):
    """How far the sweep is."""

    type: Literal["progress"]
    position_index: Count
    """Positions finished."""
    positions: Count
    zone_id: Slug | None
    modality: Modality | None
    fraction: Share
    step: Literal["outside", "inside"] | None = None
    """`outside`: the probe asks for the measurement outside the door, or with a modality, makes it."""
    left_s: Seconds | None = None
    """The sweep takes so long at most from now on, by its plan; null where nobody plans it."""
    waits: Annotated[tuple[Modality, ...], Field(max_length=16)] = ()
    """Who waits here until others no longer need the air."""
    stand_s: Seconds | None = None
    """With a zone and no modality: looking and listening here take so long, response tests apart."""


class ZoneEvent(Record):
    """First word on a zone by one modality; the report has the last."""

    type: Literal["zone"]
    zone_id: Slug
    modality: Modality
    verdict: VerdictName
    quality: Share


class GuidanceEvent(Record):
    """Something the inspector should do now: slow down, step closer, stand at another place."""

    type: Literal["guidance"]
    text: LocalText


class NoticeEvent(Record):
    """Something about the probe itself that a person should know: its disk, its outbox, its server, its supply."""

    type: Literal["notice"]
    code: Code
    is_over: bool = False
    """It was so and is not any more."""
    count: Count | None = None
    """How many, where the sentence counts something."""
    text: LocalText


class ConditionEvent(Record):
    """How the probe itself is, told when it changes; null where nobody can tell."""

    type: Literal["condition"]
    battery_v: Volts | None
    """As the sensor head measures it."""
    is_undervolted: bool | None
    """The board's own supply alarm."""
    processor_c: Celsius | None
    is_slowed: bool | None
    """The board runs slower than it can, for heat or for its supply."""
    disk_free_bytes: Count | None
    head: Literal["there", "away"] | None
    """Null for a probe without a sensor head, and until it was looked for."""
    camera: Literal["off", "on", "fault"] | None
    """`off`: its supply is; `fault`: it did not film where it last should have. Null for a probe without one."""
    camera_because: Code | None
    """Why it is off or failed."""
    lost: Tally
    """As in `ProbeCondition`, so far."""
    bank: BankState | None = None
    """Null where nobody keeps account of a power bank."""


class DoctorCheck(Record):
    """One thing that `sweep doctor` looked at."""

    group: Literal["program", "machine", "camera", "radio", "head"]
    code: Code
    title: LocalText
    state: Literal["ok", "note", "wrong", "unknown"]
    """`note`: a sweep goes on without it, and sees less; `wrong`: to be mended before the probe is taken along."""
    found: LocalText
    """What is there, or what is wrong."""
    advice: LocalText | None
    """What to do; null where nothing has to be done."""


class DoctorEvent(Record):
    """What the probe lacks, as its agent found it while no sweep runs: the list of `sweep doctor`."""

    type: Literal["doctor"]
    looked: UtcTime
    """By the probe's clock."""
    checks: Annotated[tuple[DoctorCheck, ...], Field(max_length=80)]


class ResponseTestFlow(Record):
    """A transmitter for whose sake a response test is made."""

    tag: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """Of its first address, as in the report."""
    channel_mhz: Mhz | None
    rssi_dbm: Dbm | None
    """Its median level at this position."""
    vendor: Text | None
    why: Code
    """`video_uplink`, why its traffic alone does not tell (`VideoJudgement.reason`), or `thick_uplink`."""


class ResponseTestEvent(Record):
    """A response test at a position: light is played, or a person walks and stands by prompts."""

    type: Literal["trial"]
    kind: Literal["light", "motion"]
    phase: Literal["running", "over"]
    zone_id: Slug
    elapsed_s: Seconds
    """Of what is played; 0 until it has begun."""
    longest_s: Seconds
    """It takes no longer than this; most tests end before."""
    prompt: Literal["walk", "stand"] | None = None
    """What the person should do now; null for light."""
    next_prompt_s: Seconds | None = None
    """Until the next prompt, from when this was sent."""
    position_index: Count | None = None
    """As in `ProgressEvent`: what `SkipResponseTestsCommand` names. Null where nobody may skip."""
    trial_index: Count = 0
    """Of the tests at this position, from 0."""
    trials: Count = 1
    """Tests at this position."""
    flows: Annotated[tuple[ResponseTestFlow, ...], Field(max_length=16)] = ()
    """For whom it is made, the surest first."""
    flow_count: Count = 0
    """How many that are, also those that `flows` has no room for."""
    text: LocalText


class LookView(Record):
    """A place from which a spot is looked at again."""

    name: Literal["near", "left", "right", "light"]
    """`light`: a transmitter is listened to there while the light plays."""
    zone_id: Slug
    x_m: Metres
    y_m: Metres
    facing_deg: Annotated[float, Field(ge=0, lt=360)]
    is_done: bool
    text: LocalText
    """What the inspector does there."""


class SecondLookEvent(Record):
    """A first-look candidate that asks for a second look, and how far that is; told anew when it changes."""

    type: Literal["second_look"]
    finding_id: UUID
    zone_id: Slug
    kind: LookKind
    state: Literal["asked", "looking", "looked", "stands", "gone", "explained", "nothing_seen_by_eye", "not_needed"]
    """`looked`: from everywhere, and not judged yet; `not_needed`: what was measured since speaks against it."""
    x_m: Metres
    y_m: Metres
    radius_m: Annotated[float, Field(ge=0, le=100)]
    """Circle in which the spot is."""
    from_x_m: Metres
    from_y_m: Metres
    """Where it was seen or heard from at first: the bearing leads from there to the spot."""
    views: Annotated[tuple[LookView, ...], Field(min_length=1, max_length=8)]
    longest_s: Seconds
    """It takes no longer, walking included."""
    has_time: bool = True
    """What is left of the sweep's time is enough for it, after those that come before."""
    crop: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+=*$", max_length=20_000)] | None = None
    """The picture of the spot that the report will have, a PNG of at most 64 px in base64; null without one."""
    text: LocalText


class LookAskedEvent(Record):
    """A place that is worth a look by eye while the inspector stands in its zone; no alarm, and no candidate."""

    type: Literal["look_asked"]
    look_id: UUID
    zone_id: Slug
    is_pointed: bool
    """At one place; else an eye goes over the zone, where something sends."""
    is_close: bool
    """From 20 to 40 cm."""
    x_m: Metres
    y_m: Metres
    radius_m: Annotated[float, Field(ge=0, le=100)]
    bearing_deg: Annotated[float, Field(ge=-180, le=180)] | None
    """To the right of where the position looks; null where nobody knows."""
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] | None
    range_m: Metres | None
    spot: WallSpot | None = None
    """On the zone's wall; null where nobody knows on which one it is."""
    longest_s: Seconds
    left_s: Seconds
    """Of the room's seconds for looks, after this one."""
    is_known: bool
    """An earlier visit explained what is there."""
    where: LocalText
    text: LocalText
    """What is to be done there."""


class LookAnsweredEvent(Record):
    """What came of a look by eye; that nobody answered is said as well."""

    type: Literal["look_answered"]
    look_id: UUID
    zone_id: Slug
    answer: EyeOutcome
    seconds: Seconds
    leads_to: Literal["close_look", "candidate", "guide"] | None
    """`guide`: a person says that it is like a camera; it is a candidate, and the guide through a find begins."""
    text: LocalText


class ReferenceEvent(Record):
    """How far the day's reference check is, and in the end what it came to."""

    type: Literal["reference"]
    done: Count
    """Repeats that are made."""
    repeats: Count
    check: ReferenceCheck | None
    """Null until it is over."""
    text: LocalText


class FindingEvent(Record):
    """A finding stands in the report that is being closed."""

    type: Literal["finding"]
    finding_id: UUID
    zone_id: Slug
    strength: Literal["weak", "strong"]


class CommandEvent(Record):
    """What became of a command."""

    type: Literal["command"]
    command_id: UUID
    accepted: bool
    text: LocalText


LiveEvent = Annotated[
    StateEvent
    | ProgressEvent
    | ZoneEvent
    | GuidanceEvent
    | NoticeEvent
    | ConditionEvent
    | DoctorEvent
    | ResponseTestEvent
    | SecondLookEvent
    | LookAskedEvent
    | LookAnsweredEvent
    | ReferenceEvent
    | CoverageEvent
    | DevicesEvent
    | NearEvent
    | FindingEvent
    | CommandEvent,
    Field(discriminator="type"),
]


class LiveMessage(Record):
    """Envelope of a live event; `seq` grows by one per probe start, a hole means a lost message."""

    v: Literal[1]
    probe_id: Slug
    seq: Count
    sent: UtcTime
    age_s: Seconds = 0.0
    """How long this had been so when it was sent, where it is told again: seconds in `event` count from then on."""
    sweep_id: UUID | None
    event: LiveEvent
