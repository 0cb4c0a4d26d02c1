"""Custom fields: added, changed, taken out of use and put in order; values are never lost."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.formats import listed, number
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.custom_fields.selectors import choices_used, times_used
from apps.customers.models import CustomField, CustomFieldKind
from apps.customers.models.custom_fields import MOST_CHOICES
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

FIELDS = ("key", "label", "kind", "choices", "is_required", "is_active", "rank")
MOST_FIELDS = 60
LONGEST_KEY = 40


class FieldInUse(DomainError):  # noqa: N818 - named for what is the case
    """Customers have values that the change would lose."""


class TooManyFields(DomainError):  # noqa: N818 - named for what would be
    """More fields than a page can show."""


@transaction.atomic
def custom_field_create(*, values: Mapping[str, Any], by: Member) -> CustomField:
    """A new field, the last in order; its key is made of its label and stays.

    Raises NotPermitted, TooManyFields, ValidationError by field.
    """
    _permitted(by)
    held = list(CustomField.objects.select_for_update().order_by("pk"))
    if len(held) >= MOST_FIELDS:
        raise TooManyFields(_("There are 60 fields: delete one that nobody uses first."))
    last = max((one.rank for one in held), default=0)
    field = CustomField(**values, rank=last + 1, is_sample=by.is_sample)
    field.key = _new_key(field.label, {one.key for one in held})
    _check(field)
    field.save()
    changes = changed_values(field, {}, FIELDS)
    audit_record(by=by, action="customfield.create", record=field, changes=changes)
    return field


@transaction.atomic
def custom_field_change(
    *, field: CustomField, values: Mapping[str, Any], by: Member
) -> CustomField:
    """Another label, choices, whether it must be filled in, whether it is in use; the kind while unused.

    Raises:
        FieldInUse: values would be lost: another kind, or a choice that customers have.
        NotPermitted, ValidationError: by field.
    """
    _permitted(by)
    held: CustomField = CustomField.objects.select_for_update().get(pk=field.pk)
    before = values_of(held, FIELDS)
    gone = set(held.choices) - set(values.get("choices", held.choices))
    for name, value in values.items():
        setattr(held, name, value)
    _check(held)
    if held.kind != before["kind"] and (used := times_used(held)):
        message = _("%(count)s customers have a value: the kind stays. Add another field instead.")
        raise FieldInUse(message % {"count": number(used)})
    if gone and held.kind == CustomFieldKind.CHOICE:
        _choices_free(held, gone)
    changes = changed_values(held, before)
    if changes:
        held.save(update_fields=list(changes))
        audit_record(by=by, action="customfield.change", record=held, changes=changes)
    return held


@transaction.atomic
def custom_field_move(*, field: CustomField, step: int, by: Member) -> None:
    """Move a field before (−1) or behind (1) its neighbour; at the end nothing happens."""
    _permitted(by)
    rows = list(CustomField.objects.select_for_update().order_by("rank", "pk"))
    place = next(index for index, one in enumerate(rows) if one.pk == field.pk)
    other = place + step
    if not 0 <= other < len(rows):
        return
    before = [one.pk for one in rows]
    rows[place], rows[other] = rows[other], rows[place]
    for rank, one in enumerate(rows, start=1):
        one.rank = rank
    CustomField.objects.bulk_update(rows, ["rank"])
    if before != [one.pk for one in rows]:
        changes = {"rank": [place + 1, other + 1]}
        audit_record(by=by, action="customfield.change", record=rows[other], changes=changes)


@transaction.atomic
def custom_field_delete(*, field: CustomField, by: Member) -> None:
    """Delete a field that no customer has a value in; others are taken out of use.

    Raises FieldInUse, NotPermitted.
    """
    _permitted(by)
    held: CustomField = CustomField.objects.select_for_update().get(pk=field.pk)
    if used := times_used(held):
        message = _("%(count)s customers have a value: take the field out of use instead.")
        raise FieldInUse(message % {"count": number(used)})
    audit_record(by=by, action="customfield.delete", record=held)
    held.delete()


def _permitted(by: Member) -> None:
    if writes(by, RecordKind.SETTINGS) is not Reach.ALL:
        raise NotPermitted(_("Fields of customers are defined by administrators."))


def _check(field: CustomField) -> None:
    if field.kind != CustomFieldKind.CHOICE:
        field.choices = []
    if len(field.choices) > MOST_CHOICES:
        words = _("Keep to 100 choices: more than that nobody finds anything in.")
        raise ValidationError({"choices": words})
    field.full_clean()


def _choices_free(field: CustomField, gone: set[str]) -> None:
    used = choices_used(field, sorted(gone))
    if used:
        named = listed(f"{choice} ({number(count)})" for choice, count in used.items())
        raise FieldInUse(
            _(
                "Customers have these choices: %(choices)s. Change them there first, then take these out."
            )
            % {"choices": named}
        )


def _new_key(label: str, taken: set[str]) -> str:
    """A key of letters, digits and single low lines that is no other field's."""
    words = slugify(label).replace("-", "_")
    stem = "_".join(part for part in words.split("_") if part)[: LONGEST_KEY - 4] or "field"
    if stem[0].isdigit():
        stem = f"f_{stem}"[: LONGEST_KEY - 4]
    key, turn = stem, 2
    while key in taken:
        key, turn = f"{stem}_{turn}", turn + 1
    return key
