"""The contract: records of a sweep and their JSON.  Everyone imports it; it imports nobody.

`base` holds the ground types, `plan` rooms and zones, `observations` measurements, `condition` the probe's own state,
`verdicts`, `findings` and `reference` what a report says of zones, of what was found and of the probe, `sweep` the
report, `manifest` the recorded sweep, `live` the live messages and commands, `replay` which of them still hold, `crops`
what a crop may be.
JSON schemas: schema.json, described in REPORT.md.
"""

from .base import (
    ClockReading,
    ContractError,
    DocumentNumber,
    LocalText,
    Mode,
    Record,
    Source,
    UtcTime,
    are_two_persons,
    derived_id,
    display_text,
    has_unsafe_character,
    local_text,
    new_id,
    parse_json,
    reject_duplicate_keys,
    to_json,
    utc_now,
)
from .commands import (
    AbortCommand,
    AnswerLookCommand,
    BankCommand,
    Command,
    CommandList,
    DeclareEmptyCommand,
    ExplainedCommand,
    FinishCommand,
    NothingSeenCommand,
    OutsideCommand,
    PauseCommand,
    PositionCommand,
    ReferenceCommand,
    ResumeCommand,
    SecondLookCommand,
    SkipOutsideCommand,
    SkipResponseTestsCommand,
    StartCommand,
    WalkCommand,
)
from .condition import BankCapacity, BankInput, BankState, ProbeCondition, tally
from .eye_looks import (
    EYE_OUTCOMES,
    EyeAnswer,
    EyeLook,
    EyeOutcome,
    WallSpot,
    eye_looks_line,
    is_raised_by_eye,
    last_words,
    place_of,
)
from .findings import (
    Evidence,
    ExplainedByEye,
    Finding,
    LookedAgain,
    LookKind,
    LookOutcome,
    SeenAs,
    WeightSource,
    are_measured,
)
from .known import SEEN_AS, KnownThing, devices_of, sameness, thing_of, touches
from .live import (
    CommandEvent,
    ConditionEvent,
    DoctorCheck,
    DoctorEvent,
    FindingEvent,
    GuidanceEvent,
    LiveEvent,
    LiveMessage,
    LookAnsweredEvent,
    LookAskedEvent,
    LookView,
    NoticeEvent,
    ProbeState,
    ProgressEvent,
    ReferenceEvent,
    ResponseTestEvent,
    ResponseTestFlow,
    SecondLookEvent,
    StateEvent,
    ZoneEvent,
)
from .live_room import CoverageEvent, DeviceLevel, DevicesEvent, DeviceSummary, DeviceWhy, NearEvent, Nearness
from .manifest import MANIFEST_NAME, OwnTransmission, RecordedPosition, RecordedSweep
from .observations import (
    MODALITIES,
    SHOWN,
    AddressToken,
    BleObservation,
    FindingDetails,
    LensObservation,
    Levels,
    Modality,
    Observation,
    RfObservation,
    RfWindow,
    StimulusJudgement,
    VideoJudgement,
    WifiObservation,
)
from .plan import Plan, Point, RoomKind, Zone, ZoneKind, centre_of
from .problems import first_problem
from .reference import (
    CheckStatus,
    ReferenceCheck,
    ReferenceChecked,
    ReferencePart,
    ReferencePartName,
    ReferenceReadings,
)
from .sweep import (
    EMULATED_HEAD,
    BodyErased,
    Disposition,
    Gap,
    LightTime,
    Limit,
    NextPosition,
    OutsideShares,
    PhoneTime,
    Position,
    SweepOpened,
    SweepReport,
    TransmitterPlace,
    Versions,
    ZoneCoverage,
)
from .verdicts import TARGETS, Target, TargetCoverage, VerdictName, WallView, ZoneVerdict
