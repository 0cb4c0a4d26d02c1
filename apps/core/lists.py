"""Lists of rows whose whole state is in the address: filters, sort, page, and the count above.

A list is a GET form (`filtering.FilterForm`), its columns and a queryset that is scoped already.
`listing` puts them together; `list_response` answers with the page, or for htmx with its result
region.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_htmx.http import push_url

from apps.core.filtering import VIEW, FilterForm, Rows, Text
from apps.core.paging import BadCursor, KeysetPage, Order, keyset_page, ordered

# Parameters of the address that are no filters: the order, the page, the columns shown.
SORT, CURSOR, COLUMNS = "sort", "page", "columns"
KEPT = (VIEW, COLUMNS)
# What a head says of the order, by its direction: an attribute and an icon.
ARROWS = {
    direction: (
        mark_safe(f' aria-sort="{direction}"') if direction else "",
        mark_safe(f'<span class="icon icon-arrow-{way}" aria-hidden="true"></span>') if way else "",
    )
    for direction, way in (("", ""), ("ascending", "up"), ("descending", "down"))
}


@dataclass(frozen=True)
class Column:
    """A column head; `order` is the field that it sorts by, empty where it does not sort."""

    key: str
    label: Text
    order: str = ""
    is_nullable: bool = False
    # Sorts a text, of which an empty one is no value.
    is_text: bool = False
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

    @property
    def html(self) -> SafeString:
        """The cell of the head. Drawn here: as a template the heads would cost more than the rows."""
        kind = mark_safe(' class="num"') if self.column.is_number else ""
        if not self.address:
            return format_html('<th scope="col"{}>{}</th>', kind, self.column.label)
        said, arrow = ARROWS[self.direction]
        text = '<th scope="col"{}{}><a class="sort" href="{}">{}{}</a></th>'
        return format_html(text, kind, said, self.address, self.column.label, arrow)


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
    # Where “Clear filters” leads.
    clear_address: str = ""
    # Rows after which counting stopped: there are more than these.
    most: int | None = None
    is_stale: bool = False
    rows: list[Any] = field(default_factory=list)
    # Parameters of the address besides filters, sort and page.
    kept: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips) or self.filters.is_out_of_sight

    @property
    def is_uncounted(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.most is not None and self.count > self.most

    @property
    def query(self) -> str:
        """Filters and sort as the address has them, without the page; with its “?”."""
        return self.first_address.removeprefix(self.path)


def listing(  # noqa: PLR0913 - what a list is made of
    request: HttpRequest,
    rows: Rows,
    filters: FilterForm,
    *,
    columns: Sequence[Column],
    default: str,
    sums: Mapping[str, models.Aggregate] | None = None,
    most: int | None = None,
    shown: Sequence[Column] | None = None,
    clear_address: str = "",
) -> Listing:
    """The page that the address asks for; `default` is the sort, such as “-opened”.

    `rows` are those that the reader may see. With filters that make no sense there are no rows.
    Counting stops after `most` rows, for lists that grow without end. `shown` are the heads, where
    the reader chose among `columns`; every one of these sorts.
    """
    sort = _sort(request.GET.get(SORT, ""), columns, default)
    is_valid = filters.is_valid()
    place = Place(request.path, filters.told())
    shared: dict[str, Any] = {
        "filters": filters,
        "headings": [_heading(place, column, sort) for column in (shown or columns)],
        "sort": "" if sort == default else sort,
        "path": place.path,
        "address": place.address(),
        "first_address": place.address(**{CURSOR: None}),
        "clear_address": clear_address or place.path,
        "most": most,
        "kept": [(name, place.query[name]) for name in KEPT if place.query.get(name)],
    }
    if not is_valid:
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
        chips=_chips(place, filters),
        next_address=place.address(**{CURSOR: page.next_cursor}) if page.next_cursor else "",
        previous_address=place.address(**{CURSOR: page.previous_cursor})
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


def chosen_columns[C: Column](columns: Sequence[C], keys: Iterable[str]) -> list[C]:
    """The columns of these keys in their order, each once; what there is not is left out."""
    known = {column.key: column for column in columns}
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def list_response(
    request: HttpRequest, template: str, result: Listing, **context: Any
) -> HttpResponse:
    """The page, or only its partial “results” for htmx; 422 where the filters make no sense."""
    htmx = request.htmx  # type: ignore[attr-defined] # by django-htmx's middleware
    partial = htmx.target == "results" and not htmx.history_restore_request
    is_fine = result.filters.is_valid() or result.filters.is_out_of_sight
    status = HTTPStatus.OK if is_fine else HTTPStatus.UNPROCESSABLE_ENTITY
    name = f"{template}#results" if partial else template
    content = {"listing": result, "is_part": partial, **context}
    response = render(request, name, content, status=status)
    # One address has two answers: a cache must not mix them up.
    patch_vary_headers(response, ("HX-Request",))
    return push_url(response, result.address) if partial else response


def _sort(asked: str, columns: Sequence[Column], default: str) -> str:
    known = {column.key for column in columns if column.order}
    return asked if asked.removeprefix("-") in known else default


def _order(sort: str, columns: Sequence[Column], filters: FilterForm) -> list[Order]:
    column = next(column for column in columns if column.key == sort.removeprefix("-"))
    by = filters.sorts_by.get(column.key, column.order)
    return [
        Order(
            by,
            descending=sort.startswith("-"),
            is_nullable=column.is_nullable,
            is_text=column.is_text,
        )
    ]


def _page(rows: Rows, order: Sequence[Order], cursor: str | None) -> tuple[KeysetPage[Any], bool]:
    """The page, and whether the cursor was of no use, so that it is the first one."""
    try:
        return keyset_page(rows, order=order, cursor=cursor), False
    except BadCursor:
        return keyset_page(rows, order=order), True


@dataclass(frozen=True)
class Place:
    """The list's own address: its path, and what is asked of it."""

    path: str
    query: QueryDict

    def address(self, **changes: str | None) -> str:
        """The address with some parameters set, or left out where None; none that says nothing."""
        told = QueryDict(mutable=True)
        for name, value in {**dict(self.query.items()), **changes}.items():
            if value:
                told[name] = str(value)
        return f"{self.path}?{told.urlencode()}" if told else self.path


def _heading(place: Place, column: Column, sort: str) -> Heading:
    if not column.order:
        return Heading(column, "", "")
    is_current = sort.removeprefix("-") == column.key
    descending = sort.startswith("-")
    turned = not descending if is_current else column.descends
    address = place.address(**{SORT: ("-" if turned else "") + column.key, CURSOR: None})
    words = "descending" if descending else "ascending"
    return Heading(column, address, words if is_current else "")


def _is_given(value: object) -> bool:
    """Whether a cleaned filter says anything; 0 does."""
    return value is not None and value is not False and value not in ("", [])


def _chips(place: Place, filters: FilterForm) -> list[Chip]:
    asked = [name for name in filters.fields if filters.is_asked(name)]
    given = [name for name in asked if _is_given(filters.cleaned_data.get(name))]
    return [
        Chip(
            name,
            filters.fields[name].label or name,
            filters.text_of(name),
            filters.value_in_address(name),
            place.address(**{name: None, CURSOR: None}),
        )
        for name in given
    ]
