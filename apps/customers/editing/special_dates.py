"""Days of the year to remember, of a customer or of one of its contacts."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.customers.editing.yearly import is_day_of_a_year
from apps.customers.models import Contact, Customer, SpecialDate, SpecialDateKind
from apps.customers.writing import customer_held
from apps.members.models import Member

# Firms are old, but not that old; a year of two digits is a mistake.
EARLIEST_YEAR = 1000


@transaction.atomic
def special_date_create(  # noqa: PLR0913 - what a day to remember consists of
    *,
    customer: Customer,
    kind: SpecialDateKind,
    month: int,
    day: int,
    by: Member | None,
    year: int | None = None,
    label: str = "",
    contact: Contact | None = None,
) -> SpecialDate:
    """Remember a day. The audit trail says its kind alone: a birthday has to stay erasable.

    Raises ValidationError, by field, for a day that there is not or that lies ahead.
    """
    held = customer_held(customer, by)
    _check(month=month, day=day, year=year)
    if contact is not None and contact.customer_id != held.pk:
        raise ValidationError({"contact": _("Choose somebody at this customer.")})
    made = SpecialDate(
        customer=held,
        contact=contact,
        kind=kind,
        label=label.strip(),
        month=month,
        day=day,
        year=year,
        is_sample=held.is_sample,
    )
    made.full_clean()
    made.save()
    audit_record(
        by=by, action="specialdate.create", record=made, changes={"kind": [None, str(kind)]}
    )
    return made


@transaction.atomic
def special_date_delete(*, special_date: SpecialDate, by: Member | None) -> None:
    """Forget a day; one that somebody else forgot meanwhile is gone, which is what was asked for."""
    customer_held(special_date.customer, by)
    held = SpecialDate.objects.select_for_update().filter(pk=special_date.pk).first()
    if held is None:
        return
    audit_record(
        by=by, action="specialdate.delete", record=held, changes={"kind": [held.kind, None]}
    )
    held.delete()


def _check(*, month: int, day: int, year: int | None) -> None:
    if year is not None and not EARLIEST_YEAR <= year <= Organisation.current().today().year:
        raise ValidationError({"year": _("Enter a past year such as 1984, or leave it empty.")})
    if not is_day_of_a_year(month=month, day=day, year=year):
        raise ValidationError({"day": _("There is no such day: check month, day and year.")})
    if year is not None and date(year, month, day) > Organisation.current().today():
        raise ValidationError({"year": _("Enter a past year such as 1984, or leave it empty.")})
