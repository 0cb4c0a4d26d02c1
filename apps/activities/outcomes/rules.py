"""What each outcome of a contact proposes: a next step, and a move of the opportunity.

The rules are configuration: `RULES` is what a new firm starts with, rows of `OutcomeRule` say what it
has changed. A proposal is never applied by itself: whoever logs confirms or changes it.
Source: domain.md, sections 3 and 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.activities.models import Outcome
from apps.core.calendars import ONE_DAY, WorkCalendar
from apps.customers.models import Channel

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Rule:
    """`days` are working days after the contact; `level` is a code, empty: the level stays."""

    outcome: Outcome
    needs_next_step: bool
    days: int
    channel: Channel
    purpose: "str | _StrPromise"
    level: str = ""
    loses: bool = False
    # The firm's own words by language, before `purpose`.
    words: Mapping[str, str] = field(default_factory=dict)

    def purpose_in_words(self) -> str:
        """What the next step is for, in the reader's language."""
        own = self.words.get(get_language() or "en") or self.words.get("en")
        return own or str(self.purpose)


RULES: tuple[Rule, ...] = (
    Rule(Outcome.NO_ANSWER, True, 1, Channel.CALL, _("Try again at another time of day")),
    Rule(Outcome.BUSY, True, 0, Channel.CALL, _("Try again")),
    Rule(Outcome.WRONG_NUMBER, True, 0, Channel.EMAIL, _("Find the right number")),
    Rule(Outcome.CALL_BACK, True, 1, Channel.CALL, _("Call back as promised"), level="D"),
    Rule(Outcome.REACHED, True, 3, Channel.CALL, _("Go on where we stopped"), level="D"),
    Rule(Outcome.QUOTED, True, 2, Channel.CALL, _("Follow up on the quote"), level="B"),
    Rule(Outcome.AGREED, True, 1, Channel.CALL, _("Settle the formalities"), level="A"),
    Rule(
        Outcome.REFUSED, False, 60, Channel.CALL, _("Ask whether things have changed"), loses=True
    ),
)


@dataclass(frozen=True)
class Proposal:
    """What the log form is filled with; `level` is a code, empty where the level stays."""

    on: date
    channel: Channel
    purpose: str
    level: str
    loses: bool
    needs_next_step: bool


def proposed_day(day: date, working_days: int, calendar: WorkCalendar) -> date:
    """The day that many working days later; a day off itself moves on to the next working day.

    Friday and 1: Monday. Friday and 0: Friday. Saturday and 0: Monday.
    """
    found = calendar.next_working_day(day)
    for _step in range(working_days):
        found = calendar.next_working_day(found + ONE_DAY)
    return found


def moved_up_to(levels: Sequence[str], stands_at: str, rule: Rule) -> str:
    """The code of the level that the rule moves an opportunity up to; empty where it stays.

    `levels` are the codes of its pipeline from the lowest to the highest. Never down, and never to a
    level that the pipeline does not have.

    >>> moved_up_to(["E", "D", "C", "B", "A"], "E", RULES[4])
    'D'
    >>> moved_up_to(["E", "D", "C", "B", "A"], "B", RULES[4])
    ''
    """
    if rule.level not in levels or stands_at not in levels:
        return ""
    return rule.level if levels.index(rule.level) > levels.index(stands_at) else ""
