"""A customer is made and changed: by a page, a bulk edit or an import, always through these two."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.custom_fields.values import read_value, show_value
from apps.customers.duplicates.services import duplicates_note
from apps.customers.editing.contacts import contact_create
from apps.customers.editing.masks import masked_pair
from apps.customers.editing.three_way import settle
from apps.customers.editing.values import (
    FIELDS,
    FREE_TEXTS,
    TAGS,
    ChangedMeanwhile,
    custom_key,
    custom_name,
    plain_value,
    printable_checked,
    values_told,
)
from apps.customers.keys import keys_refresh
from apps.customers.models import Customer, CustomerOwnerChangeKind, CustomField, Tag
from apps.customers.services import customers_assign
from apps.customers.writing import customer_held
from apps.members.models import Member
from apps.members.querysets import writes
from apps.members.roles import Reach, RecordKind

# Steps up from a customer to the firm that everything belongs to; a chain of holdings is shorter.
MOST_STEPS_UP = 50


class BelongsToItself(DomainError):  # noqa: N818 - named for what would be
    """A customer can't belong to one that belongs to it."""


@transaction.atomic
def customer_create(
    *,
    values: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]] = (),
    by: Member | None,
    owner: Member | None,
) -> Customer:
    """A new customer with its first contacts, of that owner or, with None, in the pool.

    Raises NotPermitted, ValidationError by field, and what giving it to its owner refuses.
    """
    if by is not None and writes(by, RecordKind.SALES) is Reach.NONE:
        raise NotPermitted(_("You may read customers, but not make any."))
    values = _cleaned(values)
    customer = Customer(is_sample=by.is_sample if by else False)
    changes = _written(customer, values)
    audit_record(by=by, action="customer.create", record=customer, changes=changes)
    if owner is not None:
        customers_assign(
            customers=[customer.pk],
            to=owner,
            reason="",
            kind=CustomerOwnerChangeKind.CREATE,
            by=by,
        )
    for one in contacts:
        contact_create(customer=customer, values=one, by=by, is_checked=True)
    keys_refresh([customer.pk])
    duplicates_note([customer.pk])
    customer.refresh_from_db()
    return customer


@transaction.atomic
def customer_change(
    *,
    customer: Customer,
    values: Mapping[str, Any],
    by: Member | None,
    base: Mapping[str, Any] | None = None,
) -> Customer:
    """Change fields of a customer; `base` are the plain values that the person's form showed.

    What others changed meanwhile and this person left alone stays the others'.

    Raises:
        ChangedMeanwhile: both changed the same field; nothing is written.
        CustomerGone, NotPermitted: it was deleted meanwhile, or is not the person's to change.
        ValidationError: by field, what the record refuses.
    """
    held = customer_held(customer, by)
    values = _cleaned(values)
    wanted = {name: plain_value(value) for name, value in values.items()}
    settled = settle(base=base, now=values_told(held, values), wanted=wanted)
    if settled.clashes:
        raise ChangedMeanwhile(settled.clashes)
    if not settled.writes:
        return held
    changes = _written(held, {name: values[name] for name in values if name in settled.writes})
    audit_record(by=by, action="customer.change", record=held, changes=changes)
    if "name" in settled.writes or "region" in settled.writes:
        keys_refresh([held.pk])
        duplicates_note([held.pk])
    return held


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    """Trimmed, custom values as they are kept; names that are no field are a mistake of the caller."""
    unknown = [name for name in values if name not in (*FIELDS, TAGS) and not custom_key(name)]
    if unknown:
        raise KeyError(unknown)
    printable_checked(values)
    return {name: one.strip() if isinstance(one, str) else one for name, one in values.items()}


def _written(customer: Customer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Write the values; what the audit trail says of them."""
    columns = [name for name in values if name in FIELDS]
    before = values_of(customer, columns) if customer.pk else {}
    for name in columns:
        setattr(customer, name, values[name])
    changes = changed_values(customer, before, columns)
    changes |= _custom_set(customer, values)
    _check(customer, columns)
    customer.save(update_fields=[*columns, "custom"] if customer.pk else None)
    if TAGS in values:
        changes |= _tags_set(customer, values[TAGS])
    told = {name: pair for name, pair in changes.items() if any(map(_is_told, pair))}
    return {name: masked_pair(*pair) if name in FREE_TEXTS else pair for name, pair in told.items()}


def _is_told(value: object) -> bool:
    return value not in (None, "", [])


def _check(customer: Customer, columns: Iterable[str]) -> None:
    others = {field.name for field in customer._meta.concrete_fields} - set(columns)
    customer.full_clean(exclude=others if customer.pk else others - {"name"})
    _bound(customer, columns)
    above, steps = customer.parent if "parent" in columns else None, 0
    while above is not None and steps < MOST_STEPS_UP:
        if customer.pk and above.pk == customer.pk:
            raise BelongsToItself(
                _("%(customer)s belongs to this customer already: choose another one.")
                % {"customer": customer.parent}
            )
        above, steps = above.parent, steps + 1


def _bound(customer: Customer, columns: Iterable[str]) -> None:
    """Long texts: neither the database nor `full_clean` knows how long they may get."""
    for name in FREE_TEXTS.intersection(columns):
        longest = getattr(customer._meta.get_field(name), "max_length", None)
        try:
            MaxLengthValidator(longest)(getattr(customer, name))
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from error


def _custom_set(customer: Customer, values: Mapping[str, Any]) -> dict[str, list[str]]:
    wanted = {custom_key(name): value for name, value in values.items() if custom_key(name)}
    if not wanted:
        return {}
    changes, custom = {}, dict(customer.custom)
    for field in CustomField.objects.filter(key__in=wanted, is_active=True):
        before, after = custom.get(field.key), _read(field, wanted[field.key])
        if before == after:
            continue
        changes[str(capfirst(field.label))] = [
            "" if one is None else show_value(field, one) for one in (before, after)
        ]
        custom.pop(field.key, None)
        if after is not None:
            custom[field.key] = after
    customer.custom = custom
    return changes


def _read(field: CustomField, raw: object) -> Any:  # noqa: ANN401 - plain JSON
    try:
        return read_value(field, raw)
    except ValidationError as error:
        raise ValidationError({custom_name(field): error.messages}) from error


def _tags_set(customer: Customer, names: Iterable[str]) -> dict[str, list[list[str]]]:
    """Put exactly these tags on the customer; a word that is new becomes a tag."""
    held = {tag.name.upper(): tag for tag in customer.tags.all()}
    before = sorted(tag.name for tag in held.values())
    tags = [held.get(name.upper()) or _tag(name, customer) for name in plain_value(names)]
    customer.tags.set(tags)
    after = sorted({tag.name for tag in tags})
    return {TAGS: [before, after]} if before != after else {}


def _tag(name: str, customer: Customer) -> Tag:
    tag: Tag | None = Tag.objects.filter(name__iexact=name).first()
    if tag is None:
        tag = Tag(name=name, is_sample=customer.is_sample)
        tag.full_clean(validate_unique=False, validate_constraints=False)
        Tag.objects.bulk_create([tag], ignore_conflicts=True)
        tag = Tag.objects.get(name__iexact=name)
    return tag
