"""Verdicts, targets and what would have been found in words: the one glossary of page, report and command line."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Final

from .base import LocalText, Source
from .observations import SHOWN, Modality
from .verdicts import Target, TargetCoverage


def _text(ko: str, en: str) -> LocalText:
    return LocalText(ko=ko, en=en)


def words_of(table: str) -> dict[str, LocalText]:
    """A table of glossary.toml: the words by their codes."""
    return {code: _text(ko, en) for code, (ko, en) in _GLOSSARY[table].items()}


_GLOSSARY: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = tomllib.loads(
    (resources.files("sweep.report") / "glossary.toml").read_text(encoding="utf-8")
)
COVERAGE_WORDS: Final = words_of("coverage")
SOURCE_WORDS: Final = words_of("source")
PACE_WORDS: Final = words_of("pace")
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


def percent(share: float) -> str:
    """Whole per cent, rounded down: nothing is said to be more than it is (so does server/web/src/sweep/chance.ts)."""
    return f"{_parts(share) // 100}%"


def words_of_chance(probability: float, low: float, high: float) -> str:
    """The number of coverage as every place says it, `48% (31–60%)`; its interval is rounded outwards."""
    return f"{percent(probability)} ({_parts(low) // 100}–{-(-_parts(high) // 100)}%)"


def chance_of(one: TargetCoverage) -> str | None:
    """The same of a report or a live event; None where there is no probability."""
    if one.probability is None or one.low is None or one.high is None:
        return None
    return words_of_chance(one.probability, one.low, one.high)


def with_pace(said: LocalText, source: Source) -> LocalText:
    """An end or a duration, and beside it that the time of a simulated sweep is not the clock's."""
    pace = PACE_WORDS.get(source)
    return said if pace is None else _text(f"{said.ko} ({pace.ko})", f"{said.en} ({pace.en})")


def curve_words(source: str) -> LocalText:
    """Where the curve behind such a number was measured, and that nobody has proven it yet in the field."""
    said, unproven = SOURCE_WORDS[source], COVERAGE_WORDS["unproven"]
    return said if source == "field" else _text(f"{said.ko} · {unproven.ko}", f"{said.en} · {unproven.en}")


def curve_of(told: Sequence[TargetCoverage]) -> LocalText:
    """The same of one target in several zones, of which there must be one: by those with a probability."""
    return curve_words(next((one.source for one in told if one.probability is not None), told[0].source))


def share_words(modality: Modality, share: float) -> LocalText:
    """How much was looked at, in what it is a share of; no probability."""
    said = COVERAGE_WORDS["time" if SHOWN[modality].is_radio else "view"]
    return _text(f"{said.ko} {percent(share)}", f"{said.en} {percent(share)}")


def _parts(share: float) -> int:
    """In ten thousandths, so that 0.29 is 29 % although a binary number is a little less."""
    return math.floor(share * 10_000.0 + 0.5)


def names_of(targets: Iterable[Target]) -> LocalText:
    """Several targets in one line; there must be one at least."""
    words = [TARGET_WORDS[target] for target in targets]
    return LocalText(ko=", ".join(word.ko for word in words), en=", ".join(word.en for word in words))
