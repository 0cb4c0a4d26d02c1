"""A file of invitations: kept while somebody looks at it, and carried out once.

The file lies in the storage, its row says who brought it. Nothing but the file is kept: both the
preview and the confirmation check it anew, against the members and teams of that moment.
"""

from datetime import timedelta
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.members.invitations.file import Checked, file_checked
from apps.members.invitations.services import invitations_create
from apps.members.models import InvitationBatch, Member

FOLDER = "invitations"
# Somebody who looked at a file and never confirmed it has forgotten it.
FORGOTTEN_AFTER = timedelta(days=1)


class BatchConfirmed(DomainError):  # noqa: N818 - named for what is the case
    """The invitations of this file have been sent."""


class BatchChanged(DomainError):  # noqa: N818 - named for what has happened
    """What the file brings about is not what was shown any more."""


@transaction.atomic
def batch_create(*, content: bytes, file_name: str, by: Member) -> InvitationBatch:
    """Keep a file to be looked at; files that were forgotten go.

    Raises:
        NotPermitted: only administrators let people in.
        FileRefused: it can't be read at all.
    """
    if not by.role.administers:
        raise NotPermitted(_("Only administrators let people in."))
    file_checked(content)
    old = timezone.now() - FORGOTTEN_AFTER
    rows = InvitationBatch.objects.filter(confirmed_at=None, created_at__lt=old)
    for forgotten in rows.select_for_update(skip_locked=True).order_by("pk"):
        _drop_file(forgotten)
        forgotten.delete()
    stored_as = default_storage.save(f"{FOLDER}/people.csv", ContentFile(content))
    return InvitationBatch.objects.create(by=by, file_name=file_name[-200:], file=stored_as)


def batch_checked(batch: InvitationBatch) -> Checked:
    """The rows of a file that waits to be confirmed, as of now."""
    with default_storage.open(batch.file, "rb") as file:
        return file_checked(file.read())


@transaction.atomic
def batch_confirm(*, batch: InvitationBatch, expected: int, by: Member) -> InvitationBatch:
    """Invite everybody whose row is good; `expected` is how many the person saw.

    Raises:
        BatchConfirmed: this was done already; nobody is invited twice.
        BatchChanged: meanwhile somebody was invited otherwise, or a team closed.
    """
    held: InvitationBatch = InvitationBatch.objects.select_for_update().get(pk=batch.pk)
    if held.confirmed_at is not None:
        raise BatchConfirmed(_("The invitations of this file have been sent already."))
    checked = batch_checked(held)
    good = [row.invitee for row in checked.good if row.invitee is not None]
    if len(good) != expected or not good:
        message = _("Something has changed since you looked at the file: look at it again.")
        raise BatchChanged(message)
    invitations_create(invitees=good, by=by)
    held.confirmed_at = timezone.now()
    held.invited_count = len(good)
    held.refused = [[row.line, row.cells, row.reasons] for row in checked.refused]
    _drop_file(held)
    held.file = ""
    held.save()
    return held


def _drop_file(batch: InvitationBatch) -> None:
    transaction.on_commit(partial(default_storage.delete, batch.file))
