"""Pipelines with their levels, opportunities and the immutable record of their level changes."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.funnel.querysets import (
    OfOpportunityQuerySet,
    OpportunityQuerySet,
    PipelineQuerySet,
    ScopedByTeamQuerySet,
)
from apps.members.models import Member, Team
from apps.products.models import Product, ProductLine


class Pipeline(models.Model):
    """An ordered set of funnel levels; history keeps the level it was recorded with."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_default = models.BooleanField(default=False)
    objects = PipelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["-is_default", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="pipeline_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Level(models.Model):
    """A funnel level; `rank` grows towards the order (E = 1 … A = 5 in the default)."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="levels")
    code = models.CharField(_("code"), max_length=4)
    rank = models.PositiveSmallIntegerField(_("rank"))
    # Language code → name; English is the fallback.
    names: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("names"))
    expected_days = models.PositiveSmallIntegerField(_("expected days"), null=True, blank=True)
    prior_conversion = models.DecimalField(
        _("prior conversion"), max_digits=5, decimal_places=4, null=True, blank=True
    )
    objects = PipelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["pipeline", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pipeline", "code"], name="level_code_unique"),
            models.UniqueConstraint(
                fields=["pipeline", "rank"],
                name="level_rank_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(prior_conversion__isnull=True)
                | models.Q(prior_conversion__gt=0, prior_conversion__lte=1),
                name="level_prior_is_a_rate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.name}"

    @property
    def name(self) -> str:
        return self.names.get(get_language() or "en") or self.names["en"]


class State(models.TextChoices):
    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class Opportunity(models.Model):
    """A chance to sell one product line to one customer.

    `level`, `level_since_on`, `state` and `closed_on` repeat the latest level change for speed,
    `owner`, `team` and `held_since_on` the latest owner change; only `funnel.services` and the import
    write them, together with the change itself.
    """

    external_id = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001
    # Empty: product and customer name it, see `title`.
    name = models.CharField(_("name"), max_length=200, blank=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    # Without their own index where a composite one below begins with the column, or where
    # nothing selects by the column alone: each index is paid for by every import.
    owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="opportunities"
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, db_index=False, related_name="opportunities"
    )
    # Since when the present owner holds it in the present team.
    held_since_on = models.DateField(_("with this owner since"))
    line = models.ForeignKey(
        ProductLine, on_delete=models.PROTECT, db_index=False, related_name="opportunities"
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="opportunities",
    )
    # The level it stands at, or stood at when it was closed.
    level = models.ForeignKey(
        Level, on_delete=models.PROTECT, db_index=False, related_name="opportunities"
    )
    level_since_on = models.DateField(_("at this level since"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    # In the organisation's currency; unknown until somebody names it.
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=2, null=True, blank=True)
    opened_on = models.DateField(_("opened on"))
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    loss_reason = models.CharField(_("loss reason"), max_length=200, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        ordering = ["-opened_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["-opened_on", "-id"], name="opportunity_by_opened"),
            models.Index(fields=["team", "state", "level"], name="opportunity_by_team"),
            models.Index(fields=["owner", "state", "level"], name="opportunity_by_owner"),
            models.Index(
                fields=["expected_close_on"],
                name="opportunity_expected_close",
                condition=models.Q(state="open"),
            ),
            # Only those that ever changed hands: what finds the holders of a past day.
            models.Index(
                fields=["held_since_on"],
                name="opportunity_changed_hands",
                condition=models.Q(held_since_on__gt=models.F("opened_on")),
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="opportunity_name_search"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=models.Q(external_id__isnull=False),
                name="opportunity_external_id_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_on__isnull=True)
                | models.Q(state__in=["won", "lost"], closed_on__isnull=False),
                name="opportunity_closed_has_date",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
                name="opportunity_closes_after_opening",
            ),
            models.CheckConstraint(
                condition=models.Q(held_since_on__gte=models.F("opened_on")),
                name="opportunity_held_after_opening",
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) | models.Q(value__gte=0),
                name="opportunity_value_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """Its own name, else what is offered and to whom (needs `product`, `line`, `customer`)."""
        if self.name or not self.customer:
            return self.short_title
        return f"{self.short_title} · {self.customer.name}"

    @property
    def number(self) -> str:
        """The number that it has in the system it was imported from; empty for our own."""
        return (self.external_id or "").partition(":")[2]

    @property
    def short_title(self) -> str:
        """The title where the customer's name stands beside it."""
        return self.name or (self.product.name if self.product else self.line.name)


class Outcome(models.TextChoices):
    """How a level change ended an opportunity; empty while it goes on."""

    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class LevelChange(models.Model):
    """An opportunity's step: start, move, win, loss or new start. Never edited, never deleted.

    `from_level` is empty for a start. `to_level` is the level reached, empty for a win or a loss.
    `on` is the day in the organisation's zone; figures count by it and by the stamped owner and
    team, so that a later move of a person or a team leaves the past alone. The database refuses
    UPDATE, and DELETE except of sample rows.
    """

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, db_index=False, related_name="level_changes"
    )
    from_level = models.ForeignKey(
        Level, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    to_level = models.ForeignKey(
        Level, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    at = models.DateTimeField(_("at"))
    on = models.DateField(_("on"))
    # False where the source knew no date and `on` is only the day by which it was there:
    # such an entry counts for stock and conversion, never for dwell time.
    is_dated = models.BooleanField(default=True)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False, related_name="+")
    # What the opportunity was worth at that moment, so that a later edit leaves the past alone.
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScopedByTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("level change")
        verbose_name_plural = _("level changes")
        ordering = ["opportunity", "on", "at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["opportunity", "on", "at", "id"], name="level_change_history"),
            models.Index(fields=["on"], name="level_change_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(outcome="", to_level__isnull=False)
                | models.Q(
                    outcome__in=["won", "lost"], to_level__isnull=True, from_level__isnull=False
                ),
                name="level_change_goes_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity_id}: {self.from_level_id} → {self.outcome or self.to_level_id}"


class OwnerChangeKind(models.TextChoices):
    """What made an opportunity change hands."""

    ASSIGN = "assign", _("Assigned")
    MOVE = "move", _("Member moved")
    LEAVING = "leaving", _("Hand-over on leaving")
    IMPORT = "import", _("Import")


class OwnerChange(models.Model):
    """An opportunity passes to another owner, or with its owner to another team.

    Never edited, never deleted: the owner and team of a past day are `from_*` of the earliest change
    after it, or the opportunity's own where there is none. `on` is the day in the organisation's
    zone, from whose end on the new ones hold it. The database refuses UPDATE, and DELETE except of
    sample rows.
    """

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.PROTECT, db_index=False, related_name="owner_changes"
    )
    on = models.DateField(_("on"))
    at = models.DateTimeField(_("at"))
    from_owner = models.ForeignKey(
        Member, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False, related_name="+")
    to_owner = models.ForeignKey(Member, on_delete=models.PROTECT, db_index=False, related_name="+")
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, db_index=False, related_name="+")
    by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=OwnerChangeKind.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfOpportunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("owner change")
        verbose_name_plural = _("owner changes")
        ordering = ["opportunity", "on", "at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["opportunity", "on", "at", "id"], name="owner_change_history"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(from_owner=models.F("to_owner"), from_team=models.F("to_team")),
                name="owner_change_changes_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opportunity_id}: {self.from_owner_id} → {self.to_owner_id}"
