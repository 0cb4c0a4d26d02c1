"""Pages of a long list by key: no OFFSET, so page 4,000 costs what page 1 costs.

A cursor names the row at the edge of a page and the way to go from it. Rows that come or go
between two requests shift nothing: the next page starts after the last row that was seen.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, JSONSerializer, Signer
from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.fetch_modes import FetchMode
from django.db.models.lookups import GreaterThan, LessThan

PAGE_SIZE = 25
FORWARD, BACK = "n", "p"


class BadCursor(ValueError):  # noqa: N818 - named for what it is
    """The text is no cursor of this list in this order."""


@dataclass(frozen=True)
class Order:
    """One sort key. Rows without a value come last in both directions.

    `is_text`: an empty text is no value; there is no NULL then.
    """

    field: str
    descending: bool = False
    is_nullable: bool = False
    is_text: bool = False

    @property
    def nothing(self) -> str | None:
        return "" if self.is_text else None

    def has_nothing(self, says: bool) -> Q:
        """Rows without a value, or with one; conditions that a partial index serves."""
        if self.is_text:
            return Q((self.field, "")) if says else Q((f"{self.field}__gt", ""))
        return Q((f"{self.field}__isnull", says))


@dataclass(frozen=True)
class KeysetPage[Row: models.Model]:
    """Rows of one page in their order; a cursor is `None` where there is no further page."""

    rows: list[Row]
    next_cursor: str | None
    previous_cursor: str | None


def list_fetch_mode() -> FetchMode:
    """How a list treats a relation that nobody asked for: an error in tests, one query for all live."""
    return models.FETCH_RAISE if settings.TESTING or settings.DEBUG else models.FETCH_PEERS


def keyset_page[Row: models.Model](
    queryset: models.QuerySet[Row],
    *,
    order: Sequence[Order],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> KeysetPage[Row]:
    """The page at the cursor, or the first one; ties are broken by the primary key.

    Raises BadCursor for a text that this list in this order has not given out.
    """
    return _Pager(queryset, order, size).page(cursor or None)


def ordered[Row: models.Model](
    queryset: models.QuerySet[Row], order: Sequence[Order]
) -> models.QuerySet[Row]:
    """All rows in the order of the pages."""
    terms = []
    for key in _with_tie(order):
        if key.is_text:
            terms.append(ExpressionWrapper(key.has_nothing(True), models.BooleanField()).asc())
        terms.append(_Pager._order_by(key, False))
    return queryset.order_by(*terms)


def _with_tie(order: Sequence[Order]) -> tuple[Order, ...]:
    """The sort keys and the primary key, which breaks ties."""
    return (*order, Order("pk", descending=bool(order) and order[-1].descending))


class _Encoder(JSONSerializer):
    def dumps(self, obj: Any) -> bytes:  # noqa: ANN401 - as its base class
        # Dates, instants (to the microsecond) and decimals are all read back from their plain text.
        return json.dumps(obj, separators=(",", ":"), default=str).encode()


class RowValue(models.Func):
    """ROW(a, b): compared as a whole, which one composite index serves."""

    function = "ROW"
    output_field = models.BooleanField()


class _Pager[Row: models.Model]:
    def __init__(self, queryset: models.QuerySet[Row], order: Sequence[Order], size: int) -> None:
        self.keys = _with_tie(order)
        self.size = size
        columns = {name: F(key.field) for name, key in zip(self._names(), self.keys, strict=True)}
        self.queryset = queryset.annotate(**columns)
        self.signer = Signer(salt="paging:" + ",".join(map(repr, self.keys)))

    def _names(self) -> list[str]:
        return [f"page_key_{number}" for number in range(len(self.keys))]

    def page(self, cursor: str | None) -> KeysetPage[Row]:
        if cursor is None:
            return self._forward(None)
        way, values = self._decode(cursor)
        return self._forward(values) if way == FORWARD else self._back(values)

    def _forward(self, values: list[Any] | None) -> KeysetPage[Row]:
        found = self._rows(values, back=False)
        rows = found[: self.size]
        if not rows and values is not None:
            # Everything after the cursor has gone meanwhile: the last page there is.
            return self._back(None)
        more = len(found) > self.size
        return KeysetPage(
            rows,
            self._cursor(FORWARD, rows[-1]) if more else None,
            self._cursor(BACK, rows[0]) if values is not None else None,
        )

    def _back(self, values: list[Any] | None) -> KeysetPage[Row]:
        found = self._rows(values, back=True)
        if values is not None and len(found) < self.size:
            # Too few rows are left before the cursor: start again with a whole page.
            return self._forward(None)
        rows = found[: self.size][::-1]
        more = len(found) > self.size
        return KeysetPage(
            rows,
            self._cursor(FORWARD, rows[-1]) if values is not None else None,
            self._cursor(BACK, rows[0]) if more else None,
        )

    def _rows(self, values: list[Any] | None, *, back: bool) -> list[Row]:
        if len(self.keys) == 1 + 1 and (self.keys[0].is_nullable or self.keys[0].is_text):
            return self._rows_in_two_parts(values, back)
        rows = self.queryset if values is None else self.queryset.filter(self._beyond(values, back))
        order = [self._order_by(key, back) for key in self.keys]
        return list(rows.order_by(*order)[: self.size + 1])

    def _rows_in_two_parts(self, values: list[Any] | None, back: bool) -> list[Row]:
        """Rows with a value, then those without: asked apart, one plain index serves each, both ways."""
        key = self.keys[0]
        parts = [True, False] if back else [False, True]
        if values is not None and (values[0] == key.nothing) != parts[0]:
            parts = parts[1:]
        found: list[Row] = []
        for is_empty in parts:
            rows = self.queryset.filter(key.has_nothing(is_empty))
            if values is not None and (values[0] == key.nothing) == is_empty:
                rows = rows.filter(self._beyond_in_part(values, is_empty, back))
            known = (replace(one, is_nullable=False) for one in self.keys[is_empty:])
            order = [self._order_by(one, back) for one in known]
            found += rows.order_by(*order)[: self.size + 1 - len(found)]
            if len(found) > self.size:
                break
        return found

    def _beyond_in_part(
        self, values: list[Any], is_empty: bool, back: bool
    ) -> LessThan | GreaterThan:
        """After these values among rows of which all have a value, or of which none has one."""
        keys, fields = self.keys[is_empty:], self._fields()[is_empty:]
        columns = RowValue(*(F(key.field) for key in keys))
        given = RowValue(*map(Value, values[is_empty:], fields))
        smaller = keys[0].descending != back
        return LessThan(columns, given) if smaller else GreaterThan(columns, given)

    @staticmethod
    def _order_by(key: Order, back: bool) -> OrderBy:
        column = F(key.field)
        # Only where NULL can occur: the clause would keep an index from giving the order.
        nulls = {("nulls_first" if back else "nulls_last"): True} if key.is_nullable else {}
        return column.desc(**nulls) if key.descending != back else column.asc(**nulls)

    def _beyond(self, values: list[Any], back: bool) -> Q | LessThan | GreaterThan:
        """The condition “after these values” in the order, or before them when going back."""
        ways = {key.descending for key in self.keys}
        if len(ways) == 1 and not any(key.is_nullable for key in self.keys):
            columns = RowValue(*(F(key.field) for key in self.keys))
            given = RowValue(*map(Value, values, self._fields()))
            smaller = self.keys[0].descending != back
            return LessThan(columns, given) if smaller else GreaterThan(columns, given)
        beyond, same = Q(pk__in=()), Q()
        for key, value in zip(self.keys, values, strict=True):
            beyond |= same & self._beyond_one(key, value, back)
            same &= Q((f"{key.field}__isnull", True)) if value is None else Q((key.field, value))
        return beyond

    @staticmethod
    def _beyond_one(key: Order, value: object, back: bool) -> Q:
        if value is None:
            # NULL is last: nothing lies after it, every known value before it.
            return Q((f"{key.field}__isnull", False)) if back else Q(pk__in=())
        lookup = "lt" if key.descending != back else "gt"
        beyond = Q((f"{key.field}__{lookup}", value))
        return (
            beyond | Q((f"{key.field}__isnull", True)) if key.is_nullable and not back else beyond
        )

    def _fields(self) -> "list[models.Field[Any, Any]]":
        annotations = self.queryset.query.annotations
        return [annotations[name].output_field for name in self._names()]

    def _cursor(self, way: str, row: Row) -> str:
        values = [way, *(getattr(row, name) for name in self._names())]
        return self.signer.sign_object(values, serializer=_Encoder)

    def _decode(self, cursor: str) -> tuple[str, list[Any]]:
        try:
            way, *raw = self.signer.unsign_object(cursor, serializer=_Encoder)
            fields = zip(self._fields(), raw, strict=True)
            return way, [
                None if value is None else field.to_python(value) for field, value in fields
            ]
        except (BadSignature, ValidationError, ValueError) as error:
            raise BadCursor from error
