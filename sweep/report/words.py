"""Verdicts and targets in words: the one glossary of page, report and command line, Korean first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final

from .base import LocalText
from .verdicts import Target


def _text(ko: str, en: str) -> LocalText:
    return LocalText(ko=ko, en=en)


def words_of(table: str) -> dict[str, LocalText]:
    """A table of glossary.toml: the words by their codes."""
    return {code: _text(ko, en) for code, (ko, en) in _GLOSSARY[table].items()}


_GLOSSARY: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = tomllib.loads(
    (resources.files("sweep.report") / "glossary.toml").read_text(encoding="utf-8")
)
METHOD_WORDS: Final = words_of("method")
SHORT_METHOD_WORDS: Final = {
    **METHOD_WORDS,
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
