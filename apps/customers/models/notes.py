"""What people write and file about a customer."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.customer import Customer
from apps.customers.querysets import RemovableOfCustomerQuerySet
from apps.members.models import Member


class Note(models.Model):
    """A note on a customer; who is mentioned in it is told."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="notes"
    )
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    text = models.TextField(_("note"), max_length=10_000)
    mentions = models.ManyToManyField(Member, blank=True, related_name="+")
    edited_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = RemovableOfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="note_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.at:%Y-%m-%d %H:%M}"


class CustomerFile(models.Model):
    """A file about a customer: stored under a random name, served only as a download."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="files"
    )
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(_("file"), max_length=300, upload_to="customers/")
    size = models.PositiveBigIntegerField(_("bytes"))
    # As found in the content, never as the browser says.
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    deleted_at = models.DateTimeField(null=True, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    # The audit trail calls it by its number: the name may be personal.
    is_personal = True

    objects = RemovableOfCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a customer")
        verbose_name_plural = _("files of customers")
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at", "-id"], name="file_timeline"),
        ]

    def __str__(self) -> str:
        return self.name
