"""The steps of the overnight run, in their order. A later app adds its step here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.audit_retention import audit_expire
from apps.core.outbox import mails_forget_words
from apps.members.signing_in.sign_in_log import sign_ins_expire
from apps.metrics import services as metrics
from apps.overnight.models import NightRun, RunKind
from apps.staffing.leaving import departures_take_effect
from apps.staffing.moves import moves_take_effect


@dataclass(frozen=True)
class Step:
    """One idempotent unit of work; `work` answers with the number of rows it wrote."""

    name: str
    label: str | Promise
    work: Callable[[NightRun], int]


def _close_day(run: NightRun) -> int:
    """Mark the run's days, so that they are computed even where nothing marked them."""
    return metrics.days_mark(first=run.from_on or run.through_on, last=run.through_on)


def _departures(_run: NightRun) -> int:
    """Whoever had their last day hands over. By the calendar of today, whatever day is computed."""
    return departures_take_effect()


def _moves(_run: NightRun) -> int:
    """Moves that begin today take the open opportunities along; so does whatever went astray."""
    return moves_take_effect()


def _day_facts(run: NightRun) -> int:
    if run.kind == RunKind.REBUILD:
        return metrics.day_facts_rebuild()
    return metrics.day_facts_update()


def _level_rates(run: NightRun) -> int:
    return metrics.level_rates_update(as_of=run.through_on)


def _audit_expire(run: NightRun) -> int:
    return audit_expire(as_of=run.through_on)


def _sign_ins_expire(run: NightRun) -> int:
    return sign_ins_expire(as_of=run.through_on)


def _mail_words(_run: NightRun) -> int:
    return mails_forget_words()


STEPS = (
    Step("close_day", _("Close the day"), _close_day),
    Step("departures", _("Hand-overs of who left"), _departures),
    Step("moves", _("Moves take effect"), _moves),
    Step("day_facts", _("Day facts"), _day_facts),
    Step("level_rates", _("Conversion and dwell time"), _level_rates),
    Step("audit_expire", _("Audit entries past their time"), _audit_expire),
    Step("sign_ins_expire", _("Sign-ins past their time"), _sign_ins_expire),
    Step("mail_words", _("Words of old mails"), _mail_words),
)
BY_NAME = {step.name: step for step in STEPS}
