"""Every change to members, teams and memberships."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record
from apps.members.models import AccessRole, Member, Membership, Team


class NoTeam(DomainError):  # noqa: N818 - named for what is missing
    """The member belongs to no team on that day."""


@transaction.atomic
def member_create(  # noqa: PLR0913 - a person's fields
    *,
    email: str,
    name: str,
    access_role: AccessRole,
    by: Member | None,
    password: str | None = None,
    time_zone: str | None = None,
    language: str = "en",
    joined_on: date | None = None,
) -> Member:
    """Create a member who can sign in if a password is given."""
    extra = {"time_zone": time_zone} if time_zone else {}
    member = Member.objects.create_user(
        email,
        password,
        name=name,
        access_role=access_role,
        language=language,
        joined_on=joined_on,
        **extra,
    )
    audit_record(by=by, action="member.create", record=member, role=str(access_role))
    return member


@transaction.atomic
def team_create(
    *,
    name: str,
    slug: str,
    by: Member | None,
    parent: Team | None = None,
    lead: Member | None = None,
) -> Team:
    """Create a team below `parent`; its path makes the subtree one look-up."""
    formed_on = Organisation.current().today()
    team = Team(name=name, slug=slug, parent=parent, lead=lead, formed_on=formed_on)
    team.full_clean()
    team.save()
    team.path = [*(parent.path if parent else []), team.pk]
    team.save(update_fields=["path"])
    audit_record(by=by, action="team.create", record=team, name=name)
    return team


@transaction.atomic
def membership_start(
    *, member: Member, team: Team, starts_on: date, by: Member | None, is_primary: bool = True
) -> Membership:
    """Let a member belong to a team from a day on; a running primary membership ends that day."""
    if is_primary:
        running = Membership.objects.select_for_update().without_end()
        for old in running.filter(member=member, is_primary=True).order_by("pk"):
            if old.starts_on >= starts_on:
                raise DomainError(_("This member has a team from that day on already."))
            old.ends_on = starts_on
            old.save(update_fields=["ends_on"])
    membership = Membership(member=member, team=team, starts_on=starts_on, is_primary=is_primary)
    membership.full_clean()
    membership.save()
    audit_record(by=by, action="membership.start", record=membership, team=team.pk)
    return membership


class AlreadySetUp(DomainError):  # noqa: N818 - named for what is the case
    """An installation is set up once."""


@transaction.atomic
def first_admin_create(
    *,
    email: str,
    name: str,
    password: str,
    organisation: str,
    time_zone: str,
    currency: str,
) -> Member:
    """Set up an installation: its organisation, and the one who lets everybody else in.

    Raises:
        AlreadySetUp: an active administrator exists.
        ValidationError: a value that the organisation or the member refuses.
    """
    firm = Organisation.objects.select_for_update().get(pk=Organisation.current().pk)
    if Member.objects.filter(access_role=AccessRole.ADMIN, is_active=True).exists():
        raise AlreadySetUp(_("There is an administrator already: ask them for a sign-in."))
    firm.name, firm.time_zone, firm.currency = organisation, time_zone, currency
    firm.full_clean()
    firm.save()
    member = member_create(
        email=email,
        name=name,
        password=password,
        access_role=AccessRole.ADMIN,
        time_zone=time_zone,
        by=None,
    )
    audit_record(by=member, action="organisation.set_up", record=firm, name=organisation)
    return member
