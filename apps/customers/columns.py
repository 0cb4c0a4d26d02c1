"""The columns of the customer list: what they are called, sort by and print.

Cells are drawn here and not by a template: of chosen columns a template would have to ask at each
cell of each row which one it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.core.lists import Column, chosen_columns
from apps.core.templatetags.formats import day_short, money_short, number
from apps.customers.custom_fields.values import show_value
from apps.customers.models import Customer, CustomField, CustomFieldKind

# Columns of custom fields are called by the field's key behind this.
CUSTOM = "custom."
# Shown to whoever has chosen none.
USUAL = ("tier", "owner", "lifecycle", "industry", "region", "last_contact", "revenue")
FIXED = "name"
TICK = (
    '<td class="tick"><input class="form-check-input" type="checkbox" name="pk" value="%s"'
    ' form="bulk-form" aria-label="%s"></td>'
)
MOST_TAGS = 3


@dataclass(frozen=True)
class CustomerColumn(Column):
    """A column with what it prints of a customer: plain text, or markup that is safe."""

    cell: Callable[[Any], str] = field(default=str)
    # What the cell depends on; None: on more than can be compared.
    reads: Callable[[Any], Any] | None = None


def _text(name: str) -> Callable[[Any], str]:
    return lambda customer: getattr(customer, name) or number(None)


def _drawn(part: str, **content: object) -> str:
    return render_to_string(f"customers/cells.html#{part}", content)


@lru_cache
def _badge(_language: str | None, part: str, tier: str = "", is_provisional: bool = False) -> str:
    """A cell that looks the same wherever it stands; drawn once for each language."""
    return _drawn(part, tier=tier, is_provisional=is_provisional)


def _owner(customer: Customer) -> str:
    return customer.owner.name if customer.owner else _badge(get_language(), "pool")


def _tier(customer: Customer) -> str:
    if not customer.tier:
        return _badge(get_language(), "unrated")
    return _badge(get_language(), "tier", customer.tier, customer.is_tier_provisional)


def _lifecycle(customer: Customer) -> str:
    return str(customer.get_lifecycle_display()) if customer.lifecycle else number(None)


def _tags(customer: Customer) -> str:
    names = [tag.name for tag in customer.tags.all()]
    if not names:
        return number(None)
    return _drawn("tags", names=names[:MOST_TAGS], more=len(names[MOST_TAGS:]))


def _values(name: str, label: Any, order: str, **says: Any) -> CustomerColumn:  # noqa: ANN401
    """A column that many customers lack."""
    says.setdefault("reads", attrgetter(order))
    return CustomerColumn(name, label, order, is_nullable=True, **says)


def _words(name: str, label: Any, cell: Callable[[Any], str]) -> CustomerColumn:  # noqa: ANN401
    reads = attrgetter(name, "is_tier_provisional") if name == "tier" else attrgetter(name)
    return CustomerColumn(name, label, name, is_text=True, cell=cell, reads=reads)


NAME = CustomerColumn("name", _("Customer"), "name")
COLUMNS: tuple[CustomerColumn, ...] = (
    NAME,
    _words("tier", _("Tier"), _tier),
    _values("owner", _("Owner"), "owner__name", cell=_owner, reads=attrgetter("owner_id")),
    _words("lifecycle", _("Lifecycle"), _lifecycle),
    _words("industry", _("Industry"), _text("industry")),
    _words("region", _("Region"), _text("region")),
    _words("source", _("Source"), _text("source")),
    _values(
        "employees",
        _("Employees"),
        "employees",
        is_number=True,
        descends=True,
        cell=lambda customer: number(customer.employees),
    ),
    _values(
        "revenue",
        _("Annual revenue"),
        "annual_revenue",
        is_number=True,
        descends=True,
        cell=lambda customer: money_short(customer.annual_revenue),
    ),
    _values(
        "last_contact",
        _("Last contact"),
        "last_contacted_at",
        descends=True,
        cell=lambda customer: day_short(customer.last_contacted_at),
    ),
    _values(
        "last_order",
        _("Last order"),
        "last_ordered_on",
        descends=True,
        cell=lambda customer: day_short(customer.last_ordered_on),
    ),
    _values(
        "hold_ends",
        _("Hold ends"),
        "hold_ends_on",
        cell=lambda customer: day_short(customer.hold_ends_on),
    ),
    CustomerColumn("tags", _("Tags"), cell=_tags),
    _values(
        "score",
        _("Potential score"),
        "potential_score",
        is_number=True,
        descends=True,
        cell=lambda customer: number(customer.potential_score),
    ),
    CustomerColumn(
        "created",
        _("Created"),
        "created_at",
        descends=True,
        cell=lambda customer: day_short(customer.created_at),
    ),
)


def columns_with(fields: Iterable[CustomField]) -> list[CustomerColumn]:
    """All columns, those of the custom fields last."""
    return [*COLUMNS, *(_of_custom(one) for one in fields)]


def shown_columns(columns: Sequence[CustomerColumn], keys: Sequence[str]) -> list[CustomerColumn]:
    """The chosen columns in their order, or the usual ones; the name is always the first."""
    chosen = chosen_columns(columns[1:], keys) or chosen_columns(columns, USUAL)
    return [columns[0], *chosen]


def rows_of(
    customers: Iterable[Customer], shown: Sequence[CustomerColumn], *, ticks: bool
) -> SafeString:
    """The rows of the page, with a tick before each where many can be changed at once.

    Put together here, and what equal cells print is made once: a template would spend more time on
    them than all the rest of the page takes.
    """
    page = reverse("customer", args=[0])
    select = gettext("Select %(name)s") if ticks else ""
    heads = [
        (' class="num"' if column.is_number else "", escape(column.label), _once(column))
        for column in shown[1:]
    ]
    lines = []
    for customer in customers:
        name = escape(customer.name)
        address = page.replace("/0/", f"/{customer.pk}/")
        cells = "".join(
            f'<td{look} data-label="{label}">{cell(customer)}</td>' for look, label, cell in heads
        )
        tick = TICK % (customer.pk, escape(select % {"name": customer.name})) if ticks else ""
        head = f'<th scope="row" class="span"><a href="{address}">{name}</a></th>'
        lines.append(f"<tr>{tick}{head}{cells}</tr>")
    # Every text in it is escaped above, or was drawn by a component.
    return mark_safe("".join(lines))


def _once(column: CustomerColumn) -> Callable[[Customer], str]:
    """The column's cell, escaped; made once for each value that there is on the page."""
    known: dict[Any, str] = {}

    def cell(customer: Customer) -> str:
        if column.reads is None:
            return conditional_escape(column.cell(customer))
        key = column.reads(customer)
        if key not in known:
            known[key] = conditional_escape(column.cell(customer))
        return known[key]

    return cell


def _of_custom(custom: CustomField) -> CustomerColumn:
    def cell(customer: Any) -> str:  # noqa: ANN401 - a customer
        stored = customer.custom.get(custom.key)
        return number(None) if stored is None else show_value(custom, stored)

    is_number = custom.kind == CustomFieldKind.NUMBER
    return CustomerColumn(f"{CUSTOM}{custom.key}", custom.label, is_number=is_number, cell=cell)
