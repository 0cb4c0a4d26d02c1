"""What a member can hold, how much of it there is, and how each kind goes over to others.

A further kind of record that points at a member while it is open is one more entry of `HOLDINGS`:
the preview counts it, leaving hands it over, and leaving is refused while any of it is left.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.activities.models import FollowUp, Task, TaskState
from apps.activities.planning.services import follow_ups_follow
from apps.activities.planning.task_services import tasks_follow
from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.customers.holding import Change, refusals
from apps.customers.models import Customer, CustomerOwnerChange, CustomerOwnerChangeKind
from apps.customers.services import customers_assign, customers_spread_allowed
from apps.funnel.models import Opportunity, OwnerChangeKind, State
from apps.funnel.services import opportunities_spread
from apps.members.models import ApiToken, Member, StandIn, Team
from apps.members.selectors import manager_of
from apps.members.signing_in.sessions import sessions_end
from apps.members.teams.stand_ins import stand_in_cancel
from apps.members.teams.tree import team_lead_set
from apps.staffing.leaving_plan import Plan, Receivers, spread


class ReceiverMissing(DomainError):  # noqa: N818 - named for what is missing
    """Somebody has to take this over."""


@dataclass(frozen=True)
class Share:
    """What goes to one receiver: None stands for the pool, or for what simply ends.

    `note` says why it goes there against the plan.
    """

    to: Member | None
    count: int
    value: Decimal | None = None
    note: str = ""


@dataclass(frozen=True)
class HandOver:
    """One leaving: whose things go, by which plan, by whom, when and why.

    `people` are the members that the plan names, by id. `is_due`: by night, as decided before.
    """

    member: Member
    plan: Plan
    people: dict[int, Member]
    by: Member | None
    reason: str
    at: datetime
    is_due: bool = False

    def receivers(self, receivers: Receivers) -> list[Member]:
        return [self.people[pk] for pk in receivers.members]


@dataclass(frozen=True)
class Holding:
    """A kind of record: `count` what is open, `shares` who would get it, `hand_over` does it.

    `is_sales` marks what only readers of customers may know the number of.
    """

    name: str
    label: str | Promise
    count: Callable[[Member], int]
    shares: Callable[[HandOver], list[Share]]
    hand_over: Callable[[HandOver], object]
    is_sales: bool = False


def customers_of(over: HandOver) -> dict[int, Member | None]:
    """Customer → new owner, as the plan says."""
    held = Customer.objects.alive().filter(owner=over.member)
    rows = list(held.order_by("pk").values_list("pk", flat=True))
    if over.plan.customers.how == "pool":
        return dict.fromkeys(rows, None)
    return {**spread(rows, _needed(over, over.plan.customers))} if rows else {}


def customers_refused(over: HandOver) -> dict[int, DomainError]:
    """Customers that their new owner has no room for, or lost too short a while ago: to the pool.

    A successor who is full must not hold up a departure at night; whoever plans it reads this before.
    """
    wanted = customers_of(over)
    held = Customer.objects.filter(pk__in=list(wanted)).only("owner_id", "last_ordered_on")
    day = Organisation.current().day_of(over.at)
    return refusals(Change(held.in_bulk(), wanted, CustomerOwnerChangeKind.LEAVING, day))


def opportunities_of(over: HandOver) -> dict[int, Member]:
    """Open opportunity → new owner."""
    rows = (
        Opportunity.objects.filter(owner=over.member, state=State.OPEN)
        .order_by("pk")
        .values_list("pk", "customer", "customer__owner")
    )
    receivers = over.plan.opportunities
    if receivers.how != "follow":
        keys = [pk for pk, _customer, _owner in rows]
        return spread(keys, _needed(over, receivers)) if keys else {}
    found, rest = {}, []
    passed_on = customers_of(over)
    owners = _sellers({owner for _pk, _customer, owner in rows if owner is not None})
    for pk, customer, owner in rows:
        to = passed_on.get(customer) if customer in passed_on else owners.get(owner)
        if to is None or to.pk == over.member.pk:
            rest.append(pk)
        else:
            found[pk] = to
    return found | (spread(rest, _needed(over, receivers, len(rest))) if rest else {})


def _sellers(keys: set[int]) -> dict[int | None, Member]:
    """Those of the members who can own opportunities."""
    found = Member.objects.filter(is_active=True).in_bulk(keys)
    return {pk: member for pk, member in found.items() if member.role.sells}


def _needed(over: HandOver, receivers: Receivers, homeless: int = 0) -> list[Member]:
    people = over.receivers(receivers)
    if people:
        return people
    if homeless:
        words = ngettext(
            "%(n)s open opportunity has no customer, or one that goes to the pool:"
            " choose who takes it.",
            "%(n)s open opportunities have no customer, or one that goes to the pool:"
            " choose who takes them.",
            homeless,
        )
        raise ReceiverMissing(words % {"n": homeless})
    raise ReceiverMissing(_("Choose who takes over."))


def _customer_shares(over: HandOver) -> list[Share]:
    refused = customers_refused(over)
    counts = Counter(
        (None, str(refused[pk].message)) if pk in refused else (to, "")
        for pk, to in customers_of(over).items()
    )
    return _ordered([Share(to, n, note=note) for (to, note), n in counts.items()])


def _opportunity_shares(over: HandOver) -> list[Share]:
    owners = opportunities_of(over)
    values = dict(Opportunity.objects.filter(pk__in=list(owners)).values_list("pk", "value"))
    shares = []
    for to, count in Counter(owners.values()).items():
        known = [v for pk, v in values.items() if owners[pk] == to and v is not None]
        shares.append(Share(to, count, sum(known, Decimal(0)) if known else None))
    return _ordered(shares)


def _ordered(shares: list[Share]) -> list[Share]:
    """The pool last, people by name."""
    return sorted(shares, key=lambda one: (one.to is None, one.to and (one.to.name, one.to.pk)))


def _led(member: Member) -> Any:  # noqa: ANN401 - a queryset of teams
    return Team.objects.filter(lead=member, closed_on__isnull=True).order_by("pk")


def _lead_of(over: HandOver, team: Team) -> Member:
    lead = over.plan.leads.get(team.pk)
    if lead is None:
        words = _("Choose who leads “%(team)s” from now on.")
        raise ReceiverMissing(words % {"team": team.name})
    return over.people[lead]


def _lead_shares(over: HandOver) -> list[Share]:
    counts = Counter(_lead_of(over, team) for team in _led(over.member))
    return _ordered([Share(to, n) for to, n in counts.items()])


def _leads_hand_over(over: HandOver) -> None:
    for team in _led(over.member):
        # Who decided it may have lost the right since: then the decision still holds.
        by = None if over.is_due else over.by
        team_lead_set(team=team, lead=_lead_of(over, team), by=by)


def _stand_ins(member: Member) -> Any:  # noqa: ANN401 - a queryset of stand-ins
    today = Organisation.current().today()
    rows = StandIn.objects.filter(cancelled_at__isnull=True, ends_on__gt=today)
    return rows.filter(Q(absent=member) | Q(stand_in=member)).order_by("pk")


def _stand_ins_end(over: HandOver) -> None:
    for one in _stand_ins(over.member).select_related("absent"):
        stand_in_cancel(stand_in=one, by=None)


def _tokens(member: Member) -> Any:  # noqa: ANN401 - a queryset of tokens
    return ApiToken.objects.filter(member=member, revoked_at__isnull=True)


def _ends(count: Callable[[Member], int]) -> Callable[[HandOver], list[Share]]:
    """The shares of what goes to nobody: it ends."""

    def shares(over: HandOver) -> list[Share]:
        n = count(over.member)
        return [Share(None, n)] if n else []

    return shares


def _customers_hand_over(over: HandOver) -> None:
    """By the plan as far as the limits allow; the rest to the pool, each with the reason."""
    done = customers_spread_allowed(
        owners=customers_of(over),
        reason=over.reason,
        kind=CustomerOwnerChangeKind.LEAVING,
        by=over.by,
        at=over.at,
    )
    rest = defaultdict[str, list[int]](list)
    for pk, refusal in done.refused.items():
        rest[str(refusal.message)].append(pk)
    for why, customers in rest.items():
        customers_assign(
            customers=customers,
            to=None,
            reason=_pool_reason(over.reason, why),
            kind=CustomerOwnerChangeKind.LEAVING,
            by=over.by,
            at=over.at,
        )


def _pool_reason(reason: str, why: str) -> str:
    """Both, within what the history holds; why it went to the pool is the part that must stay."""
    longest = int(CustomerOwnerChange._meta.get_field("reason").max_length or 0)
    return f"{reason[: max(longest - len(why) - 3, 0)]} · {why}"[-longest:] if reason else why


def _opportunities_hand_over(over: HandOver) -> None:
    opportunities_spread(
        owners=opportunities_of(over),
        reason=over.reason,
        kind=OwnerChangeKind.LEAVING,
        by=over.by,
        at=over.at,
    )


def _next_steps(member: Member) -> "QuerySet[FollowUp]":
    return FollowUp.objects.filter(owner=member, done_at__isnull=True)


def _next_step_count(member: Member) -> int:
    return _next_steps(member).count()


def _next_step_shares(over: HandOver) -> list[Share]:
    """Each goes to whoever has its customer then; of one in the pool it is dropped."""
    passed_on: dict[int, Member | None] = {
        pk: None if pk in refused else to
        for refused in (customers_refused(over),)
        for pk, to in customers_of(over).items()
    }
    rows = _next_steps(over.member).values_list("customer", "customer__owner")
    owners = Member.objects.in_bulk({owner for _customer, owner in rows if owner is not None})
    found = Counter(
        passed_on[customer] if customer in passed_on else owners.get(owner)
        for customer, owner in rows
    )
    return _ordered([Share(to, n) for to, n in found.items()])


def _next_steps_hand_over(over: HandOver) -> None:
    """After the customers: they say by now who has them."""
    rows = _next_steps(over.member).values_list("customer", "customer__owner")
    customers: dict[int | None, list[int]] = {}
    for customer, owner in rows.order_by("customer"):
        customers.setdefault(owner, []).append(customer)
    owners = Member.objects.in_bulk([one for one in customers if one is not None])
    for holder, ids in customers.items():
        to = owners.get(holder) if holder is not None else None
        follow_ups_follow(customers=ids, to=to, of=over.member, by=over.by)


def _tasks(member: Member) -> "QuerySet[Task]":
    return Task.objects.filter(assignee=member, state=TaskState.OPEN)


def _task_count(member: Member) -> int:
    return _tasks(member).count()


def _task_receivers(
    over: HandOver, passed_on: dict[int, Member | None]
) -> dict[int, Member | None]:
    """Open task → who gets it: its customer's owner, else the first successor, else the manager.

    `passed_on` says of customers that are still to go whose they will be. With none of these it is
    dropped.
    """
    rows = list(_tasks(over.member).values_list("pk", "customer", "customer__owner"))
    if not rows:
        return {}
    owners = _sellers({owner for _pk, _customer, owner in rows if owner is not None})
    people = over.receivers(over.plan.customers) or over.receivers(over.plan.opportunities)
    day = Organisation.current().day_of(over.at)
    rest = people[0] if people else manager_of(over.member, day)
    found: dict[int, Member | None] = {}
    for pk, customer, owner in rows:
        to = passed_on[customer] if customer in passed_on else owners.get(owner)
        found[pk] = rest if to is None or to == over.member else to
    return found


def _task_shares(over: HandOver) -> list[Share]:
    if not _tasks(over.member).exists():
        return []
    refused, wanted = customers_refused(over), customers_of(over)
    passed_on = {pk: None if pk in refused else to for pk, to in wanted.items()}
    found = Counter(_task_receivers(over, passed_on).values())
    return _ordered([Share(to, n) for to, n in found.items()])


def _tasks_hand_over(over: HandOver) -> None:
    """After the customers: they say by now who has them."""
    tasks: dict[Member | None, list[int]] = {}
    for pk, to in _task_receivers(over, {}).items():
        tasks.setdefault(to, []).append(pk)
    for to, ids in tasks.items():
        tasks_follow(tasks=ids, to=to, by=over.by)


def _customer_count(member: Member) -> int:
    return int(Customer.objects.alive().filter(owner=member).count())


def _opportunity_count(member: Member) -> int:
    return Opportunity.objects.filter(owner=member, state=State.OPEN).count()


def _stand_in_count(member: Member) -> int:
    return int(_stand_ins(member).count())


def _token_count(member: Member) -> int:
    return int(_tokens(member).count())


def _session_count(member: Member) -> int:
    return int(UserSession.objects.filter(user=member).count())


# Opportunities before customers: they follow what the customers' owners will be.
HOLDINGS = (
    Holding(
        name="opportunities",
        label=gettext_lazy("Open opportunities"),
        count=_opportunity_count,
        shares=_opportunity_shares,
        hand_over=_opportunities_hand_over,
        is_sales=True,
    ),
    Holding(
        name="customers",
        label=gettext_lazy("Customers"),
        count=_customer_count,
        shares=_customer_shares,
        hand_over=_customers_hand_over,
        is_sales=True,
    ),
    # After customers: next steps go to whoever has them then.
    Holding(
        name="follow_ups",
        label=gettext_lazy("Next steps planned"),
        count=_next_step_count,
        shares=_next_step_shares,
        hand_over=_next_steps_hand_over,
        is_sales=True,
    ),
    Holding(
        name="tasks",
        label=gettext_lazy("Open tasks"),
        count=_task_count,
        shares=_task_shares,
        hand_over=_tasks_hand_over,
        is_sales=True,
    ),
    Holding(
        name="teams",
        label=gettext_lazy("Teams led"),
        count=lambda member: int(_led(member).count()),
        shares=_lead_shares,
        hand_over=_leads_hand_over,
    ),
    Holding(
        name="stand_ins",
        label=gettext_lazy("Stand-ins, cancelled"),
        count=_stand_in_count,
        shares=_ends(_stand_in_count),
        hand_over=_stand_ins_end,
    ),
    Holding(
        name="tokens",
        label=gettext_lazy("API tokens, revoked"),
        count=_token_count,
        shares=_ends(_token_count),
        hand_over=lambda over: _tokens(over.member).update(revoked_at=timezone.now()),
    ),
    Holding(
        name="sessions",
        label=gettext_lazy("Sign-ins, ended"),
        count=_session_count,
        shares=_ends(_session_count),
        hand_over=lambda over: sessions_end(over.member),
    ),
)
