"""A customer: the company or the person we sell to."""

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.querysets import CustomerQuerySet
from apps.members.lifecycle import LifecycleStage
from apps.members.models import Member


class Tier(models.TextChoices):
    """What a customer is worth to us; a customer without one is unrated."""

    A = "A", _("Tier A")
    B = "B", _("Tier B")
    C = "C", _("Tier C")


class ScreeningState(models.TextChoices):
    """What the 341 screening of a new customer came to."""

    QUALIFIED = "qualified", _("Qualified")
    PARKED = "parked", _("Parked")


# What the list sorts by. Rows without a value are asked for apart (`core.paging`), by their key, so
# that an index holds only the others: an import of names alone pays for none of them.
SORTED_TEXTS = ("industry", "region", "source", "tier", "lifecycle")
SORTED_VALUES = (
    "employees",
    "annual_revenue",
    "last_contacted_at",
    "last_ordered_on",
    "potential_score",
)
SORT_INDEXES = (
    *(
        models.Index(
            fields=[name, "id"],
            condition=models.Q((f"{name}__gt", "")),
            name=f"customer_by_{name}",
        )
        for name in SORTED_TEXTS
    ),
    *(
        models.Index(
            fields=[name, "id"],
            condition=models.Q((f"{name}__isnull", False)),
            name=f"customer_by_{name}",
        )
        for name in SORTED_VALUES
    ),
    models.Index(fields=["created_at", "id"], name="customer_by_created_at"),
)
# Filters by a word compare in capitals.
WORD_INDEXES = tuple(
    models.Index(Upper(name), condition=models.Q((f"{name}__gt", "")), name=f"customer_of_{name}")
    for name in ("industry", "region", "source")
)


class Customer(models.Model):
    """A company or a person we sell to; without an owner it is in the pool.

    Columns under “kept by” repeat, for the speed of lists, what the rows they name say; only the
    writer named there writes them.
    """

    name = models.CharField(_("name"), max_length=200)
    owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True, default="", db_default="")
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    # In the organisation's currency, as told by the customer or a directory.
    annual_revenue = models.DecimalField(
        _("annual revenue"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    founded_year = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="subsidiaries"
    )
    needs = models.TextField(_("needs"), max_length=4000, blank=True, default="", db_default="")
    preferences = models.TextField(
        _("preferences"), max_length=4000, blank=True, default="", db_default=""
    )
    # Values of the custom fields by the field's key, see `CustomField`; absent where not told.
    custom: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict, db_default={}, blank=True, editable=False
    )
    tags = models.ManyToManyField("customers.Tag", blank=True, related_name="customers")
    is_sample = models.BooleanField(default=False, editable=False)
    external_id = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Kept by `customers.services`, from the changes of owner: since when the present owner has it.
    held_since = models.DateTimeField(_("held since"), null=True, blank=True, editable=False)
    # Kept by triggers of the database on activities and orders.
    last_contacted_at = models.DateTimeField(_("last contact"), null=True, editable=False)
    last_ordered_on = models.DateField(_("last order"), null=True, editable=False)
    # Kept by `portfolio`, from its tier changes; provisional: by the potential score, not by orders.
    tier = models.CharField(
        _("tier"),
        max_length=1,
        choices=Tier.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    is_tier_provisional = models.BooleanField(default=False, db_default=False, editable=False)
    # Kept by `portfolio`, from its lifecycle changes.
    lifecycle = models.CharField(
        _("lifecycle stage"),
        max_length=16,
        choices=LifecycleStage.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    # Kept by `customers.screening`, from the latest screening.
    screening = models.CharField(
        _("screening"),
        max_length=16,
        choices=ScreeningState.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    potential_score = models.PositiveSmallIntegerField(
        _("potential score"), null=True, editable=False
    )
    # Kept by `pool`: the day on which the owner loses it if nothing happens; none where exempt.
    hold_ends_on = models.DateField(_("hold ends"), null=True, editable=False)

    # Deleted customers stay restorable for a while; a merged one says what it became.
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged"
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="customer_by_name"),
            models.Index(fields=["owner", "name", "id"], name="customer_by_owner"),
            *SORT_INDEXES,
            *WORD_INDEXES,
            # Serves `name__icontains`, which compares in capitals.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_search"),
            GinIndex(OpClass("custom", name="jsonb_path_ops"), name="customer_custom"),
            models.Index(
                fields=["hold_ends_on"],
                condition=models.Q(hold_ends_on__isnull=False),
                name="customer_hold_ends",
            ),
            models.Index(
                fields=["-deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="customer_deleted",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="customer_external_id_unique",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="customer_not_own_parent"
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(deleted_at__isnull=False),
                name="customer_merged_is_gone",
            ),
            models.CheckConstraint(
                condition=models.Q(is_tier_provisional=False) | ~models.Q(tier=""),
                name="customer_provisional_has_tier",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that members put on customers; the same word whatever its case."""

    name = models.CharField(_("name"), max_length=50)
    is_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(Upper("name"), name="tag_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
