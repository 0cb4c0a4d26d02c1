"""Every change of a customer's owner, and the limits that each of them keeps."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.customer import Customer
from apps.customers.querysets import OfCustomerQuerySet
from apps.members.models import Member


class CustomerOwnerChangeKind(models.TextChoices):
    """By which way a customer came to another owner."""

    CREATE = "create", _("New")
    CLAIM = "claim", _("Claimed")
    ASSIGN = "assign", _("Assigned")
    TRANSFER = "transfer", _("Transferred")
    IMPORT = "import", _("Import")
    MERGE = "merge", _("Merged")
    UNMERGE = "unmerge", _("Merge undone")
    RELEASE = "release", _("Released")
    RECYCLE = "recycle", _("Recycled by a rule")
    LEAVING = "leaving", _("Hand-over on leaving")
    API = "api", _("By the API")


class CustomerOwnerChange(models.Model):
    """A customer passes to another owner, to the pool (`to_owner` empty) or out of it.

    Never edited, never deleted; `on` is the day in the organisation's zone. The database refuses
    UPDATE, and DELETE except of sample rows.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="owner_changes"
    )
    from_owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    to_owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    on = models.DateField(_("on"))
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=CustomerOwnerChangeKind.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a customer's owner")
        verbose_name_plural = _("changes of customers' owners")
        ordering = ["customer", "on", "at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "on", "at", "id"], name="customer_owner_history"),
            models.Index(
                fields=["to_owner", "on"],
                condition=models.Q(kind="claim"),
                name="customer_claims_of_a_day",
            ),
            models.Index(
                fields=["from_owner", "on"],
                condition=models.Q(to_owner__isnull=True),
                name="customer_lost_to_the_pool",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.from_owner_id} → {self.to_owner_id}"


class HoldingLimits(models.Model):
    """How much one member may hold and take; exactly one row. Empty: no limit."""

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    # Customers of one member that never ordered.
    held_prospects = models.PositiveIntegerField(
        _("prospects held by a member"), null=True, blank=True, default=200
    )
    claims_a_day = models.PositiveIntegerField(
        _("claims of a member a day"), null=True, blank=True, default=30
    )
    # Days in which a member can't get back what they lost to the pool.
    cool_down_days = models.PositiveIntegerField(
        _("days before a lost customer can come back"), null=True, blank=True, default=7
    )

    class Meta:
        verbose_name = _("limits of holding customers")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(singleton=True), name="limits_are_one"),
        ]

    def __str__(self) -> str:
        return str(self.held_prospects)

    @classmethod
    def current(cls) -> "HoldingLimits":
        return cls.objects.first() or cls.objects.get_or_create(singleton=True)[0]
