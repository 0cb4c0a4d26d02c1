"""A refusal in words: which rule stands against a call, and from when on it is allowed."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calling.rules import Limits, Refusal, Rule
from apps.core.formats import day_of_year


def rule_words(refusal: Refusal, limits: Limits) -> str:
    """The rule, in a sentence."""
    match refusal.rule:
        case Rule.DO_NOT_CALL:
            return _("They must not be called or texted.")
        case Rule.HOLIDAY:
            return _("It is a holiday there.")
        case Rule.WEEKEND:
            return _("It is the weekend there.")
        case Rule.HOURS:
            words = _("Calls and texts are for %(first)s to %(until)s of the day there.")
            return words % {"first": f"{limits.first:%H:%M}", "until": f"{limits.until:%H:%M}"}
        case Rule.MOST_A_DAY:
            words = ngettext(
                "They were called today: %(n)s call a day is the most.",
                "They were called often enough today: %(n)s calls a day are the most.",
                limits.most_a_day,
            )
            return words % {"n": limits.most_a_day}
        case Rule.TOO_SOON:
            words = ngettext(
                "Between two calls there is at least %(n)s minute.",
                "Between two calls there are at least %(n)s minutes.",
                limits.apart,
            )
            return words % {"n": limits.apart}


def from_words(next_there: datetime | None, there: datetime) -> str:
    """From when on, by the clock there: “from 09:00 there”, with the day unless it is today's."""
    if next_there is None:
        return ""
    hour = f"{next_there:%H:%M}"
    if next_there.date() == there.date():
        return _("Allowed from %(time)s there.") % {"time": hour}
    words = _("Allowed from %(day)s, %(time)s there.")
    return words % {"day": day_of_year(next_there.date()), "time": hour}
