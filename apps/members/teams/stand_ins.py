"""Naming somebody who leads in a lead's place while that one is away, and taking it back.

What a stand-in sees meanwhile is said in `apps.members.absences` and the scopes.
"""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.outbox import mail_queue
from apps.core.services import audit_record
from apps.members.absences import lead_ids
from apps.members.models import Member, StandIn
from apps.members.roles import LEADING, SELLING
from apps.members.selectors import manager_of

DAY = timedelta(days=1)


class UnfitStandIn(DomainError):  # noqa: N818 - named for what is refused
    """This person can't stand in."""


@transaction.atomic
def stand_in_name(
    *, absent: Member, stand_in: Member, starts_on: date, ends_on: date, by: Member | None
) -> StandIn:
    """Have somebody lead in the place of `absent` from a day up to, not including, `ends_on`.

    Tells both by mail, except whoever did it. The two people are held in the order of their keys.

    Raises:
        UnfitStandIn: the person themselves, not active, of a role that leads nobody, or away too.
        DomainError: the days are the wrong way round, over, or taken by another stand-in.
        NotPermitted: neither one's own absence nor that of somebody whose record one changes.
    """
    _may(by, absent)
    people = Member.objects.select_for_update(no_key=True).order_by("pk")
    held = people.in_bulk([absent.pk, stand_in.pk])
    absent, stand_in = held[absent.pk], held[stand_in.pk]
    _check_days(starts_on, ends_on)
    _check_people(absent, stand_in, starts_on, ends_on)
    named = StandIn(
        absent=absent, stand_in=stand_in, starts_on=starts_on, ends_on=ends_on, made_by=by
    )
    try:
        named.full_clean(exclude=["made_by"])
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
    named.save()
    changes: dict[str, list[object]] = {
        "absent": [None, absent],
        "stand_in": [None, stand_in],
        "starts_on": [None, starts_on],
        "ends_on": [None, ends_on],
    }
    audit_record(by=by, action="standin.name", record=named, changes=changes)
    _tell(named, "named", by)
    return named


@transaction.atomic
def stand_in_cancel(*, stand_in: StandIn, by: Member | None) -> None:
    """Take it back: what was planned never happens, what runs ends at once."""
    _may(by, stand_in.absent)
    rows = StandIn.objects.select_for_update(of=("self",)).prefetch_related("absent", "stand_in")
    held = rows.get(pk=stand_in.pk)
    if held.cancelled_at is not None:
        raise DomainError(_("This has been cancelled already."))
    if held.ends_on <= Organisation.current().today():
        raise DomainError(_("These days are over: they stay on record."))
    held.cancelled_at = timezone.now()
    held.save(update_fields=["cancelled_at"])
    audit_record(by=by, action="standin.cancel", record=held)
    _tell(held, "cancelled", by)


def may_decide(by: Member, absent: Member) -> bool:
    """Whether somebody decides who stands in for `absent`: they themselves, and who leads them.

    Whoever stands in for them just now does not: nobody prolongs or passes on their own task.
    """
    if by.pk == absent.pk:
        return True
    if absent.pk in lead_ids(by) and manager_of(absent, Organisation.current().today()) != by:
        return False
    return bool(Member.objects.editable_by(by).filter(pk=absent.pk).exists())


def _may(by: Member | None, absent: Member) -> None:
    if by is not None and not may_decide(by, absent):
        raise NotPermitted(_("Only they themselves and whoever leads them decide this."))


def _check_days(starts_on: date, ends_on: date) -> None:
    if ends_on <= starts_on:
        raise DomainError(_("The last day lies before the first one: choose a later last day."))
    if ends_on <= Organisation.current().today():
        raise DomainError(_("These days are over: choose days from today on."))


def _check_people(absent: Member, stand_in: Member, starts_on: date, ends_on: date) -> None:
    names = {"absent": absent.name, "name": stand_in.name}
    if absent.pk == stand_in.pk:
        raise UnfitStandIn(_("Nobody stands in for themselves: choose somebody else."))
    if not absent.is_active:
        raise UnfitStandIn(_("%(absent)s is not active any more.") % names)
    if absent.role not in LEADING:
        raise UnfitStandIn(_("%(absent)s leads nobody, so that nobody needs to stand in.") % names)
    if not stand_in.is_active:
        raise UnfitStandIn(_("%(name)s is not active: choose somebody who is.") % names)
    if stand_in.role not in SELLING:
        words = _("%(name)s can't lead a sales team: choose a rep, a manager or a director.")
        raise UnfitStandIn(words % names)
    days = StandIn.objects.filter(
        cancelled_at__isnull=True, starts_on__lt=ends_on, ends_on__gt=starts_on
    )
    if days.filter(absent=stand_in).exists():
        raise UnfitStandIn(
            _("%(name)s is away on some of these days: choose somebody else.") % names
        )
    if days.filter(absent=absent).exists():
        raise DomainError(
            _("Somebody stands in for %(absent)s on some of these days already: cancel that first.")
            % names
        )


def _tell(named: StandIn, what: str, by: Member | None) -> None:
    """Mail to the two it concerns in their languages, but not to whoever did it."""
    content = {
        "absent": named.absent,
        "stand_in": named.stand_in,
        "starts_on": named.starts_on,
        "last_on": named.ends_on - DAY,
        "by": by,
        "what": what,
    }
    for reader in (named.stand_in, named.absent):
        if (by is not None and reader.pk == by.pk) or not reader.is_active:
            continue
        with translation.override(reader.language):
            content["reader"] = reader
            mail_queue(
                to=reader.email,
                purpose="stand_in",
                subject=render_to_string("members/stand_in_mail_subject.txt", content),
                text=render_to_string("members/stand_in_mail.txt", content),
                language=reader.language,
                is_sample=reader.is_sample,
            )
