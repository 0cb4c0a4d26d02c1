"""Keys by which customers are found and compared, pairs that look alike, and merges."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.contacts import Contact
from apps.customers.models.customer import Customer
from apps.customers.querysets import DuplicatePairQuerySet, MergeQuerySet
from apps.members.models import Member


class KeyKind(models.TextChoices):
    NAME = "name", _("Name")
    INITIALS = "initials", _("Initials")
    CONTACT = "contact", _("Contact")
    CONTACT_INITIALS = "contact_initials", _("Contact's initials")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("Email")


class SearchKey(models.Model):
    """One normalised thing by which a customer is found; written by `customers.keys` alone.

    `value`: a name without case, width, legal form and punctuation; the initials of its pinyin; a
    phone in E.164; an email in small letters. `grams` are the single characters and pairs of
    neighbours in it, which serve a search for any part of it however short, in any script; of
    phones and emails, whose pairs are in every one, three or four neighbours.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="search_keys")
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, related_name="search_keys"
    )
    kind = models.CharField(max_length=16, choices=KeyKind.choices)
    value = models.CharField(max_length=254)
    grams: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=4))
    # Of a name: whether names that are alike were looked for since it was written.
    is_compared = models.BooleanField(default=False, db_default=False, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("search key")
        verbose_name_plural = _("search keys")
        indexes: ClassVar = [
            models.Index(fields=["kind", "value"], name="search_key_equal"),
            GinIndex(fields=["grams"], name="search_key_part"),
            GinIndex(
                OpClass("value", name="gin_trgm_ops"),
                condition=models.Q(kind="name"),
                name="search_key_alike",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(kind="name", is_compared=False),
                name="search_key_to_compare",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class PairState(models.TextChoices):
    OPEN = "open", _("To review")
    DISMISSED = "dismissed", _("Not the same")
    MERGED = "merged", _("Merged")


class DuplicatePair(models.Model):
    """Two customers that look like one; `first` is the older one (the lower key)."""

    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    # Of “phone”, “email”, “name”: what is the same.
    reasons: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=16))
    # Of the names, 0–1.
    similarity = models.DecimalField(max_digits=4, decimal_places=3)
    state = models.CharField(max_length=16, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of duplicates")
        verbose_name_plural = _("pairs of duplicates")
        ordering = ["-similarity", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-similarity", "-id"], name="duplicate_review"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="duplicate_pair_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class Merge(models.Model):
    """Several customers became one; holds all it takes to part them again."""

    survivor = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges")
    # Ids of the customers that went into the survivor.
    absorbed: "ArrayField[list[int], list[int]]" = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    # Values of the customers before: id → field → value.
    before: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    # What moved along: model → field → [[row, customer it was at], …].
    moved: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField()
    undone_at = models.DateTimeField(null=True, editable=False)
    undone_by = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.absorbed} → {self.survivor_id}"
