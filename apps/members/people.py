"""Every change to a member's record: fields, access role, positions held, coming back."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_short, listed
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import AccessRole, Member, Position, PositionHolding, Team
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind
from apps.members.services import membership_start

# Which fields of a record who changes. Positions are holdings with dates of their own.
ADMINISTRATORS = frozenset({"email", "access_role", "may_export_lists"})
HR = frozenset({"name", "joined_on", "time_zone", "language"})
LEADS = frozenset({"career_level", "positions"})


class LastAdministrator(DomainError):  # noqa: N818 - named for who would go
    """Without this administrator nobody could let anybody in any more."""


class StillLeads(DomainError):  # noqa: N818 - named for what is the case
    """The member leads teams, which the new access role does not allow."""


class EndsBeforeStart(DomainError):  # noqa: N818 - named for what would be
    """The end lies before the start."""


class MemberActive(DomainError):  # noqa: N818 - named for what is the case
    """The member is active already."""


def editable_fields(reader: Member, member: Member) -> frozenset[str]:
    """The fields of the member's record that the reader changes; empty where there are none.

    Nobody who leads people decides on their own positions and career level.
    """
    reach = writes(reader, RecordKind.PEOPLE)
    if reach is Reach.ALL:
        own = ADMINISTRATORS if reader.role.administers else frozenset()
        return own | HR | LEADS
    if reach is Reach.SUBTREE and reader.pk != member.pk:
        is_theirs = Member.objects.editable_by(reader).filter(pk=member.pk).exists()
        return LEADS if is_theirs else frozenset()
    return frozenset()


@transaction.atomic
def member_update(
    *,
    member: Member,
    values: Mapping[str, Any],
    by: Member,
    positions: Collection[Position] | None = None,
    positions_on: date | None = None,
) -> Member:
    """Change fields of a record; `positions` are those held from `positions_on` on.

    Raises:
        NotPermitted: a field that is not the person's to change.
        LastAdministrator: nobody would administer the installation any more.
        StillLeads: the new access role leads nobody, but the member does.
        ValidationError: a value that the record refuses, such as an email that is taken.
    """
    asked = set(values) | ({"positions"} if positions is not None else set())
    if asked - editable_fields(by, member):
        raise NotPermitted(_("You may read this record, but not change all of this."))
    administrators_hold()
    held: Member = Member.objects.select_for_update().get(pk=member.pk)
    before = values_of(held, values)
    for field, value in values.items():
        setattr(held, field, value)
    held.email = held.email.strip().lower()
    _check_role(held, AccessRole(before.get("access_role", held.access_role)))
    if held.joined_on and held.left_on and held.joined_on >= held.left_on:
        message = _("%(name)s left on %(day)s: they must have joined before.")
        raise EndsBeforeStart(message % {"name": held.name, "day": day_short(held.left_on)})
    held.full_clean(exclude=["password"])
    changes = changed_values(held, before)
    if changes:
        held.save(update_fields=list(changes))
        audit_record(by=by, action="member.update", record=held, changes=changes)
    if "email" in changes:
        # The address of before must not sign anybody in any more.
        EmailAddress.objects.filter(user=held).delete()
    if positions is not None:
        if positions_on is None:
            raise ValueError("positions need the day from which they count")
        _positions_set(member=held, positions=positions, on=positions_on, by=by)
    return held


def administrators_hold() -> None:
    """Lock all administrators in the order of their keys, so that two can't leave at once."""
    rows = Member.objects.select_for_update().filter(access_role=AccessRole.ADMIN)
    list(rows.order_by("pk").values_list("pk", flat=True))


def administrator_stays(member: Member) -> None:
    """Refuse that the last active administrator goes; call `administrators_hold` before."""
    others = Member.objects.filter(access_role=AccessRole.ADMIN, is_active=True)
    if not others.exclude(pk=member.pk).exists():
        message = _(
            "%(name)s is the only administrator: make somebody else an administrator first."
        )
        raise LastAdministrator(message % {"name": member.name})


def _check_role(member: Member, before: AccessRole) -> None:
    if member.access_role == before:
        return
    if before is AccessRole.ADMIN and member.is_active:
        administrator_stays(member)
    led = list(Team.objects.filter(lead=member, closed_on=None).order_by("name", "pk"))
    if led and not member.role.leads:
        message = ngettext(
            "%(name)s leads a team: %(teams)s. Give it another lead before you change the access role.",
            "%(name)s leads teams: %(teams)s. Give them other leads before you change the access role.",
            len(led),
        )
        raise StillLeads(
            message % {"name": member.name, "teams": listed(team.name for team in led)}
        )


def _positions_set(
    *, member: Member, positions: Collection[Position], on: date, by: Member
) -> None:
    running = {
        holding.position_id: holding
        for holding in PositionHolding.objects.without_end()
        .filter(member=member)
        .select_related("position")
        .order_by("pk")
    }
    wanted = {position.pk: position for position in positions}
    for pk, holding in running.items():
        if pk not in wanted:
            position_end(holding=holding, ends_on=on, by=by)
    for pk in sorted(wanted.keys() - running.keys()):
        position_start(member=member, position=wanted[pk], starts_on=on, by=by)


@transaction.atomic
def position_start(
    *, member: Member, position: Position, starts_on: date, by: Member | None
) -> PositionHolding:
    """Let a member hold a position from a day on.

    Raises:
        DomainError: the position is retired, or held on some of these days already.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    named = {"position": position.name}
    if not position.is_active:
        message = _("The position “%(position)s” is not in use any more: choose another one.")
        raise DomainError(message % named)
    holding = PositionHolding(member=member, position=position, starts_on=starts_on)
    try:
        holding.full_clean()
    except ValidationError as error:
        message = _("“%(position)s” is held on some of these days already: choose a later day.")
        raise DomainError(message % named) from error
    holding.save()
    audit_record(
        by=by,
        action="position.start",
        record=holding,
        changes={
            "position": [None, position],
            "member": [None, member],
            "starts_on": [None, starts_on],
        },
    )
    return holding


@transaction.atomic
def position_end(*, holding: PositionHolding, ends_on: date, by: Member | None) -> None:
    """End a holding; `ends_on` is the first day without the position.

    On its first day it is taken back altogether, as if it had never been.

    Raises:
        EndsBeforeStart: the day lies before the first one.
    """
    rows = PositionHolding.objects.select_for_update(of=("self",)).prefetch_related(
        "position", "member"
    )
    held = rows.get(pk=holding.pk)
    if ends_on < held.starts_on:
        message = _("“%(position)s” is held since %(day)s: it can't end before.")
        raise EndsBeforeStart(
            message % {"position": held.position.name, "day": day_short(held.starts_on)}
        )
    audit_record(
        by=by, action="position.end", record=held, changes={"ends_on": [held.ends_on, ends_on]}
    )
    if ends_on == held.starts_on:
        held.delete()
        return
    held.ends_on = ends_on
    held.save(update_fields=["ends_on"])


@transaction.atomic
def member_reactivate(*, member: Member, team: Team, starts_on: date, by: Member) -> Member:
    """Let somebody who left sign in again, as a member of a team from a day on.

    Raises:
        NotPermitted: only administrators let people in.
        MemberActive: they are here already.
        DomainError: the team is closed, or they belonged to another one on that day.
    """
    if not by.role.administers:
        raise NotPermitted(_("Only administrators let people in."))
    held: Member = Member.objects.select_for_update().get(pk=member.pk)
    if held.is_active:
        raise MemberActive(_("%(name)s is active already.") % {"name": held.name})
    if team.closed_on is not None and team.closed_on <= starts_on:
        raise DomainError(
            _("The team “%(team)s” is closed: choose another one.") % {"team": team.name}
        )
    before = values_of(held, ["is_active", "left_on"])
    held.is_active, held.left_on = True, None
    held.save(update_fields=["is_active", "left_on"])
    membership_start(member=held, team=team, starts_on=starts_on, by=by)
    audit_record(
        by=by, action="member.reactivate", record=held, changes=changed_values(held, before)
    )
    return held
