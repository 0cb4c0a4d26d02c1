"""How a list loads activities."""

from datetime import date
from typing import Self

from django.db.models import Prefetch, Q

from apps.activities.querysets import ActivityQuerySet
from apps.core.paging import list_fetch_mode
from apps.customers.models import Contact, Customer
from apps.members.models import Member, Team

# Rows with a text beyond which they are not collected first.
MANY = 50_000


class ListedActivityQuerySet(ActivityQuerySet):
    """Activities as a list shows them; `visible_to` as of every activity."""

    def for_list(self) -> Self:
        """What a row of a list prints, the opportunity apart: it has readers of its own."""
        mode = list_fetch_mode()
        # Not joined: a filter whose rows the planner underestimates would make the join slow.
        named = {
            "customer": Customer.objects.only("name"),
            "contact": Contact.objects.only("name"),
            "member": Member.objects.only("name"),
        }
        parts = (Prefetch(name, rows.fetch_mode(mode)) for name, rows in named.items())
        return self.fetch_mode(mode).prefetch_related(*parts)

    def of_team(self, team: Team, day: date) -> Self:
        """By people who belong to the team or below it on the day."""
        return self.filter(member__in=Member.objects.in_team(team.slug, day).values("pk"))

    def saying(self, text: str) -> Self:
        """The note or the customer's name contains the text; an index for each.

        A text that stands in many rows is looked for along the list instead: it soon fills a page,
        while collecting all that have it would take long.
        """
        rows = self.model._default_manager.order_by()
        customers = Customer.objects.filter(name__icontains=text).order_by().values("pk")
        by_name = rows.filter(customer__in=customers).values("pk")
        by_note = rows.filter(note__icontains=text).values("pk")
        if any(found[: MANY + 1].count() > MANY for found in (by_name, by_note)):
            return self.filter(Q(note__icontains=text) | Q(customer__name__icontains=text))
        return self.filter(pk__in=by_name.union(by_note))
