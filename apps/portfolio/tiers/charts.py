"""The Pareto curve of a customer base as a chart."""

from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.charts import Chart, Point, Series, trend_chart
from apps.core.formats import percent
from apps.portfolio.tiers.selectors import Overview

# Every how many points the axis and the table behind the chart name one.
EVERY = 10
LABEL_ROOM = 30
# Borders of tiers that lie closer than this many points can't be named side by side.
CLOSE = 18
BARELY_ABOVE = 103


def concentration_chart(found: Overview) -> Chart | None:
    """Share of worth over share of customers, with a line where each tier ends; None without worth."""
    if found.shares is None:
        return None
    steps = len(found.shares) - 1
    labels = [percent(Decimal(step) / steps, 0) for step in range(steps + 1)]
    even = [Point(_in_percent(Decimal(step) / steps), "") for step in range(steps + 1)]
    worth = [Point(_in_percent(share), percent(share)) for share in found.shares]
    chart = trend_chart(
        labels=labels,
        series=[
            Series(_("Were all worth the same"), even, role="previous"),
            Series(_("Share of worth"), worth),
        ],
        tick_text=lambda value: percent(value / 100, 0),
        summary=_summary(found),
        first_column=_("Customers, the best first"),
    )
    option = chart.option
    option["xAxis"]["axisLabel"]["interval"] = EVERY - 1
    option["grid"]["top"] = LABEL_ROOM
    option["series"][-1]["areaStyle"] = {"color": "@accent", "opacity": 0.08}
    option["series"][-1]["markLine"] = _borders(found, steps)
    rows = [[row[0], row[2]] for row in chart.rows[::EVERY]]
    return replace(chart, option=option, columns=[chart.columns[0], chart.columns[2]], rows=rows)


def _in_percent(share: Decimal) -> Decimal:
    """Of a hundred, as drawn: a hair above it is none, so that the axis does not end at 150 %."""
    drawn = round(share * 100, 2)
    return min(drawn, Decimal(100)) if drawn < BARELY_ABOVE else drawn


def _borders(found: Overview, steps: int) -> dict[str, object]:
    """Upright lines at the share of customers up to the end of Tier A, and of Tier B."""
    marks, share, last = [], Decimal(0), -CLOSE
    for card in found.cards[:2]:
        share += card.part.share_of_customers or 0
        place = round(share * steps)
        text = _("end of Tier %(tier)s") % {"tier": card.part.tier}
        # Too close to the one before: a line lower.
        position = "end" if place - last >= CLOSE else "insideEndBottom"
        label = {
            "formatter": text, "position": position, "rotate": 0, "fontSize": 11,
            "color": "@ink-2", "textBorderWidth": 0,
        }  # fmt: skip
        marks.append({"xAxis": place, "label": label})
        last = place
    line = {"color": "@ink-3", "width": 1, "type": [2, 3]}
    return {"silent": True, "symbol": "none", "lineStyle": line, "data": marks}


def _summary(found: Overview) -> str:
    first = found.cards[0].part
    return _(
        "Tier A is %(customers)s of the rated customers and brings %(worth)s of the worth."
    ) % {
        "customers": percent(first.share_of_customers),
        "worth": percent(first.share_of_worth),
    }
