"""Which members and teams a person may see."""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.core.models import Organisation
from apps.core.paging import list_fetch_mode
from apps.members.absences import LOADED, absences_covered, lead_ids, near_absences
from apps.members.roles import SEALED, AccessRole, Reach, RecordKind

if TYPE_CHECKING:
    from apps.members.models import Member, Team

type Viewer = "Member | AnonymousUser"


class TeamQuerySet(models.QuerySet["Team"]):
    def subtree_of(self, team: "Team") -> Self:
        """The team itself and every team below it."""
        return self.filter(path__contains=[team.pk])

    def led_by(self, member: "Member") -> Self:
        """Teams that the member leads or stands in for today, with everything below them."""
        led = self.model._default_manager.filter(lead__in=lead_ids(member)).order_by()
        return self.filter(path__overlap=ArraySubquery(led.values("pk")))

    def visible_to(self, user: Viewer) -> Self:
        """Teams whose figures the person may open."""
        return self._within(user, reads(user, RecordKind.FIGURES))

    def record_visible_to(self, user: Viewer) -> Self:
        """Teams whose record (members, positions, stage) the person may open."""
        return self._within(user, reads(user, RecordKind.PEOPLE))

    def editable_by(self, user: Viewer) -> Self:
        """Teams whose name, stage and members of a matrix the person decides."""
        return self._within(user, writes(user, RecordKind.PEOPLE))

    def placed_by(self, user: Viewer) -> Self:
        """Teams whose place, lead and end the person decides: who leads one decides below it."""
        if writes(user, RecordKind.PEOPLE) is Reach.ALL:
            return self.all()
        return self.filter(parent__in=self.model._default_manager.editable_by(user).values("pk"))

    def open_on(self, day: date) -> Self:
        """Teams that are not closed by the day."""
        return self.filter(models.Q(closed_on__isnull=True) | models.Q(closed_on__gt=day))

    def _within(self, user: Viewer, reach: Reach) -> Self:
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.SUBTREE:
            return self.led_by(user)  # type: ignore[arg-type]
        return self.none()


# In plain SQL for the same reason as the absences.
UNREAD = """
(SELECT count(*) FROM members_notification news
 WHERE news.member_id = members_member.id AND news.read_at IS NULL)
"""


class MemberQuerySet(models.QuerySet["Member"]):
    def with_absences(self) -> Self:
        """With the stand-ins that may run today, so that `access_role` asks no further query."""
        return self.annotate(**{LOADED: near_absences()})

    def with_unread_news(self) -> Self:
        """With the number of unread notifications, which every page shows: no further query."""
        unread = RawSQL(UNREAD, [], output_field=models.IntegerField())  # noqa: S611 - a constant
        return self.annotate(unread_news=unread)

    def named_like(self, text: str) -> Self:
        """The name contains the text or the address begins with it; an index for each."""
        return self.filter(models.Q(name__icontains=text) | models.Q(email__istartswith=text))

    def visible_to(self, user: Viewer) -> Self:
        """Members whose work or record the person may see: their own, their subtree, or all."""
        reach = max(reads(user, RecordKind.SALES), reads(user, RecordKind.PEOPLE))
        if reach is Reach.OWN:
            return self.filter(pk=user.pk)
        return self._within(user, reach)

    def record_visible_to(self, user: Viewer) -> Self:
        """Members whose record (role, positions, memberships, sign-ins) the person may open."""
        return self._without_leads(user)._within(user, reads(user, RecordKind.PEOPLE))

    def editable_by(self, user: Viewer) -> Self:
        """Members whose record the person may change; which fields, `roles` says."""
        return self._without_leads(user)._within(user, writes(user, RecordKind.PEOPLE))

    def _within(self, user: Viewer, reach: Reach) -> Self:
        if reach is Reach.ALL:
            return self.all()
        if reach is Reach.SUBTREE:
            return self.in_teams_led_by(user)  # type: ignore[arg-type]
        return self.none()

    def _without_leads(self, user: Viewer) -> Self:
        """To a rep who stands in, the lead's own record stays closed, and theirs as it was."""
        if access_role(user) is own_role(user):
            return self
        return self.exclude(pk__in=lead_ids(user))  # type: ignore[arg-type]

    def in_team(self, slug: str, day: date) -> Self:
        """Those with a membership of the day in the team or below it."""
        from apps.members.models import Membership, Team

        ids = list(Team.objects.filter(slug=slug).values_list("pk", flat=True))
        running = Membership.objects.running_on(day).filter(team__path__overlap=ids)
        return self.filter(pk__in=running.values("member"))

    def holding(self, code: str, day: date) -> Self:
        """Those who hold the position on the day."""
        from apps.members.models import PositionHolding

        running = PositionHolding.objects.running_on(day).filter(position__code=code)
        return self.filter(pk__in=running.values("member"))

    def for_list(self) -> Self:
        """A row of the directory: with `teams_now` (the primary one first) and `positions_now`."""
        from apps.members.models import Membership, PositionHolding

        today = Organisation.current().today()
        teams = Membership.objects.running_on(today).select_related("team")
        held = PositionHolding.objects.running_on(today).select_related("position")
        return self.prefetch_related(
            models.Prefetch("memberships", teams.order_by("-is_primary", "pk"), "teams_now"),
            models.Prefetch("holdings", held.order_by("position__rank", "pk"), "positions_now"),
        ).fetch_mode(list_fetch_mode())

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
    def visible_to(self, user: Viewer) -> Self:
        """One's own, those of people whose record one opens, and those of teams one opens."""
        from apps.members.models import Member, Team

        if access_role(user) is None:
            return self.none()
        return self.filter(
            models.Q(member=user.pk)
            | models.Q(member__in=Member.objects.record_visible_to(user).values("pk"))
            | models.Q(team__in=Team.objects.record_visible_to(user).values("pk"))
        )

    def editable_by(self, user: Viewer) -> Self:
        """Those of the teams that one may change."""
        from apps.members.models import Team

        return self.filter(team__in=Team.objects.editable_by(user).values("pk"))


class PositionQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Positions are words of the firm: every member knows them."""
        return self.none() if access_role(user) is None else self.all()

    def offered(self, held: Collection[int] = ()) -> Self:
        """Those in use, and those that somebody holds already."""
        return self.filter(models.Q(is_active=True) | models.Q(pk__in=held))

    def editable_by(self, user: Viewer) -> Self:
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()


class OfMemberQuerySet(models.QuerySet[Any]):
    """Rows about a member, seen by those who see that member's record, and by the member."""

    member_field = "member"

    def visible_to(self, user: Viewer) -> Self:
        from apps.members.models import Member

        if access_role(user) is None:
            return self.none()
        if reads(user, RecordKind.PEOPLE) is Reach.ALL:
            return self.all()
        records = Member.objects.record_visible_to(user).values("pk")
        return self.filter(
            models.Q(**{self.member_field: user.pk})
            | models.Q(**{f"{self.member_field}__in": records})
        )

    def editable_by(self, user: Viewer) -> Self:
        """Those about members whose record the person may change."""
        from apps.members.models import Member

        if writes(user, RecordKind.PEOPLE) is Reach.ALL:
            return self.all()
        records = Member.objects.editable_by(user).values("pk")
        return self.filter(**{f"{self.member_field}__in": records})


class PositionHoldingQuerySet(DatedQuerySet, OfMemberQuerySet):  # type: ignore[override]
    pass


class SignInQuerySet(OfMemberQuerySet):
    def editable_by(self, user: Viewer) -> Self:  # noqa: ARG002 - nobody's
        """A log: nobody changes it."""
        return self.none()


class InvitationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Invitations are an administrator's business, and HR's to know."""
        return self.all() if reads(user, RecordKind.PEOPLE) is Reach.ALL else self.none()

    def editable_by(self, user: Viewer) -> Self:
        return self.all() if writes(user, RecordKind.SETTINGS) is Reach.ALL else self.none()

    def in_state(self, state: str) -> Self:
        """Open, expired, accepted or revoked (taken back), now."""
        unanswered = self.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        now = timezone.now()
        return {
            "open": unanswered.filter(expires_at__gt=now),
            "expired": unanswered.filter(expires_at__lte=now),
            "accepted": self.filter(accepted_at__isnull=False),
            "revoked": self.filter(revoked_at__isnull=False),
        }[state]

    def for_list(self) -> Self:
        """What a row of a list prints; without the words of the mail."""
        related = self.select_related("team", "invited_by", "mail", "member")
        return related.defer("mail__text", "mail__html").fetch_mode(list_fetch_mode())


class InvitationBatchQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.editable_by(user)

    def editable_by(self, user: Viewer) -> Self:
        """One's own, of those who invite at all."""
        allowed = writes(user, RecordKind.SETTINGS) is Reach.ALL
        return self.filter(by=user.pk) if allowed else self.none()


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
    def in_use(self) -> Self:
        """Those that open something still."""
        lasting = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=timezone.now())
        return self.filter(lasting, revoked_at__isnull=True)

    def visible_to(self, user: Viewer) -> Self:
        """One's own; nobody sees another's."""
        return self.none() if access_role(user) is None else self.filter(member=user.pk)

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)


class OwnQuerySet(models.QuerySet[Any]):
    """Rows that are nobody's business but the member's."""

    def visible_to(self, user: Viewer) -> Self:
        return self.none() if access_role(user) is None else self.filter(member=user.pk)

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)


class SavedViewQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """One's own, everyone's, and those of the teams that one belongs to or leads."""
        from apps.members.models import Membership, Team

        if access_role(user) is None:
            return self.none()
        running = Membership.objects.running_on(Organisation.current().today())
        at_or_below = running.filter(member=user.pk, team__path__contains=[models.OuterRef("team")])
        led = Team.objects.led_by(user).values("pk")  # type: ignore[arg-type]
        return self.filter(
            models.Q(owner=user.pk)
            | models.Q(sharing="everyone")
            | models.Exists(at_or_below)
            | models.Q(team__in=led)
        )

    def editable_by(self, user: Viewer) -> Self:
        """One's own; who administers tidies up what everybody sees."""
        if writes(user, RecordKind.SETTINGS) is Reach.ALL:
            return self.filter(models.Q(owner=user.pk) | ~models.Q(sharing="own"))
        return self.none() if access_role(user) is None else self.filter(owner=user.pk)


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


def own_role(user: Viewer) -> AccessRole | None:
    """The access role that a signed-in, active member was given; `None` for anybody else."""
    if not user.is_authenticated or not user.is_active:
        return None
    return user.role


def access_role(user: Viewer) -> AccessRole | None:
    """The role in force: one's own, or while a rep stands in for a lead, that of a lead."""
    role = own_role(user)
    if role is None or role.in_force_for_others is role:
        return role
    return role.in_force_for_others if absences_covered(user) else role  # type: ignore[arg-type]


def reads(user: Viewer, kind: RecordKind) -> Reach:
    """How far the person reads records of a kind. What is sealed is never delegated."""
    if kind in SEALED:
        role = own_role(user)
        return Reach.NONE if role is None or is_acted_for(user) else role.reach(kind)
    role = access_role(user)
    return Reach.NONE if role is None else role.reach(kind)


def writes(user: Viewer, kind: RecordKind) -> Reach:
    """How far the person changes records of a kind."""
    if kind in SEALED:
        role = own_role(user)
        return Reach.NONE if role is None or is_acted_for(user) else role.writes(kind)
    role = access_role(user)
    return Reach.NONE if role is None else role.writes(kind)


def is_acted_for(user: Viewer) -> bool:
    """Whether an administrator looks at the product as this person."""
    return getattr(user, "acted_by", None) is not None


def may_export(user: Viewer) -> bool:
    """Take lists away as files: as an administrator said of the member, else of their role."""
    role = access_role(user)
    if role is None or is_acted_for(user):
        return False
    said: bool | None = user.may_export_lists  # type: ignore[union-attr]
    return role in Organisation.current().export_roles if said is None else said


def reads_contact_data(user: Viewer) -> bool:
    """Phones and addresses of contacts; others get a mask, and find nothing by them."""
    role = access_role(user)
    return role is not None and role.sees_contact_data
