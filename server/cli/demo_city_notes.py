"""What the pairs of the demonstration city noted of their visits: a few ways, chosen by the id of the sweep."""

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


def note_of(sweep_id: UUID) -> VisitNoteRequest | None:
    """The note of this sweep; None for the few that were forgotten."""
    if sweep_id.int % NOTES_FORGOTTEN == 0:
        return None
    return VisitNoteRequest.model_validate(NOTES[sweep_id.int % len(NOTES)])
