"""Open customers without a next step: the list that should be empty."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from apps.activities.models import FollowUp
from apps.customers.models import Customer
from apps.customers.models.customer import ScreeningState
from apps.funnel.models import Opportunity
from apps.funnel.models import State as OpportunityState
from apps.members.querysets import Viewer


def customers_without_next_step(user: Viewer) -> Any:  # noqa: ANN401 - a queryset of customers
    """Customers with an owner that the person sees, under way, and without an open follow-up.

    Under way is a customer with an open opportunity (`has_deal`), and one that has never ordered: it
    is held to be won. Those that the screening has parked are not.
    """
    deal = Opportunity.objects.filter(customer=OuterRef("pk"), state=OpportunityState.OPEN)
    step = FollowUp.objects.filter(customer=OuterRef("pk"), done_at__isnull=True)
    rows = Customer.objects.visible_to(user).filter(owner__isnull=False)
    under_way = Q(has_deal=True) | Q(last_ordered_on__isnull=True)
    found = rows.annotate(has_deal=Exists(deal)).filter(under_way).filter(~Exists(step))
    return found.exclude(screening=ScreeningState.PARKED)
