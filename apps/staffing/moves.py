"""Moving somebody to another team, from a day on: open work comes along, the past stays."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_short
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.funnel.models import LevelChange, OwnerChange, OwnerChangeKind
from apps.funnel.services import opportunities_follow
from apps.members.models import Member, Membership, Team
from apps.members.querysets import Viewer, writes
from apps.members.roles import Reach, RecordKind
from apps.members.services import membership_start
from apps.orders.models import Order

# A move is decided at most so many days ahead.
MOST_AHEAD = timedelta(days=366)


class PastIsStamped(DomainError):  # noqa: N818 - named for what is the case
    """Work of those days is recorded with the team of then."""


class MovePlanned(DomainError):  # noqa: N818 - named for what is the case
    """There is a move to come already."""


@dataclass(frozen=True)
class Moved:
    """`followed` counts the open opportunities that came along at once; None before the day."""

    membership: Membership
    followed: int | None


def may_move(user: Viewer, member: Member) -> bool:
    """Who decides on the record moves its member; nobody who leads people moves themselves."""
    reach = writes(user, RecordKind.PEOPLE)
    if not member.is_active or (reach is not Reach.ALL and user.pk == member.pk):
        return False
    return bool(Member.objects.editable_by(user).filter(pk=member.pk).exists())


def planned_move(member: Member) -> Membership | None:
    """The move that has been decided and not begun."""
    today = Organisation.current().today()
    later = Membership.objects.filter(member=member, is_primary=True, starts_on__gt=today)
    found: Membership | None = later.select_related("team").order_by("starts_on").first()
    return found


@transaction.atomic
def member_move(*, member: Member, to: Team, on: date, reason: str, by: Member | None) -> Moved:
    """Let a member's primary team be another one from a day on; open opportunities follow that day.

    Raises:
        NotPermitted: the member, or the team, is not the person's to decide on.
        MovePlanned: a later move has been decided already.
        PastIsStamped: work since that day is recorded with the team of then.
        DomainError: the team is closed or theirs already, the day lies too far off.
    """
    held = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    team = Team.objects.select_for_update(no_key=True).get(pk=to.pk)
    _check_permission(held, team, by)
    today = Organisation.current().today()
    running = _running(held, today)
    _check(held, team, running, on=on, today=today)
    if running is not None and running.starts_on == on:
        membership = _corrected(running, team, by)
    else:
        membership = membership_start(member=held, team=team, starts_on=on, by=by)
    audit_record(
        by=by,
        action="member.move",
        record=held,
        changes={"team": [running.team if running else None, team]},
        on=on,
        reason=reason,
    )
    if on > today:
        return Moved(membership, None)
    return Moved(membership, opportunities_follow(owner=held, by=by, reason=reason))


@transaction.atomic
def move_cancel(*, membership: Membership, by: Member | None) -> None:
    """Take back a move that has not begun: the team of today goes on being theirs."""
    rows = Membership.objects.select_for_update(of=("self",)).prefetch_related("member", "team")
    planned = rows.filter(pk=membership.pk, is_primary=True).first()
    if planned is None or planned.starts_on <= Organisation.current().today():
        raise DomainError(_("This move has begun: move them back instead."))
    if by is not None and not may_move(by, planned.member):
        raise NotPermitted(_("You may read this record, but not change it."))
    audit_record(
        by=by,
        action="member.move_cancel",
        record=planned.member,
        changes={"team": [planned.team, None], "starts_on": [planned.starts_on, None]},
    )
    before = Membership.objects.filter(
        member=planned.member, is_primary=True, ends_on=planned.starts_on
    )
    planned.delete()
    before.update(ends_on=None)


def moves_take_effect() -> int:
    """The night's step: open opportunities whose team isn't their owner's of today follow.

    Moves that begin today, and whatever went astray; a second run finds nothing to do.
    """
    return opportunities_follow(by=None)


def _running(member: Member, today: date) -> Membership | None:
    rows = Membership.objects.running_on(today).filter(member=member, is_primary=True)
    found: Membership | None = rows.select_related("team").first()
    return found


def _check_permission(member: Member, team: Team, by: Member | None) -> None:
    if by is None:
        return
    if not may_move(by, member):
        raise NotPermitted(_("You may read this record, but not change it."))
    if not Team.objects.editable_by(by).filter(pk=team.pk).exists():
        raise NotPermitted(_("This team is not yours to decide on: choose one of yours."))


def _check(
    member: Member, team: Team, running: Membership | None, *, on: date, today: date
) -> None:
    names = {"name": member.name, "team": team.name}
    if not member.is_active:
        raise DomainError(_("%(name)s has left: bring them back first.") % names)
    if on > today + MOST_AHEAD:
        raise DomainError(_("That is more than a year ahead: choose an earlier day."))
    if team.closed_on is not None and team.closed_on <= max(on, today):
        raise DomainError(_("“%(team)s” is closed and takes nobody in.") % names)
    if running is not None and running.team_id == team.pk:
        raise DomainError(_("%(name)s belongs to “%(team)s” already.") % names)
    planned = planned_move(member)
    if planned is not None:
        words = _("A move to “%(team)s” from %(day)s on is planned: cancel it first.")
        raise MovePlanned(words % {"team": planned.team.name, "day": day_short(planned.starts_on)})
    _check_past(member, running, on=on, today=today)


def _check_past(member: Member, running: Membership | None, *, on: date, today: date) -> None:
    """A day back only within the running membership, and where nothing was recorded since."""
    if running is not None and on < running.starts_on:
        words = _(
            "%(name)s has belonged to “%(team)s” since %(day)s, and what was before is history:"
            " choose that day or a later one."
        )
        raise PastIsStamped(
            words
            % {
                "name": member.name,
                "team": running.team.name,
                "day": day_short(running.starts_on),
            }
        )
    is_correction = running is not None and on == running.starts_on
    if on >= today and not is_correction:
        return
    last = _last_stamp(member, on)
    if last is not None:
        words = _(
            "Work of %(name)s on %(day)s is recorded with the team of then, and stays there:"
            " choose a day after it."
        )
        raise PastIsStamped(words % {"name": member.name, "day": day_short(last)})


def _last_stamp(member: Member, since: date) -> date | None:
    """The last day from `since` on with something that carries the member and their team."""
    hands = OwnerChange.objects.exclude(kind=OwnerChangeKind.MOVE)
    days = (
        LevelChange.objects.filter(owner=member, on__gte=since).aggregate(last=Max("on")),
        Order.objects.filter(member=member, ordered_on__gte=since).aggregate(
            last=Max("ordered_on")
        ),
        hands.filter(Q(from_owner=member) | Q(to_owner=member), on__gte=since).aggregate(
            last=Max("on")
        ),
    )
    return max((day["last"] for day in days if day["last"] is not None), default=None)


def _corrected(running: Membership, team: Team, by: Member | None) -> Membership:
    """The running membership was for another team all along: nothing has been recorded in it."""
    before = running.team
    running.team = team
    running.full_clean()
    running.save(update_fields=["team"])
    audit_record(
        by=by, action="membership.correct", record=running, changes={"team": [before, team]}
    )
    return running
