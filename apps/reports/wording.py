"""What a week's figures say in words: the opening sentences, the key figures and their notes.

Every word follows from a figure; where there is no basis the sentence says so. Text comes out in
the active language.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.core import formats
from apps.metrics.change import relative_change
from apps.reports.weekly import LevelFigures, Results, WeeklyFigures

type Tone = Literal["good", "bad", ""]


@dataclass(frozen=True)
class KeyFigure:
    """One field of the strip: a value, how it stands to the week before, and its basis."""

    label: str
    value: str
    change: str
    tone: Tone
    basis: tuple[str, ...] = ()


def opening(figures: WeeklyFigures) -> list[str]:
    """The week in three to five sentences, the outcome first."""
    sentences = (part(figures) for part in (_revenue, _orders, _closed, _stock, _stuck))
    return [sentence for sentence in sentences if sentence]


def paragraph(sentences: list[str]) -> str:
    """Sentences in a row: a space between them, none in Chinese."""
    is_chinese = (get_language() or "en").startswith("zh")
    return ("" if is_chinese else " ").join(sentences)


def _week(figures: WeeklyFigures) -> str:
    return formats.week(figures.start)


def _revenue(figures: WeeklyFigures) -> str:
    now, before = figures.results, figures.before
    if now.orders == 0:
        return _("There were no orders in %(week)s, so there is no revenue to report.") % {
            "week": _week(figures)
        }
    revenue = formats.money_short(now.revenue, figures.currency)
    change = relative_change(now.revenue, before.revenue)
    if change is None:
        return _("Revenue reached %(revenue)s; the week before has none to compare with.") % {
            "revenue": revenue
        }
    values = {"revenue": revenue, "percent": formats.percent(abs(change), 0)}
    if values["percent"] == formats.percent(0, 0):
        return _("Revenue reached %(revenue)s, as much as the week before.") % values
    if change > 0:
        return _("Revenue reached %(revenue)s, %(percent)s over the week before.") % values
    return _("Revenue reached %(revenue)s, %(percent)s under the week before.") % values


def _orders(figures: WeeklyFigures) -> str:
    """How the number of orders and their average went, which together make the revenue."""
    now, before = figures.results, figures.before
    if now.average is None or before.average is None:
        return ""
    values = {
        "orders": formats.number(now.orders),
        "before": formats.number(before.orders),
        "average": formats.money_short(now.average, figures.currency),
        "average_before": formats.money_short(before.average, figures.currency),
    }
    return (
        _("Orders: %(orders)s after %(before)s, on average %(average)s after %(average_before)s.")
        % values
    )


def _closed(figures: WeeklyFigures) -> str:
    now = figures.results
    if not now.closed:
        return _("No opportunity was won or lost.")
    return ngettext(
        "Of %(closed)s closed opportunity %(won)s was won (%(rate)s).",
        "Of %(closed)s closed opportunities %(won)s were won (%(rate)s).",
        now.closed,
    ) % {
        "closed": formats.number(now.closed),
        "won": formats.number(now.won),
        "rate": formats.percent(now.win_rate, 0),
    }


def _stuck(figures: WeeklyFigures) -> str:
    if not figures.stuck.count:
        return ""
    text = ngettext("%(count)s is stuck.", "%(count)s are stuck.", figures.stuck.count)
    return text % {"count": formats.number(figures.stuck.count)}


def _stock(figures: WeeklyFigures) -> str:
    if not figures.open_count:
        return _("No opportunity is open.")
    most = max(row.count for row in figures.levels)
    fullest = [row for row in figures.levels if row.count == most]
    values = {"count": formats.number(figures.open_count)}
    if len(fullest) > 1:
        return _("%(count)s opportunities are open.") % values
    values |= {"code": fullest[0].level.code, "name": fullest[0].level.name}
    values["most"] = formats.number(most)
    if most == figures.open_count > 1:
        return (
            _("%(count)s opportunities are open, all of them at level %(code)s (%(name)s).")
            % values
        )
    return (
        ngettext(
            "%(count)s opportunity is open, at level %(code)s (%(name)s).",
            "%(count)s opportunities are open; level %(code)s (%(name)s) holds the most, %(most)s.",
            figures.open_count,
        )
        % values
    )


def key_figures(figures: WeeklyFigures) -> list[KeyFigure]:
    """The strip under the opening: each figure, its change, and the week before in its own words."""
    now, before = figures.results, figures.before
    money = partial(formats.money_short, currency=figures.currency)
    ago = partial(_week_before, figures)
    return [
        KeyFigure(
            _("Revenue"),
            money(now.revenue),
            *_relative(now.revenue, before.revenue),
            (ago(money(before.revenue)),),
        ),
        KeyFigure(
            _("Orders"),
            formats.number(now.orders),
            *_counted(now.orders, before.orders),
            (ago(formats.number(before.orders)),),
        ),
        KeyFigure(
            _("Average order"),
            money(now.average),
            *_relative(now.average, before.average),
            (ago(money(before.average)),),
        ),
        KeyFigure(
            _("Won"),
            formats.number(now.won),
            *_counted(now.won, before.won),
            (
                ago(formats.number(before.won)),
                _("Lost: %(count)s") % {"count": formats.number(now.lost)},
            ),
        ),
        KeyFigure(
            _("Win rate"),
            formats.percent(now.win_rate),
            *_points(now.win_rate, before.win_rate),
            ("n = " + formats.number(now.closed), ago(_rate_of(before))),
        ),
    ]


def _week_before(figures: WeeklyFigures, text: str) -> str:
    return _("%(week)s: %(text)s") % {
        "week": formats.week(figures.week.previous.start),
        "text": text,
    }


def _rate_of(results: Results) -> str:
    if results.win_rate is None:
        return formats.percent(None)
    return _("%(rate)s (n = %(n)s)") % {
        "rate": formats.percent(results.win_rate),
        "n": formats.number(results.closed),
    }


def _marked(change: Decimal | int, text: str) -> tuple[str, Tone]:
    """A change with its triangle, which stands for the sign; none where it rounds to nothing."""
    bare = text.lstrip("+" + formats.MINUS)
    if not any(sign in "123456789" for sign in bare):
        return _("as the week before"), ""
    return (f"▲ {bare}", "good") if change > 0 else (f"▼ {bare}", "bad")


def _relative(now: Decimal | None, before: Decimal | None) -> tuple[str, Tone]:
    change = relative_change(now, before)
    if change is None:
        return _("nothing to compare with"), ""
    return _marked(change, formats.percent(change))


def _counted(now: int, before: int) -> tuple[str, Tone]:
    return _marked(now - before, formats.number(now - before))


def _points(now: Decimal | None, before: Decimal | None) -> tuple[str, Tone]:
    if now is None or before is None:
        return _("nothing to compare with"), ""
    return _marked(now - before, formats.points(now - before))


def funnel_reading(levels: tuple[LevelFigures, ...], limit: int) -> str:
    """One sentence under the funnel: the level that passes on the smallest share, with its n."""
    known = [row for row in levels if row.rate is not None and row.resolved >= limit]
    if not known:
        return _("Too few resolved opportunities to compare the levels' conversion.")
    weakest = min(known, key=lambda row: row.rate or Decimal(0))
    return _("Level %(code)s (%(name)s) passes on the least: %(rate)s (n = %(n)s).") % {
        "code": weakest.level.code,
        "name": weakest.level.name,
        "rate": formats.percent(weakest.rate, 0),
        "n": formats.number(weakest.resolved),
    }
