"""What a timeline is made of: one declaration a kind.

Each source reads its own table by its own index with a LIMIT; the page merges them by key. A new kind
is one more `Source` and its template `portfolio/timeline/<kind>.html`. Ranks decide between entries of
the same instant and stay as they are: cursors name them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, DateField, DateTimeField, F, Q, QuerySet, Value
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.activities.models import Activity
from apps.core.paging import RowValue
from apps.customers.models import CustomerFile, CustomerOwnerChange, Merge, Note, Screening
from apps.funnel.models import LevelChange, Opportunity
from apps.members.querysets import Viewer
from apps.orders.models import Order
from apps.portfolio.models import LifecycleChange, TierChange
from apps.portfolio.timeline.keys import Edge, Key, after, after_of_days, beginning_of
from apps.satisfaction.models import Survey

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Rows = "QuerySet[Any]"


@dataclass(frozen=True)
class Scope:
    """Of whom a timeline is, and who reads it: the customer's id, and of those merged into it."""

    customers: Sequence[int]
    user: Viewer

    def of(self, rows: Rows, field: str = "customer") -> Rows:
        """Rows of these customers. One id is asked for by itself: then the index gives the order."""
        if len(self.customers) == 1:
            return rows.filter(**{field: self.customers[0]})
        return rows.filter(**{f"{field}__in": self.customers})


@dataclass(frozen=True)
class Source:
    """A kind of entry: which rows, when each happened (`at`, or only a day), how it looks.

    `group` is the filter it belongs to; `icon` one of frontend/icons.txt.
    """

    name: str
    group: str
    rank: int
    icon: str
    rows: Callable[[Scope], Rows]
    at: str = "at"
    is_day: bool = False

    @property
    def template(self) -> str:
        return f"portfolio/timeline/{self.name}.html"

    def newest(self, scope: Scope, start: Key | None, size: int) -> list[tuple[Key, Any]]:
        """The first rows after the key, or the first of all, with the key of each."""
        rows = self.rows(scope)
        if start is not None:
            rows = rows.filter(self._after(start))
        return [(self.key(row), row) for row in rows.order_by(f"-{self.at}", "-pk")[:size]]

    def key(self, row: Any) -> Key:  # noqa: ANN401 - a row of any of the models
        at = getattr(row, self.at)
        if self.is_day:
            at = beginning_of(at, timezone.get_current_timezone())
        return Key(at, self.rank, row.pk)

    def _after(self, start: Key) -> "Q | LessThan":
        edge, at, field = self._edge(start)
        if edge is Edge.BEHIND:
            given = RowValue(Value(at, field), Value(start.pk, BigIntegerField()))
            return LessThan(RowValue(F(self.at), F("pk")), given)
        return Q((f"{self.at}__{'lte' if edge is Edge.UP_TO else 'lt'}", at))

    def _edge(self, start: Key) -> tuple[Edge, Any, Any]:
        if self.is_day:
            edge, day = after_of_days(start, self.rank, timezone.get_current_timezone())
            return edge, day, DateField()
        found = after(start, self.rank)
        return found.edge, found.at, DateTimeField()


def _activities(scope: Scope) -> Rows:
    return scope.of(Activity.objects.select_related("member", "contact"))


def _notes(scope: Scope) -> Rows:
    rows = Note.objects.filter(deleted_at__isnull=True).select_related("author")
    return scope.of(rows.prefetch_related("mentions"))


def _files(scope: Scope) -> Rows:
    return scope.of(CustomerFile.objects.filter(deleted_at__isnull=True).select_related("by"))


def _levels(scope: Scope) -> Rows:
    """Of the opportunities that the reader sees."""
    seen = scope.of(Opportunity.objects.visible_to(scope.user)).order_by().values("pk")
    related = ("from_level", "to_level", "by", "opportunity__product", "opportunity__line")
    return LevelChange.objects.filter(opportunity__in=seen).select_related(*related)


def _orders(scope: Scope) -> Rows:
    rows = Order.objects.visible_to(scope.user)
    return scope.of(rows.select_related("member", "product", "line"))


def _owners(scope: Scope) -> Rows:
    return scope.of(CustomerOwnerChange.objects.select_related("from_owner", "to_owner", "by"))


def _tiers(scope: Scope) -> Rows:
    return scope.of(TierChange.objects.select_related("by"))


def _stages(scope: Scope) -> Rows:
    return scope.of(LifecycleChange.objects.select_related("by"))


def _screenings(scope: Scope) -> Rows:
    return scope.of(Screening.objects.select_related("by"))


def _answers(scope: Scope) -> Rows:
    answered = Survey.objects.filter(answered_at__isnull=False)
    return scope.of(answered.select_related("contact"))


def _merges(scope: Scope) -> Rows:
    rows = Merge.objects.select_related("by", "undone_by", "survivor")
    return scope.of(rows, "survivor")


GROUPS: "dict[str, _StrPromise]" = {
    "contact": _("Contacts made"),
    "note": _("Notes"),
    "file": _("Files"),
    "opportunity": _("Opportunities"),
    "order": _("Orders"),
    "owner": _("Owners"),
    "standing": _("Tier and lifecycle"),
    "voice": _("Satisfaction"),
}
SOURCES = (
    Source("activity", "contact", 10, "phone", _activities),
    Source("note", "note", 20, "message", _notes),
    Source("file", "file", 30, "paperclip", _files),
    Source("level", "opportunity", 40, "filter", _levels),
    Source("order", "order", 50, "receipt", _orders, at="ordered_on", is_day=True),
    Source("owner", "owner", 60, "user", _owners),
    Source("merge", "owner", 70, "arrows-join", _merges),
    Source("tier", "standing", 80, "shield", _tiers),
    Source("stage", "standing", 90, "refresh", _stages),
    Source("screening", "standing", 100, "clipboard-check", _screenings),
    Source("answer", "voice", 110, "mood-smile", _answers, at="answered_at"),
)
