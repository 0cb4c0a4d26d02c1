"""The outcome rules in force, and what they propose for a contact."""

from datetime import date

from apps.activities.models import Outcome, OutcomeRule
from apps.activities.outcomes.rules import RULES, Proposal, Rule, moved_up_to, proposed_day
from apps.core.calendars import current_calendar
from apps.customers.models import Channel
from apps.funnel.models import Level, Opportunity


def rules_now() -> list[Rule]:
    """One rule for each outcome, in the order in which the form shows them. One query."""
    changed = {row.outcome: row for row in OutcomeRule.objects.all()}
    return [_changed(rule, changed.get(rule.outcome)) for rule in RULES]


def rule_now(outcome: Outcome | str) -> Rule:
    return next(rule for rule in rules_now() if rule.outcome == outcome)


def _changed(rule: Rule, row: OutcomeRule | None) -> Rule:
    if row is None:
        return rule
    return Rule(
        outcome=rule.outcome,
        needs_next_step=row.needs_next_step,
        days=row.next_days,
        channel=Channel(row.next_channel),
        purpose=rule.purpose,
        level=row.level_code,
        loses=row.loses,
        words=row.purposes,
    )


def proposals(opportunity: Opportunity | None, today: date) -> dict[str, Proposal]:
    """Outcome → what it proposes on that day; without an opportunity no level moves."""
    levels = _levels(opportunity)
    stands_at = opportunity.level.code if opportunity is not None else ""
    calendar = current_calendar()
    return {
        str(rule.outcome): Proposal(
            on=proposed_day(today, rule.days, calendar),
            channel=rule.channel,
            purpose=rule.purpose_in_words(),
            level=moved_up_to(levels, stands_at, rule),
            loses=rule.loses and opportunity is not None,
            needs_next_step=rule.needs_next_step,
        )
        for rule in rules_now()
    }


def _levels(opportunity: Opportunity | None) -> list[str]:
    if opportunity is None:
        return []
    rows = Level.objects.filter(pipeline=opportunity.level.pipeline_id).order_by("rank")
    return list(rows.values_list("code", flat=True))
