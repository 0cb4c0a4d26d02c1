"""Which members and teams a person may see."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models

from apps.core.models import Organisation

if TYPE_CHECKING:
    from apps.members.models import AccessRole, Member, Team

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

    def in_teams_led_by(self, member: "Member") -> Self:
        """The lead and everybody whose membership in the led subtree runs today."""
        from apps.members.models import Membership, Team

        running = Membership.objects.running_on(Organisation.current().today()).filter(
            team__in=Team.objects.led_by(member).values("pk")
        )
        return self.filter(models.Q(pk=member.pk) | models.Q(pk__in=running.values("member")))


class MembershipQuerySet(models.QuerySet[Any]):
    def without_end(self) -> Self:
        """Memberships that nobody has ended, begun or not."""
        return self.filter(ends_on__isnull=True)

    def running_on(self, day: date) -> Self:
        """Memberships that cover the day."""
        return self.filter(starts_on__lte=day).filter(
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=day)
        )


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


def access_role(user: Viewer) -> "AccessRole | None":
    """The access role of a signed-in, active member; `None` for anybody else."""
    if not user.is_authenticated or not user.is_active:
        return None
    return user.role
