"""What a measured gap means: the decree of July 2023 to 공중화장실 등에 관한 법률, as dated configuration.

Input are millimetres and what is known of the partition; output is whether it is a violation, a defect, advice or none
of these, with the sentence that says why.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from sweep.report import LocalText
from sweep.report.case_records import Defect

Duty = Literal["violation", "defect", "advice"]
IN_FORCE = date(2023, 7, 21)  # the decree: partitions put in before owe it nothing
FLOOR_GAP_MOST_MM = 5  # the decree: gap between floor and partition, doors excepted
CEILING_GAP_LEAST_MM = 300  # the decree: for ventilation, unless the stall has its own


def duty_of(
    defect: Defect,
    measured_mm: int | None,
    *,
    is_door: bool = False,
    has_own_ventilation: bool = False,
    installed: date | None = None,
) -> Duty | LocalText:
    """What a defect is, or why it is none. A date of installation that nobody knows counts as before the decree."""
    if defect not in {"floor_gap", "ceiling_gap"}:
        return "defect"
    if measured_mm is None:
        return LocalText(
            ko="틈의 크기를 밀리미터로 적어야 합니다. 자로 재어 주십시오",
            en="the gap needs its size in millimetres; measure it with a ruler",
        )
    if defect == "floor_gap":
        if is_door:
            return LocalText(
                ko="문은 바닥 틈 기준의 대상이 아닙니다", en="doors are exempt from the rule for floor gaps"
            )
        if measured_mm <= FLOOR_GAP_MOST_MM:
            return LocalText(
                ko=f"바닥 틈은 {FLOOR_GAP_MOST_MM} mm까지 허용됩니다. 지적 사항이 아닙니다",
                en=f"a floor gap of up to {FLOOR_GAP_MOST_MM} mm is allowed; there is nothing to repair",
            )
    else:
        if has_own_ventilation:
            return LocalText(
                ko="칸에 환기 시설이 따로 있으면 천장 틈 기준의 대상이 아닙니다",
                en="a stall with ventilation of its own is exempt from the rule for ceiling gaps",
            )
        if measured_mm >= CEILING_GAP_LEAST_MM:
            return LocalText(
                ko=f"천장 틈은 {CEILING_GAP_LEAST_MM} mm 이상이면 됩니다. 지적 사항이 아닙니다",
                en=f"a ceiling gap of {CEILING_GAP_LEAST_MM} mm or more is as it should be; there is nothing to repair",
            )
    return "advice" if installed is None or installed < IN_FORCE else "violation"
