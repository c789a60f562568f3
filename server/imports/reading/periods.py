"""Of which months a list tells, by its title and by the lines that head its parts: a day without a year is one of them.

Pure.  Input are lines of text; output are months as (year, month).  A day is only put together with a year that nothing
but one month of the list allows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

Months = frozenset[tuple[int, int]]
NONE: Months = frozenset()
MOST_MONTHS = 36
_RANGE = re.compile(
    r"(20\d\d)\s*[.년]\s*(\d{1,2})\s*[.월]?\s*[~\u223c]\s*(?:(20\d\d)\s*[.년]\s*)?(\d{1,2})\s*[.월](?!\s*\d)"
)
_DAYS = re.compile(
    r"(20\d\d)\s*[.년]\s*(\d{1,2})\s*[.월]\s*\d{1,2}\s*[.일]?\s*[~\u223c]\s*"
    r"(?:(20\d\d)\s*[.년]\s*)?(\d{1,2})\s*[.월]\s*\d{1,2}(?!\d)"
)
"""From a day to a day: `2025. 12. 1. ~ 2026. 3. 31.`"""
_MONTH = re.compile(r"(20\d\d)\s*년\s*(\d{1,2})\s*월(?!\s*\d)")
_YEAR = re.compile(r"(20\d\d)\s*(?:(?:년도?)?\s*(?:(상|하)반기|([1-4])\s*(?:/\s*4\s*)?분기)|년도?(?!\s*\d))")
_SECTION = re.compile(r"\W*(?:(20\d\d)\s*[년.]\s*)?(\d{1,2})(?:\s*월?\s*[~\u223c]\s*(\d{1,2}))?\s*월(?:분)?\W*")
_NO_YEAR = re.compile(
    r"(?P<month>\d{1,2})\s*(?P<mark>[-–./월])\s*(?P<day>\d{1,2})\s*[.일]?(?P<rest>(?:\s*\(?[월화수목금토일].*|\s+.*)?)"
)
_ONLY_DAY = re.compile(r"(?P<day>\d{1,2})\s*일(?P<rest>(?:\s*\([월화수목금토일]\))?)")
_ENGLISH = re.compile(r"(?P<day>\d{1,2})[-\s](?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def months_of_titles(lines: Iterable[str]) -> Months:
    """The months that what stands above the headings tells of; none where it tells of none, or of several things."""
    found = [months for line in lines for months in _told(unicodedata.normalize("NFKC", line)) if months]
    both = frozenset.intersection(*found) if found else NONE
    return both if len(both) <= MOST_MONTHS else NONE


def _told(text: str) -> Iterator[Months]:
    """Each time that a line tells of; of what is told at once the longest form."""
    left = text
    for form, months in ((_DAYS, _of_range), (_RANGE, _of_range), (_MONTH, _of_month), (_YEAR, _of_year)):
        yield from map(months, form.finditer(left))
        left = form.sub("|", left)


def _of_range(found: re.Match[str]) -> Months:
    return _between((int(found[1]), int(found[2])), (int(found[3] or found[1]), int(found[4])))


def _of_month(found: re.Match[str]) -> Months:
    month = int(found[1]), int(found[2])
    return _between(month, month)


def _of_year(found: re.Match[str]) -> Months:
    year = int(found[1])
    since = 7 if found[2] == "하" else 3 * int(found[3]) - 2 if found[3] else 1
    until = 6 if found[2] == "상" else since + 2 if found[3] else 12
    return _between((year, since), (year, until))


def _between(first: tuple[int, int], last: tuple[int, int]) -> Months:
    if not (1 <= first[1] <= 12 and 1 <= last[1] <= 12):
        return NONE
    numbers = range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])
    return frozenset((number // 12, number % 12 + 1) for number in numbers[: MOST_MONTHS + 1])


def months_of_section(text: str, titles: Months, before: Months) -> Months | None:
    """The months that a line heads (`□ 2025년 11월`, `□ 2~3월`); None where it heads none, none without a year."""
    found = _SECTION.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None or not 1 <= int(found[2]) <= int(found[3] or found[2]) <= 12:
        return None
    months = range(int(found[2]), int(found[3] or found[2]) + 1)
    if found[1]:
        return frozenset((int(found[1]), month) for month in months)
    allowed = {one for one in titles if one[1] in months}
    if not titles and len(before) == 1:
        (year, last), *_ = before
        allowed = {(year, month) for month in months if months[0] >= last}
    return frozenset(allowed) if len(allowed) == len(months) else NONE


def with_year(cell: str, months: Months) -> str:
    """A day without a year as one with the year that only one month of the list allows; else the cell as it is."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not months:
        return cell
    if found := _ENGLISH.fullmatch(text):
        return _dated(_NAMES.index(found["name"].lower()) + 1, found["day"], "", months) or cell
    if (found := _ONLY_DAY.fullmatch(text)) and len(months) == 1:
        ((_, month),) = months
        return _dated(month, found["day"], found["rest"], months) or cell
    found = _NO_YEAR.fullmatch(text)
    if found is None:
        return cell
    # `2.1` may have been `2.10` before a spreadsheet took it for a number.
    is_number = found["mark"] == "." and re.fullmatch(r"\d{1,2}\.\d", text) is not None
    return cell if is_number else _dated(int(found["month"]), found["day"], found["rest"], months) or cell


def _dated(month: int, day: str, rest: str, months: Months) -> str:
    years = {one for one, of in months if of == month}
    return f"{years.pop()}-{month}-{day} {rest.strip()}".strip() if len(years) == 1 else ""
