"""What the audit trail costs a write, and what its log costs with a million entries.

The write is `opportunity_move` as people do it: locked, checked, recorded and committed, in turn
with the same write without the trail's entry. The log is compared with the bare list; as for other
lists, the limit leaves half as much again over what was measured.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from unittest import mock

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.core.models import Organisation
from apps.core.origin import Origin, origin_scope
from apps.customers.models import Customer
from apps.funnel import services
from apps.funnel.models import Level, Opportunity
from apps.members.models import AccessRole, Member
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create
from apps.products.models import ProductLine
from bench.bare_list import ROWS, against_bare_list
from bench.databases import scratch_database
from bench.results import Result

TURNS, WARM_UPS = 300, 30
WRITE_LIMIT = 1.6
ENTRIES = 1_000_000
# 200 people wrote most of it; three in a thousand entries are about people.
FILL = """
INSERT INTO core_auditentry
  (at, by_id, by_text, action, kind, object_id, label, changes, rows, details, channel, address,
   is_reading, is_sample)
SELECT now() - i * interval '1 minute', %(by)s + i %% 200, 'Person ' || i %% 200 || ' <p@example.com>',
       CASE WHEN i %% 997 = 0 THEN 'member.update' WHEN i %% 3 = 0 THEN 'order.create'
            ELSE 'opportunity.move' END,
       CASE WHEN i %% 997 = 0 THEN 'member' WHEN i %% 3 = 0 THEN 'order' ELSE 'opportunity' END,
       1 + i %% 100000, 'Frame contract ' || md5((i %% 100000)::text),
       '{"level_since_on": ["2026-03-02", "2026-03-09"]}',
       CASE WHEN i %% 5000 = 0 THEN ARRAY[i, i + 1]::bigint[] ELSE '{}' END, '{}', 'web',
       '203.0.113.7', i %% 9973 = 0, false
FROM generate_series(1, %(entries)s) i
"""


def run() -> list[Result]:
    with scratch_database("audit"):
        opportunity, levels = _firm()
        write = _write(opportunity, levels)
        _fill()
        admin = Client()
        admin.force_login(Member.objects.get(access_role=AccessRole.ADMIN))
        pages = (
            ("log", 26.0, "/audit/"),
            ("log_by_rare_kind", 26.0, "/audit/?kind=member"),
            ("log_by_action", 26.0, "/audit/?action=order.create"),
            ("log_by_person", 26.0, "/audit/?person=rep"),
            ("log_by_label", 26.0, "/audit/?q=c4ca4238a0b9"),
            ("log_of_bulk", 26.0, "/audit/?sort_of=bulk"),
            ("log_of_a_record", 26.0, "/audit/?kind=opportunity&record=1"),
        )
        return [write, *(_page(name, limit, admin, address) for name, limit, address in pages)]


def _page(name: str, limit: float, client: Client, address: str) -> Result:
    def asked() -> HttpResponse:
        response = client.get(address)
        assert isinstance(response, HttpResponse)
        assert response.status_code == 200
        return response

    page, bare = against_bare_list(asked)
    notes = f"{address} of {ENTRIES:,} entries, against the bare list"
    return Result(f"audit_{name}", page, bare, limit, notes=notes)


def _write(opportunity: Opportunity, levels: list[Level]) -> Result:
    """Median of a move with the entry against one without, in turn."""

    def move() -> None:
        here = opportunity.level_id
        to = levels[1] if here == levels[0].pk else levels[0]
        services.opportunity_move(opportunity=opportunity, to=to, by=opportunity.owner, reason="x")
        opportunity.level = to

    with_entry, without = [], []
    with origin_scope(Origin("web", "203.0.113.7")):
        for _ in range(TURNS + WARM_UPS):
            with_entry.append(_seconds(move))
            with _without_audit():
                without.append(_seconds(move))
    measured, baseline = (statistics.median(one[WARM_UPS:]) for one in (with_entry, without))
    notes = "opportunity_move with its audit entry, against the same write without"
    return Result("audit_write", measured, baseline, WRITE_LIMIT, notes=notes)


@contextmanager
def _without_audit() -> Iterator[None]:
    nothing = mock.Mock()
    with mock.patch.multiple(
        services, audit_record=nothing, values_of=nothing, changed_values=nothing
    ):
        yield


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _firm() -> tuple[Opportunity, list[Level]]:
    rep = member_create(email="r@example.com", name="rep", access_role=AccessRole.REP, by=None)
    member_create(email="a@example.com", name="Ada", access_role=AccessRole.ADMIN, by=None)
    team = team_create(name="Team", slug="team", by=None)
    membership_start(member=rep, team=team, starts_on=date(2020, 1, 1), by=None)
    levels = list(Level.objects.filter(pipeline__is_default=True).order_by("rank"))
    line = ProductLine.objects.create(name="Film")
    customer = Customer.objects.create(name="Hart GmbH", owner=rep)
    made = [
        services.opportunity_create(
            owner=rep, line=line, level=levels[0], customer=customer, value=Decimal(1000), by=rep
        )
        for _ in range(ROWS)
    ]
    organisation = Organisation.current()
    organisation.set_up_at = timezone.now()
    organisation.save()
    return made[0], levels


def _fill() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM members_member")
        first = cursor.fetchone()[0]
        cursor.execute(FILL, {"by": first, "entries": ENTRIES})
        cursor.execute("VACUUM ANALYZE")
