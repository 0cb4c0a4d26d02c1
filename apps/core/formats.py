"""How numbers, money and days are written in each language.

Every function takes a plain value and returns plain text in the active language; None, which means
that there is no basis for a figure, becomes “no data”, never 0. Grouping, month names and currency
signs come from CLDR by Babel; what CLDR lacks (percentage points, 万 and 亿 with one decimal) is in
`WORDS`. Minus is U+2212, ranges have an en dash. Rounding happens here and nowhere else: half up.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, dates, numbers
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from apps.core.models import Organisation

type Number = Decimal | int | float

NO_DATA = _("no data")
# Babel takes longer to write a number than the database to read it; the latest texts are kept.
KEPT_TEXTS = 10_000
MINUS = "\u2212"


@dataclass(frozen=True)
class Words:
    """What a language writes around numbers; `scales` are (from, divisor, decimals, suffix)."""

    locale: str
    scales: tuple[tuple[Decimal, Decimal, int, str], ...]
    points: str
    day: str
    days: str
    week: str
    week_of_year: str


def _scale(divisor: str, decimals: int, suffix: str) -> tuple[Decimal, Decimal, int, str]:
    return Decimal(divisor), Decimal(divisor), decimals, suffix


WORDS = {
    "en": Words(
        locale="en_GB",
        scales=(_scale("1e9", 2, "bn"), _scale("1e6", 2, "M"), _scale("1e3", 1, "k")),
        points="{} pp",
        day="{} day",
        days="{} days",
        week="W{week:02d}",
        week_of_year="{year}-W{week:02d}",
    ),
    "zh-hans": Words(
        locale="zh_Hans_CN",
        scales=(_scale("1e8", 2, "亿"), _scale("1e4", 1, "万")),
        points="{} 个百分点",
        day="{} 天",
        days="{} 天",
        week="第{week}周",
        week_of_year="{year}年第{week}周",
    ),
    "zh-hant": Words(
        locale="zh_Hant_TW",
        scales=(_scale("1e8", 2, "億"), _scale("1e4", 1, "萬")),
        points="{} 個百分點",
        day="{} 天",
        days="{} 天",
        week="第{week}週",
        week_of_year="{year}年第{week}週",
    ),
}


def words() -> Words:
    """The conventions of the active language; English where a language has none."""
    return WORDS.get(translation.get_language() or "en", WORDS["en"])


@lru_cache(maxsize=len(WORDS))
def _locale(name: str) -> Locale:
    return Locale.parse(name)


# The organisation's currency, looked up once in a request; outside a request it is not kept, so
# that a long-lived worker never prints yesterday's.
_currency: ContextVar[dict[str, str] | None] = ContextVar("currency", default=None)


@contextmanager
def currency_scope() -> Iterator[None]:
    """Within this block the organisation's currency is read from the database at most once."""
    token = _currency.set({})
    try:
        yield
    finally:
        _currency.reset(token)


def organisation_currency() -> str:
    """ISO 4217 code of the currency in which the organisation reports."""
    known = _currency.get()
    if known is None:
        return Organisation.current().currency
    if "code" not in known:
        known["code"] = Organisation.current().currency
    return known["code"]


def _rounded(value: Number, decimals: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@lru_cache(maxsize=KEPT_TEXTS)
def _decimal(value: Decimal, pattern: str, locale: str) -> str:
    return str(numbers.format_decimal(value, pattern, locale=_locale(locale)))


@lru_cache(maxsize=KEPT_TEXTS)
def _day(value: date, width: str, locale: str) -> str:
    return dates.format_date(value, width, locale=_locale(locale))


@lru_cache(maxsize=KEPT_TEXTS)
def _symbol(code: str, locale: str) -> str:
    return str(numbers.get_currency_symbol(code, locale=_locale(locale)))


def _grouped(value: Decimal, decimals: int, *, sign: bool = False) -> str:
    """A rounded value with the language's grouping and exactly `decimals` digits."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = _decimal(abs(value), pattern, words().locale)
    if value < 0:
        return MINUS + text
    return f"+{text}" if sign and value > 0 else text


def _with_symbol(text: str, currency: str | None) -> str:
    code = currency or organisation_currency()
    symbol = _symbol(code, words().locale)
    # A code without a sign of its own (CHF) is set apart from the digits.
    symbol = f"{symbol}\u00a0" if symbol[-1].isalpha() else symbol
    return f"{MINUS}{symbol}{text[1:]}" if text.startswith(MINUS) else f"{symbol}{text}"


def money(value: Number | None, currency: str | None = None) -> str:
    """A full amount: €10,005,534, with cents only where there are any: €1,234.50."""
    if value is None:
        return str(NO_DATA)
    digits = numbers.get_currency_precision(currency or organisation_currency())
    amount = _rounded(value, digits)
    whole = amount == amount.to_integral_value()
    return _with_symbol(_grouped(amount, 0 if whole else digits), currency)


def short_number(value: Number, *, trim: bool = False) -> str:
    """A number in thousands, millions, 万 or 亿: 272.2k, 10.01M, 27.2万.

    `trim` drops zeros at the end of the decimals, for the ticks of an axis.
    """
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    chosen: tuple[Decimal, int, str] | None = None
    for start, divisor, decimals, suffix in reversed(words().scales):
        # What rounds up to the next scale is written in it: 999,960 is 1.00M, not 1,000.0k.
        below = chosen and _rounded(abs(amount) / chosen[0], chosen[1]) * chosen[0]
        if max(abs(amount), below or Decimal(0)) >= start:
            chosen = divisor, decimals, suffix
    if chosen is None:
        small = _rounded(amount, 0)
        return _grouped(small, 0) if small or not trim else "0"
    divisor, decimals, suffix = chosen
    scaled = _rounded(amount / divisor, decimals)
    if trim:
        exponent = scaled.normalize().as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else decimals
    return _grouped(scaled, decimals) + suffix


def money_short(value: Number | None, currency: str | None = None, *, trim: bool = False) -> str:
    """An amount to be taken in at a glance: €272.2k, €10.01M, €27.2万, €1.00亿."""
    if value is None:
        return str(NO_DATA)
    return _with_symbol(short_number(value, trim=trim), currency)


def number(value: Number | None, decimals: int = 0) -> str:
    """A count or a measure with `decimals` digits: 8,800."""
    return str(NO_DATA) if value is None else _grouped(_rounded(value, decimals), decimals)


def signed(value: Number | None, decimals: int = 0) -> str:
    """A difference: +12, −3, 0."""
    if value is None:
        return str(NO_DATA)
    return _grouped(_rounded(value, decimals), decimals, sign=True)


def percent(rate: Number | None, decimals: int = 1) -> str:
    """A rate from 0 to 1 as a percentage: 0.314 is 31.4%."""
    if rate is None:
        return str(NO_DATA)
    exact = rate if isinstance(rate, Decimal) else Decimal(str(rate))
    return _grouped(_rounded(exact * 100, decimals), decimals) + "%"


def signed_percent(rate: Number | None, decimals: int = 1) -> str:
    """A relative change: 0.123 is +12.3%."""
    if rate is None:
        return str(NO_DATA)
    exact = rate if isinstance(rate, Decimal) else Decimal(str(rate))
    return _grouped(_rounded(exact * 100, decimals), decimals, sign=True) + "%"


def points(difference: Number | None, decimals: int = 1) -> str:
    """A difference of two rates (0.026) in percentage points: +2.6 pp."""
    if difference is None:
        return str(NO_DATA)
    exact = difference if isinstance(difference, Decimal) else Decimal(str(difference))
    text = _grouped(_rounded(exact * 100, decimals), decimals, sign=True)
    return words().points.format(text)


def days(value: Number | None, decimals: int | None = None) -> str:
    """A duration: 14 days; half days of a median show one decimal unless `decimals` says else."""
    if value is None:
        return str(NO_DATA)
    if decimals is None:
        decimals = 0 if _rounded(value, 1) == _rounded(value, 0) else 1
    amount = _rounded(value, decimals)
    pattern = words().day if abs(amount) == 1 else words().days
    return pattern.format(_grouped(amount, decimals))


def _local_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value).date()
    return value


def day_short(value: date | datetime | None) -> str:
    """19 Nov 2026 / 2026年11月19日; an instant counts in the reader's time zone."""
    if value is None:
        return str(NO_DATA)
    return _day(_local_day(value), "medium", words().locale)


def day_long(value: date | datetime | None) -> str:
    """Thursday, 19 November 2026 / 2026年11月19日星期四."""
    if value is None:
        return str(NO_DATA)
    return _day(_local_day(value), "full", words().locale)


def day_of_year(value: date | datetime | None) -> str:
    """A day whose year is known from around it: 19 Nov / 11月19日."""
    if value is None:
        return str(NO_DATA)
    return dates.format_skeleton("MMMd", _local_day(value), locale=_locale(words().locale))


def moment(value: datetime | None) -> str:
    """An instant in the reader's time zone, 24 hours: 9 Nov 2026, 14:05."""
    if value is None:
        return str(NO_DATA)
    local = timezone.localtime(value)
    joint = " " if words().locale.startswith("zh") else ", "
    return f"{day_short(local)}{joint}{local:%H:%M}"


def day_range(start: date, end: date) -> str:
    """First to last day, without what both share: 2–8 Oct 2017 / 2017年10月2日至8日."""
    text = dates.format_interval(start, end, "yMMMd", locale=_locale(words().locale))
    return text.replace("\u2009", " ")


def week(day: date, *, year: bool = False) -> str:
    """The ISO week of a day: W40 / 第40周, with its year 2017-W40 / 2017年第40周."""
    calendar = day.isocalendar()
    pattern = words().week_of_year if year else words().week
    return pattern.format(year=calendar.year, week=calendar.week)


def listed(names: Iterable[object]) -> str:
    """Names one after another, with the comma of the reader's script."""
    return pgettext("between the names of a list", ", ").join(map(str, names))
