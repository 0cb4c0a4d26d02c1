"""Who belongs to a team besides its own people: the memberships of a matrix.

Everybody has one primary team while they are active; that one changes by a move
(`apps.staffing`), which stamps what goes along. A membership here moves no figure.
"""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.members.models import Member, Membership, Team
from apps.members.selectors import primary_team_on


class EndsTooEarly(DomainError):  # noqa: N818 - named for what is wrong
    """The end lies before the start."""


class StillPrimary(DomainError):  # noqa: N818 - named for what is the case
    """A primary membership does not just end."""


@transaction.atomic
def team_member_add(
    *, team: Team, member: Member, starts_on: date, ends_on: date | None, by: Member | None
) -> Membership:
    """Let somebody of another team belong to this one too, up to, not including, `ends_on`.

    Raises:
        EndsTooEarly: it would end before or on its first day.
        DomainError: the person is not active, has no primary team, or is in the team already.
    """
    if by is not None and not Team.objects.editable_by(by).filter(pk=team.pk).exists():
        raise NotPermitted(_("Whoever leads this team decides who belongs to it."))
    held = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    # Against a close of the team meanwhile, which counts its memberships.
    team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    _check(held, team, starts_on, ends_on)
    membership = Membership(
        member=held, team=team, starts_on=starts_on, ends_on=ends_on, is_primary=False
    )
    membership.full_clean()
    membership.save()
    changes = {"member": [None, held], "team": [None, team], "starts_on": [None, starts_on]}
    audit_record(by=by, action="membership.add", record=membership, changes=changes)
    return membership


def _check(member: Member, team: Team, starts_on: date, ends_on: date | None) -> None:
    names = {"name": member.name, "team": team.name}
    if ends_on is not None and ends_on <= starts_on:
        raise EndsTooEarly(_("The last day lies before the first one: choose a later last day."))
    if not member.is_active:
        raise DomainError(_("%(name)s is not active: choose somebody who is.") % names)
    if team.closed_on is not None:
        raise DomainError(_("“%(team)s” is closed and takes nobody in.") % names)
    if primary_team_on(member, starts_on) is None:
        words = _("%(name)s has no primary team on that day: move them to a team first.")
        raise DomainError(words % names)
    same = Membership.objects.filter(member=member, team=team)
    if ends_on is not None:
        same = same.filter(starts_on__lt=ends_on)
    if same.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)).exists():
        words = _("%(name)s belongs to “%(team)s” on some of these days already.")
        raise DomainError(words % names)


@transaction.atomic
def membership_end(*, membership: Membership, ends_on: date, by: Member | None) -> None:
    """End a membership that is not primary; `ends_on` is the first day without it.

    One that has not begun by then is taken back: nobody ever belonged to the team by it.

    Raises:
        StillPrimary: everybody keeps one primary team.
        EndsTooEarly: the days before today are history.
    """
    if by is not None and not Membership.objects.editable_by(by).filter(pk=membership.pk).exists():
        raise NotPermitted(_("Whoever leads this team decides who belongs to it."))
    rows = Membership.objects.select_for_update(of=("self",)).prefetch_related("member", "team")
    held = rows.get(pk=membership.pk)
    if held.is_primary:
        words = _(
            "“%(team)s” is the primary team of %(name)s, and everybody has one:"
            " move them to another team instead."
        )
        raise StillPrimary(words % {"name": held.member.name, "team": held.team.name})
    today = Organisation.current().today()
    if held.ends_on is not None and held.ends_on <= today:
        raise DomainError(_("This membership is over already."))
    if held.starts_on > today and ends_on <= held.starts_on:
        audit_record(by=by, action="membership.withdraw", record=held)
        held.delete()
        return
    if ends_on < today or ends_on <= held.starts_on:
        raise EndsTooEarly(_("It can end today at the earliest: the days before are history."))
    changes = {"ends_on": [held.ends_on, ends_on]}
    held.ends_on = ends_on
    held.full_clean()
    held.save(update_fields=["ends_on"])
    audit_record(by=by, action="membership.end", record=held, changes=changes)
