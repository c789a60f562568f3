"""Cells of offices' own lists as values: days, counts with their words, floors, for whom, addresses in two forms.

Pure functions: a cell in, a value out and the doubt about it.  Nothing is guessed: a cell that may be read in two ways
gives no value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from server.imports.reading.cells import COUNT, FIRST_YEAR, MOST_FIXTURES, month
from server.imports.reading.cuts import is_cut, squash_heading
from server.imports.reading.dittos import is_ditto
from server.places.room_parts import MOST_FLOORS

Epoch = Literal[1900, 1904] | None
FIRST_DAY = date(2004, 1, 1)  # derived: the first act on public restrooms came into force on 30 January 2004
_WEEKDAYS = "월화수목금토일"
_WEEKDAY = re.compile(rf"\(([{_WEEKDAYS}])(?:요일)?\)|(?<=\s)([{_WEEKDAYS}])(?:요일)?$|([{_WEEKDAYS}])요일$")
_TIME = re.compile(
    r"(?:(?:오전|오후|am|pm)\s*)?\d{1,2}\s*[:시]\s*(?:\d{1,2}\s*(?:[:분]\s*(?:\d{1,2}(?:\.\d+)?\s*초?)?)?)?\s*$"
)
_DAY = re.compile(r"(\d{4}|\d{2})\s*[-–./년]\s*(\d{1,2})\s*[-–./월]\s*(\d{1,2})\s*[.일]?")
_RUN = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_SHORTENED_YEAR = re.compile(r"['’‘`](?=\d{2}\D)")
"""A sign in the place of a century that was left out: `'25.3.7.`."""
_SHORT_MONTH = re.compile(
    r"(?P<sign>['’‘`])?(?P<year>\d{2})(?P<word>\s*년도?)?"
    r"(?:(?:\s*[-./]|(?<=[년도]))\s*(?P<month>\d{1,2})\s*월?(?:(?:\s*[-./]|(?<=월))\s*\d{1,2}\s*일?)?)?\s*\.?"
)
_TWO_TIMES = re.compile(r"[~\u223c]|또는|이전|이후|이상|경$|추정|무렵")
_SERIAL_YEAR = re.compile(r"1905\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\s*\.?(?:\s00:00(?::00)?)?")
_FLOOR = re.compile(r"(?:(지상|지하|지|b|-)\s*)?(\d{1,3})\s*(?:층|f)?", re.IGNORECASE)
_PART = re.compile(
    r"\s*\((?:[가-힣]{2,5}\s*(\d{1,2})\s*(?:칸|개)?\s*포함|고장\s*(\d{1,2})\s*(?:칸|개)?|좌변기|양변기|대변기|화변기|수세식)\)$"
)
"""What a count says of itself: a part that it holds, or of what sort they are."""
_NOTHING = frozenset(["", "-", "–", "없음", "무", "해당없음", "해당사항없음", "x", "n/a", "na"])
_MEN = "남 신사 신사용 ♂ 남자 남성 남성용 남자용 남자화장실 남성화장실 남자탈의실 남화장실 男 m male men"
_WOMEN = "여 숙녀 숙녀용 w 여자 여성 여성용 여자용 여자화장실 여성화장실 여자탈의실 여화장실 女 f female women"
_ALL = "공용 가족남녀공용 남녀공용 남녀공용화장실 공용화장실 unisex"
_SEXES: Final[tuple[tuple[Literal["men", "women", "all"], str], ...]] = (
    ("men", _MEN),
    ("women", _WOMEN),
    ("all", _ALL),
)
_CITIES = (
    *("서울특별시", "부산광역시", "대구광역시", "인천광역시", "광주광역시", "대전광역시", "울산광역시"),
    *("세종특별자치시", "경기도", "강원특별자치도", "강원도", "충청북도", "충청남도", "전북특별자치도", "전라북도"),
    *("전라남도", "경상북도", "경상남도", "제주특별자치도"),
)
_SHORTENED = ("충북 충청북도", "충남 충청남도", "전북 전라북도", "전남 전라남도", "경북 경상북도", "경남 경상남도")
_SHORT = {city[:2]: city for city in _CITIES} | {one[:2]: one[3:] for one in _SHORTENED}
_BRACKETS = re.compile(r"\([^()]*\)")


def is_nothing(cell: str) -> bool:
    """Does a cell say that there is nothing?"""
    return "".join(cell.split()).casefold() in _NOTHING


def day(cell: str, epoch: Epoch, today: date) -> tuple[date | None, str]:
    """(the day, doubt): no day for one that may be another, that cannot be, or that is still to come."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text:
        return None, "day_missing"
    is_year = _SHORTENED_YEAR.match(text) is not None
    text = text[is_year:]
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return _of_serial(int(text.partition(".")[0]), epoch, today)
    bare = _TIME.sub("", text).strip(" ,T")
    found, weekday = _DAY.fullmatch(bare) or _RUN.fullmatch(bare), None
    if found is None and (named := _WEEKDAY.search(bare)) is not None:
        weekday, bare = (
            _WEEKDAYS.index(next(filter(None, named.groups()))),
            (bare[: named.start()] + bare[named.end() :]).strip(" ,"),
        )
        found = _DAY.fullmatch(bare) or _RUN.fullmatch(bare)
    if found is None:
        return None, "date_unreadable"
    year = int(found[1]) + (2000 if len(found[1]) == 2 else 0)
    try:
        said = date(year, int(found[2]), int(found[3]))
    except ValueError:
        return None, "date_unreadable"
    if weekday is not None and said.weekday() != weekday:
        return None, "weekday_contradicts_day"
    if len(found[1]) == 2 and not is_year and not 2010 <= year <= today.year:
        return None, "day_in_two_ways"
    return _believed(said, today)


def serial_day(cell: str) -> date | None:
    """The day of a number that counts from 1900; None for any other cell."""
    found = re.fullmatch(r"(\d{5})(?:\.\d+)?", cell)
    return None if found is None else date(1899, 12, 30) + timedelta(days=int(found[1]))


def has_weekday(cell: str) -> bool:
    """Is the day of the week written beside a day?"""
    return _WEEKDAY.search(cell) is not None


def _of_serial(number: int, epoch: Epoch, today: date) -> tuple[date | None, str]:
    """A day that a spreadsheet counted; only a workbook says from when."""
    if epoch is None:
        return None, "day_is_a_number"
    said = (date(1899, 12, 30) if epoch == 1900 else date(1904, 1, 1)) + timedelta(days=number)
    return _believed(said, today)


def _believed(said: date, today: date) -> tuple[date | None, str]:
    if said > today:
        return None, "day_in_the_future"
    return (said, "") if said >= FIRST_DAY else (None, "date_unbelievable")


def installed(cell: str, today: date) -> tuple[str, str]:
    """(YYYY-MM, YYYY or empty, note) of an office's own cell: a year may lack its century where nothing else fits.

    `'09.5`, `95년` and `98.11` are told by a sign, a word, or by being no day and no month; `12-03` is not.
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    serial = _SERIAL_YEAR.fullmatch(text)
    if serial is not None:
        # A spreadsheet shows the number of a year as that day of 1905; no restroom of that summer is in service.
        try:
            year = (date(1905, int(serial[1]), int(serial[2])) - date(1899, 12, 30)).days
        except ValueError:
            return "", "date_unreadable"
        return (str(year), "year_from_day") if FIRST_YEAR <= year <= today.year else ("", "date_unbelievable")
    short = _SHORT_MONTH.fullmatch(text)
    if short is None:
        return ("", "day_in_two_ways") if _TWO_TIMES.search(text) else month(text)
    year, number = int(short["year"]), short["month"]
    is_said = bool(short["sign"] or short["word"])
    if not is_said and (year <= 31 or number is None or text.endswith(".1")):
        return "", "date_unreadable"
    year += 2000 if year <= today.year % 100 else 1900
    return month(f"{year}-{number}" if number else str(year))


_SORTS = re.compile(r"(\d{1,3})\s*(?:칸|개)?\s*\(((?:[가-힣]{1,4}\s*\d{1,2}\s*(?:칸|개)?\s*[·,/+ㆍ]?\s*){2,5})\)")
"""A count with all the sorts that it is made of: `10(양8·화2)`."""


def counted(cell: str) -> tuple[int | None, str]:
    """(how many, doubt): `8`, `8칸` and nothing; whatever else stands there is asked about."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if is_nothing(text):
        return (0 if text else None), ""
    sorts = _SORTS.fullmatch(text)
    if sorts is not None and sum(map(int, re.findall(r"\d+", sorts[2]))) == int(sorts[1]):
        text = sorts[1]
    part = _PART.search(text)
    found = COUNT.fullmatch(text[: part.start()] if part else text)
    if found is None:
        return None, "count_unclear"
    number = int(found[1])
    if part and number < int(part[1] or part[2] or 0):
        return None, "count_unclear"
    return (number, "") if number <= MOST_FIXTURES else (None, "count_unbelievable")


def sex(cell: str) -> tuple[Literal["men", "women", "all"] | None, str]:
    """(for whom, doubt)."""
    plain = squash_heading(re.sub(r"\(가족(?:용|화장실)?\)$", "", cell))
    if not plain:
        return None, "sex_missing"
    found = next((code for code, words in _SEXES if plain in words.split()), None)
    return (found, "") if found is not None else (None, "sex_unclear")


def is_both(cell: str) -> bool:
    """Does a cell name men's and women's rooms together?"""
    plain = squash_heading(cell)
    return any(plain == man + woman for man in _MEN.split() for woman in _WOMEN.split()) or plain == "남녀모두"


def floor(cell: str) -> tuple[int | None, str]:
    """(1 for the ground floor and -1 for the first below it, doubt); nothing for an empty cell."""
    text = "".join(unicodedata.normalize("NFKC", cell).split())
    if not text:
        return None, ""
    found = _FLOOR.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= MOST_FLOORS:
        return None, "floor_unclear"
    return (int(found[2]) if (found[1] or "지상") == "지상" else -int(found[2])), ""


def floor_words(number: int) -> str:
    """As a room's name has it."""
    return f"{number}층" if number > 0 else f"지하 {-number}층"


def floor_in_english(number: int) -> str:
    """The same in English."""
    return f"floor {number}" if number > 0 else f"basement {-number}"


_MAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)


def mail_in(cell: str) -> str:
    """The one mail address of a cell, in small letters; empty where something else than a note in brackets is there."""
    found = set(_MAIL.findall(cell))
    if len(found) != 1:
        return ""
    (address,) = found
    rest = _BRACKETS.sub("", cell.replace(address, "").replace("mailto:", "")).strip(" <>")
    return "" if rest else address.lower()


def is_road(address: str) -> bool:
    """Is an address by a road and its number, not by the number of a lot?"""
    return re.search(r"[가-힣0-9](?:대로|로|길)\s*(?:지하\s*)?\d", address) is not None


def without_spaces(text: str) -> str:
    """Text without its spaces, width and case; with its signs, which may say the contrary of each other."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def squashed(text: str) -> str:
    """Text without what people write in different ways: width, case, spaces, marks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def squashed_address(text: str) -> str:
    """The same of an address, however its city is called: 서울특별시, 서울시, 서울, or not at all."""
    plain = unicodedata.normalize("NFKC", text).strip()
    head = plain.split()[0] if plain else ""
    for short, city in _SHORT.items():
        called = next((one for one in (city, f"{short}시") if head.startswith(one)), short if head == short else "")
        if called:
            plain = plain[len(called) :]
            break
    return squashed(plain)


_MARK = re.compile(
    r"[가-힣0-9]+(?:대로|로|길)(?:\s*\d+번?(?:가|나|다)?길)?\s*(?:지하)?\s*\d+(?:-\d+)?|[가-힣0-9]+[동리가]\s*(?:산\s*)?\d+(?:-\d+)?"
)


def place_mark(address: str) -> str:
    """Road and number, or quarter and lot, without spaces: the same for two ways to write one address, or empty."""
    found = _MARK.search(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", address)))
    return "" if found is None else "".join(found[0].split())


_UNKNOWN = frozenset(["미상", "미정", "불명", "모름", "알수없음", "tbd"])
_UNSURE = re.compile(
    r"[?\uff1f]|^(?:미상|미정|불명|모름|알\s*수\s*없음|tbd)$|확인\s*(?:중|필요|요망|예정)|추후|추정", re.IGNORECASE
)


_FOOTNOTE = re.compile(r"(?<=\S)\s*(?:[*※†‡]+|[¹²³⁴-⁹]+\)?|주\s*\d?\))$")


def is_unknown(cell: str) -> bool:
    """Does a cell say that nobody knows?"""
    return "".join(cell.split()).casefold() in _UNKNOWN


def _has_footnote(cell: str) -> bool:
    """Does it point at a note below the table, which may say anything?"""
    is_open = cell.count(")") > cell.count("(") and re.search(r"\d\)$", cell) is not None
    return is_open or _FOOTNOTE.search(cell) is not None


def doubts_of_row(used: Sequence[str]) -> list[str]:
    """What is odd about the cells of a row that are imported."""
    found = {
        "cell_cut": any(map(is_cut, used)),
        "cell_is_ditto": any(map(is_ditto, used)),
        "cell_unsure": any(_UNSURE.search(cell) for cell in used),
        "cell_has_footnote": any(map(_has_footnote, used)),
        "text_unreadable": any("\ufffd" in cell for cell in used),
    }
    return [doubt for doubt, holds in found.items() if holds]


def odd_texts(hours: str, phone: str, installed: str) -> list[str]:
    """Cells that a spreadsheet turned into numbers: a part of a day, a telephone without its nought, October as 1."""
    found = {
        "hours_unclear": re.fullmatch(r"[01]?\.\d+|[01]", hours) is not None,
        "phone_unclear": phone != "" and not re.match(r"\+82|\(?0\d|1[568]\d\d|☎?\s*\(?0\d", phone),
        "day_in_two_ways": re.fullmatch(r"\d{4}\.1", installed) is not None,
    }
    return [doubt for doubt, holds in found.items() if holds]


_APART = re.compile(r"(?<![가-힣])[가-힣](?:\s[가-힣]){2,}(?![가-힣])")
_RESTROOM = re.compile(r"(?:공중|개방|간이|이동|공용)?화장실$")


def unspaced(name: str) -> str:
    """A name whose letters stand apart (`미 루 공 원 화장실`), put together; empty for any other."""
    found = _APART.sub(lambda one: "".join(one[0].split()), name)
    return found if found != name else ""


def bare_name(name: str) -> str:
    """A facility's name, squashed, without the word for a restroom at its end."""
    plain = squashed(name)
    return _RESTROOM.sub("", plain) or plain
