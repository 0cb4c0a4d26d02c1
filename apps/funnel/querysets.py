"""Which opportunities and level changes a person may see."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.lookups import GreaterThan, LessThan

from apps.core.paging import RowValue, list_fetch_mode
from apps.customers.models import Customer
from apps.members.models import Member, Team
from apps.members.querysets import Viewer, access_role, reads, writes
from apps.members.roles import Reach, RecordKind

if TYPE_CHECKING:
    from apps.funnel.models import Level


# The order in which an opportunity's changes happened.
SEQUENCE = ("on", "at", "pk")
MONEY: "models.DecimalField[Any, Any]" = models.DecimalField(max_digits=16, decimal_places=2)


class ScopedByTeamQuerySet(models.QuerySet[Any]):
    """Rows stamped with `owner` and `team`: own, own subtree, or all."""

    owner_field = "owner"

    def visible_to(self, user: Viewer) -> Self:
        return self._within(user, reads(user, RecordKind.SALES))

    def _within(self, user: Viewer, reach: Reach) -> Self:
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.NONE:
            return self.none()
        own = models.Q(**{self.owner_field: user.pk})
        if reach is Reach.OWN:
            return self.filter(own)
        led = Team.objects.led_by(user)  # type: ignore[arg-type]
        teams = list(led.values_list("pk", flat=True))
        return self.filter(own | models.Q(team__in=teams))


class ChangedByTeamQuerySet(ScopedByTeamQuerySet):
    """The same of rows that people change."""

    def editable_by(self, user: Viewer) -> Self:
        return self._within(user, writes(user, RecordKind.SALES))


class OfOpportunityQuerySet(models.QuerySet[Any]):
    """Rows about an opportunity, seen by those who see it."""

    def visible_to(self, user: Viewer) -> Self:
        from apps.funnel.models import Opportunity

        return self.filter(opportunity__in=Opportunity.objects.visible_to(user).values("pk"))


class OpportunityQuerySet(ChangedByTeamQuerySet):
    def without_customer(self) -> Self:
        """Opportunities that the import kept although no customer was named: to be completed."""
        return self.filter(customer__isnull=True)

    def open_on(self, day: date) -> Self:
        """Opened by the end of the day and not closed by then, judged by the latest closing alone.

        A recycled opportunity was closed for a while: `at_level_on` knows that, this doesn't.
        """
        return self.filter(opened_on__lte=day).filter(
            Q(closed_on__isnull=True) | Q(closed_on__gt=day)
        )

    def at_level_on(self, day: date, level: "Level | None" = None) -> Self:
        """Open at the end of `day`, at `level` if one is given, whatever happened later.

        By the latest level change up to the day and the first owner change after it. Adds, as of
        that day: `level_on_id`, `since_on` (the day on which the level was entered), `owner_on_id`,
        `team_on_id` and `value_on`.
        Where nothing has changed since, the opportunity's own columns say all of this; the history
        is looked up only for the others, which keeps a recent day as cheap as a plain filter.
        """
        unchanged, latest = Q(level_since_on__lte=day), _latest_change(day)
        number = models.BigIntegerField()
        rows = (
            self.open_on(day)
            .with_holder_ids_on(day)
            .annotate(
                level_on_id=_as_of(unchanged, "level_id", latest.values("to_level"), number),
                since_on=_as_of(
                    unchanged, "level_since_on", latest.values("on"), models.DateField()
                ),
                # An open opportunity that stands where it stood is worth what is known now; one that
                # has moved or closed since was worth what its last change up to the day says.
                value_on=_as_of(
                    unchanged & Q(state="open"), "value", latest.values("value"), MONEY
                ),
            )
        )
        if level is not None:
            return rows.filter(level_on_id=level.pk)
        # A loss that was recycled later leaves no level on the days between.
        return rows.filter(unchanged | Q(level_on_id__isnull=False))

    def with_holder_ids_on(self, day: date) -> Self:
        """Adds `owner_on_id` and `team_on_id`: who held it at the end of the day."""
        held, handed = Q(held_since_on__lte=day), _next_owner_change(day)
        number = models.BigIntegerField()
        return self.annotate(
            owner_on_id=_as_of(held, "owner_id", handed.values("from_owner"), number),
            team_on_id=_as_of(held, "team_id", handed.values("from_team"), number),
        )

    def held_on(
        self, day: date, *, owner: Member | None = None, teams: Sequence[int] | None = None
    ) -> Self:
        """Of `with_holder_ids_on(day)`: those that the owner, or one of the teams, held at the day's end.

        The same as a filter on `owner_on_id` or `team_on_id`, in a form that indexes serve.
        """
        held = Q(held_since_on__lte=day)
        # Opened by the day and changed hands after it: the second condition names the index.
        handed = Q(held_since_on__gt=day) & Q(held_since_on__gt=F("opened_on"))
        rows = self
        if owner is not None:
            rows = rows.filter(held & Q(owner=owner) | handed & Q(owner_on_id=owner.pk))
        if teams is not None:
            rows = rows.filter(held & Q(team__in=teams) | handed & Q(team_on_id__in=teams))
        return rows

    def with_holders_on(self) -> Self:
        """Of `at_level_on`: adds `owner_on_name` and `team_on_name`, who held it on that day."""
        owners = Member.objects.order_by().filter(pk=OuterRef("owner_on_id")).values("name")
        teams = Team.objects.order_by().filter(pk=OuterRef("team_on_id")).values("name")
        return self.annotate(owner_on_name=Subquery(owners), team_on_name=Subquery(teams))

    def with_rank_on(self) -> Self:
        """Of `at_level_on`: adds `rank_on`, the rank of the level of that day."""
        from apps.funnel.models import Level

        ranks = Level.objects.order_by().filter(pk=OuterRef("level_on_id")).values("rank")
        return self.annotate(rank_on=Subquery(ranks))

    def entered(
        self,
        level: "Level",
        start: date,
        end: date,
        *,
        owner: Member | None = None,
        teams: Sequence[int] | None = None,
    ) -> Self:
        """Entered the level in the period: by a step to it, or by a jump or a win across it.

        The first time in its life counts, that is since it was opened or recycled. `owner` and
        `teams` are those stamped on the entry.
        """
        entries = _first_entries(level).filter(on__range=(start, end))
        if owner is not None:
            entries = entries.filter(owner=owner)
        if teams is not None:
            entries = entries.filter(team__in=teams)
        return self.filter(pk__in=entries.values("opportunity"))

    def named_like(self, text: str) -> Self:
        """Own name or the customer's contains the text, or the external id is exactly it.

        One index for each part: an OR across the two tables would read every row.
        """
        rows = self.model._default_manager.order_by()
        customers = Customer.objects.filter(name__icontains=text).order_by().values("pk")
        found = (
            rows.filter(name__icontains=text)
            .values("pk")
            .union(
                rows.filter(customer__in=customers).values("pk"),
                rows.filter(external_id=text).values("pk"),
            )
        )
        return self.filter(pk__in=found)

    def for_list(self) -> Self:
        """What a row of a list prints."""
        related = ("customer", "owner", "team", "line", "product", "level")
        return self.select_related(*related).fetch_mode(list_fetch_mode())


def _changes() -> models.QuerySet[Any]:
    from apps.funnel.models import LevelChange

    return LevelChange.objects.order_by()


def _latest_change(day: date) -> models.QuerySet[Any]:
    changes = _changes().filter(opportunity=OuterRef("pk"), on__lte=day)
    return changes.order_by("-on", "-at", "-pk")


def _next_owner_change(day: date) -> models.QuerySet[Any]:
    from apps.funnel.models import OwnerChange

    changes = OwnerChange.objects.filter(opportunity=OuterRef("pk"), on__gt=day)
    return changes.order_by("on", "at", "pk")


def _as_of(
    own: Q, column: str, history: models.QuerySet[Any], kind: "models.Field[Any, Any]"
) -> Case:
    """The opportunity's own column where it holds for the day, else what the history says."""
    return Case(When(own, then=F(column)), default=Subquery(history[:1]), output_field=kind)


def _first_entries(level: "Level") -> models.QuerySet[Any]:
    """Changes that brought an opportunity to the level or past it for the first time in its life."""
    own = RowValue(*map(F, SEQUENCE))
    entry = RowValue(*map(OuterRef, SEQUENCE))
    first = RowValue(*(OuterRef(OuterRef(name)) for name in SEQUENCE))
    same = {"opportunity": OuterRef("opportunity")}
    restarts = _changes().filter(
        GreaterThan(own, entry), LessThan(own, first), from_level__isnull=True, **same
    )
    earlier = _entries(level).filter(LessThan(own, entry), ~Exists(restarts), **same)
    return _entries(level).filter(Q(from_level__isnull=True) | ~Exists(earlier))


def _entries(level: "Level") -> models.QuerySet[Any]:
    """Changes that brought an opportunity to the level or, upwards, past it."""
    from apps.funnel.models import Level

    levels = Level.objects.filter(pipeline=level.pipeline_id).order_by()
    below = levels.filter(rank__lt=level.rank).values("pk")
    above = levels.filter(rank__gt=level.rank).values("pk")
    past = Q(from_level__in=below) & (Q(to_level__in=above) | Q(outcome="won"))
    return _changes().filter(Q(to_level=level) | past)


class PipelineQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.all() if access_role(user) is not None else self.none()
