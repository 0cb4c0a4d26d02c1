"""Opportunities that stand at their level longer than four fifths of those that moved on."""

import json
from datetime import date

from django.db.models import (
    BigIntegerField,
    Case,
    DecimalField,
    Expression,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from apps.funnel.models import LevelChange, Opportunity, State
from apps.metrics.dwell import limit_for
from apps.metrics.level_rates import Rates, rates_on
from apps.metrics.results import Scope
from apps.metrics.scopes import narrowed, scope_of_all


def stuck(scope: Scope, as_of: date, rates: Rates | None = None) -> QuerySet[Opportunity]:
    """Opportunities open on the day and longer at their level than its limit, the longest first.

    Annotated with `days_at_level` and `limit_days`. The limit is the 80th percentile of dwell time
    of the opportunity's own team, or of the organisation where the team has under 20 cases; so an
    opportunity is stuck or not whoever looks. Where the level's entry is undated the days are those
    it is known to have stood there at least.
    """
    limits = _stuck_limits(rates or rates_on(as_of))
    then = LevelChange.objects.filter(opportunity=OuterRef("pk"), on__lte=as_of)
    last = then.order_by("-on", "-at", "-pk")
    unmoved = {"state": State.OPEN, "level_since_on__lte": as_of}
    rows: QuerySet[Opportunity] = narrowed(Opportunity.objects.open_on(as_of), scope)
    return (
        rows.annotate(
            since_on=Case(
                When(**unmoved, then=F("level_since_on")), default=Subquery(last.values("on")[:1])
            ),
            level_then=Case(
                When(**unmoved, then=F("level_id")),
                default=Subquery(last.values("to_level")[:1]),
                output_field=BigIntegerField(),
            ),
            days_at_level=DaysSince(Value(as_of), F("since_on")),
            limit_days=Limit(limits, F("team_id"), F("level_then")),
        )
        .filter(days_at_level__gt=F("limit_days"))
        .order_by("since_on", "pk")
    )


def stuck_everywhere(as_of: date) -> QuerySet[Opportunity]:
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
