"""What the people of the demonstration city noted of their visits, and the ways that its cases went.

Notes are chosen by the id of the visit, ways by chance; both are data, and nothing here writes.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from server.interface.visit_requests import VisitNoteRequest

SPOTS = ("vent", "ceiling", "light", "socket", "door_lock", "partition", "toilet_bin", "basin")
NOTES: tuple[dict[str, Any], ...] = tuple(
    {
        "by_eye": "marks" if marks else "nothing_unusual",
        "spots": SPOTS,
        "marks": marks,
        "occasion": occasion,
        "companions": companions,
        "emergency_bell": bell,
        "measures": measures,
        "confirmed_by": "시설관리 담당",
    }
    for marks, occasion, companions, bell, measures in (
        (None, "regular", None, "works", ("sticker",)),
        (None, "regular", None, "works", ("sticker",)),
        (None, "joint", "시범경찰서 여성청소년과 경위", "works", ("sticker",)),
        (None, "ad_hoc", None, "not_tested", ()),
        ("2번 칸 오른쪽 벽 나사 구멍 1개, 실리콘으로 막음", "regular", None, "works", ("sticker", "hole_closed")),
        (None, "regular", None, "broken", ("sticker", "repair_asked")),
    )
)
NOTES_FORGOTTEN = 11
CLOSED_WAYS: tuple[tuple[str, ...], ...] = (
    ("looked_at nothing", "not_camera"),
    ("looked_at object", "not_camera"),
    ("not_reached", "looked_at object", "not_camera"),
    ("looked_at hole", "defect_found", "repaired", "rechecked"),
)
CAMERA_WAY = (
    "looked_at object", "camera", "room_closed", "police_called", "photographed", "handed_over", "reported_to_city",
    "police_result",
)  # fmt: skip
OPEN_WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("not_reached",),
    ("looked_at object",),
    ("looked_at hole", "defect_found"),
    ("looked_at hole", "defect_found", "repaired"),
    *(CAMERA_WAY[:length] for length in range(2, 9)),
)
"""One for each state in which a case waits for somebody, and one in which a camera was reported."""
STEPS: dict[str, dict[str, Any]] = {
    "looked_at nothing": {"step": "looked_at", "seen": "nothing"},
    "looked_at object": {"step": "looked_at", "seen": "object"},
    "looked_at hole": {"step": "looked_at", "seen": "hole"},
    "not_reached": {"step": "not_reached", "why": "칸이 잠겨 있어 들어가지 못함"},
    "not_camera": {"step": "not_camera", "what": "벽에 박힌 나사 머리"},
    "unchanged": {"step": "unchanged"},
    "defect_found": {"step": "defect_found", "defect": "hole"},
    "repaired": {"step": "repaired", "by": "구 시설관리팀"},
    "rechecked": {"step": "rechecked", "holds": True},
    "camera": {"step": "camera", "was_touched": False},
    "room_closed": {"step": "room_closed", "guarded_by": "점검자-01"},
    "photographed": {"step": "photographed", "commitment": None, "why_not": "시범 자료라 촬영물이 없음"},
    "police_called": {"step": "police_called", "receipt_no": "시범-2026-0113"},
    "handed_over": {
        "step": "handed_over", "officer": "경찰관-01", "station": "시범경찰서", "rank": "경위",
        "receipt_no": "시범-2026-0113", "seal_no": "봉인-0001",
    },
    "reported_to_city": {"step": "reported_to_city", "to": "시 여성안심담당"},
    "police_result": {
        "step": "police_result", "result": "camera", "document_no": "시범-2026-0120",
    },
}  # fmt: skip
DEFECTS: tuple[tuple[int, dict[str, Any]], ...] = (
    (44, {"defect": "floor_gap", "measured_mm": 9, "installed": "2024-03-01"}),
    (12, {"defect": "emergency_bell"}),
    (4, {"defect": "hole"}),
)
"""Days ago, and what somebody measured."""
REPORTS = (
    ("hole", "둘째 칸 문에 작은 구멍이 있어요", "둘째 칸 문의 작은 구멍"),
    ("device", "환풍구 안에 검은 것이 보여요", "환풍구 안의 검은 물체"),
    ("other", "칸막이 아래가 너무 많이 떠 있습니다", "칸막이 아래 틈"),
)
"""What the public wrote, and the same in the words of whoever takes it over."""
NEEDS_TWO = frozenset({"looked_at", "not_camera", "camera", "handed_over"})


def note_of(sweep_id: UUID) -> VisitNoteRequest | None:
    """The note of this sweep; None for the few that were forgotten."""
    if sweep_id.int % NOTES_FORGOTTEN == 0:
        return None
    return VisitNoteRequest.model_validate(NOTES[sweep_id.int % len(NOTES)])
