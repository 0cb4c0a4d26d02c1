"""Whom one may choose: the people behind every member picker."""

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.models import Organisation
from apps.members.models import Member, Team
from apps.members.querysets import MemberQuerySet, Viewer, access_role
from apps.members.roles import LEADING, SELLING
from apps.members.selectors import manager_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from apps.members.roles import AccessRole

MOST = 20
# What filters offer besides people: oneself, and what nobody owns.
ALSO = {"me": pgettext_lazy("owner", "Me"), "pool": _("Pool")}
# What somebody is chosen for → the roles that can; everybody, to lead, to own customers, to lead in
# somebody's place while that one is away.
CHOSEN_FOR: "dict[str, Collection[AccessRole] | None]" = {
    "": None,
    "lead": LEADING,
    "own": SELLING,
    "stand_in": SELLING,
}


def people_to_choose(user: Viewer, chosen_for: str = "") -> MemberQuerySet:
    """Active people whose work the person sees, able to do what they are chosen for.

    Somebody's place is taken by colleagues too, whose work the person does not see.
    """
    roles = CHOSEN_FOR[chosen_for]
    rows: MemberQuerySet = Member.objects.visible_to(user)
    role = access_role(user)
    if chosen_for == "stand_in" and role is not None and role.leads:
        rows = Member.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk__in=_colleagues(user)))
    rows = rows.filter(is_active=True)
    return rows if roles is None else rows.filter(access_role__in=roles)


def _colleagues(user: Viewer) -> "list[int]":
    """Leads of the teams beside those that the person leads, and whoever leads the person."""
    own = Team.objects.filter(lead=user.pk, parent__isnull=False)
    beside = Team.objects.filter(parent__in=own.values("parent"), lead__isnull=False)
    assert isinstance(user, Member)  # noqa: S101 - only members have a role
    manager = manager_of(user, Organisation.current().today())
    leads = set(beside.values_list("lead", flat=True)) | ({manager.pk} if manager else set())
    return sorted(pk for pk in leads if pk)


def people_found(people: MemberQuerySet, text: str) -> tuple[list[Member], bool]:
    """The first people of that name or address, and whether there are more."""
    rows = people.named_like(text) if text else people
    found = list(rows.order_by("name", "pk")[: MOST + 1])
    return found[:MOST], len(found) > MOST
