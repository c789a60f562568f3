"""The sweep report: coverage, verdicts, findings and limits of one job in one room, with the measurements they cite.

Input of this module is records, output is the report that the probe signs and everyone downstream reads.  A verdict is
`clear` only with a named target; the probe never says that a camera was found: a person does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from sweep.phrases import Phrase

from .base import (
    MAX_SAFE_INTEGER,
    AccountId,
    ClockReading,
    Code,
    Count,
    HexDigest,
    LocalText,
    Metres,
    Mhz,
    Mode,
    Pseudonym,
    Record,
    Seconds,
    Share,
    Slug,
    Source,
    Text,
    TimeNs,
    UtcTime,
)
from .condition import ProbeCondition
from .eye_looks import EyeLook
from .findings import Finding, LookedAgain
from .observations import AddressToken, Modality, Observation
from .plan import Plan
from .proof_records import Identified
from .reference import ReferenceCheck
from .verdicts import TargetCoverage, WallView, ZoneVerdict


class Position(Record):
    """Where the inspector stood and looked."""

    position_id: Slug
    zone_id: Slug
    x_m: Metres
    y_m: Metres
    facing_deg: Annotated[float, Field(ge=0, lt=360)]
    """Clockwise from the plan's +x axis."""
    start_ns: TimeNs
    end_ns: TimeNs


class Gap(Record):
    """A stretch of time in which a modality was blind."""

    start_ns: TimeNs
    end_ns: TimeNs
    reason: Code


class ZoneCoverage(Record):
    """What was looked at in a zone with one modality, how well, and what was dropped."""

    zone_id: Slug
    modality: Modality
    status: Literal["looked", "partly", "not_looked"]
    quality: Share
    """How much was looked at, 0 to 1: of the solid angle a position should show (lens), of the channels and the time
    they ask for (radio).  No probability: that stands in `targets`."""
    dwell_s: Seconds
    samples: Count
    """Triples, frames, advertisements or windows that counted."""
    dropped: Count
    rejections: Annotated[dict[Code, Count], Field(max_length=64)]
    """Count per named reason."""
    gaps: Annotated[tuple[Gap, ...], Field(max_length=256)]
    unheard_mhz: Annotated[tuple[Mhz, ...], Field(max_length=200)] | None = None
    """Centres of the 20 MHz channels in use in Korea that the adapter cannot be tuned to, ascending; `quality` is of
    the others. Null: not known (recorded or simulated), or no Wi-Fi."""
    walls: Annotated[tuple[WallView, ...], Field(max_length=66)] = ()
    """Lens: the surfaces unrolled; some 2,000 cells at most together, the larger the zone the coarser."""
    blind_reason: Code | None
    """Why this modality can judge nothing here although it looked; null when it can."""
    light_s: Seconds | None = None
    """Wi-Fi: how long the light test took here; null where none was made."""
    light_open_s: Seconds | None = None
    """Of it, what was played only for transmitters that their traffic leaves open."""


Rectangle = Annotated[tuple[Metres, Metres, Metres, Metres], Field()]


class NextPosition(Record):
    """Where one more measurement would tell most about a transmitter's place."""

    x_m: Metres
    y_m: Metres
    zone_id: Slug | None
    """Zone of the place; null on the open floor."""
    gain_bits: Annotated[float, Field(ge=0, le=64)]
    """Expected fall of the entropy over places."""
    text: LocalText


class OutsideShares(Record):
    """Probability of being behind the wall on each side of the plan, as it is drawn."""

    left_share: Share
    right_share: Share
    top_share: Share
    bottom_share: Share


class TransmitterPlace(Record):
    """Where a transmitter that sends video is, by its levels at the sweep's positions."""

    address: AddressToken
    """The transmitter's first by key and tag, as in its observations."""
    positions: Count
    """How many positions heard it."""
    decision: Literal["inside", "outside", "undecided"]
    x_m: Metres
    y_m: Metres
    """Mean, given that it is inside."""
    radius_m: Annotated[float, Field(ge=0, le=300)]
    """Circle about the mean that holds 90 %, given that it is inside."""
    region: Annotated[tuple[Rectangle, ...], Field(max_length=600)]
    """Smallest region that holds 90 %, given that it is inside: rectangles (left, top, right, bottom) in metres."""
    zones: Annotated[dict[Slug, Share], Field(max_length=100)]
    """Probability of each zone; with `open_floor_share` and `outside` it adds up to 1."""
    open_floor_share: Share
    """Probability of being inside but in no zone."""
    outside: OutsideShares
    text: LocalText
    """One sentence: where it probably is."""
    next_stand: NextPosition | None


class Limit(Record):
    """Something this sweep could not have seen, in words."""

    code: Code
    modality: Modality | None
    text: LocalText


class LightTime(Record):
    """How long the light test took in the whole sweep."""

    light_s: Seconds
    light_open_s: Seconds
    """Of it, what was played only for transmitters that their traffic leaves open."""
    text: LocalText


EMULATED_HEAD: Final = "emulated sensor head"
"""What a report of a simulated or assembled sweep says as its firmware."""


class Versions(Record):
    """What produced the report."""

    software: Text
    firmware: Text | None
    thresholds: Text
    calibration: Text | None
    weights: Text | None = None
    """The table of weights that fusion added up; null before weights were data."""
    forest: Text | None = None
    """The forest that judged what the lens finder followed; null before it could be another than the package's."""


class SweepReport(Record):
    """The whole report of one sweep; probes write format 2, and format 1 stays readable."""

    v: Literal[1, 2]
    report_id: UUID
    sweep_id: UUID
    room_id: UUID
    plan: Plan
    source: Source
    mode: Mode
    inspectors: Annotated[tuple[Pseudonym, ...], Field(min_length=2, max_length=6)]
    """Pseudonyms; sweeps are made by two."""
    probe_id: Slug
    versions: Versions
    reference_check: ReferenceCheck
    started: ClockReading
    ended: ClockReading
    outcome: Literal["completed", "aborted"]
    positions: Annotated[tuple[Position, ...], Field(max_length=400)]
    observations: Annotated[tuple[Observation, ...], Field(max_length=5_000)]
    coverage: Annotated[tuple[ZoneCoverage, ...], Field(max_length=400)]
    verdicts: Annotated[tuple[ZoneVerdict, ...], Field(max_length=400)]
    targets: Annotated[tuple[TargetCoverage, ...], Field(max_length=2_000)] = ()
    """By zone, target and modality; empty in format 1."""
    findings: Annotated[tuple[Finding, ...], Field(max_length=200)]
    looked_again: Annotated[tuple[LookedAgain, ...], Field(max_length=200)] = ()
    """What second looks came to, in the order they were made."""
    eye_looks: Annotated[tuple[EyeLook, ...], Field(max_length=200)] = ()
    """Looks by eye in the order in which they were asked for; none of them is a place of suspicion."""
    places: Annotated[tuple[TransmitterPlace, ...], Field(max_length=50)] = ()
    """Transmitters that send video and were heard at three positions or more."""
    limits: Annotated[tuple[Limit, ...], Field(min_length=1, max_length=100)]
    light_time: LightTime | None = None
    """Null where no light test was made."""
    condition: ProbeCondition | None = None
    """The probe's own state meanwhile; null for a recording or a simulation, which have no probe."""

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        zones = {zone.zone_id for zone in self.plan.zones}
        positions = {position.position_id for position in self.positions}
        observations = {observation.observation_id for observation in self.observations}
        for item in (
            *self.positions, *self.observations, *self.coverage, *self.verdicts, *self.targets, *self.findings,
            *self.looked_again, *self.eye_looks,
        ):  # fmt: skip
            if item.zone_id not in zones:
                raise ValueError(Phrase("zone_not_on_plan", zone=item.zone_id))
        for observation in self.observations:
            if observation.position_id not in positions:
                raise ValueError(Phrase("position_not_in_report", position_id=observation.position_id))
        for place in self.places:
            best = place.next_stand
            if not {*place.zones, *({best.zone_id} if best and best.zone_id else ())} <= zones:
                raise ValueError(Phrase("transmitter_zone_not_on_plan"))
        if not self._cited() <= observations:
            raise ValueError(Phrase("evidence_cites_unknown_observation"))
        if len(positions) != len(self.positions) or len(observations) != len(self.observations):
            raise ValueError(Phrase("id_twice"))
        if self.v == 2 and any(verdict.verdict == "clear" and not verdict.clear_of for verdict in self.verdicts):
            raise ValueError(Phrase("clear_verdict_without_targets"))
        return self

    def _cited(self) -> set[UUID]:
        """Observations that findings and looks by eye are about."""
        weighed = [e for finding in self.findings for e in (*finding.evidence_for, *finding.evidence_against)]
        cited = [*(one.observation_id for one in weighed), *(look.observation_id for look in self.eye_looks)]
        return {observation_id for observation_id in cited if observation_id is not None}

    @property
    def counted_findings(self) -> tuple[Finding, ...]:
        """Those that count as findings: not the candidates that only ask for a second look."""
        return tuple(finding for finding in self.findings if not finding.is_candidate)


class SweepOpened(Record):
    """Written before anything is measured, so that a discarded sweep is visible."""

    v: Literal[1]
    sweep_id: UUID
    room_id: UUID
    plan_version: Count
    source: Source
    mode: Mode
    inspectors: Annotated[tuple[Pseudonym, ...], Field(min_length=2, max_length=6)]
    declared_empty: bool
    """Both inspectors declared the room empty and closed before anything optical started."""
    probe_id: Slug
    opened: ClockReading
    identified: Identified | None = None
    """How each of the two who declared was identified by the server; null where names were enough: at the probe's own
    terminal, in a demonstration, in a recording, and of probes from before this was said."""


class PhoneTime(Record):
    """A time by the clock of a person's phone: a claim that stands beside the time at which the server signed."""

    utc: UtcTime
    """As the phone's clock showed it."""
    behind_ms: Annotated[int, Field(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
    """How far that clock was behind the server's when the phone sent this; negative when it was ahead."""


class Disposition(Record):
    """A person's verdict on a finding after looking; appended, never overwritten."""

    v: Literal[1]
    finding_id: UUID
    sweep_id: UUID
    verdict: Literal["no_camera", "camera_found", "cannot_exclude", "recheck"]
    note: LocalText | None
    decided: ClockReading
    """When the server signed it."""
    claimed: PhoneTime | None = None
    """When the person decided, which may be long before it was sent; null when the page did not say."""
    account: AccountId | None = None
    """Of the envelope's subject; null in entries from before accounts had ids. So in every entry of a person."""

    @property
    def counts_from(self) -> datetime:
        """Its place in the order of decisions: the claimed time on the server's clock, never later than the signing."""
        if self.claimed is None:
            return self.decided.utc
        try:
            claimed = self.claimed.utc + timedelta(milliseconds=self.claimed.behind_ms)
        except OverflowError:  # no time at all: then the server's own counts
            return self.decided.utc
        return min(claimed, self.decided.utc)


class BodyErased(Record):
    """Which body two persons erased, and why; the envelope's subject is the first of them."""

    v: Literal[1]
    commitment: HexDigest
    second_person: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    reason: LocalText
    identified: Identified | None = None
    """None: in entries from before this was said; it was by passwords then."""
    despite: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=256)] | None = None
    """Entries that name the body too and did not count then: both persons answer for erasing it all the same."""
    account: AccountId | None = None
    second_account: AccountId | None = None
