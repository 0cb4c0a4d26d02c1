"""A customer's fields and days as its page shows them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.formats import listed, money, number
from apps.core.models import Organisation
from apps.customers.custom_fields.values import fields_in_use, show_value
from apps.customers.editing.values import FREE_TEXTS, TAGS, custom_key, values_told
from apps.customers.editing.yearly import NextTime, next_time
from apps.customers.models import Customer, CustomField, SpecialDate
from apps.members.querysets import Viewer

DETAILS = (
    "industry",
    "region",
    "source",
    "website",
    "employees",
    "annual_revenue",
    "founded_year",
    "parent",
)
UNKNOWN = "…"
# Fields that are not written as they are kept.
WRITTEN: dict[str, Callable[[Any], str]] = {
    TAGS: listed,
    "employees": number,
    "annual_revenue": lambda value: money(Decimal(value)),
}


@dataclass(frozen=True)
class FieldLine:
    """A field in words; `value` is its plain value, empty or None where nothing is told."""

    name: str
    label: str
    text: str
    value: Any
    is_long: bool

    @property
    def is_told(self) -> bool:
        return self.value not in (None, "", [])


@dataclass(frozen=True)
class DayLine:
    """A day to remember with its next time."""

    day: SpecialDate
    next: NextTime

    @property
    def turns(self) -> int | None:
        return self.next.turns


def field_lines(customer: Customer, names: Iterable[str], user: Viewer) -> dict[str, FieldLine]:
    """The fields by name; one that names a customer hidden from the reader is not told."""
    custom = {field.key: field for field in fields_in_use()}
    told = values_told(customer, names)
    parents = _parents(told.get("parent"), user)
    if told.get("parent") not in parents:
        told = {name: None if name == "parent" else value for name, value in told.items()}
    return {
        name: FieldLine(
            name=name,
            label=_label(name, custom),
            text=_text(name, value, custom, parents),
            value=value,
            is_long=name in FREE_TEXTS,
        )
        for name, value in told.items()
    }


def texts_of(values: Mapping[str, Any], user: Viewer) -> dict[str, str]:
    """Plain values in words, for somebody who chooses between two of them."""
    custom = {field.key: field for field in fields_in_use()}
    parents = _parents(values.get("parent"), user)
    return {name: _text(name, value, custom, parents) for name, value in values.items()}


def day_lines(customer: Customer) -> list[DayLine]:
    """Its special dates and those of its contacts, the next one first."""
    today = Organisation.current().today()
    days = SpecialDate.objects.filter(customer=customer).select_related("contact")
    lines = [
        DayLine(one, next_time(month=one.month, day=one.day, year=one.year, as_of=today))
        for one in days
        if (one.contact is None or one.contact.deleted_at is None)
    ]
    return sorted(lines, key=lambda line: (line.next.on, line.day.pk))


def _parents(pk: int | None, user: Viewer) -> dict[int | None, str]:
    if pk is None:
        return {}
    return dict(Customer.objects.visible_to(user).filter(pk=pk).values_list("pk", "name"))


def _label(name: str, custom: Mapping[str, CustomField]) -> str:
    if key := custom_key(name):
        return custom[key].label
    if name == TAGS:
        return _("Tags")
    if name == "parent":
        return _("Belongs to")
    return str(capfirst(str(Customer._meta.get_field(name).verbose_name)))  # type: ignore[union-attr]


def _text(
    name: str,
    value: Any,  # noqa: ANN401 - plain JSON
    custom: Mapping[str, CustomField],
    parents: Mapping[int | None, str],
) -> str:
    if value in (None, "", []):
        return ""
    if key := custom_key(name):
        return show_value(custom[key], value)
    if name == "parent":
        return parents.get(value, UNKNOWN)
    return WRITTEN.get(name, str)(value)
