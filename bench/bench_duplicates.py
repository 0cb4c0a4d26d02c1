"""The warning while a customer is typed, and the search, on 100,000 customers with a contact each.

Measured in this process without the page around them, in turn with one indexed look-up of a row. The
limits in milliseconds are promises: 20 for the warning, 100 for any search by any role.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

from django.db import connection

from apps.customers.duplicates.selectors import Typed, typed_matches
from apps.customers.models import Customer, SearchKey
from apps.customers.search.selectors import found_by, hits
from apps.members.models import AccessRole, Member
from bench.customer_base import ROWS, fill
from bench.databases import scratch_database
from bench.results import Result

TURNS = 20
CHECK_MS, SEARCH_MS = 20, 100
ROLES = (AccessRole.REP, AccessRole.MANAGER, AccessRole.DIRECTOR)
# A character and pairs that tens of thousands have, rare ones, phones, initials, and nothing.
TEXTS = (
    "a", "科", "技术", "er", "te", "hartmann", "linden technik", "anna", "bjkj",
    "30 1000", "+49 30 100012", "@firm5", "hartmann gm", "gmbh", "zzzzqq",
)  # fmt: skip


def run() -> list[Result]:
    with scratch_database("duplicates"):
        fill()
        people = {role: Member.objects.filter(access_role=role).order_by("pk")[0] for role in ROLES}
        results = []
        for role, person in people.items():
            results += _check(role, person)
            results.append(_search(role, person))
            results.append(_listed(role, person))
        return results


def _check(role: str, person: Member) -> list[Result]:
    rows = Customer.objects.order_by("pk").values_list("name", "region")[1000:1010]
    phones, emails = ("030 10001001",), ("p1@firm1.example",)
    forms = [Typed(name, region, phones, emails) for name, region in rows]
    bare = _bare()
    times = [_milliseconds(partial(typed_matches, form, person)) for form in [*forms, *forms]]
    middle, high = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
    notes = f"{role}: p95 {high:.1f} ms, {middle / bare:.0f} times an indexed look-up, of {ROWS:,}"
    return [
        Result(f"duplicate_check_{role}", middle, CHECK_MS, 1, "ms", notes),
        Result(f"duplicate_check_{role}_ratio", middle, bare, 40, "ms", notes),
    ]


def _search(role: str, person: Member) -> Result:
    """The slowest of the texts, by the median of its turns."""
    times = {
        text: statistics.median(_milliseconds(partial(hits, text, person)) for _ in range(5))
        for text in TEXTS
    }
    slowest = max(times, key=lambda text: times[text])
    middle = statistics.median(times.values())
    notes = f"{role}: slowest “{slowest}”, median of {len(TEXTS)} texts {middle:.1f} ms"
    return Result(f"search_{role}", times[slowest], SEARCH_MS, 1, "ms", notes)


def _listed(role: str, person: Member) -> Result:
    """The list's filter with a pair that a fifth of all customers have: the count of all of them."""
    seen = Customer.objects.visible_to(person)
    times = [_milliseconds(lambda: found_by("te", seen, person).count()) for _ in range(5)]
    notes = f"{role}: rows that the list's search counts"
    return Result(f"search_count_{role}", statistics.median(times), 2 * SEARCH_MS, 1, "ms", notes)


def _bare() -> float:
    key = SearchKey.objects.order_by("pk").values_list("kind", "value")[5000]
    sql = "SELECT customer_id FROM customers_searchkey WHERE kind = %s AND value = %s"

    def look_up() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, key)
            cursor.fetchall()

    return statistics.median(_milliseconds(look_up) for _ in range(TURNS))


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
