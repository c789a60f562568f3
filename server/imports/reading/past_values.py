"""Cells of lists of past inspections as values: time of day, method and result in words, who was there.

Pure functions: a cell in, a value out and the doubt about it.  Words are kept only where each of them is known, so that
no name can lie among them; whatever else stands there is asked about.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from server.imports.reading import values
from server.imports.reading.cuts import may_be_name, squash_heading
from server.imports.reading.periods import NONE, Months, with_year
from server.imports.reading.values import Epoch
from sweep.report.imported_records import ImportedMethod, ImportedResult

MOST_PERSONS = 20
_CLOCK = r"(?:(오전|오후|am|pm)\s*)?(\d{1,2})\s*[:시]\s*(\d{1,2})?\s*(?:분|:\s*\d{1,2}(?:\.\d+)?)?"
_AT = re.compile(rf"{_CLOCK}", re.IGNORECASE)
_AT_END = re.compile(rf"(?<![\d:]){_CLOCK}\s*$", re.IGNORECASE)
_UNTIL = re.compile(rf"(?<=[\d시분])\s*[~\u223c\-–—]\s*{_CLOCK}\s*$", re.IGNORECASE)
_FOUR_DIGITS = re.compile(r"^([01]\d|2[0-3])([0-5]\d)$")
_PART_OF_DAY = re.compile(r"0\.\d+")
"""How a spreadsheet counts a time of day."""
FAR = date.max
_SHORT_YEAR = re.compile(r"\D?\d{2}\s*[-–./]")
_PARTS = re.compile(r"[,+/·&()\[\]、ㆍ]|\s및\s|\s와\s|\s-\s")
_MANY = re.compile(r"\d{1,2}(?:대|개|종)$")
_DONE = re.compile(r"(?:으로|로)?(?:점검|확인|사용|조사|탐지|활용|검사|이용|실시)(?:함|하였음|했음)?$")
WORDS = Path(__file__).parent / "past_words.toml"
_WORDS: Final = tomllib.loads(WORDS.read_text(encoding="utf-8"))
_METHODS: Final[Mapping[str, ImportedMethod]] = {
    word: method for method, words in _WORDS["method"].items() for word in words
}
_RESULTS: Final[Mapping[str, ImportedResult]] = {
    word: result for result, words in _WORDS["result"].items() for word in words
}
GRAVE: Final[frozenset[ImportedResult]] = frozenset({"suspected", "found"})
_RANKS = re.compile(
    r"^(?:점검자|점검원|조장|반장|팀장|과장|계장|대리|주임|주무관|실무관|담당|공무직|기간제)\s*[:]?\s*"
    r"|\s*(?:조장|반장|팀장|과장|계장|대리|주임|주무관|실무관|경위|경사|경장|순경)$"
)
_DENIED = re.compile(r"[×✕✖✗✘☒□☐△]")
"""Signs that may say the contrary of the word beside them."""
_MORE = re.compile(r"\s*외\s*(\d{1,2})\s*(?:명|인)\s*$")
_NAMES = re.compile(r"[,/·ㆍ、;&]|\s및\s|\n")


def past_day(cell: str, epoch: Epoch, today: date, months: Months = NONE) -> tuple[date | None, str | None, list[str]]:
    """(day, time or nothing, doubts) of a cell that may have both; a year of two digits is asked about.

    `months` are those that the list tells of: where they leave one year, a day without any is of that one; where they
    are one month, a year of two digits and a number of a day that fit it are sure, too.
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    text = with_year(_UNTIL.sub("", text), months)
    is_one = len(months) == 1
    if epoch is None and is_one and (values.serial_day(text) or FAR).timetuple()[:2] in months:
        epoch = 1900
    day, doubt = values.day(text, epoch, today)
    doubts = [doubt.replace("date_", "day_")] if doubt else []
    bare = re.sub(_AT_END, "", text).strip(" ,T")
    is_told = day is not None and is_one and (day.year, day.month) in months
    if day is not None and not is_told and _SHORT_YEAR.match(bare) and not values.has_weekday(bare):
        doubts.append("day_two_digit_year")
    if re.fullmatch(r"\d{5}\.\d+", text) and day is not None:
        minutes = round(float(f"0.{text.partition('.')[2]}") * 24 * 60)
        return day, f"{timedelta(minutes=minutes % 1440).seconds // 3600:02}:{minutes % 60:02}", doubts
    at = _AT_END.search(text)
    if at is None:
        return day, None, doubts
    clock, odd = _clock(at)
    return day, clock, [*doubts, *([odd] if odd else [])]


def past_time(cell: str) -> tuple[str | None, str]:
    """(HH:MM, doubt) of a cell of its own; of from and until the first. Nothing for an empty cell."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if values.is_nothing(text):
        return None, ""
    if (part := _PART_OF_DAY.fullmatch(text)) is not None:
        minutes = float(part[0]) * 24 * 60
        is_whole = abs(minutes - round(minutes)) < 0.02
        return (f"{round(minutes) // 60:02}:{round(minutes) % 60:02}", "") if is_whole else (None, "time_unclear")
    text = _FOUR_DIGITS.sub(r"\1:\2", text)
    found = _AT.fullmatch(_UNTIL.sub("", text))
    return (None, "time_unclear") if found is None else _clock(found)


def _clock(found: re.Match[str]) -> tuple[str | None, str]:
    half, hour, minute = found[1], int(found[2]), int(found[3] or 0)
    if minute > 59 or hour > (12 if half else 23) or (half and hour == 0):
        return None, "time_unclear"
    if half is None:
        if (
            1 <= hour <= 6 and len(found[2]) == 1
        ):  # nobody inspects at night, and a clock of twelve hours looks the same
            return None, "time_in_two_ways"
        return f"{hour:02}:{minute:02}", ""
    if hour == 12 and half.casefold() in {"오전", "am"}:
        return None, "time_in_two_ways"
    is_after_noon = half.casefold() in {"오후", "pm"}
    return f"{hour % 12 + 12 * is_after_noon:02}:{minute:02}", ""


_OWN_NUMBER = re.compile(r"[a-z]{1,6}\d{1,8}")
"""A number that an office has given one of its instruments, in a column of instruments."""


def past_method(cell: str) -> tuple[ImportedMethod | None, str]:
    """(by instruments or by eye, doubt): where one word is not known the whole cell is not."""
    words = [one for part in _words(cell) for one in _methods(part)]
    if not words:
        return None, "method_missing"
    found = {_METHODS.get(one) or ("instruments" if _is_instrument(one) else "") for one in words}
    if "" in found or _DENIED.search(cell):
        return None, "method_unclear"
    return ("instruments" if "instruments" in found else "by_eye"), ""


_INSTRUMENT = re.compile(
    r"(?:led|레드|적외선)?(?:렌즈|전파|전자파|주파수|열화상|열영상|열상|내시경|적외선|rf)"
    r"(?:형|식|용)?(?:탐지|찾기|감지|탐색|검출)?(?:기|기기|장비|장치|카메라|봉)?"
)
"""What finds cameras, in the words that its name is put together of."""


def _is_instrument(word: str) -> bool:
    return _OWN_NUMBER.fullmatch(word) is not None or _INSTRUMENT.fullmatch(word) is not None


def _methods(part: str) -> list[str]:
    """A part of a cell as one word where that is known, else as its words."""
    whole = _method(part)
    return [whole] if whole in _METHODS else [_method(one) for one in part.split()]


def _method(text: str) -> str:
    plain = _MANY.sub("", squash_heading(text))
    return _DONE.sub("", plain) or plain


def past_result(cell: str) -> tuple[ImportedResult | None, str]:
    """(result, doubt): a find or a suspicion is always asked about."""
    words = [squash_heading(one) for one in _words(cell)]
    if not words:
        return None, "result_missing"
    found = {_RESULTS.get(one) for one in words}
    if len(found) > 1 or None in found or _DENIED.search(cell):
        return None, "result_unclear"
    (result,) = found
    return result, "result_grave" if result in GRAVE else ""


def _words(cell: str) -> list[str]:
    text = unicodedata.normalize("NFKC", cell)
    return [part for part in _PARTS.split(text) if squash_heading(part)]


def counted_names(cell: str) -> int | None:
    """How many persons a cell names; None where that is not sure: ranks, offices and spaces look like names."""
    text = unicodedata.normalize("NFKC", re.sub(r"\([^()]*\)", "", cell)).strip()
    more = _MORE.search(text)
    names = [_RANKS.sub("", one.strip()) for one in _NAMES.split(_MORE.sub("", text)) if one.strip()]
    if not names or not all(map(may_be_name, names)) or len(set(names)) < len(names):
        return None
    return _believed(len(names) + (int(more[1]) if more else 0))


def counted_persons(cell: str) -> tuple[int | None, str]:
    """(how many, doubt) of a column that counts them."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if values.is_nothing(text):
        return None, ""
    found = re.fullmatch(r"(\d{1,2})(?:\.0)?\s*(?:명|인|인1조|인 1조)?", text)
    number = None if found is None else _believed(int(found[1]))
    return (number, "") if number is not None else (None, "persons_unclear")


def _believed(number: int) -> int | None:
    return number if 1 <= number <= MOST_PERSONS else None
