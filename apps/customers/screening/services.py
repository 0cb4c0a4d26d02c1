"""Screening a customer."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import (
    Customer,
    Screening,
    ScreeningDimension,
    ScreeningRule,
    ScreeningState,
)
from apps.customers.screening.arithmetic import Dimension, Verdict, screened
from apps.customers.writing import customer_held
from apps.members.models import Member

KEPT = ("screening", "potential_score")


class GradesMissing(DomainError):  # noqa: N818 - named for what is the case
    """A dimension has no grade, or the dimensions have changed meanwhile."""


class ParkedWithoutReason(DomainError):  # noqa: N818 - named for what is missing
    """The grades park the customer, and nobody said why."""


@transaction.atomic
def screening_record(
    *, customer: Customer, grades: Mapping[str, int], reason: str, by: Member
) -> Screening:
    """Judge a customer by the rules of now; its latest screening is what it counts by.

    `grades` are by the key of each dimension in use; `reason` is needed where they park the customer.

    Raises:
        CustomerGone, NotPermitted: it was deleted meanwhile, or is not the person's to change.
        GradesMissing: not every dimension in use has a grade of 1–4, or one of them is not in use.
        ParkedWithoutReason: below the minimum or vetoed, and no reason.
    """
    held = customer_held(customer, by)
    verdict = verdict_of(grades)
    reason = reason.strip()
    if not verdict.is_qualified and not reason:
        raise ParkedWithoutReason(_("These grades park the customer: say why, so that it lasts."))
    made = Screening(
        customer=held,
        by=by,
        grades=dict(grades),
        total=verdict.total,
        minimum=verdict.minimum,
        is_qualified=verdict.is_qualified,
        vetoes=list(verdict.vetoes),
        reason=reason,
        is_sample=held.is_sample,
    )
    made.full_clean(exclude=["customer", "by"])
    made.save()
    before = values_of(held, KEPT)
    state = ScreeningState.QUALIFIED if verdict.is_qualified else ScreeningState.PARKED
    held.screening, held.potential_score = state, verdict.total
    held.save(update_fields=KEPT)
    audit_record(
        by=by,
        action="customer.screen",
        record=held,
        changes=changed_values(held, before),
        total=verdict.total,
        highest=verdict.highest,
        minimum=verdict.minimum,
        reason=reason,
    )
    return made


def verdict_of(grades: Mapping[str, int]) -> Verdict:
    """What grades come to by the rules of now. Raises GradesMissing."""
    rule = ScreeningRule.current()
    used = ScreeningDimension.objects.filter(is_active=True)
    dimensions = [Dimension(one.key, one.veto_up_to) for one in used]
    try:
        return screened(grades, dimensions=dimensions, minimum=rule.minimum)
    except ValueError as error:
        message = _("Grade every dimension: what is graded has changed meanwhile.")
        raise GradesMissing(message) from error
