"""Changing what an outcome proposes."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from apps.activities.models import Outcome, OutcomeRule
from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Channel
from apps.funnel.models import Level
from apps.members.models import Member

KEPT = ("needs_next_step", "next_days", "next_channel", "purposes", "level_code", "loses")
MOST_DAYS = 365
LONGEST_PURPOSE = 300


@transaction.atomic
def outcome_rule_change(  # noqa: PLR0913 - the fields of a rule, all by name
    *,
    outcome: Outcome | str,
    needs_next_step: bool,
    next_days: int,
    next_channel: Channel | str,
    purposes: Mapping[str, str],
    level_code: str,
    loses: bool,
    by: Member,
) -> OutcomeRule:
    """Set what the log form proposes for an outcome; what was logged stays as it is.

    `purposes` are words by language code, empty ones left out; `level_code` is empty where no
    opportunity moves.

    Raises:
        NotPermitted: not an administrator.
        DomainError: more than a year, an unknown level, a purpose that is too long, or a rule that
            both moves up and loses.
    """
    if not by.role.administers:
        raise NotPermitted(_("Only administrators change this."))
    if not 0 <= next_days <= MOST_DAYS:
        words = _("Choose 0 to %(most)s working days.")
        raise DomainError(words % {"most": MOST_DAYS})
    if level_code and not Level.objects.filter(code=level_code).exists():
        raise DomainError(_("There is no such level: choose one of the list."))
    if level_code and loses:
        raise DomainError(_("An outcome moves the opportunity up or closes it: choose one."))
    told = {code: text.strip() for code, text in purposes.items() if text.strip()}
    if any(len(text) > LONGEST_PURPOSE for text in told.values()):
        words = _("Say what it is for in at most %(most)s characters.")
        raise DomainError(words % {"most": LONGEST_PURPOSE})
    OutcomeRule.objects.bulk_create([OutcomeRule(outcome=str(outcome))], ignore_conflicts=True)
    held: OutcomeRule = OutcomeRule.objects.select_for_update().get(outcome=str(outcome))
    before = values_of(held, KEPT)
    held.needs_next_step, held.next_days, held.next_channel = (
        needs_next_step,
        next_days,
        str(next_channel),
    )
    held.purposes, held.level_code, held.loses = told, level_code, loses
    held.save()
    audit_record(
        by=by, action="outcomerule.change", record=held, changes=changed_values(held, before)
    )
    return held
