"""Who works with which customer right now."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.members.models import Member


class Lease(models.Model):
    """A customer that a member has open to call: no colleague gets it until the lease ends.

    It ends by itself, so that a closed laptop keeps nobody waiting.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="lease"
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="leases")
    taken_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("lease of a customer")
        verbose_name_plural = _("leases of customers")
        ordering = ["expires_at"]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="lease_by_end")]

    def __str__(self) -> str:
        return f"{self.customer_id} → {self.member_id}"
