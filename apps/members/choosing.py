"""Whom one may choose: the people behind every member picker."""

from typing import TYPE_CHECKING

from apps.members.models import Member
from apps.members.querysets import MemberQuerySet, Viewer
from apps.members.roles import LEADING, SELLING

if TYPE_CHECKING:
    from collections.abc import Collection

    from apps.members.roles import AccessRole

MOST = 20
# What somebody is chosen for → the roles that can; everybody, to lead, to own customers.
CHOSEN_FOR: "dict[str, Collection[AccessRole] | None]" = {
    "": None,
    "lead": LEADING,
    "own": SELLING,
}


def people_to_choose(user: Viewer, chosen_for: str = "") -> MemberQuerySet:
    """Active people whose work the person sees, able to do what they are chosen for."""
    roles = CHOSEN_FOR[chosen_for]
    rows: MemberQuerySet = Member.objects.visible_to(user).filter(is_active=True)
    return rows if roles is None else rows.filter(access_role__in=roles)


def people_found(people: MemberQuerySet, text: str) -> tuple[list[Member], bool]:
    """The first people of that name or address, and whether there are more."""
    rows = people.named_like(text) if text else people
    found = list(rows.order_by("name", "pk")[: MOST + 1])
    return found[:MOST], len(found) > MOST
