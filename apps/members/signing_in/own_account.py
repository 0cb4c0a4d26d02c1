"""What members change about themselves."""

from allauth.account.models import EmailAddress
from django.db import transaction

from apps.core.services import audit_record, changed_values, values_of
from apps.members.models import Member

PROFILE = ("name", "language", "time_zone")


@transaction.atomic
def profile_change(*, by: Member, name: str, language: str, time_zone: str) -> Member:
    """Change one's own name, language and time zone."""
    member: Member = Member.objects.select_for_update().get(pk=by.pk)
    before = values_of(member, PROFILE)
    member.name, member.language, member.time_zone = name, language, time_zone
    member.full_clean(exclude=["password"])
    member.save(update_fields=PROFILE)
    changes = changed_values(member, before)
    if changes:
        audit_record(by=by, action="member.profile", record=member, changes=changes)
    return member


def email_is_taken(email: str, *, by: Member) -> bool:
    """Does another member sign in with this address?"""
    found: bool = Member.objects.filter(email__iexact=email).exclude(pk=by.pk).exists()
    return found


@transaction.atomic
def address_settle(member: Member) -> None:
    """Make the member's email the one confirmed address that django-allauth knows of them.

    Members get their address by an invitation to it, of which allauth knows nothing. It takes an
    address that is not confirmed for the one somebody is changing to, and would delete it with the
    member's email at the next change.
    """
    known = EmailAddress.objects.filter(user=member)
    known.filter(verified=True).exclude(email=member.email).delete()
    EmailAddress.objects.update_or_create(
        user=member, email=member.email, defaults={"verified": True, "primary": True}
    )
