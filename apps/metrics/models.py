"""What the overnight run computes: facts by member and day, and rates by level."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.funnel.models import Level
from apps.funnel.querysets import ScopedByTeamQuerySet
from apps.members.models import Member, Team
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind


class Metric(models.TextChoices):
    """What a day fact counts; `amount` is money in the organisation's currency."""

    ORDERS = "orders", _("Orders")  # count: orders, amount: revenue
    CREATED = "created", _("New opportunities")  # count, amount: their value; level: the first
    ENTERED = "entered", _("Level entries")  # count, amount: value; level: the level reached
    WON = "won", _("Won")  # count, amount: value; level: the level left
    LOST = "lost", _("Lost")  # count, amount: value; level: the level left


class DayFactQuerySet(ScopedByTeamQuerySet):
    owner_field = "member"


class DayFact(models.Model):
    """One figure of one member on one day in one team; a sum of rows, never typed."""

    # Without foreign key constraints: the rows that a fact sums hold them, checking them here again
    # costs more than computing the facts, and a removed row marks the day for the next run.
    day = models.DateField()
    member = models.ForeignKey(
        Member, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    team = models.ForeignKey(
        Team, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    metric = models.CharField(max_length=16, choices=Metric.choices)
    level = models.ForeignKey(
        Level,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    count = models.IntegerField()
    # None where none of the counted rows has a value.
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)

    objects = DayFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("day fact")
        verbose_name_plural = _("day facts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "team", "member", "metric", "level"],
                nulls_distinct=False,
                name="dayfact_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.member_id} {self.metric}"


class LevelRateQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        reach = reads(user, RecordKind.FIGURES)
        if reach is Reach.NONE:
            return self.none()
        if reach is Reach.ALL:
            return self.all()
        teams = Team.objects.visible_to(user).values("pk")
        return self.filter(models.Q(member=user.pk) | models.Q(team__in=teams))


class LevelRate(models.Model):
    """Conversion and dwell time of one level as of the latest run.

    Scope: a member's own entries (`member`), a team with everything below it (`team`), or the
    organisation (neither). Counts are of opportunities that entered the level in the window and
    are resolved since: `ups` moved higher, `lost` were lost. Days are whole days.
    """

    as_of = models.DateField()
    window_days = models.PositiveSmallIntegerField()
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="+")
    entered = models.IntegerField()
    ups = models.IntegerField()
    lost = models.IntegerField()
    dwell_n = models.IntegerField()
    dwell_median_days = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    dwell_p80_days = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    computed_at = models.DateTimeField(default=timezone.now)

    objects = LevelRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("level rate")
        verbose_name_plural = _("level rates")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["as_of", "level", "team", "member"],
                nulls_distinct=False,
                name="levelrate_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(team__isnull=True) | models.Q(member__isnull=True),
                name="levelrate_one_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.level}"
