"""Which customers and contacts a person may see."""

from typing import Any, Self

from django.db import models
from django.db.models import Prefetch

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, reads, reads_contact_data, writes
from apps.members.roles import Reach, RecordKind


class CustomerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Own customers and the pool; a lead's subtree; everything for those who see all."""
        reach = reads(user, RecordKind.SALES)
        return self.alive()._within(user, reach, models.Q(owner__isnull=True))

    def editable_by(self, user: Viewer) -> Self:
        """The same without the pool: who wants to change a customer of the pool takes it first.

        Who changes everything may change those of the pool too.
        """
        return self.alive()._within(user, writes(user, RecordKind.SALES), models.Q())

    def deleted_visible_to(self, user: Viewer) -> Self:
        """Deleted customers that the person may restore: theirs, their subtree's, or all.

        Merged ones are not among them: they come back by undoing the merge.
        """
        gone = self.filter(deleted_at__isnull=False, merged_into__isnull=True)
        return gone._within(user, writes(user, RecordKind.SALES), models.Q())

    def alive(self) -> Self:
        """Neither deleted nor merged into another."""
        return self.filter(deleted_at__isnull=True)

    def _within(self, user: Viewer, reach: Reach, also: models.Q) -> Self:
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.NONE:
            return self.none()
        # Ids, not a subquery: beside “no owner” a subquery would keep the index from serving.
        owners = [user.pk]
        if reach is Reach.SUBTREE:
            owners = list(Member.objects.visible_to(user).values_list("pk", flat=True))
        return self.filter(also | models.Q(owner__in=owners))

    def for_list(self) -> Self:
        """What a row of a list prints."""
        rows = self.defer("needs", "preferences").fetch_mode(list_fetch_mode())
        # Not joined: a filter whose rows the planner underestimates would make the join slow.
        owners = Member.objects.only("name").fetch_mode(list_fetch_mode())
        return rows.prefetch_related(Prefetch("owner", owners))


class ContactQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Contacts of the customers that the person may see."""
        from apps.customers.models import Customer

        return self._at(Customer.objects.visible_to(user))

    def editable_by(self, user: Viewer) -> Self:
        """Contacts of the customers that the person may change."""
        from apps.customers.models import Customer

        return self._at(Customer.objects.editable_by(user))

    def reachable_by(self, user: Viewer) -> Self:
        """Contacts that the person sees with phone and email: the ones to look for by these."""
        return self.visible_to(user) if reads_contact_data(user) else self.none()

    def _at(self, customers: models.QuerySet[Any]) -> Self:
        return self.filter(deleted_at__isnull=True, customer__in=customers.order_by().values("pk"))


class OfCustomerQuerySet(models.QuerySet[Any]):
    """Rows about a customer, seen by those who see the customer."""

    def visible_to(self, user: Viewer) -> Self:
        from apps.customers.models import Customer

        return self.filter(customer__in=Customer.objects.visible_to(user).values("pk"))


class ChangedOfCustomerQuerySet(OfCustomerQuerySet):
    """Rows about a customer that people change."""

    def editable_by(self, user: Viewer) -> Self:
        """Those of the customers that the person may change."""
        from apps.customers.models import Customer

        return self.filter(customer__in=Customer.objects.editable_by(user).values("pk"))


class RemovableOfCustomerQuerySet(ChangedOfCustomerQuerySet):
    """Rows about a customer that people take away again: then nobody sees them."""

    def visible_to(self, user: Viewer) -> Self:
        return super().visible_to(user).filter(deleted_at__isnull=True)

    def editable_by(self, user: Viewer) -> Self:
        return super().editable_by(user).filter(deleted_at__isnull=True)


class DuplicatePairQuerySet(models.QuerySet[Any]):
    """Pairs of which the person sees both: a pair with a stranger's customer doesn't exist."""

    def visible_to(self, user: Viewer) -> Self:
        from apps.customers.models import Customer

        return self._both(Customer.objects.visible_to(user))

    def editable_by(self, user: Viewer) -> Self:
        """Pairs of which the person may change both, or one and the other is in the pool."""
        from apps.customers.models import Customer

        seen = self._both(Customer.objects.visible_to(user))
        mine = Customer.objects.editable_by(user).order_by().values("pk")
        return seen.filter(models.Q(first__in=mine) | models.Q(second__in=mine))

    def for_list(self) -> Self:
        """Both customers with their owners, as they stand side by side."""
        texts = [
            f"{side}__{name}" for side in ("first", "second") for name in ("needs", "preferences")
        ]
        loaded = self.select_related("first__owner", "second__owner", "decided_by").defer(*texts)
        return loaded.fetch_mode(list_fetch_mode())

    def _both(self, customers: models.QuerySet[Any]) -> Self:
        ids = customers.order_by().values("pk")
        return self.filter(first__in=ids, second__in=ids)


class MergeQuerySet(models.QuerySet[Any]):
    """Merges, by the customer that came out of them."""

    def visible_to(self, user: Viewer) -> Self:
        from apps.customers.models import Customer

        return self.filter(survivor__in=Customer.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Viewer) -> Self:
        from apps.customers.models import Customer

        return self.filter(survivor__in=Customer.objects.editable_by(user).values("pk"))
