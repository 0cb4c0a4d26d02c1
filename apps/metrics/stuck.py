"""Opportunities that stand at their level longer than four fifths of those that moved on."""

import json
from datetime import date

from django.db.models import (
    DecimalField,
    Expression,
    F,
    Func,
    IntegerField,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce

from apps.funnel.models import Opportunity
from apps.funnel.querysets import OpportunityQuerySet
from apps.metrics.dwell import limit_for
from apps.metrics.level_rates import Rates, rates_on
from apps.metrics.results import Scope
from apps.metrics.scopes import held, scope_of_all


def stuck(scope: Scope, as_of: date, rates: Rates | None = None) -> OpportunityQuerySet:
    """Opportunities open on the day and longer at their level than its limit, the longest first.

    Rows of `at_level_on`, annotated with `days_at_level` and `limit_days`. The limit is the 80th percentile of dwell time
    of the team that held the opportunity on the day, or of the organisation where the team has under 20 cases; so an
    opportunity is stuck or not whoever looks. Where the level's entry is undated the days are those
    it is known to have stood there at least.
    """
    limits = _stuck_limits(rates or rates_on(as_of))
    rows = held(Opportunity.objects.at_level_on(as_of), scope, as_of)
    found: OpportunityQuerySet = rows.annotate(
        days_at_level=DaysSince(Value(as_of), F("since_on")),
        limit_days=Limit(limits, F("team_on_id"), F("level_on_id")),
    )
    return found.filter(days_at_level__gt=F("limit_days")).order_by("since_on", "pk")


def stuck_everywhere(as_of: date) -> OpportunityQuerySet:
    """The same for the whole organisation: the opportunity list narrows it to its own rows."""
    return stuck(scope_of_all(), as_of)


class DaysSince(Func):
    """Whole days from a date to a later one."""

    template = "(%(expressions)s)"
    arg_joiner = "::date - "
    output_field = IntegerField()


class Limit(Func):
    """The value under “team:level” in a JSON object of text, else under “:level”, else NULL."""

    template = "(%(expressions)s)::numeric"
    output_field = DecimalField()

    def __init__(self, limits: dict[str, str], team: F, level: F) -> None:
        document = Value(json.dumps(limits))
        own = _operated("::jsonb ->> ", document, _operated(" || ", team, Value(":"), level))
        others = _operated("::jsonb ->> ", document, _operated(" || ", Value(":"), level))
        super().__init__(Coalesce(own, others))


def _operated(operator: str, *operands: Expression | F) -> Func:
    return Func(
        *operands, template="(%(expressions)s)", arg_joiner=operator, output_field=TextField()
    )


def _stuck_limits(rates: Rates) -> dict[str, str]:
    """Days by “team:level” for the teams with a limit, by “:level” for all others."""
    limits = {}
    for (team, member, level), rate in rates.by_scope.items():
        if member is not None:
            continue
        wider = rates.of(level=level).dwell_p80_days
        days = limit_for(team_n=rate.dwell_n, team_p80=rate.dwell_p80_days, wider_p80=wider)
        if days is not None:
            limits[f"{team or ''}:{level}"] = str(days)
    return limits
