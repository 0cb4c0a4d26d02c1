"""What people do for their teams, with dates."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.members.lifecycle import LifecycleStage
from apps.members.querysets import (
    PositionHoldingQuerySet,
    PositionQuerySet,
)
from apps.members.roles import AccessRole as AccessRole  # noqa: PLC0414 - models use it most

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
from apps.members.models.people import Member
from apps.members.models.teams import DateRange


class Position(models.Model):
    """What somebody does for a team, and the stages of a customer's life that this covers."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    # Language code → name; English is the fallback.
    names: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField(_("names"))
    stages: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=16, choices=LifecycleStage.choices), default=list, blank=True
    )
    rank = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["rank", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.names.get(get_language() or "en") or self.names["en"]

    @property
    def stage_names(self) -> "list[_StrPromise]":
        """The stages covered, in words and in their order."""
        return [stage.label for stage in LifecycleStage if stage in self.stages]


class PositionHolding(models.Model):
    """A member's time in a position, from its first day up to, not including, `ends_on`."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="holdings")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="holdings")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = PositionHoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("position held")
        verbose_name_plural = _("positions held")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gt=models.F("starts_on")),
                name="holding_ends_after_start",
                violation_error_message=_("The end lies before the start: choose a later day."),
            ),
            ExclusionConstraint(
                name="holding_once_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("position", RangeOperators.EQUAL),
                    (
                        DateRange("starts_on", "ends_on", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_(
                    "This member holds the position on some of these days already."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.position}"
