"""Which members and teams a person may see."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models

from apps.core.models import Organisation
from apps.members.roles import AccessRole, Reach, RecordKind

if TYPE_CHECKING:
    from apps.members.models import Member, Team

type Viewer = "Member | AnonymousUser"


class TeamQuerySet(models.QuerySet["Team"]):
    def subtree_of(self, team: "Team") -> Self:
        """The team itself and every team below it."""
        return self.filter(path__contains=[team.pk])

    def led_by(self, member: "Member") -> Self:
        """Teams that the member leads, with everything below them."""
        led = self.model._default_manager.filter(lead=member).order_by()
        return self.filter(path__overlap=ArraySubquery(led.values("pk")))

    def visible_to(self, user: Viewer) -> Self:
        """Teams whose figures the person may open."""
        role = access_role(user)
        if role is None:
            return self.none()
        if role.sees_all_figures:
            return self.all()
        if role.leads:
            return self.led_by(user)  # type: ignore[arg-type]
        return self.none()


class MemberQuerySet(models.QuerySet["Member"]):
    def visible_to(self, user: Viewer) -> Self:
        """Members whose work the person may see: own, own subtree, or all."""
        role = access_role(user)
        if role is None:
            return self.none()
        if role.sees_all_people:
            return self.all()
        if role.leads:
            return self.in_teams_led_by(user)  # type: ignore[arg-type]
        return self.filter(pk=user.pk)

    def record_visible_to(self, user: Viewer) -> Self:
        """Members whose record (role, positions, memberships, sign-ins) the person may open."""
        return self._within(user, lambda role: role.reach(RecordKind.PEOPLE))

    def editable_by(self, user: Viewer) -> Self:
        """Members whose record the person may change; which fields, `roles` says."""
        return self._within(user, lambda role: role.writes(RecordKind.PEOPLE))

    def _within(self, user: Viewer, reach_of: Callable[[AccessRole], Reach]) -> Self:
        role = access_role(user)
        if role is None:
            return self.none()
        reach = reach_of(role)
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.SUBTREE:
            return self.in_teams_led_by(user)  # type: ignore[arg-type]
        return self.none()

    def in_teams_led_by(self, member: "Member") -> Self:
        """The lead and everybody whose membership in the led subtree runs today."""
        from apps.members.models import Membership, Team

        running = Membership.objects.running_on(Organisation.current().today()).filter(
            team__in=Team.objects.led_by(member).values("pk")
        )
        return self.filter(models.Q(pk=member.pk) | models.Q(pk__in=running.values("member")))


class DatedQuerySet(models.QuerySet[Any]):
    """Rows with `starts_on` and an `ends_on` that is not included, or none."""

    def running_on(self, day: date) -> Self:
        """Rows that cover the day."""
        return self.filter(starts_on__lte=day).filter(
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=day)
        )

    def without_end(self) -> Self:
        """Rows that nobody has ended, begun or not."""
        return self.filter(ends_on__isnull=True)


class MembershipQuerySet(DatedQuerySet):
    pass


class PositionQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Positions are words of the firm: every member knows them."""
        return self.none() if access_role(user) is None else self.all()

    def editable_by(self, user: Viewer) -> Self:
        role = access_role(user)
        allowed = role is not None and role.writes(RecordKind.SETTINGS) is Reach.ALL
        return self.all() if allowed else self.none()


class OfMemberQuerySet(models.QuerySet[Any]):
    """Rows about a member, seen by those who see that member's record, and by the member."""

    member_field = "member"

    def visible_to(self, user: Viewer) -> Self:
        from apps.members.models import Member

        if access_role(user) is None:
            return self.none()
        records = Member.objects.record_visible_to(user).values("pk")
        return self.filter(
            models.Q(**{self.member_field: user.pk})
            | models.Q(**{f"{self.member_field}__in": records})
        )


class PositionHoldingQuerySet(DatedQuerySet, OfMemberQuerySet):  # type: ignore[override]
    pass


class SignInQuerySet(OfMemberQuerySet):
    pass


class InvitationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Invitations are an administrator's business, and HR's to know."""
        role = access_role(user)
        allowed = role is not None and role.reach(RecordKind.PEOPLE) is Reach.ALL
        return self.all() if allowed else self.none()

    def editable_by(self, user: Viewer) -> Self:
        role = access_role(user)
        allowed = role is not None and role.writes(RecordKind.SETTINGS) is Reach.ALL
        return self.all() if allowed else self.none()


class StandInQuerySet(DatedQuerySet):
    def in_force_on(self, day: date) -> Self:
        """Running on the day, and not cancelled."""
        return self.running_on(day).filter(cancelled_at__isnull=True)

    def visible_to(self, user: Viewer) -> Self:
        """Those about oneself, and those of people whose record one sees."""
        from apps.members.models import Member

        if access_role(user) is None:
            return self.none()
        records = Member.objects.record_visible_to(user).values("pk")
        return self.filter(
            models.Q(absent=user.pk) | models.Q(stand_in=user.pk) | models.Q(absent__in=records)
        )

    def editable_by(self, user: Viewer) -> Self:
        """One's own absence, and that of people whose record one may change."""
        from apps.members.models import Member

        if access_role(user) is None:
            return self.none()
        records = Member.objects.editable_by(user).values("pk")
        return self.filter(models.Q(absent=user.pk) | models.Q(absent__in=records))


class ApiTokenQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """One's own; nobody sees another's."""
        return self.none() if access_role(user) is None else self.filter(member=user.pk)

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)


class MemberManager(DjangoUserManager.from_queryset(MemberQuerySet)):  # type: ignore[misc]
    """Members are created by `services.member_create`; commands of Django use this door."""

    def get_by_natural_key(self, username: str | None) -> "Member":
        member: Member = self.get(email__iexact=username)
        return member

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        member: Member = self.model(email=email.strip().lower(), **fields)
        member.set_password(password)
        member.full_clean(exclude=["password"])
        member.save(using=self._db)
        return member


def access_role(user: Viewer) -> AccessRole | None:
    """The access role of a signed-in, active member; `None` for anybody else."""
    if not user.is_authenticated or not user.is_active:
        return None
    return user.role
