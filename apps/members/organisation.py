"""What an administrator settles for the whole firm, and the exceptions of its calendar."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.calendars import subdivisions
from apps.core.errors import DomainError, NotPermitted
from apps.core.models import CalendarDay, Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import Member, Position

# What the first set-up asks for; the settings page has the rest too.
FIRM = (
    "name",
    "time_zone",
    "currency",
    "language",
    "country",
    "subdivision",
    "working_days",
)
RULES = ("two_step_roles", "export_roles", "audit_months")


class MoneyRecorded(DomainError):  # noqa: N818 - named for what is the case
    """Amounts are recorded in the old currency."""


class PositionHeld(DomainError):  # noqa: N818 - named for what is the case
    """Somebody holds or held the position."""


@transaction.atomic
def organisation_update(*, values: Mapping[str, Any], by: Member) -> Organisation:
    """Change settings of the firm.

    Raises:
        NotPermitted: only administrators do.
        MoneyRecorded: amounts exist, and a new currency would silently turn 100 € into 100 $.
        ValidationError: a value that the firm refuses.
    """
    _may_settle(by)
    firm: Organisation = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    before = values_of(firm, values)
    for field, value in values.items():
        setattr(firm, field, value)
    if firm.subdivision and firm.subdivision not in dict(subdivisions(firm.country)):
        raise ValidationError({"subdivision": _("Choose a region of this country.")})
    changes = changed_values(firm, before)
    if "currency" in changes and import_string(settings.MONEY_RULE)():
        message = _(
            "Amounts are recorded in %(currency)s: the currency can't change any more, since every"
            " figure of before would be wrong."
        )
        raise MoneyRecorded(message % {"currency": before["currency"]})
    firm.full_clean()
    if changes:
        firm.save(update_fields=list(changes))
        audit_record(by=by, action="organisation.update", record=firm, changes=changes)
    return firm


@transaction.atomic
def organisation_set_up(*, values: Mapping[str, Any], by: Member) -> Organisation:
    """The first settings; with them the installation opens."""
    firm = organisation_update(values=values, by=by)
    firm.set_up_at = timezone.now()
    firm.save(update_fields=["set_up_at"])
    audit_record(by=by, action="organisation.set_up", record=firm)
    return firm


@transaction.atomic
def calendar_day_add(*, day: date, name: str, is_working: bool, by: Member) -> CalendarDay:
    """Rest or work on a day against the weekdays and holidays.

    Raises:
        ValidationError: the day has an exception already.
    """
    _may_settle(by)
    exception = CalendarDay(day=day, name=name.strip(), is_working=is_working)
    exception.full_clean()
    exception.save()
    audit_record(
        by=by,
        action="calendarday.add",
        record=exception,
        changes={"day": [None, day], "name": [None, name], "is_working": [None, is_working]},
    )
    return exception


@transaction.atomic
def calendar_day_remove(*, day: date, by: Member) -> None:
    """Let the day be what its weekday and the holidays say; nothing where there is no exception."""
    _may_settle(by)
    exception = CalendarDay.objects.select_for_update().filter(day=day).first()
    if exception is None:
        return
    audit_record(
        by=by,
        action="calendarday.remove",
        record=exception,
        changes={"day": [day, None], "is_working": [exception.is_working, None]},
    )
    exception.delete()


@transaction.atomic
def position_save(*, position: Position, values: Mapping[str, Any], by: Member) -> Position:
    """Make a position, or change its names, stages, order and whether it is in use."""
    _may_settle(by)
    is_new = position.pk is None
    before = {} if is_new else values_of(position, values)
    for field, value in values.items():
        setattr(position, field, value)
    position.full_clean()
    changes = changed_values(position, before, values)
    if changes:
        position.save()
        action = "position.create" if is_new else "position.update"
        audit_record(by=by, action=action, record=position, changes=changes)
    return position


@transaction.atomic
def position_delete(*, position: Position, by: Member) -> None:
    """Delete a position that nobody has ever held and no invitation names.

    Raises:
        PositionHeld: retire it instead, so that the past stays readable.
    """
    _may_settle(by)
    held: Position = Position.objects.select_for_update().get(pk=position.pk)
    if held.holdings.exists() or held.invitation_set.exists():
        message = _(
            "“%(name)s” has been given to people: retire it instead, so that their past stays."
        )
        raise PositionHeld(message % {"name": held.name})
    audit_record(by=by, action="position.delete", record=held)
    held.delete()


def _may_settle(by: Member) -> None:
    if not by.role.administers:
        raise NotPermitted(_("Only administrators change the settings of the organisation."))
