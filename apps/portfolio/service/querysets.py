"""Which breaches and first responses a person may see, and which breaches still stand."""

from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import TruncDate

from apps.activities.models import Activity, Direction
from apps.core.models import Organisation
from apps.core.paging import list_fetch_mode
from apps.customers.models import Channel
from apps.customers.querysets import OfCustomerQuerySet
from apps.members.models import Member
from apps.members.querysets import Viewer

# What counts as being there in person.
VISITING = (Channel.VISIT, Channel.MEETING)


class OfOwnerQuerySet(OfCustomerQuerySet):
    """Rows about a customer that say how somebody did: seen by those who see both."""

    def visible_to(self, user: Viewer) -> Self:
        """A customer of the pool is everybody's to see, what its former owner missed is not."""
        owners = Member.objects.visible_to(user).order_by().values("pk")
        return super().visible_to(user).filter(owner__in=owners)


class PolicyBreachQuerySet(OfOwnerQuerySet):
    def standing(self, organisation: Organisation) -> Self:
        """Open, and not settled since the night that found it: a contact takes it off at once.

        The night writes down the end; here nobody has to wait for it.
        """
        today, zone = organisation.today(), organisation.zone
        last_in_time = ExpressionWrapper(
            Value(today, DateField()) - F("allowed"), output_field=DateField()
        )
        is_contact_open = Q(customer__last_contacted_at__isnull=True) | Q(
            contacted_on__lt=last_in_time
        )
        return (
            self.filter(ended_on__isnull=True, owner=F("customer__owner"))
            .alias(contacted_on=TruncDate("customer__last_contacted_at", tzinfo=zone))
            .filter(
                Q(kind="contact") & is_contact_open
                | Q(kind="visit") & ~Exists(_visits(today, zone))
                | Q(kind="response") & ~Exists(_answers())
            )
        )

    def for_list(self) -> Self:
        """What a row of a list prints."""
        named = self.select_related("customer__owner", "owner")
        long_texts = ("customer__needs", "customer__preferences", "customer__custom")
        return named.defer(*long_texts).fetch_mode(list_fetch_mode())


def _visits(today: date, zone: ZoneInfo) -> QuerySet[Any]:
    visits = Activity.objects.filter(
        customer=OuterRef("customer"), channel__in=VISITING, is_contact=True
    ).order_by()
    allowed = ExpressionWrapper(
        Value(today, DateField()) - OuterRef("allowed"), output_field=DateField()
    )
    dated = visits.alias(day=TruncDate("at", tzinfo=zone))
    recent: QuerySet[Any] = dated.filter(day__gte=allowed)
    return recent


def _answers() -> QuerySet[Any]:
    since = OuterRef("customer__held_since")
    answers: QuerySet[Any] = Activity.objects.filter(
        customer=OuterRef("customer"), at__gte=since
    ).order_by()
    return answers.filter(Q(direction=Direction.OUT) | Q(is_contact=True))


class FirstResponseQuerySet(OfOwnerQuerySet):
    def decided(self) -> Self:
        """Answered, or not answered in time: what a rate is made of."""
        return self.filter(state__in=("in_time", "late"))

    def for_list(self) -> Self:
        """What a row of a list prints."""
        named = self.select_related("customer", "owner")
        long_texts = ("customer__needs", "customer__preferences", "customer__custom")
        return named.defer(*long_texts).fetch_mode(list_fetch_mode())
