"""Verdicts and targets in words: the one glossary of page, report and command line, Korean first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .base import LocalText
from .verdicts import Target, VerdictName


def _text(ko: str, en: str) -> LocalText:
    return LocalText(ko=ko, en=en)


VERDICT_WORDS: Final[Mapping[VerdictName, LocalText]] = {
    "clear": _text("이상 없음(점검 범위 내)", "Clear (within coverage)"),
    "candidate": _text("육안 확인 필요", "Inspect by eye"),
    "nothing_detected": _text(
        "감지된 것 없음(장비 미보정 – 이상 없음의 근거 아님)",
        "Nothing detected (uncalibrated: no ground to call it clear)",
    ),
    "not_assessable": _text("판정 불가", "Not assessable"),
}
SHORT_VERDICT_WORDS: Final[Mapping[VerdictName, LocalText]] = {
    **VERDICT_WORDS,
    "nothing_detected": _text("감지된 것 없음(미보정)", "Nothing detected (uncalibrated)"),
}
"""Where a table has no room; the whole sentence stands once beside it."""
TARGET_WORDS: Final[Mapping[Target, LocalText]] = {
    "pinhole_1mm": _text("1 mm 핀홀 렌즈", "1 mm pinhole lens"),
    "pinhole_1mm_ircut": _text(
        "반사형 적외선 차단 필터를 쓴 1 mm 핀홀 렌즈", "1 mm pinhole lens behind a reflective IR-cut filter"
    ),
    "lens_2mm": _text("2 mm 렌즈", "2 mm lens"),
    "wifi_streaming": _text("영상을 계속 보내는 와이파이 카메라", "Wi-Fi camera that streams"),
    "wifi_on_motion": _text("움직일 때만 보내는 와이파이 카메라", "Wi-Fi camera that uploads on motion"),
    "analog_1200": _text("1.2 GHz 아날로그 송신기", "Analogue transmitter at 1.2 GHz"),
    "analog_2400": _text("2.4 GHz 아날로그 송신기", "Analogue transmitter at 2.4 GHz"),
    "analog_5800": _text("5.8 GHz 아날로그 송신기", "Analogue transmitter at 5.8 GHz"),
    "ble_setup": _text("블루투스로 설정을 기다리는 카메라", "Camera that advertises its set-up by Bluetooth"),
    "recorder": _text("무선 없이 저장만 하는 카메라", "Recorder without a radio"),
}


def names_of(targets: Iterable[Target]) -> LocalText:
    """Several targets in one line; there must be one at least."""
    words = [TARGET_WORDS[target] for target in targets]
    return LocalText(ko=", ".join(word.ko for word in words), en=", ".join(word.en for word in words))
