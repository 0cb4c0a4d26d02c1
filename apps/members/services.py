"""Every change to members, teams and memberships."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.models import Organisation
from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import AccessRole, Member, Membership, Team


class NoTeam(DomainError):  # noqa: N818 - named for what is missing
    """The member belongs to no team on that day."""


# What the audit trail says of a new member.
CREATED = ("name", "email", "access_role", "time_zone", "language", "joined_on")


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
    career_level: str = "",
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
        career_level=career_level,
        **extra,
    )
    changes = changed_values(member, {}, CREATED)
    audit_record(by=by, action="member.create", record=member, changes=changes)
    return member


@transaction.atomic
def membership_start(
    *, member: Member, team: Team, starts_on: date, by: Member | None, is_primary: bool = True
) -> Membership:
    """Let a member belong to a team from a day on; a running primary membership ends that day."""
    if is_primary:
        running = Membership.objects.select_for_update(of=("self",)).without_end()
        running = running.prefetch_related("member", "team")
        for old in running.filter(member=member, is_primary=True).order_by("pk"):
            if old.starts_on >= starts_on:
                raise DomainError(_("This member has a team from that day on already."))
            old.ends_on = starts_on
            old.save(update_fields=["ends_on"])
            ends = {"ends_on": [None, starts_on]}
            audit_record(by=by, action="membership.end", record=old, changes=ends)
    membership = Membership(member=member, team=team, starts_on=starts_on, is_primary=is_primary)
    membership.full_clean()
    membership.save()
    fields = ("member", "team", "starts_on", "is_primary")
    changes = changed_values(membership, {}, fields)
    audit_record(by=by, action="membership.start", record=membership, changes=changes)
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
    before = values_of(firm, ("name", "time_zone", "currency"))
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
    changes = changed_values(firm, before)
    audit_record(by=member, action="organisation.set_up", record=firm, changes=changes)
    return member
