"""Phone systems and their extensions, settled by administrators."""

import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import encryption
from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.members.models import Member
from apps.telephony.models import Extension, PhoneSystem

# 256 bits, as the signature has.
SECRET_BYTES = 32


def secret_of(system: PhoneSystem) -> str:
    """The secret that the system signs with. Raises cryptography.fernet.InvalidToken."""
    return encryption.decrypt(system.secret)


@transaction.atomic
def phone_system_create(*, name: str, by: Member | None) -> tuple[PhoneSystem, str]:
    """A new source of calls, and its secret, which is shown this once.

    Raises:
        NotPermitted: by somebody who does not settle the settings.
        ValidationError: the name is taken, or can't be sent in a header.
    """
    _check_may(by)
    raw = secrets.token_urlsafe(SECRET_BYTES)
    system = PhoneSystem(name=name.strip(), secret=encryption.encrypt(raw))
    system.full_clean()
    system.save()
    audit_record(by=by, action="phonesystem.create", record=system)
    return system, raw


@transaction.atomic
def phone_system_rotate(*, system: PhoneSystem, by: Member) -> str:
    """A new secret; what is signed with the old one is refused from now on."""
    held = _held(system, by)
    raw = secrets.token_urlsafe(SECRET_BYTES)
    held.secret, held.secret_made_at = encryption.encrypt(raw), timezone.now()
    held.save(update_fields=["secret", "secret_made_at"])
    audit_record(by=by, action="phonesystem.rotate", record=held)
    return raw


@transaction.atomic
def phone_system_switch(*, system: PhoneSystem, is_active: bool, by: Member) -> PhoneSystem:
    """Take its events, or refuse them."""
    held = _held(system, by)
    if held.is_active != is_active:
        held.is_active = is_active
        held.save(update_fields=["is_active"])
        changes = {"is_active": [not is_active, is_active]}
        audit_record(by=by, action="phonesystem.update", record=held, changes=changes)
    return held


@transaction.atomic
def extension_add(*, system: PhoneSystem, number: str, member: Member, by: Member) -> Extension:
    """From now on calls of the extension are the member's.

    Raises:
        DomainError: the extension has somebody already, or it can't be one.
        NotPermitted: as `phone_system_create`.
    """
    held = _held(system, by)
    taken = Extension.objects.filter(system=held, number=number.strip()).first()
    if taken is not None:
        words = _("The extension %(number)s is %(member)s's: remove it there first.")
        raise DomainError(words % {"number": taken.number, "member": taken.member})
    made = Extension(system=held, number=number.strip(), member=member)
    try:
        made.full_clean(exclude=["system", "member"])
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
    made.save()
    audit_record(
        by=by,
        action="phonesystem.extension_add",
        record=held,
        changes={"member": [None, member]},
        number=made.number,
    )
    return made


@transaction.atomic
def extension_remove(*, extension: Extension, by: Member) -> None:
    """Calls of the extension are nobody's from now on; those of before stay as they are."""
    held = _held(extension.system, by)
    found = Extension.objects.filter(pk=extension.pk).first()
    if found is None:
        return
    audit_record(
        by=by,
        action="phonesystem.extension_remove",
        record=held,
        changes={"member": [found.member, None]},
        number=found.number,
    )
    found.delete()


def _held(system: PhoneSystem, by: Member) -> PhoneSystem:
    _check_may(by)
    held: PhoneSystem = PhoneSystem.objects.select_for_update().get(pk=system.pk)
    return held


def _check_may(by: Member | None) -> None:
    # Without anybody: a command of the operator.
    if by is not None and not by.role.administers:
        raise NotPermitted(_("Only administrators settle phone systems."))
