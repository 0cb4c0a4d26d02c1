"""The fields of customers that become one: side by side, and which value is to stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.services import plain
from apps.customers.custom_fields.values import show_value
from apps.customers.models import Customer, CustomField

COLUMNS = (
    "name", "industry", "region", "source", "website", "employees", "annual_revenue",
    "founded_year", "parent", "needs", "preferences",
)  # fmt: skip
# Texts of which both may stay, one under the other.
JOINABLE = ("needs", "preferences")
BOTH = "both"
CUSTOM = "custom_"
LONGEST_TEXT = 4000

# Field → id of the customer whose value stays, or “both”.
type Choices = Mapping[str, str | int]


class ChoiceGone(DomainError):  # noqa: N818 - named for what is the case
    """A value was chosen of a customer that is not among those that become one."""


class TextTooLong(DomainError):  # noqa: N818 - named for what is the case
    """The two texts together are longer than one may be."""


@dataclass(frozen=True)
class Option:
    """A customer's value of a field; `value` is None where nothing is told."""

    customer: int
    value: Any


@dataclass(frozen=True)
class FieldRow:
    """A field with each customer's value, the first chosen unless somebody chooses otherwise."""

    name: str
    label: str
    options: list[Option]
    chosen: str
    is_joinable: bool = False

    @property
    def differs(self) -> bool:
        told = [plain(one.value) for one in self.options if one.value not in (None, "")]
        return any(one != told[0] for one in told)

    @property
    def is_told(self) -> bool:
        return any(one.value not in (None, "") for one in self.options)


def columns_of(row: Customer) -> dict[str, Any]:
    """Every column as plain JSON; relations by their ids."""
    return {one.attname: plain(getattr(row, one.attname)) for one in row._meta.concrete_fields}


def field_rows(customers: Sequence[Customer], choices: Choices, survivor: int) -> list[FieldRow]:
    """Every field that one of them has a value of, the survivor's own chosen where it has one."""
    rows = [
        _row(name, _label(name), [Option(one.pk, _told(one, name)) for one in customers])
        for name in COLUMNS
    ]
    for field in CustomField.objects.filter(is_active=True):
        options = [Option(one.pk, _custom(field, one)) for one in customers]
        rows.append(_row(CUSTOM + field.key, field.label, options))
    return [_chosen(row, choices, survivor) for row in rows if row.is_told]


def settled(customers: Sequence[Customer], choices: Choices, survivor: int) -> dict[str, Any]:
    """Column → value of the survivor after the merge, `custom` among them.

    Without a choice the survivor's value stays, or where it has none the first of the others.
    Raises ChoiceGone, TextTooLong.
    """
    by_id = {one.pk: one for one in customers}
    ordered = [by_id[survivor], *(one for one in customers if one.pk != survivor)]
    values = {name: _settled(name, ordered, choices.get(name)) for name in COLUMNS}
    if isinstance(values["parent"], Customer) and values["parent"].pk in by_id:
        values["parent"] = None
    # Those out of use stay as well.
    custom: dict[str, Any] = {}
    for key in dict.fromkeys(key for one in ordered for key in one.custom):
        of_key = [one.custom.get(key) for one in ordered]
        chosen = choices.get(CUSTOM + key)
        custom[key] = _first(of_key) if chosen is None else _one(by_id, chosen).custom.get(key)
    values["custom"] = {key: value for key, value in custom.items() if value not in (None, "")}
    return values


def _settled(name: str, ordered: Sequence[Customer], chosen: str | int | None) -> Any:  # noqa: ANN401
    if chosen == BOTH and name in JOINABLE:
        texts = dict.fromkeys(filter(None, (getattr(one, name).strip() for one in ordered)))
        joined = "\n\n".join(texts)
        if len(joined) > LONGEST_TEXT:
            words = _("Both texts of “%(field)s” together are too long: choose one of them.")
            raise TextTooLong(words % {"field": _label(name)})
        return joined
    if chosen is None:
        told = [getattr(one, name) for one in ordered]
        return _first(told) if _first(told) is not None else told[0]
    return getattr(_one({one.pk: one for one in ordered}, chosen), name)


def _one(by_id: Mapping[int, Customer], chosen: str | int) -> Customer:
    found = by_id.get(int(chosen)) if str(chosen).isdecimal() and len(str(chosen)) < 20 else None  # noqa: PLR2004 - digits of the largest id
    if found is None:
        raise ChoiceGone(_("Choose a value of one of these customers."))
    return found


def _first(values: Iterable[Any]) -> Any:  # noqa: ANN401 - whatever the fields hold
    return next((one for one in values if one not in (None, "")), None)


def _row(name: str, label: str, options: list[Option]) -> FieldRow:
    return FieldRow(name, label, options, "", is_joinable=name in JOINABLE)


def _chosen(row: FieldRow, choices: Choices, survivor: int) -> FieldRow:
    given = choices.get(row.name)
    told = [one.customer for one in row.options if one.value not in (None, "")]
    default = survivor if survivor in told else told[0]
    return FieldRow(row.name, row.label, row.options, str(given or default), row.is_joinable)


def _label(name: str) -> str:
    if name == "parent":
        return _("Belongs to")
    return capfirst(str(Customer._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _told(customer: Customer, name: str) -> Any:  # noqa: ANN401 - whatever the field holds
    value = getattr(customer, name)
    return value if isinstance(value, Model) or value not in (None, "") else None


def _custom(field: CustomField, customer: Customer) -> str | None:
    value = customer.custom.get(field.key)
    return None if value in (None, "") else str(show_value(field, value))
