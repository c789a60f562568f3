"""Records of the inspection log: what the exports need of a sweep, plain and frozen.

There is no field for the details of a finding: device addresses, names and SSIDs cannot get into an export.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Self
from uuid import UUID

from server.interface.claimed_time import counted
from server.interface.fields import (
    BodyState,
    EquipmentResult,
    FindAsks,
    FindingState,
    PersonsResult,
    RoomSex,
    VisitMode,
)
from server.interface.told import either, word
from server.interface.views.sweeps import KnownBefore
from server.projections.form_fields import HandEntries
from server.store.counting import REAL
from sweep.phrases import Language, Phrase
from sweep.report import ClockReading, Disposition, LocalText, Modality, Source, SweepOpened, SweepReport
from sweep.report.inspection_records import InspectionRecorded, InstrumentKind
from sweep.report.language import InBoth
from sweep.report.proof_records import Identified


class ExportError(ValueError):
    """An export that cannot be made; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a log, both included, in Korean time."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Raise ExportError when the period ends before it starts."""
        if self.last < self.first:
            raise ExportError(Phrase("period_ends_before_start", last=self.last, first=self.first))

    @classmethod
    def last_month(cls, today: date) -> Period:
        """The last whole calendar month before the one of this day."""
        last = today.replace(day=1) - timedelta(days=1)
        return cls(last.replace(day=1), last)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sweep was made, in names that people know."""

    facility_name: LocalText
    facility_number: str | None
    """Number under which the district manages the facility (관리번호)."""
    room_name: LocalText
    room_kind: Literal["restroom", "changing_room"]
    sex: RoomSex | None = None
    floor: int | None = None
    stalls: int | None = None
    """Sex, floor and stalls as the room is registered; None: nobody said."""
    open_things: tuple[tuple[FindingState, int], ...] = ()
    """How many of any sweep of this room stood open at which state when the log was made, the gravest first."""
    find_asks: FindAsks | None = None
    """What the one of them that was found and is the least far asked for."""


@dataclass(frozen=True, slots=True)
class SweepHeader:
    """What is known of a sweep even when its report is not there."""

    sweep_id: UUID
    room_id: UUID
    source: Source
    mode: VisitMode
    inspectors: tuple[str, ...]
    """Pseudonyms."""
    probe_id: str
    started: ClockReading
    ended: ClockReading | None
    declared_empty: bool | None
    """Both inspectors declared the room empty before anything optical started; None when the opening is not there."""
    identified: Identified | None = None
    """How each of the two who declared was identified; None: by their names only, or not said."""
    received: datetime | None = None
    """When the server received the first entry about it; None in a document that is made without a server."""

    @property
    def counted_start(self) -> datetime:
        """The start that counts, see claimed_time.py."""
        return self.started.utc if self.received is None else counted(self.started, self.received)

    @classmethod
    def of_opened(cls, opened: SweepOpened) -> Self:
        """Header of a sweep of which only the opening is there."""
        return cls(
            opened.sweep_id,
            opened.room_id,
            opened.source,
            opened.mode,
            opened.inspectors,
            opened.probe_id,
            opened.opened,
            None,
            opened.declared_empty,
            opened.identified,
        )

    @classmethod
    def of_report(cls, report: SweepReport, opened: SweepOpened | None = None) -> Self:
        """Header of a reported sweep; `opened` adds whether the room was declared empty."""
        return cls(
            report.sweep_id,
            report.room_id,
            report.source,
            report.mode,
            report.inspectors,
            report.probe_id,
            report.started,
            report.ended,
            None if opened is None else opened.declared_empty,
            None if opened is None else opened.identified,
        )


@dataclass(frozen=True, slots=True)
class SignedDisposition:
    """A person's verdict with who spoke and the entry that holds it."""

    disposition: Disposition
    decided_by: str
    """Pseudonym."""
    assurance: str
    """How the server knew the person: device, passkey, password or witness."""
    entry_hash: str
    signature_ok: bool


@dataclass(frozen=True, slots=True)
class CaseLine:
    """What persons did in the case of a finding, which an earlier or later sweep of the room may have opened."""

    finding_id: UUID
    """Of this sweep."""
    opened: datetime | None
    """When the other sweep began with whose case it is recorded; None: with this one's."""
    said: str
    """In Korean words."""
    is_measure: bool
    """Is it one of the form's 조치?"""
    persons: tuple[str, ...]
    """Pseudonyms."""
    decided: datetime
    entry_hash: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One signed entry of a sweep, for whoever wants to compare the paper with the record."""

    entry_id: UUID
    kind: str
    key_id: str
    seq: int
    entry_hash: str
    """SHA-256 over the signed bytes, 64 hexadecimal digits."""
    received: datetime
    log_index: int | None
    signature_ok: bool
    bodies_present: int
    bodies_erased: int
    bodies_missing: int


@dataclass(frozen=True, slots=True)
class SequenceGap:
    """Numbers that a key should have used and that never arrived."""

    key_id: str
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class Original:
    """What an office's own list says of an inspection of the past, and whether anybody looked into the original."""

    method: str
    """In words, as the result."""
    result: str
    persons: int | None
    """None: the list does not say."""
    has_time: bool
    """Else it has only the day."""
    document: str
    """Number of the original as the list has it, or empty."""
    cited: str
    """Number that an officer cited with the original at hand; empty: nobody did."""

    def counted(self, language: Language = "ko") -> str:
        """How many its list names."""
        if self.persons is None:
            return either(language, "목록에 인원 없음", "The list does not say how many")
        return either(language, f"목록의 점검자 {self.persons}명", f"Inspectors in the list: {self.persons}")


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the inspection log (점검일지): one sweep, its words in `language`."""

    header: SweepHeader
    place: Place
    hand: HandEntries
    report_state: BodyState
    is_aborted: bool
    methods: tuple[Modality, ...]
    """Modalities that looked at one zone at least."""
    equipment: str
    """Probe and versions of software, firmware, thresholds and calibration."""
    probe_state: str
    """How the probe itself was: supply, heat, disk, sensor head, camera, losses."""
    zones_total: int
    zones_looked: tuple[str, ...]
    """Names of zones that at least one modality looked at, in the order of the plan."""
    zones_not_looked: tuple[str, ...]
    zones_not_assessable: tuple[str, ...]
    """Zones looked at of which every modality was blind."""
    zones_nothing_detected: tuple[str, ...]
    """Zones where nothing was detected by a probe that is not yet proven: no ground to call them clear."""
    chances: tuple[str, ...]
    """With what probability each target would have been found in each zone, a line of words a target."""
    places_to_inspect: tuple[str, ...]
    """Of each finding zone, wall and height, as far as they are known."""
    equipment_result: EquipmentResult
    unable: tuple[int, int]
    """In zones where nothing was detected: how many methods could not judge, at most, and of how many."""
    reach: str
    """With what probability something would have been found there, in words: by method from least to most."""
    persons: PersonsResult
    findings: tuple[tuple[FindingState, int], ...]
    """How many findings stand at which state, the gravest first."""
    entry_hash: str | None
    """Hash of the report's entry; of the opening when there is no report; None when neither is there."""
    entries: int
    signatures_ok: bool
    """Every entry of this sweep verifies; False when there is none."""
    missing_entries: int
    alarms: int
    """Alarms of the server about this sweep's record: conflicts, broken chains."""
    stalls: int = 0
    """Stalls of the plan; 0 without a report."""
    eye_looks: str = ""
    """What looks by eye came to, in one line; empty where none was asked for."""
    looks: tuple[str, ...] = ()
    """Of an inspection with other instruments: zone, instrument and what it showed, a line of words each."""
    inspected_by: tuple[InstrumentKind, ...] = ()
    """With which kinds of instruments it was made, in the order of their first use."""
    typed_from: str = ""
    """Number of the list on paper from which it was typed afterwards; empty: on the spot."""
    original: Original | None = None
    """Of what was taken over from an office's list; None: made here."""
    language: Language = "ko"

    def told(self, ko: str, en: str) -> str:
        """What is said of it, in its language."""
        return either(self.language, ko, en)

    def word(self, one: InBoth) -> str:
        """The same of a word that has both."""
        return word(self.language, one)

    @property
    def has_time(self) -> bool:
        """Is it known when on its day it was? An office's own list may have the day alone."""
        return self.original is None or self.original.has_time

    @property
    def is_demo(self) -> bool:
        """Not a measurement made on the spot: a replay or a simulation."""
        return self.header.source != REAL


@dataclass(frozen=True, slots=True)
class SweepPage:
    """A row with the report and the record behind it: one section of the PDF."""

    row: LogRow
    report: SweepReport | None
    dispositions: tuple[SignedDisposition, ...]
    """In the order in which they were decided."""
    entries: tuple[EntryLine, ...]
    gaps: tuple[SequenceGap, ...]
    alarms: tuple[LocalText, ...]
    known: tuple[KnownBefore, ...] = ()
    """Findings that earlier visits explain: listed last, as grave as ever."""
    states: Mapping[UUID, FindingState] = field(default_factory=dict)
    """What stands of each finding."""
    inspection: InspectionRecorded | None = None
    """With other instruments than a probe: then there is no report."""
    case_lines: tuple[CaseLine, ...] = ()
    """Steps of the cases of its findings, and decisions that are recorded with another sweep, in the log's order."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Who had the log made and why; printed on every sheet, because paper travels."""

    organisation: str = ""
    requested_by: str = ""
    """Pseudonym."""
    reason: str = ""
    seal: str = ""
    """State of the log, see seal.py."""
    proof: str = ""
    """The same for the QR codes, `Seal.proof`."""
    document_no: str = ""
    """Number of the document; empty: it has none."""
    approval: tuple[str, ...] = ("담당", "검토", "확인")
    """What stands over each approval box (결재란)."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Of people by pseudonym, where names are to stand beside pseudonyms."""

    def who(self, pseudonym: str) -> str:
        """A person as the document calls them."""
        name = self.names.get(pseudonym)
        return pseudonym if name is None else f"{name}({pseudonym})"

    def who_of(self, row: LogRow) -> list[str]:
        """Who made an inspection, as the document calls them; of a list's by the names in it, or how many they were."""
        if row.original is None:
            return [self.who(one) for one in row.header.inspectors]
        return [self.names.get(str(row.header.sweep_id)) or row.original.counted()]


@dataclass(frozen=True, slots=True)
class Document:
    """A log that is to be written in one of its forms."""

    rows: Iterable[LogRow]
    """Oldest first, to be read once."""
    count: int
    has_demo: bool
    period: Period
    generated: datetime
    """The only clock."""
    printing: Printing
    pages: Sequence[SweepPage] | None = None
    """The sheets, where they are asked for; of paper only."""
    is_alone: bool = False
    """Of one sweep, without a summary."""
    language: Language = "ko"
    """Of its rows, and of what stands above and beside them."""
