"""Dates and months: a month is one integer, and its status and law are those of its last day."""

import calendar
import re
from datetime import date
from functools import cache

MONTHS_PER_YEAR = 12
#: months that a case may last: what is counted in months of it fits into 16 bits
MOST_MONTHS = 10_000


def month_of(day: date) -> int:
    """The month in which a day falls: ``12 * year + (month - 1)``."""
    return day.year * MONTHS_PER_YEAR + day.month - 1


def parse_month(text: object) -> int:
    """The month written ``YYYY-MM``.

    Raises
    ------
    ValueError
        With the reason, if it is not written so.
    """
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ValueError("a month is written YYYY-MM, for example 1998-12")
    year, month = text.split("-")
    return int(year) * MONTHS_PER_YEAR + int(month) - 1


def month_label(month: int) -> str:
    """``YYYY-MM`` of a month."""
    return f"{month // MONTHS_PER_YEAR:04d}-{month % MONTHS_PER_YEAR + 1:02d}"


@cache
def last_day(month: int) -> date:
    """The last day of a month, whose status and law count as the month's."""
    year, index = divmod(month, MONTHS_PER_YEAR)
    return date(year, index + 1, calendar.monthrange(year, index + 1)[1])
