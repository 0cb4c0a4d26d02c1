"""The rule as the statements and the plain arithmetic take it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.customers.models import GRADES, ScreeningDimension, ScreeningRule
from apps.portfolio.models import TierMode, TierRule
from apps.portfolio.tiers.ranking import BY_COUNT, Borders, months_before, provisional_from


@dataclass(frozen=True)
class ScoreRange:
    """The least score that qualifies, and the highest that there is."""

    minimum: int
    maximum: int


def borders_of(rule: TierRule) -> Borders:
    if rule.mode == TierMode.COUNT:
        return Borders(rule.mode, rule.count_a, rule.count_a + rule.count_b)
    return Borders(rule.mode, rule.value_a, rule.value_b)


def first_day(rule: TierRule, as_of: date) -> date:
    """The first day of the months that the rule looks back on from a day."""
    return months_before(as_of, rule.months) + timedelta(days=1)


def score_range() -> ScoreRange:
    minimum = ScreeningRule.current().minimum
    dimensions = ScreeningDimension.objects.filter(is_active=True).count()
    return ScoreRange(minimum, max(minimum, GRADES * dimensions))


def parameters(rule: TierRule, as_of: date) -> dict[str, Any]:
    """What `statements.FOUND` asks for."""
    borders, scores = borders_of(rule), score_range()
    return {
        "as_of": as_of,
        "after": months_before(as_of, rule.months),
        "by_count": borders.mode == BY_COUNT,
        "a": Decimal(borders.a),
        "b": Decimal(borders.b),
        "minimum": scores.minimum,
        "a_from": provisional_from(scores.minimum, scores.maximum),
    }
