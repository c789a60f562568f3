"""How the probe itself was during a sweep, in one line of the inspection log.

Input is the section of the report, output Korean words.  What nobody could tell is said to be unknown: no number stands
for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sweep.report import ProbeCondition

UNKNOWN: Final = "알 수 없음"
NO_STATE: Final = "기록 없음"


def state_words(condition: ProbeCondition | None) -> str:
    """Supply, heat, disk, sensor head, camera and losses; `기록 없음` where the report has no such section."""
    if condition is None:
        return NO_STATE
    return " · ".join((*_machine(condition), *_parts(condition), _lost(condition)))


def _machine(condition: ProbeCondition) -> tuple[str, ...]:
    volts, degrees = condition.lowest_battery_v, condition.highest_processor_c
    disk = condition.least_disk_free_bytes
    return (
        f"배터리 최저 {UNKNOWN if volts is None else f'{volts:.1f} V'}",
        f"전원 경보 {_seconds(condition.undervolted_s)}",
        f"온도 최고 {UNKNOWN if degrees is None else f'{degrees:.0f} °C'}",
        f"느려짐 {_seconds(condition.slowed_s)}",
        f"저장 공간 최소 {UNKNOWN if disk is None else f'{disk / 1e9:.1f} GB'}",
    )


def _parts(condition: ProbeCondition) -> list[str]:
    """A probe without the part says nothing of it."""
    words = []
    if condition.head_absences is not None:
        words.append(f"센서 헤드 {_absences(condition.head_absences, condition.head_away_s)}")
    if condition.camera_faults is not None or condition.camera_power_cuts is not None:
        faults, cuts = _sum(condition.camera_faults), _sum(condition.camera_power_cuts)
        words.append(f"카메라 촬영 실패 {faults}곳, 전원 끊김 {cuts}번" if faults + cuts else "카메라 이상 기록 없음")
    if condition.hangs:
        words.append(f"프로그램 멈춤 {condition.hangs}번")
    return words


def _absences(times: int, away_s: float | None) -> str:
    return f"{times}번 끊김(모두 {_seconds(away_s)})" if times else "끊기지 않음"


def _lost(condition: ProbeCondition) -> str:
    return f"유실 {_sum(condition.lost)}건"


def _seconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{seconds:.0f}초" if seconds else "없음"


def _sum(counts: Mapping[str, int] | None) -> int:
    return sum((counts or {}).values())
