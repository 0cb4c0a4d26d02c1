"""The fields of a customer that people fill in, as plain values that can be compared and sent along.

A field is called by its column, `tags`, or `custom_` and the key of a custom field. Plain are text,
numbers as text of a decimal or whole numbers, ids of records, tags as their sorted names.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.customers.editing.three_way import Clash
from apps.customers.models import Customer, CustomField

FIELDS = (
    "name",
    "industry",
    "region",
    "source",
    "website",
    "employees",
    "annual_revenue",
    "founded_year",
    "parent",
    "needs",
    "preferences",
)
TAGS = "tags"
CUSTOM = "custom_"
# What people write freely: it may tell of persons, so that the audit trail only says that it changed.
FREE_TEXTS = frozenset({"needs", "preferences"})


class ChangedMeanwhile(DomainError):  # noqa: N818 - named for what happened
    """Somebody else changed the same field since the form was opened."""

    def __init__(self, clashes: Mapping[str, Clash]) -> None:
        super().__init__(
            _("Somebody else changed the same meanwhile. Choose which version is to stay.")
        )
        self.clashes = dict(clashes)


def custom_name(field: CustomField) -> str:
    return f"{CUSTOM}{field.key}"


def custom_key(name: str) -> str:
    """The key of the custom field that the name stands for; empty for any other field."""
    return name.removeprefix(CUSTOM) if name.startswith(CUSTOM) else ""


def values_told(customer: Customer, names: Iterable[str]) -> dict[str, Any]:
    """The customer's plain values of these fields."""
    return {name: _told(customer, name) for name in names}


def _told(customer: Customer, name: str) -> Any:  # noqa: ANN401 - plain JSON
    if name == TAGS:
        return sorted(tag.name for tag in customer.tags.all())
    if key := custom_key(name):
        return customer.custom.get(key)
    if name == "parent":
        return customer.parent_id
    return plain_value(getattr(customer, name))


def plain_value(value: Any) -> Any:  # noqa: ANN401 - whatever a field takes
    """A value given to a service, as `values_told` would tell it: trimmed, decimals to the cent."""
    match value:
        case Customer():
            return value.pk
        case Decimal():
            return str(value.quantize(Decimal("0.01")))
        case str():
            return value.strip()
        case list() | tuple() | set() | frozenset():
            return sorted({str(one).strip() for one in value} - {""})
    return value


def printable_checked(values: Mapping[str, Any]) -> None:
    """Refuse texts that no database keeps. Raises ValidationError by the field's name."""
    broken = [name for name, value in values.items() if _has_nul(value)]
    if broken:
        words = _("Take the characters out that can't be printed.")
        raise ValidationError({name: [words] for name in broken})


def _has_nul(value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\x00" in value
