"""Whether a simulated sweep found the camera that was hidden for it, said beside its report and never in it.

Input is a report and the zone that the camera hides in; output is one sentence in both languages.  A report knows no
truth, so nothing of this is stored or sent.
"""

from __future__ import annotations

from sweep.report import LensObservation, LocalText, SweepReport


def truth_of(report: SweepReport, zone_id: str) -> LocalText:
    """What became of the camera in `zone_id`: found, missed with or without a glint, or not visited."""
    name = next(zone.name for zone in report.plan.zones if zone.zone_id == zone_id)
    if any(finding.zone_id == zone_id for finding in report.findings):
        return LocalText(
            ko=f"모의 카메라는 {name.ko}에 있었고, 그곳을 후보로 찾았습니다",
            en=f"The simulated camera was in {name.en}, and a candidate stands there",
        )
    if all(position.zone_id != zone_id for position in report.positions):
        return LocalText(
            ko=f"모의 카메라는 {name.ko}에 있었으나, 이 점검은 그 구역에 가지 않았습니다",
            en=f"The simulated camera was in {name.en}, where this sweep did not go",
        )
    glints = [one.score for one in report.observations if isinstance(one, LensObservation) and one.zone_id == zone_id]
    if glints:
        return LocalText(
            ko=f"모의 카메라는 {name.ko}에 있었으나 놓쳤습니다. 반사는 보았지만(점수 {max(glints):.2f}) "
            "나사도 그만큼 반짝이므로, 다른 증거 없이는 후보로 삼지 않습니다",
            en=f"The simulated camera was in {name.en} and was missed: it glinted (score {max(glints):.2f}), but so do "
            "screws, and without other evidence that asks for no look",
        )
    return LocalText(
        ko=f"모의 카메라는 {name.ko}에 있었으나 놓쳤습니다. 충분한 증거가 없었습니다",
        en=f"The simulated camera was in {name.en} and was missed: there was too little evidence",
    )
