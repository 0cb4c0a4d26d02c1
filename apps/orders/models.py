"""Orders: what was sold, for how much, and who is credited."""

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.models import Member, Team
from apps.orders.querysets import OrderQuerySet
from apps.products.models import Product, ProductLine


class Order(models.Model):
    """A sale on a day, credited to the member and the team they belonged to that day."""

    number = models.CharField(_("number"), max_length=60)
    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    line = models.ForeignKey(
        ProductLine, on_delete=models.PROTECT, db_index=False, related_name="orders"
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="orders",
    )
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="orders"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False, related_name="orders")
    ordered_on = models.DateField(_("ordered on"))
    # In the organisation's currency. A return or credit note is a negative value.
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=2)
    cost = models.DecimalField(_("cost"), max_digits=16, decimal_places=2, null=True, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-ordered_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["-ordered_on", "-id"], name="order_by_day"),
            models.Index(fields=["team", "-ordered_on", "-id"], name="order_by_team"),
            models.Index(fields=["member", "-ordered_on", "-id"], name="order_by_member"),
            # Numbers are searched from their beginning.
            models.Index(OpClass("number", name="varchar_pattern_ops"), name="order_number_search"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="order_number_unique"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def gross_profit(self) -> Decimal | None:
        """Value less cost; None where the cost is not known."""
        return None if self.cost is None else self.value - self.cost

    @property
    def margin_rate(self) -> Decimal | None:
        """Gross profit ÷ value; None where the cost is not known or nothing was charged."""
        profit = self.gross_profit
        return None if profit is None or not self.value else profit / self.value
