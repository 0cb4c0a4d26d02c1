"""Somebody leaves: what they hold goes to others, their sign-in ends, their past stays.

Everything or nothing: what still points at them at the end undoes it all.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import day_short, listed
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import AccessRole, Member, Membership, PositionHolding
from apps.members.people import administrator_stays, administrators_hold
from apps.members.querysets import Viewer, own_role
from apps.members.selectors import primary_team_on
from apps.staffing.holdings import HOLDINGS, HandOver, Holding, Share
from apps.staffing.leaving_plan import Plan
from apps.staffing.models import Departure, DepartureState

DAY = timedelta(days=1)
# A departure is decided at most so many days ahead.
MOST_AHEAD = timedelta(days=366)


class AlreadyLeaving(DomainError):  # noqa: N818 - named for what is the case
    """The member has left, or a departure is planned."""


class UnfitReceiver(DomainError):  # noqa: N818 - named for what is refused
    """This person can't take over."""


class StillHolds(DomainError):  # noqa: N818 - named for what is the case
    """Something still points at the member who leaves."""


def may_let_go(user: Viewer, member: Member) -> bool:
    """Administrators, who let people in, let them go too; nobody lets themselves go."""
    role = own_role(user)
    return role is not None and role.administers and user.pk != member.pk


def departure_of(member: Member) -> Departure | None:
    """The planned one, else the latest that was carried out while the member is gone."""
    rows = Departure.objects.filter(member=member).select_related("member", "by")
    state = DepartureState.PLANNED if member.is_active else DepartureState.DONE
    found: Departure | None = rows.filter(state=state).first()
    return found


@transaction.atomic
def preview(
    *, member: Member, last_on: date, plan: Plan, by: Member
) -> list[tuple[Holding, list[Share]]]:
    """What would go where, by kind of record; refused for whatever would refuse the leaving."""
    over = _checked(member, last_on=last_on, plan=plan, by=by, reason="")
    return [(holding, holding.shares(over)) for holding in HOLDINGS]


@transaction.atomic
def member_leave(
    *, member: Member, last_on: date, plan: Plan, reason: str, by: Member
) -> Departure:
    """Let a member go. A last day of today is carried out at once, a later one in the night after.

    A second call with the same decision answers with the first one's departure.

    Raises:
        NotPermitted: the member is not the person's to decide on, or the person themselves.
        LastAdministrator: nobody would administer the installation any more.
        AlreadyLeaving: they are gone, or another departure is planned.
        UnfitReceiver, ReceiverMissing: somebody can't take over, or nobody does.
        StillHolds: something would be left without anybody; nothing is changed then.
    """
    administrators_hold()
    _people_held({member.pk, *plan.people})
    held = Member.objects.get(pk=member.pk)
    done = departure_of(held)
    if done is not None and done.plan == _stored(plan) and done.last_on == last_on:
        return done
    over = _checked(held, last_on=last_on, plan=plan, by=by, reason=reason)
    departure = Departure(
        member=held,
        last_on=last_on,
        reason=reason,
        plan=_stored(plan),
        by=by,
        is_sample=held.is_sample,
    )
    departure.full_clean(exclude=["shares"])
    departure.save()
    if last_on > Organisation.current().today():
        audit_record(by=by, action="member.leave_plan", record=held, last_on=last_on, reason=reason)
    else:
        _carry_out(departure, over)
    return departure


@transaction.atomic
def departure_cancel(*, departure: Departure, by: Member) -> None:
    """The member stays after all; possible until their last day is over."""
    rows = Departure.objects.select_for_update(of=("self",)).prefetch_related("member")
    held = rows.get(pk=departure.pk)
    if not may_let_go(by, held.member):
        raise NotPermitted(_("You may read this record, but not change it."))
    if held.state != DepartureState.PLANNED:
        raise DomainError(_("This has been carried out or cancelled already."))
    held.state, held.ended_at, held.problem = DepartureState.CANCELLED, timezone.now(), ""
    held.save(update_fields=["state", "ended_at", "problem"])
    audit_record(by=by, action="member.leave_cancel", record=held.member, last_on=held.last_on)


def departures_take_effect() -> int:
    """The night's step: carry out what was planned for days that are over; how many it did.

    One that is refused keeps the refusal as its `problem` and holds up no other.
    """
    due = Departure.objects.filter(
        state=DepartureState.PLANNED, last_on__lt=Organisation.current().today()
    )
    done = 0
    for pk in due.order_by("pk").values_list("pk", flat=True):
        try:
            done += _due_carried_out(pk)
        except DomainError as refusal:
            Departure.objects.filter(pk=pk).update(problem=str(refusal.message))
    return done


@transaction.atomic
def _due_carried_out(pk: int) -> int:
    administrators_hold()
    departure = Departure.objects.get(pk=pk)
    plan = Plan.from_json(departure.plan)
    _people_held({departure.member_id, *plan.people})
    departure = Departure.objects.select_for_update().get(pk=pk)
    if departure.state != DepartureState.PLANNED:
        return 0
    member = Member.objects.get(pk=departure.member_id)
    _check_administrator(member)
    over = replace(_hand_over(member, plan, departure.by, departure.reason), is_due=True)
    _check_receivers(over)
    _carry_out(departure, over)
    return 1


def _people_held(keys: Iterable[int]) -> None:
    """Lock leaver and receivers in the order of their keys: nobody is given anything meanwhile."""
    rows = Member.objects.select_for_update().filter(pk__in=set(keys))
    list(rows.order_by("pk").values_list("pk", flat=True))


def _stored(plan: Plan) -> dict[str, object]:
    """As the database gives it back: lists for tuples, text for the keys."""
    stored = plan.as_json()
    for name in ("customers", "opportunities"):
        stored[name] = {**stored[name], "members": list(stored[name]["members"])}
    return {**stored, "leads": {str(team): lead for team, lead in plan.leads.items()}}


def _hand_over(member: Member, plan: Plan, by: Member | None, reason: str) -> HandOver:
    people = Member.objects.in_bulk(plan.people)
    return HandOver(member, plan, people, by=by, reason=reason, at=timezone.now())


def _checked(member: Member, *, last_on: date, plan: Plan, by: Member, reason: str) -> HandOver:
    """Whether this may be done at all, and by whom."""
    if not may_let_go(by, member):
        raise NotPermitted(_("You may read this record, but not let this person go."))
    today = Organisation.current().today()
    if not member.is_active:
        raise AlreadyLeaving(_("%(name)s has left already.") % {"name": member.name})
    if last_on < today:
        raise DomainError(_("The last day can't lie in the past: choose today or a later day."))
    if last_on > today + MOST_AHEAD:
        raise DomainError(_("That is more than a year ahead: choose an earlier day."))
    planned = departure_of(member)
    if planned is not None:
        words = _("It is planned that %(name)s leaves after %(day)s: cancel that first.")
        raise AlreadyLeaving(words % {"name": member.name, "day": day_short(planned.last_on)})
    _check_promised(member)
    _check_administrator(member)
    over = _hand_over(member, plan, by, reason)
    _check_receivers(over)
    return over


def _check_administrator(member: Member) -> None:
    if member.access_role == AccessRole.ADMIN:
        administrator_stays(member)


def _check_promised(member: Member) -> None:
    """Whoever is to take over from somebody else can't go before the plan names another."""
    for other in Departure.objects.filter(state=DepartureState.PLANNED).select_related("member"):
        if member.pk in Plan.from_json(other.plan).people:
            words = _("%(name)s is to take over from %(other)s: change that plan first.")
            raise AlreadyLeaving(words % {"name": member.name, "other": other.member.name})


def _check_receivers(over: HandOver) -> None:
    today = Organisation.current().today()
    plan = over.plan
    sellers = {*plan.customers.members, *plan.opportunities.members}
    leaving = set(
        Departure.objects.filter(state=DepartureState.PLANNED, member__in=plan.people).values_list(
            "member", flat=True
        )
    )
    for pk in sorted(plan.people):
        one = over.people[pk]
        names = {"name": one.name}
        if pk == over.member.pk:
            raise UnfitReceiver(_("Nobody takes over from themselves: choose somebody else."))
        if not one.is_active or pk in leaving:
            raise UnfitReceiver(_("%(name)s leaves too: choose somebody else.") % names)
        if pk in sellers and not one.role.sells:
            words = _("%(name)s has a role that owns no customers: choose somebody else.")
            raise UnfitReceiver(words % names)
        if pk in plan.opportunities.members and primary_team_on(one, today) is None:
            words = _("%(name)s belongs to no team and can't take opportunities.")
            raise UnfitReceiver(words % names)


def _carry_out(departure: Departure, over: HandOver) -> None:
    member = over.member
    departure.shares = [
        {
            "holding": holding.name,
            "to": share.to.pk if share.to else None,
            "count": share.count,
            "value": None if share.value is None else str(share.value),
            "note": share.note,
        }
        for holding in HOLDINGS
        for share in holding.shares(over)
    ]
    for holding in HOLDINGS:
        if holding.count(member):
            holding.hand_over(over)
    before = values_of(member, ["is_active", "left_on"])
    member.is_active, member.left_on = False, departure.last_on + DAY
    member.save(update_fields=["is_active", "left_on"])
    _belonging_ends(member, member.left_on)
    _check_nothing_left(member)
    departure.state, departure.ended_at = DepartureState.DONE, timezone.now()
    departure.problem = ""
    departure.save(update_fields=["shares", "state", "ended_at", "problem"])
    audit_record(
        by=over.by,
        action="member.leave",
        record=member,
        changes=changed_values(member, before),
        reason=over.reason,
        shares=departure.shares,
    )


def _belonging_ends(member: Member, on: date) -> None:
    """Memberships and positions end; what was to begin later never does."""
    for rows in (
        Membership.objects.filter(member=member),
        PositionHolding.objects.filter(member=member),
    ):
        rows.filter(starts_on__gte=on).delete()
        rows.exclude(ends_on__lte=on).update(ends_on=on)


def _check_nothing_left(member: Member) -> None:
    """The last look before the commit: nothing that is open may point at them."""
    left = [(holding.label, n) for holding in HOLDINGS if (n := holding.count(member))]
    if left:
        what = listed(f"{label}: {n}" for label, n in left)
        words = ngettext(
            "Nothing was changed: this would be left without anybody. %(what)s.",
            "Nothing was changed: these would be left without anybody. %(what)s.",
            len(left),
        )
        raise StillHolds(words % {"what": what})
