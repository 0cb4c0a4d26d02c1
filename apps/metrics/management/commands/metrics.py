"""manage.py metrics funnel|revenue|conversion|tiers: figures for scripts; decimals are JSON strings.

Exit code 2 for an unknown team and for days that are none.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.models import Member, Team
from apps.metrics import selectors
from apps.metrics.results import Scope
from apps.metrics.scopes import held
from apps.portfolio.models import TierRule
from apps.portfolio.tiers.rule import first_day
from apps.portfolio.tiers.selectors import Rated, rated_on, sums_of

WRONG = 2
# Before any record: a range without --from reaches back to the beginning.
BEGINNING = date(1, 1, 1)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a day such as 2017-12-31") from error


class Command(BaseCommand):
    help = (
        "Print figures of a team: its funnel, its revenue, its conversion or its customers' tiers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("figure", choices=sorted(FIGURES))
        parser.add_argument("--team", default="all", help="the team's address, or all")
        parser.add_argument("--from", dest="first", type=day, help="first day of the range")
        parser.add_argument("--to", dest="last", type=day, help="last day; by default --as-of")
        parser.add_argument("--as-of", type=day, help="the day to look from; by default today")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of = options["as_of"] or options["last"] or Organisation.current().today()
        first, last = options["first"] or BEGINNING, options["last"] or as_of
        if first > last:
            raise CommandError(f"{first} lies after {last}.", returncode=WRONG)
        data = {
            "figure": options["figure"],
            "team": options["team"],
            "from": options["first"].isoformat() if options["first"] else None,
            "to": last.isoformat(),
            "as_of": as_of.isoformat(),
            **FIGURES[options["figure"]](self._scope(options["team"]), first, last, as_of),
        }
        if options["json"]:
            self.stdout.write(json.dumps(data, indent=2, default=_plain))
        else:
            self._table(data)

    def _scope(self, slug: str) -> Scope:
        if slug == "all":
            return selectors.scope_of_all()
        # A command has no user: whoever may run it may read everything.
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            raise CommandError(f"There is no team “{slug}”.", returncode=WRONG)
        return selectors.scope_of_team(team)

    def _table(self, data: dict[str, Any]) -> None:
        tables = [data.pop(name) for name in TABLES if name in data]
        for name, value in data.items():
            self.stdout.write(f"{name:<24} {_shown(value):>20}")
        for rows in filter(None, tables):
            self.stdout.write("  ".join(f"{name:>14}" for name in rows[0]))
            for row in rows:
                self.stdout.write("  ".join(f"{_shown(value):>14}" for value in row.values()))


def _revenue(scope: Scope, first: date, last: date, _as_of: date) -> dict[str, Any]:
    revenue = selectors.revenue(scope, first, last)
    return {"revenue": revenue.value, "orders": revenue.orders, "average": revenue.average}


def _funnel(scope: Scope, first: date, last: date, as_of: date) -> dict[str, Any]:
    """Stock on the day; won and lost in the range; opportunities opened by the day."""
    closed = selectors.closed(scope, first, last)
    rows = Opportunity.objects.filter(opened_on__lte=as_of).with_holder_ids_on(as_of)
    opened = held(rows, scope, as_of)
    members = selectors.members_with_work(scope, as_of)
    return {
        "levels": [
            {"level": s.level.code, "open": s.count, "value": s.value, "with_value": s.value_n}
            for s in selectors.funnel(scope, as_of)
        ],
        "won": closed.won,
        "won_value": closed.won_value,
        "lost": closed.lost,
        "total": opened.count(),
        "without_customer": opened.without_customer().count(),
        "members": members.total,
        "members_without_opportunity": members.without_opportunity,
    }


def _conversion(scope: Scope, _first: date, _last: date, as_of: date) -> dict[str, Any]:
    return {
        "levels": [
            {
                "level": c.level.code,
                "entered": c.entered,
                "up": c.ups,
                "lost": c.lost,
                "rate": c.rate,
                "low": c.low,
                "high": c.high,
                "leaning": c.leaning,
                "dwell_n": c.dwell_n,
                "median_days": c.dwell_median_days,
                "p80_days": c.dwell_p80_days,
            }
            for c in selectors.conversions(scope, as_of)
        ],
    }


def _tiers(scope: Scope, _first: date, _last: date, as_of: date) -> dict[str, Any]:
    """The tiers by the rule alone; ranks are of all customers, rows those of the team's members."""
    rows = rated_on(as_of)
    if scope.kind != "all":
        rows = _owned(rows, scope, as_of)
    rule = TierRule.current()
    sums = sums_of(rows)
    return {
        "mode": rule.mode,
        "months": rule.months,
        "since": first_day(rule, as_of).isoformat(),
        "rated": sum(part.customers for part in sums),
        "provisional": sum(row.is_provisional for row in rows),
        "unrated": sum(not row.tier for row in rows),
        "worth": sum((part.worth for part in sums), Decimal(0)),
        "tiers": [asdict(part) for part in sums],
        "customers": [_customer(row) for row in rows],
    }


def _owned(rows: list[Rated], scope: Scope, day: date) -> list[Rated]:
    members = Member.objects.in_team(scope.team.slug, day) if scope.team else Member.objects.none()
    owned = set(Customer.objects.filter(owner__in=members).values_list("pk", flat=True))
    return [row for row in rows if row.customer_id in owned]


def _customer(row: Rated) -> dict[str, Any]:
    data = asdict(row)
    return {"customer": data.pop("customer_id"), **data}


# What is printed as a table of its own.
TABLES = ("levels", "tiers", "customers")
FIGURES: dict[str, Callable[[Scope, date, date, date], dict[str, Any]]] = {
    "conversion": _conversion,
    "funnel": _funnel,
    "revenue": _revenue,
    "tiers": _tiers,
}


def _plain(value: object) -> str:
    """JSON has no decimals: they are written as text, exactly."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{value!r} has no place in the figures")


def _shown(value: object) -> str:
    if value is None:
        return "no data"
    if isinstance(value, Decimal):
        return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
