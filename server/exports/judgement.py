"""The result of a sweep for the log: 이상 없음, 재점검 필요, 의심 or 발견, and the sentence that says why.

Input is the report and the persons' dispositions, output a result code with its Korean reason, and what still stands
open of the findings.  It never turns missing coverage into a clean result, and never lets a later click of one person
take back that a person found a camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

from server.exports.words import Result
from server.interface.voice import Voice
from sweep.report import Disposition, SweepReport

ReportState = Literal["present", "erased", "missing"]
OpenState = Literal["undecided", "cannot_exclude", "found"]
"""Why a finding stands open: nobody looked, somebody could not exclude it, somebody found a camera."""
CLOSERS = 2  # DESIGN: what takes something back needs two persons


def latest_dispositions(dispositions: Sequence[Disposition]) -> dict[UUID, Disposition]:
    """The last disposition of each finding by the time of decision (the later in the sequence when equal)."""
    return {item.finding_id: item for item in sorted(dispositions, key=lambda item: item.counts_from)}


def open_findings(finding_ids: Iterable[UUID], decisions: Sequence[tuple[Voice, Disposition]]) -> dict[UUID, OpenState]:
    """What stands open of a sweep, whatever sweeps come later; `decisions` are (person, disposition) in any order.

    A find is closed when two persons each said last that it is no camera; a candidate by the last word of one.
    """
    last = latest_dispositions([item for _, item in decisions])
    found = {item.finding_id for _, item in decisions if item.verdict == "camera_found"}
    standing: dict[UUID, OpenState] = {}
    for finding_id in (*finding_ids, *sorted(found)):
        verdict = last[finding_id].verdict if finding_id in last else None
        if finding_id in found:
            words = latest_by_person(finding_id, decisions)
            closers = sum(word.verdict == "no_camera" for _, word in words)
            if verdict != "no_camera" or closers < CLOSERS:
                standing[finding_id] = "found"
        elif verdict is None:
            standing[finding_id] = "undecided"
        elif verdict == "cannot_exclude":
            standing[finding_id] = "cannot_exclude"
    return standing


def latest_by_person(
    finding_id: UUID, decisions: Sequence[tuple[Voice, Disposition]]
) -> list[tuple[Voice, Disposition]]:
    """The last word of each person on one finding."""
    last: list[tuple[Voice, Disposition]] = []
    for person, item in sorted(decisions, key=lambda decision: decision[1].counts_from):
        if item.finding_id == finding_id:
            last = [*(one for one in last if not one[0].is_of(person)), (person, item)]
    return last


def judge(
    report: SweepReport | None, report_state: ReportState, dispositions: Sequence[Disposition]
) -> tuple[Result, str]:
    """Result of a sweep and the Korean sentence that says why; dispositions in any order.

    A person who ever found a camera outweighs everything, also a later change of mind; an open candidate outweighs
    what could not be judged; a sweep is without anomaly only when every zone is clear of something.
    """
    found = len({item.finding_id for item in dispositions if item.verdict == "camera_found"})
    if found:
        return "found", f"현장 판정에서 카메라 발견 {found}건"
    if report is None:
        if report_state == "erased":
            return "unfinished", "보고서 본문이 삭제되어 결과를 말할 수 없음(기록과 서명은 남아 있음)"
        return "unfinished", "점검 시작 기록만 있고 보고서가 접수되지 않음"
    latest = latest_dispositions(dispositions)
    verdicts = [latest[f.finding_id].verdict if f.finding_id in latest else None for f in report.counted_findings]
    undecided, kept = verdicts.count(None), verdicts.count("cannot_exclude")
    if undecided or kept:
        parts = (f"육안 확인이 남은 후보 {undecided}건", f"육안으로 배제하지 못한 후보 {kept}건")
        return "suspected", " · ".join(words for words, n in zip(parts, (undecided, kept), strict=True) if n)
    reasons = _recheck_reasons(report, verdicts.count("recheck"))
    if reasons:
        return "recheck", " · ".join(reasons)
    return "no_anomaly", "모든 구역이 한 가지 이상의 방식으로 점검 범위 내 이상 없음"


def _recheck_reasons(report: SweepReport, asked: int) -> list[str]:
    reasons = []
    if report.outcome == "aborted":
        reasons.append("점검이 중단됨")
    clear = {verdict.zone_id for verdict in report.verdicts if verdict.verdict == "clear"}
    total = len(report.plan.zones)
    unclear = sum(zone.zone_id not in clear for zone in report.plan.zones)
    if unclear == total:
        reasons.append(f"구역 {total}곳 모두 어떤 방식으로도 이상 없음을 말할 수 없음")
    elif unclear:
        reasons.append(f"구역 {total}곳 중 {unclear}곳은 어떤 방식으로도 이상 없음을 말할 수 없음")
    if asked:
        reasons.append(f"현장 판정에서 재점검 요청 {asked}건")
    return reasons
