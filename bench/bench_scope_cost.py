"""What visibility costs: the same list with and without its scope on 100,000 rows.

A list is its first page, newest or by name, and its count, as the pages ask them; the scope's own
look-ups (teams led, people led, stand-ins) count as its cost. The baseline is the list of everything,
asked in turn, without any scope. Who sees everything pays for nothing; a rep's few rows cost less than
all of them. A manager's customers lie under twenty owners and in the pool, each its own part of the
index, which costs more to merge and to count than one pass over the table.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from apps.customers.models import Customer
from apps.funnel.models import Opportunity
from apps.members.models import AccessRole, Member
from apps.orders.models import Order
from bench.bench_pages import ROWS, _fill
from bench.databases import scratch_database
from bench.results import Result

TURNS, WARM_UPS = 40, 5
LIMITS = {AccessRole.DIRECTOR: 1.3, AccessRole.MANAGER: 2.5, AccessRole.REP: 1.3}
LISTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("customers", Customer, ("name", "pk")),
    ("opportunities", Opportunity, ("-opened_on", "-pk")),
    ("orders", Order, ("-ordered_on", "-pk")),
)


def run() -> list[Result]:
    with scratch_database("scope"):
        _fill()
        return [_result(*one, role) for one in LISTS for role in LIMITS]


def _result(name: str, model: Any, order: tuple[str, ...], role: AccessRole) -> Result:  # noqa: ANN401
    member = _member(role)
    everything = lambda: _listed(model.objects.all(), order)  # noqa: E731 - the two stand together
    scoped = lambda: _listed(model.objects.visible_to(member), order)  # noqa: E731
    with_scope, without = _in_turn(scoped, everything)
    count = model.objects.visible_to(member).count()
    notes = f"first page and count of {count:,} of {model.objects.count():,} {name} of {ROWS:,}"
    return Result(f"scope_{name}_{role.value}", with_scope, without, LIMITS[role], notes=notes)


def _listed(rows: Any, order: tuple[str, ...]) -> None:  # noqa: ANN401
    assert rows.count()
    assert list(rows.for_list().order_by(*order)[:26])


def _member(role: AccessRole) -> Member:
    """As a request has them: with the stand-ins that matter today. The rep has sold something."""
    rows = Member.objects.with_absences().filter(access_role=role)
    if role is AccessRole.REP:
        rows = rows.filter(pk__in=Order.objects.order_by().values("member"))
    found: Member | None = rows.order_by("pk").first()
    assert found is not None
    return found


def _in_turn(one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float]:
    pairs = [(_seconds(one), _seconds(other)) for _ in range(TURNS + WARM_UPS)]
    ones, others = zip(*pairs[WARM_UPS:], strict=True)
    return statistics.median(ones), statistics.median(others)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
