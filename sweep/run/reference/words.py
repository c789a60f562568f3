"""What is said of the reference check, in Korean and English, and where it is made."""

from __future__ import annotations

from typing import Final

from sweep.judge.control_chart import BASELINE, H, K
from sweep.modality.next_position import REFERENCE_ID
from sweep.report import SHOWN, LocalText, Position, ReferenceCheck, ReferenceEvent, ReferencePartName
from sweep.report.sentences import Sentence, Sentences

LEAD: Final = Sentence(
    "기준판을 끈 길이 1 m에 맞춰 정면으로 비추고, 기준 송신기를 2 m 거리에 두십시오({of}번 중 {n}번째)",
    "Hold the probe at the reference board, 1 m by its cord, the known transmitter 2 m away ({n} of {of})",
)
STATUSES: Final = Sentences("reference_check.statuses", "passed failed out_of_control not_done")
CHART: Final = Sentence(
    f"CUSUM k = {K:g}, h = {H:.2f}; 처음 {BASELINE}일은 기대값을 배웁니다",
    f"CUSUM k = {K:g}, h = {H:.2f}; the first {BASELINE} mornings tell what is expected",
)
LAMP: Final = Sentence("조명", "lamps")


def reference_event(done: int, of: int, check: ReferenceCheck | None = None) -> ReferenceEvent:
    """How far the check is, or what it came to."""
    text = LEAD.text(n=min(done + 1, of), of=of) if check is None else STATUSES[check.status].text()
    return ReferenceEvent(type="reference", done=done, repeats=of, check=check, text=text)


def part_name(part: ReferencePartName) -> LocalText:
    """A part in words."""
    return LAMP.text() if part == "lamp" else SHOWN[part].name


def target_position(start_ns: int, dwell_s: float, number: int) -> Position:
    """Where a task stands that stands before the target; it is in no report."""
    return Position(
        position_id=f"{REFERENCE_ID}-{number + 1}", zone_id=REFERENCE_ID, x_m=0.0, y_m=0.0, facing_deg=0.0,
        start_ns=start_ns, end_ns=start_ns + round(dwell_s * 1e9),
    )  # fmt: skip
