"""Filing documents with a customer, and taking them away again."""

import hashlib
import secrets
from datetime import date, timedelta
from typing import IO, TYPE_CHECKING, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record
from apps.customers.files.kinds import Kind, kind_of_content
from apps.customers.files.names import clean_name
from apps.customers.files.uploads import MOST_FILES
from apps.customers.models import Customer, CustomerFile
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MEGABYTE = 1 << 20
# Content of deleted files is kept so long, in case it was a mistake; the entry itself stays.
KEPT_AFTER_DELETION = timedelta(days=30)


class UnfitFile(DomainError):  # noqa: N818 - named for what is refused
    """The file can't be filed."""


def file_check(file: "UploadedFile[bytes]") -> Kind:
    """What the file is.

    Raises UnfitFile where it is empty, too large, or of a kind that isn't filed.
    """
    name, size = file.name or _("The file"), file.size or 0
    if not size:
        raise UnfitFile(_("“%(name)s” is empty.") % {"name": name})
    if size > most_bytes():
        raise too_large(name)
    kind = kind_of_content(cast("IO[bytes]", file.file), name)
    if kind is None:
        raise UnfitFile(
            _(
                "“%(name)s” is not filed: by its content it is no picture, PDF, office document"
                " without macros, text or CSV. Unpack archives and file what is in them."
            )
            % {"name": name}
        )
    return kind


def most_bytes() -> int:
    return int(settings.CUSTOMER_FILE_MB) * MEGABYTE


def limits() -> dict[str, int]:
    """What the form says of them."""
    return {"most_mb": int(settings.CUSTOMER_FILE_MB), "most_files": MOST_FILES}


def too_large(name: str) -> UnfitFile:
    return UnfitFile(
        _("“%(name)s” is larger than %(most)s MB: make it smaller, or file a link in a note.")
        % {"name": name, "most": settings.CUSTOMER_FILE_MB}
    )


@transaction.atomic
def file_create(*, customer: Customer, file: "UploadedFile[bytes]", by: Member) -> CustomerFile:
    """File a document: its content under a random name, its own name beside it.

    Raises:
        UnfitFile: see `file_check`; nothing is stored then.
        CustomerGone, NotPermitted: see `customer_held`.
    """
    held = customer_held(customer, by)
    kind = file_check(file)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    stored = default_storage.save(f"customers/{secrets.token_hex(16)}", File(file.file))
    try:
        with transaction.atomic():
            made = CustomerFile.objects.create(
                customer=held,
                by=by,
                name=clean_name(file.name or "", kind),
                file=stored,
                size=file.size or 0,
                content_type=kind.content_type,
                sha256=digest.hexdigest(),
                is_sample=held.is_sample,
            )
            audit_record(
                by=by,
                action="customerfile.create",
                record=made,
                changes={"customer": [None, held], "size": [None, made.size]},
            )
    except BaseException:
        default_storage.delete(stored)
        raise
    return made


@transaction.atomic
def file_delete(*, file: CustomerFile, by: Member) -> None:
    """Take a file away: one's own, or as a lead anybody's. Its content goes a month later.

    Raises:
        NotPermitted: somebody else's, by who leads nobody.
        CustomerGone: see `customer_held`.
    """
    customer_held(file.customer, by)
    rows = CustomerFile.objects.select_for_update(of=("self",)).prefetch_related("by")
    held = rows.filter(pk=file.pk, deleted_at__isnull=True).first()
    if held is None:
        raise DomainError(_("This file was deleted meanwhile."))
    if held.by_id != by.pk and writes(by, RecordKind.SALES) < Reach.SUBTREE:
        words = _("Only %(member)s and who leads the team may delete this file.")
        raise NotPermitted(words % {"member": held.by})
    held.deleted_at = timezone.now()
    held.save(update_fields=["deleted_at"])
    audit_record(by=by, action="customerfile.delete", record=held)


def files_expire(*, as_of: date) -> int:
    """Remove the content of files that were deleted a month before `as_of`; how many."""
    limit = as_of - KEPT_AFTER_DELETION
    rows = CustomerFile.objects.filter(deleted_at__date__lt=limit).exclude(file="")
    n = 0
    for one in rows.order_by("pk").iterator():
        default_storage.delete(one.file.name)
        n += CustomerFile.objects.filter(pk=one.pk).update(file="")
    return n
