"""The steps of the overnight run, in their order. A later app adds its step here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.audit_retention import audit_expire
from apps.core.models import Organisation
from apps.core.outbox import mails_forget_words
from apps.customers.duplicates.services import duplicates_sweep
from apps.customers.editing.deleting import customers_purge
from apps.customers.files.services import files_expire
from apps.members.notifications import notifications_expire
from apps.members.signing_in.sign_in_log import sign_ins_expire
from apps.metrics import services as metrics
from apps.overnight.models import NightRun, RunKind
from apps.pool.recycling import pool_recycle
from apps.portfolio.lifecycle.services import lifecycle_update
from apps.portfolio.service.services import service_breaches_update
from apps.portfolio.tiers.services import tiers_update
from apps.privacy.services import deleted_erase
from apps.staffing.leaving import departures_take_effect
from apps.staffing.moves import moves_take_effect


@dataclass(frozen=True)
class Step:
    """One idempotent unit of work; `work` answers with the number of rows it wrote."""

    name: str
    label: str | Promise
    work: Callable[[NightRun], int]
    # It commits its own batches: what it did before it was killed stays done.
    commits: bool = False


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


def _customers_purge(run: NightRun) -> int:
    return customers_purge(as_of=run.through_on)


def _tiers(run: NightRun) -> int:
    return tiers_update(as_of=run.through_on)


def _deleted_erase(run: NightRun) -> int:
    return deleted_erase(as_of=run.through_on)


def _audit_expire(run: NightRun) -> int:
    return audit_expire(as_of=run.through_on)


def _sign_ins_expire(run: NightRun) -> int:
    return sign_ins_expire(as_of=run.through_on)


def _notifications(run: NightRun) -> int:
    return notifications_expire(as_of=run.through_on)


def _files(run: NightRun) -> int:
    """Content of files that somebody deleted a month ago."""
    return files_expire(as_of=run.through_on)


def _mail_words(_run: NightRun) -> int:
    return mails_forget_words()


def _service(_run: NightRun) -> int:
    """What is overdue this morning. By the clock of now, whatever day is computed."""
    return service_breaches_update(as_of=timezone.now())


def _lifecycle(_run: NightRun) -> int:
    """Stages as of today, whatever day is computed: they follow from what is known now."""
    return lifecycle_update(as_of=Organisation.current().today())


def _pool(run: NightRun) -> int:
    """Holds that lasted through the run's day end; warnings are said of today."""
    return pool_recycle(as_of=run.through_on)


def _duplicates(_run: NightRun) -> int:
    """Pairs that look like one: what imports brought, and names that are only alike."""
    return duplicates_sweep()


STEPS = (
    Step("close_day", _("Close the day"), _close_day),
    Step("departures", _("Hand-overs of who left"), _departures),
    Step("moves", _("Moves take effect"), _moves),
    Step("day_facts", _("Day facts"), _day_facts),
    Step("level_rates", _("Conversion and dwell time"), _level_rates),
    Step("tiers", _("Tiers of customers"), _tiers),
    Step("service", _("First responses and the service policy"), _service),
    Step("lifecycle", _("Stages of customers"), _lifecycle),
    Step("duplicates", _("Customers that look alike"), _duplicates),
    Step("pool", _("Ends of holds and the pool"), _pool, commits=True),
    Step("customers_purge", _("Customers deleted long ago"), _customers_purge),
    Step("deleted_erase", _("Personal data of what was deleted"), _deleted_erase),
    Step("audit_expire", _("Audit entries past their time"), _audit_expire),
    Step("sign_ins_expire", _("Sign-ins past their time"), _sign_ins_expire),
    Step("notifications", _("Notifications read long ago"), _notifications),
    Step("files", _("Files deleted long ago"), _files),
    Step("mail_words", _("Words of old mails"), _mail_words),
)
BY_NAME = {step.name: step for step in STEPS}
