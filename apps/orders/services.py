"""Every change to orders."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.services import audit_record, changed_values
from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.models import Member
from apps.members.selectors import primary_team_on
from apps.members.services import NoTeam
from apps.orders.models import Order
from apps.products.models import Product, ProductLine

# What the audit trail says of a new order.
CREATED = (
    "member", "team", "customer", "line", "product", "opportunity", "ordered_on", "value", "cost",
)  # fmt: skip


@transaction.atomic
def order_create(  # noqa: PLR0913 - the fields of an order
    *,
    number: str,
    member: Member,
    line: ProductLine,
    ordered_on: date,
    value: Decimal,
    by: Member | None,
    cost: Decimal | None = None,
    customer: Customer | None = None,
    product: Product | None = None,
    opportunity: Opportunity | None = None,
) -> Order:
    """Record a sale, credited to the member and the team of that day."""
    team = primary_team_on(member, ordered_on)
    if team is None:
        raise NoTeam(_("%(member)s belongs to no team on that day.") % {"member": member})
    order = Order(
        number=number,
        member=member,
        team=team,
        line=line,
        product=product,
        customer=customer,
        opportunity=opportunity,
        ordered_on=ordered_on,
        value=value,
        cost=cost,
        is_sample=member.is_sample,  # what a person of the sample firm sells goes with them
    )
    order.full_clean()
    order.save()
    changes = changed_values(order, {}, CREATED)
    audit_record(by=by, action="order.create", record=order, changes=changes)
    return order
