"""What happens to a case, in short words: `A found`, `B none`, `looked`, `112`, `police none`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from server.interface.fields import FindingState
from server.interface.voice import Voice
from server.standing.cases import NEW, Case, Verdict, after
from server.standing.findings import state_of_finding
from sweep.report import Disposition
from sweep.report.case_records import (
    CameraFound,
    CaseStep,
    DefectFound,
    HandedOver,
    LookedAt,
    NotCamera,
    NotReached,
    Photographed,
    PoliceAsked,
    PoliceCalled,
    PoliceResult,
    Rechecked,
    Reopened,
    Repaired,
    RepairHanded,
    Reported,
    ReportedToCity,
    RoomClosed,
    RoomCorrected,
    Step,
    Unchanged,
)

TODAY: Final = date(2026, 11, 27)
IN_A_WEEK: Final = TODAY + timedelta(days=7)
IN_A_QUARTER: Final = TODAY + timedelta(days=90)
OTHER_ROOM: Final = UUID("018f0000-0000-7000-8000-0000000000b2")
STEP_NAMES: Final = frozenset(
    get_args(model.model_fields["step"].annotation)[0] for model in get_args(get_args(Step)[0])
)


def police(result: Literal["camera", "none", "unknown"]) -> PoliceResult:
    """What the police say."""
    return PoliceResult(step="police_result", result=result, dated=TODAY, document_no="2026-0431")


VERDICTS: Final = {"found": "camera_found", "doubt": "cannot_exclude", "again": "recheck", "none": "no_camera"}
STEPS: Final[dict[str, Step]] = {
    "reported": Reported(step="reported", by="cleaner", what="나사가 이상함"),
    "looked": LookedAt(step="looked_at", second_person="점검자-02", seen="object"),
    "not reached": NotReached(step="not_reached", why="천장이 높음"),
    "not a camera": NotCamera(step="not_camera", second_person="점검자-02", what="나사", reopens=IN_A_QUARTER),
    "unchanged": Unchanged(step="unchanged", reopens=IN_A_QUARTER),
    "defect": DefectFound(step="defect_found", defect="hole", measured_mm=None, duty="defect", due=TODAY),
    "given": RepairHanded(step="repair_handed", handed_to="시설 관리 담당", due=IN_A_WEEK),
    "repaired": Repaired(step="repaired", by="시설팀"),
    "holds": Rechecked(step="rechecked", holds=True),
    "fails": Rechecked(step="rechecked", holds=False),
    "camera": CameraFound(step="camera", second_person="점검자-02", was_touched=False),
    "closed": RoomClosed(step="room_closed", guarded_by="점검자-02"),
    "photo": Photographed(step="photographed", commitment=None, why_not="어두움"),
    "112": PoliceCalled(step="police_called", receipt_no="2026-0001"),
    "handed": HandedOver(
        step="handed_over", officer="김순경", station="중부경찰서", rank="순경", receipt_no="1", seal_no="2"
    ),
    "asked": PoliceAsked(step="police_asked", document_no="3", officer="김순경", wanted=("addresses",)),
    "city": ReportedToCity(step="reported_to_city", to="시 여성안심담당"),
    "police camera": police("camera"),
    "police none": police("none"),
    "police unknown": police("unknown"),
    "reopened": Reopened(step="reopened", why="다시 보임"),
    "moved": RoomCorrected(step="room_corrected", room_id=OTHER_ROOM, why="다른 방"),
}


def happened(words: str) -> list[Step | Verdict]:
    """What these words say, separated by commas: a step, or a person with a verdict; nothing of an empty string."""
    return [_happening(one.strip()) for one in words.split(",") if one.strip()]


def states_after(said: Iterable[Disposition], steps: Iterable[CaseStep] = ()) -> dict[UUID, FindingState]:
    """What stands of each finding after one person's decisions and the steps of its case, in order of time."""
    timed: list[tuple[datetime, UUID | None, Step | Verdict]] = [
        (one.counts_from, one.finding_id, Verdict(Voice("점검자-01"), one.verdict)) for one in said
    ]
    timed += [(one.decided.utc, one.finding_id, one.step) for one in steps]
    timed.sort(key=lambda one: one[0])
    cases: dict[UUID, Case] = {}
    for _, finding_id, what in timed:
        if finding_id is not None:
            cases[finding_id] = after(cases.get(finding_id, NEW), what)
    return {finding_id: state_of_finding(case) for finding_id, case in cases.items()}


def _happening(words: str) -> Step | Verdict:
    if words in STEPS:
        return STEPS[words]
    person, verdict = words.split(" ")
    return Verdict(Voice(person), VERDICTS[verdict])
