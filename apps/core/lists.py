"""Lists of rows whose whole state is in the address: filters, sort, page, and the count above.

A list is a GET form (`FilterForm`), its columns and a queryset that is scoped already. `listing`
puts them together; `list_response` answers with the page, or for htmx with its result region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from django_htmx.http import push_url

from apps.core.formats import day_short
from apps.core.paging import BadCursor, KeysetPage, Order, keyset_page, ordered

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Text = "str | _StrPromise"
# A queryset with `for_list()`.
type Rows = Any

# Parameters of the address that are no filters.
SORT, CURSOR = "sort", "page"


@dataclass(frozen=True)
class Column:
    """A column head; `order` is the field that it sorts by, empty where it does not sort."""

    key: str
    label: Text
    order: str = ""
    is_nullable: bool = False
    is_number: bool = False
    # The first click sorts the highest or latest first.
    descends: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Heading:
    """A column head as the page prints it; `direction` is what aria-sort says, or empty."""

    column: Column
    address: str
    direction: str


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the address without it."""

    name: str
    label: Text
    text: str
    value: str
    address: str


@dataclass(frozen=True)
class Listing:
    """A list's page; `count` and `sums` are of all rows that the filters let through."""

    filters: "FilterForm"
    headings: list[Heading]
    chips: list[Chip]
    page: KeysetPage[Any]
    count: int
    sums: dict[str, Any]
    sort: str
    path: str
    address: str
    next_address: str = ""
    previous_address: str = ""
    first_address: str = ""
    is_stale: bool = False
    rows: list[Any] = field(default_factory=list)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)

    @property
    def query(self) -> str:
        """Filters and sort as the address has them, without the page; with its “?”."""
        return self.first_address.removeprefix(self.path)


@dataclass(frozen=True)
class Control:
    """A filter as the page draws it; `options` are those of a choice, drawn already.

    A form widget of Django renders a template for each option, which costs more than the list.
    """

    name: str
    label: Text
    kind: str
    value: str
    options: SafeString
    options_count: int
    is_invalid: bool

    @property
    def has_choice(self) -> bool:
        """Whether there is anything to choose besides everything and the only one."""
        return self.kind != "choice" or self.options_count > 1 + 1


class FilterForm(forms.Form):
    """The filters of a list: every field is optional, and none is trusted.

    `shown` are the controls above the list, `folded` those under “More filters”. Others come by
    links only and live on as chips.
    """

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)

    shown: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    # Pairs of (from, to) that must not be the wrong way round.
    ranges: tuple[tuple[str, str], ...] = ()
    # Sort keys that stand for another field under the filters given.
    sorts_by: Mapping[str, str] = {}

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter-%s")

    def apply(self, rows: Rows) -> Rows:
        """The rows that the (valid) filters let through."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for start, end in self.ranges:
            first, last = cleaned.get(start), cleaned.get(end)
            if first and last and first > last:
                self.add_error(end, ValidationError(gettext("This day lies before the first one.")))
        return cleaned

    def shown_controls(self) -> list["Control"]:
        return [control for control in map(self._control, self.shown) if control.has_choice]

    def folded_controls(self) -> list["Control"]:
        return [control for control in map(self._control, self.folded) if control.has_choice]

    def linked(self) -> set[str]:
        """Filters without a control: they come by links only."""
        return set(self.fields) - {"q", *self.shown, *self.folded}

    def folded_in_use(self) -> int:
        return sum(bool(self[name].data) for name in self.folded)

    def is_unfolded(self) -> bool:
        """Whether a folded filter needs a look."""
        return any(self[name].errors for name in self.folded)

    def _control(self, name: str) -> "Control":
        field, value = self[name], str(self.data.get(name, ""))
        kind = "tick" if isinstance(field.field, forms.BooleanField) else "text"
        kind = "date" if isinstance(field.field, DayField) else kind
        kind = "choice" if isinstance(field.field, forms.ChoiceField) else kind
        choices = _choices(field.field)
        rows = ((key, mark_safe(" selected" if str(key) == value else ""), text)
                for key, text in choices)  # fmt: skip
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        return Control(name, field.label, kind, value, options, len(choices), bool(field.errors))

    def text_of(self, name: str) -> str:
        """What a chip says of the field's value."""
        value = self.cleaned_data[name]
        if isinstance(value, bool):
            return ""
        if isinstance(value, date):
            return day_short(value)
        choices = dict(getattr(self.fields[name], "choices", ())) if isinstance(value, str) else {}
        return str(choices.get(value, value))


class DayField(forms.DateField):
    """A day as an ISO date; the browser's own calendar."""

    def __init__(self, label: Text) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        messages = {"invalid": gettext_lazy("Enter a day such as 2026-11-19.")}
        super().__init__(
            label=label,
            required=False,
            widget=widget,
            input_formats=["%Y-%m-%d"],
            error_messages=messages,
        )


class NamedChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among records that the reader may see; absent and hidden ones read the same.

    `text` is the column that names a record, or empty where only its str() does.
    """

    def __init__(
        self, label: Text, everything: Text, *, by: str = "pk", text: str = "name"
    ) -> None:
        self.text = text
        super().__init__(
            queryset=None,
            label=label,
            required=False,
            empty_label=everything,
            to_field_name=by,
            error_messages={"invalid_choice": gettext_lazy("There is no such choice.")},
        )


def _choices(field: forms.Field) -> list[tuple[Any, Any]]:
    """Keys and texts of a choice; of records, two columns instead of whole rows."""
    if isinstance(field, NamedChoice) and field.text:
        records: Any = field.queryset
        rows = records.values_list(field.to_field_name, field.text)
        return [("", field.empty_label), *rows]
    return list(iter(getattr(field, "choices", ())))


def listing(  # noqa: PLR0913 - what a list is made of
    request: HttpRequest,
    rows: Rows,
    filters: FilterForm,
    *,
    columns: Sequence[Column],
    default: str,
    sums: Mapping[str, models.Aggregate] | None = None,
    most: int | None = None,
) -> Listing:
    """The page that the address asks for; `default` is the sort, such as “-opened”.

    `rows` are those that the reader may see. With filters that make no sense there are no rows.
    Counting stops after `most` rows, for lists that grow without end.
    """
    sort = _sort(request.GET.get(SORT, ""), columns, default)
    shared: dict[str, Any] = {
        "filters": filters,
        "headings": _headings(request, columns, sort),
        "sort": "" if sort == default else sort,
        "path": request.path,
        "address": _address(request, request.GET),
        "first_address": _changed(request, **{CURSOR: None}),
    }
    if not filters.is_valid():
        return Listing(page=KeysetPage([], None, None), count=0, sums={}, chips=[], **shared)
    found = filters.apply(rows)
    counted = found if most is None else found.order_by()[: most + 1]
    totals = counted.aggregate(count=models.Count("pk"), **(sums or {}))
    loaded = found.for_list()
    page, is_stale = _page(loaded, _order(sort, columns, filters), request.GET.get(CURSOR))
    return Listing(
        page=page,
        rows=page.rows,
        count=totals.pop("count"),
        sums=totals,
        chips=_chips(request, filters),
        next_address=_changed(request, **{CURSOR: page.next_cursor}) if page.next_cursor else "",
        previous_address=_changed(request, **{CURSOR: page.previous_cursor})
        if page.previous_cursor
        else "",
        is_stale=is_stale,
        **shared,
    )


def ordered_rows(
    request: HttpRequest,
    rows: Rows,
    filters: FilterForm,
    *,
    columns: Sequence[Column],
    default: str,
) -> Rows:
    """Every row of the list that the address asks for, in its order; the filters are valid."""
    sort = _sort(request.GET.get(SORT, ""), columns, default)
    return ordered(filters.apply(rows).for_list(), _order(sort, columns, filters))


def list_response(
    request: HttpRequest, template: str, result: Listing, **context: Any
) -> HttpResponse:
    """The page, or only its partial “results” for htmx; 422 where the filters make no sense."""
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    partial = htmx.target == "results" and not htmx.history_restore_request
    status = HTTPStatus.OK if result.filters.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    name = f"{template}#results" if partial else template
    response = render(request, name, {"listing": result, **context}, status=status)
    # One address has two answers: a cache must not mix them up.
    patch_vary_headers(response, ("HX-Request",))
    return push_url(response, result.address) if partial else response


def _sort(asked: str, columns: Sequence[Column], default: str) -> str:
    known = {column.key for column in columns if column.order}
    return asked if asked.removeprefix("-") in known else default


def _order(sort: str, columns: Sequence[Column], filters: FilterForm) -> list[Order]:
    column = next(column for column in columns if column.key == sort.removeprefix("-"))
    by = filters.sorts_by.get(column.key, column.order)
    return [Order(by, descending=sort.startswith("-"), is_nullable=column.is_nullable)]


def _page(rows: Rows, order: Sequence[Order], cursor: str | None) -> tuple[KeysetPage[Any], bool]:
    """The page, and whether the cursor was of no use, so that it is the first one."""
    try:
        return keyset_page(rows, order=order, cursor=cursor), False
    except BadCursor:
        return keyset_page(rows, order=order), True


def _headings(request: HttpRequest, columns: Sequence[Column], sort: str) -> list[Heading]:
    return [_heading(request, column, sort) for column in columns]


def _heading(request: HttpRequest, column: Column, sort: str) -> Heading:
    if not column.order:
        return Heading(column, "", "")
    is_current = sort.removeprefix("-") == column.key
    descending = sort.startswith("-")
    turned = not descending if is_current else column.descends
    address = _changed(request, **{SORT: ("-" if turned else "") + column.key, CURSOR: None})
    words = "descending" if descending else "ascending"
    return Heading(column, address, words if is_current else "")


def _chips(request: HttpRequest, filters: FilterForm) -> list[Chip]:
    asked = [name for name in filters.fields if request.GET.get(name)]
    given = [name for name in asked if filters.cleaned_data.get(name)]
    return [
        Chip(
            name,
            filters.fields[name].label or name,
            filters.text_of(name),
            request.GET.get(name, ""),
            _changed(request, **{name: None, CURSOR: None}),
        )
        for name in given
    ]


def _changed(request: HttpRequest, **changes: str | None) -> str:
    """This address with some parameters set, or left out where None."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return _address(request, query)


def _address(request: HttpRequest, query: QueryDict) -> str:
    """The address without the parameters that say nothing."""
    told = QueryDict(mutable=True)
    for name, value in query.items():
        if value:
            told[name] = str(value)
    return f"{request.path}?{told.urlencode()}" if told else request.path
