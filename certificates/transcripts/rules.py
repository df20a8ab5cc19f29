"""In which year a day falls. Plain values: no ORM, no request."""

from datetime import date


def fiscal_year(day: date, first_month: int) -> int:
    """The calendar year in which the fiscal year of that day begins."""
    return day.year if day.month >= first_month else day.year - 1


def bounds(year: int, first_month: int) -> tuple[date, date]:
    """The first day of the fiscal year that begins in `year`, and the first one after it."""
    return date(year, first_month, 1), date(year + 1, first_month, 1)
