"""Periods in which something is due, and the days on which anybody inspects.  Pure; days are days of Korean time.

Working days are Monday to Friday without the holidays of the calendar (`holidays`, which is the one module that knows
them; local elections and substitute holidays come with its releases).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from server.config.inspection_policy import Every
from server.interface.words import KST
from server.store.clock import from_ms, to_ms

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included."""

    first: date
    last: date

    @property
    def first_ms(self) -> int:
        """Its beginning, in milliseconds since 1970."""
        return start_ms(self.first)

    @property
    def end_ms(self) -> int:
        """The first millisecond after it."""
        return start_ms(self.last + ONE_DAY)


def start_ms(day: date) -> int:
    """When a day begins in Korea, in milliseconds since 1970."""
    return to_ms(datetime.combine(day, time(), KST))


def day_of(at_ms: int) -> date:
    """The Korean day of a time."""
    return from_ms(at_ms).astimezone(KST).date()


def today() -> date:
    """The Korean day of now."""
    return datetime.now(UTC).astimezone(KST).date()


@lru_cache(maxsize=64)
def period_of(every: Every, day: date) -> Period:
    """The period of this length that a day lies in."""
    match every:
        case "day":
            return Period(day, day)
        case "week":
            first = day - timedelta(days=day.weekday())
            return Period(first, first + timedelta(days=6))
        case "month":
            first = day.replace(day=1)
            return Period(first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY)
        case "half_year":
            first, next_first = (
                (date(day.year, 1, 1), date(day.year, 7, 1))
                if day.month < 7
                else (date(day.year, 7, 1), date(day.year + 1, 1, 1))
            )
            return Period(first, next_first - ONE_DAY)


@lru_cache(maxsize=64)
def period_before(every: Every, day: date) -> Period:
    """The period before the one that a day lies in."""
    return period_of(every, period_of(every, day).first - ONE_DAY)


@lru_cache(maxsize=16)
def _holidays(year: int) -> frozenset[date]:
    import holidays  # takes half a second to load, and only the schedule asks

    return frozenset(holidays.country_holidays("KR", years=year))


def is_working_day(day: date) -> bool:
    """Does anybody inspect on this day?"""
    return day.weekday() < 5 and day not in _holidays(day.year)


@lru_cache(maxsize=64)
def working_days(period: Period) -> tuple[date, ...]:
    """Working days of a period, in their order."""
    count = (period.last - period.first).days + 1
    days = (period.first + timedelta(days=number) for number in range(count))
    return tuple(day for day in days if is_working_day(day))
