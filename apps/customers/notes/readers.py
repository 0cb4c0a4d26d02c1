"""Who may see a customer: the scope of customers, asked from the other side."""

from django.db.models import Q

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.models import AccessRole, Member, Membership, StandIn, Team
from apps.members.querysets import MemberQuerySet
from apps.members.roles import LEADING, Reach, RecordKind


def readers_of(customer: Customer) -> MemberQuerySet:
    """Active members whose `Customer.objects.visible_to` holds the customer.

    A test compares the two for every persona.
    """
    active: MemberQuerySet = Member.objects.filter(is_active=True)
    if customer.owner_id is None:
        return active.filter(access_role__in=_reaching(Reach.OWN))
    leads = _leads_of(customer.owner_id)
    return active.filter(
        Q(access_role__in=_reaching(Reach.ALL))
        | Q(pk=customer.owner_id, access_role__in=_reaching(Reach.OWN))
        | Q(pk__in=leads, access_role__in=_reaching(Reach.SUBTREE))
        | Q(pk__in=_in_place_of(leads), access_role__in=_in_place())
    )


def _reaching(least: Reach) -> list[AccessRole]:
    return [role for role in AccessRole if role.reach(RecordKind.SALES) >= least]


def _in_place() -> list[AccessRole]:
    """Roles that lead while they stand in for a lead."""
    roles = AccessRole
    return [one for one in roles if one.in_force_for_others.reach(RecordKind.SALES) > Reach.OWN]


def _leads_of(member: int) -> list[int]:
    """Who leads a team of the member's memberships of today, or one above."""
    running = Membership.objects.running_on(Organisation.current().today())
    paths = running.filter(member=member).values_list("team__path", flat=True)
    teams = {pk for path in paths for pk in path}
    led = Team.objects.filter(pk__in=teams, lead__isnull=False)
    return list(led.values_list("lead", flat=True))


def _in_place_of(leads: list[int]) -> list[int]:
    running = StandIn.objects.in_force_on(Organisation.current().today())
    absent = running.filter(
        absent__in=leads, absent__is_active=True, absent__access_role__in=LEADING
    )
    return list(absent.values_list("stand_in", flat=True))
