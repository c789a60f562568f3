"""How the probe itself was during a sweep, in one line of the inspection log.

Input is the section of the report, output words.  What nobody could tell is said to be unknown: no number stands for
it.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.interface.told import either, many
from sweep.phrases import Language
from sweep.report import ProbeCondition


def state_words(condition: ProbeCondition | None, language: Language = "ko") -> str:
    """Supply, heat, disk, sensor head, camera and losses; `기록 없음` where the report has no such section."""
    if condition is None:
        return either(language, "기록 없음", "Not recorded")
    lost = _sum(condition.lost)
    return " · ".join(
        (
            *_machine(condition, language),
            *_parts(condition, language),
            either(language, f"유실 {lost}건", f"lost: {lost}"),
        )
    )


def _machine(condition: ProbeCondition, language: Language) -> tuple[str, ...]:
    volts, degrees = condition.lowest_battery_v, condition.highest_processor_c
    disk, unknown = condition.least_disk_free_bytes, either(language, "알 수 없음", "unknown")
    said = (
        ("배터리 최저", "Lowest battery", unknown if volts is None else f"{volts:.1f} V"),
        ("전원 경보", "supply alarm", _seconds(condition.undervolted_s, language)),
        ("온도 최고", "highest heat", unknown if degrees is None else f"{degrees:.0f} °C"),
        ("느려짐", "slowed", _seconds(condition.slowed_s, language)),
        ("저장 공간 최소", "least disk free", unknown if disk is None else f"{disk / 1e9:.1f} GB"),
    )
    return tuple(f"{either(language, ko, en)} {value}" for ko, en, value in said)


def _parts(condition: ProbeCondition, language: Language) -> list[str]:
    """A probe without the part says nothing of it."""
    words = []
    if condition.head_absences is not None:
        away = _absences(condition.head_absences, condition.head_away_s, language)
        words.append(f"{either(language, '센서 헤드', 'sensor head')} {away}")
    if condition.camera_faults is not None or condition.camera_power_cuts is not None:
        faults, cuts = _sum(condition.camera_faults), _sum(condition.camera_power_cuts)
        failed = either(
            language,
            f"카메라 촬영 실패 {faults}곳, 전원 끊김 {cuts}번",
            f"camera failed at {many(faults, 'place')}, its supply cut {many(cuts, 'time')}",
        )
        words.append(
            failed if faults + cuts else either(language, "카메라 이상 기록 없음", "no camera fault on record")
        )
    if condition.hangs:
        words.append(
            either(language, f"프로그램 멈춤 {condition.hangs}번", f"program hung {many(condition.hangs, 'time')}")
        )
    return words


def _absences(times: int, away_s: float | None, language: Language) -> str:
    if not times:
        return either(language, "끊기지 않음", "never lost")
    away = _seconds(away_s, language)
    return either(language, f"{times}번 끊김(모두 {away})", f"lost {many(times, 'time')} ({away} in all)")


def _seconds(seconds: float | None, language: Language) -> str:
    if seconds is None:
        return either(language, "알 수 없음", "unknown")
    return either(language, f"{seconds:.0f}초", f"{seconds:.0f} s") if seconds else either(language, "없음", "none")


def _sum(counts: Mapping[str, int] | None) -> int:
    return sum((counts or {}).values())
