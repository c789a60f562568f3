"""Single cells of a row as values: coordinates, months, counts, districts, text that is safe to show.

Pure functions: a cell in, a value out and the name of what was odd about it (reasons.py has the words).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from sweep.report import display_text

MOST_DEGREES = 1_000  # a cell of more is no latitude, however somebody mistyped it
LATITUDES = (32.5, 39.5)  # derived: Marado and the northern border of Gangwon, with a margin
LONGITUDES = (124.0, 132.5)  # derived: Baengnyeongdo and Dokdo, with a margin
FIRST_YEAR = (
    1945  # guessed: no public restroom in service is older, and spreadsheets turn 2009 and later into July 1905
)
LAST_YEAR = 2100
MOST_FIXTURES = 60  # guessed: a service area of a motorway has about 40 in one room
LONGEST_TEXT = 200

COUNT = re.compile(r"(?:총\s*)?(\d{1,6})(?:\.0+)?\s*(?:칸|개|실|기|대|조|곳|개소)?")
_MONTH = re.compile(r"^(\d{4})\s*[-./년]?\s*(\d{1,2})?")
_PAIR = re.compile(r"(\d{2,3}\.\d{2,})\s*[,/; ]\s*(\d{2,3}\.\d{2,})")
"""Latitude and longitude in one cell."""
_PARTS_OF_DEGREE = re.compile(
    r"[NE]?\s*(\d{1,3})\s*[°도]\s*(\d{1,2})\s*['\u2019\u2032분]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"\u201d\u2033]|''|\u2032\u2032|초))?\s*[NE]?",
    re.IGNORECASE,
)
_HEMISPHERE = re.compile(r"^(?:[NE]|북위|동경)\s*(?=\d)|\s*°?\s*[NE]$|\s*°$", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\d{2,3},\d{3,}")
_DISTRICT = re.compile(r"^[가-힣]{1,8}(?:시|군|구)$")
_CITY = re.compile(r"(?:특별시|광역시|특별자치시|도|특별자치도)$")
_SHORT_CITIES = frozenset(
    [
        *("서울", "서울시", "부산", "부산시", "대구", "대구시", "인천", "인천시", "대전", "대전시", "울산", "울산시"),
        *("광주", "세종", "세종시", "경기", "강원", "충북", "충남", "전북", "전남", "경북", "경남", "제주"),
    ]
)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84 in degrees, or none."""

    latitude_deg: float | None
    longitude_deg: float | None
    note: str = ""


def coordinates(latitude: str, longitude: str) -> Coordinates:
    """Where a facility lies; turned round when the two cells are swapped, none when they are outside Korea."""
    if bool(latitude) != bool(longitude) and (both := _PAIR.fullmatch(latitude or longitude)):
        latitude, longitude = both[1], both[2]
    if not latitude or not longitude:
        return Coordinates(None, None, "coordinates_missing")
    lat, lon = degrees(latitude), degrees(longitude)
    if lat is None or lon is None:
        return Coordinates(None, None, "coordinates_unreadable")
    if _lies(lat, lon):
        return Coordinates(lat, lon)
    if _lies(lon, lat):
        return Coordinates(lon, lat, "coordinates_swapped")
    if lat == 0 and lon == 0:
        return Coordinates(None, None, "coordinates_missing")
    return Coordinates(None, None, "coordinates_outside_korea")


def degrees(cell: str) -> float | None:
    """A latitude or longitude as a number: `37.51`, `37,51`, `N37.51`, `37°30'36"`; None for what is none."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    parts = _PARTS_OF_DEGREE.fullmatch(plain)
    if parts is not None:
        minutes, seconds = int(parts[2]), float(parts[3] or 0)
        return round(int(parts[1]) + minutes / 60 + seconds / 3600, 7) if minutes < 60 and seconds < 60 else None
    plain = _HEMISPHERE.sub("", plain)
    try:
        value = float(plain.replace(",", ".") if _DECIMAL_COMMA.fullmatch(plain) else plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_degrees(cell: str) -> bool:
    """May it be a latitude, a longitude, or both in one cell?"""
    value = degrees(cell)
    return _PAIR.fullmatch(cell) is not None or (value is not None and abs(value) < MOST_DEGREES)


def _lies(latitude: float, longitude: float) -> bool:
    return LATITUDES[0] <= latitude <= LATITUDES[1] and LONGITUDES[0] <= longitude <= LONGITUDES[1]


def month(cell: str) -> tuple[str, str]:
    """(YYYY-MM, YYYY or empty, note): when something was built; nothing for a date that cannot be."""
    if not cell:
        return "", ""
    found = _MONTH.match(cell)
    if found is None:
        return "", "date_unreadable"
    year, number = int(found[1]), int(found[2] or 0)
    if not (1 <= number <= 12 or found[2] is None):
        return "", "date_unreadable"
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return "", "date_unbelievable"
    return f"{year:04d}-{number:02d}" if number else f"{year:04d}", ""


def count(cell: str) -> tuple[int, str]:
    """(how many, note or doubt): 0 and a reason for what is no count."""
    if not cell:
        return 0, ""
    digits = COUNT.fullmatch(unicodedata.normalize("NFKC", cell))
    if digits is None:
        return 0, "count_unclear"
    number = int(digits[1])
    return (0, "count_unbelievable") if number > MOST_FIXTURES else (number, "")


def district_in(address: str) -> str:
    """The district that an address names (`강북구`, `수원시 팔달구`, `춘천시`), or empty."""
    words = address.replace(",", " ").split()
    if words and (_CITY.search(words[0]) or words[0] in _SHORT_CITIES):
        if words[0] in {"세종특별자치시", "세종", "세종시"}:
            return "세종시"
        words = words[1:]
    if not words or not _DISTRICT.match(words[0]):
        return ""
    if words[0].endswith("시") and len(words) > 1 and _DISTRICT.match(words[1]) and words[1].endswith("구"):
        return f"{words[0]} {words[1]}"
    return words[0]


def is_district(name: str) -> bool:
    """Is it the Korean name of a district?"""
    return _DISTRICT.match(name) is not None


def line(cell: str, limit: int = LONGEST_TEXT) -> tuple[str, str]:
    """(one line that is safe to show, note)."""
    shown = display_text(cell, limit=limit)
    return shown, "" if shown == cell else "text_made_safe"
