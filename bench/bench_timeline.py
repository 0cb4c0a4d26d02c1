"""The timeline of a customer, with a million rows in all at 100,000 customers.

First page, deep page, and a customer with 5,000 entries, each in turn with the bare list; the absolute
medians stand in the notes. Rows go in set by set; the triggers on activities stay out of it, since what
they keep is no part of a timeline.
"""

from datetime import timedelta

from django.db import connection

from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.funnel.models import Level
from apps.members.models import AccessRole, Member
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create
from apps.portfolio.timeline.selectors import timeline_page
from apps.products.models import ProductLine
from bench.bare_list import against_bare_list, asker
from bench.databases import scratch_database
from bench.results import Result

CUSTOMERS = 100_000
BUSY = 5_000
# A page of ten kinds with three forms on it; half as much again over what was measured.
LIMIT = 60.0
MOST_SECONDS = 0.1

STATEMENTS = (
    """INSERT INTO customers_customer (name, owner_id, industry, region, source, is_sample, created_at)
       SELECT 'Customer ' || i, %(rep)s, '', '', '', false, now() FROM generate_series(1, %(n)s) i""",
    """INSERT INTO funnel_opportunity (name, customer_id, owner_id, team_id, held_since_on, line_id,
         level_id, level_since_on, state, value, opened_on, loss_reason, is_sample, created_at)
       SELECT 'Deal', c.id, %(rep)s, %(team)s, %(today)s::date - 400, %(line)s, %(level)s,
         %(today)s::date - 400, 'open', 100, %(today)s::date - 400, '', false, now()
       FROM customers_customer c""",
    """INSERT INTO funnel_levelchange (opportunity_id, from_level_id, to_level_id, outcome, at, "on",
         is_dated, owner_id, team_id, value, reason, is_sample, recorded_at)
       SELECT o.id, NULL, %(level)s, '', now() - interval '400 days', o.opened_on, true, %(rep)s,
         %(team)s, 100, '', false, now() FROM funnel_opportunity o""",
    """INSERT INTO activities_activity (customer_id, member_id, channel, direction, at, outcome, note,
         is_sample, recorded_at)
       SELECT c.id, %(rep)s, 'call', 'out', now() - (c.id %% 97 + 90 * k) * interval '1 hour',
         'reached', 'Wants film', false, now()
       FROM customers_customer c, generate_series(1, 3) k""",
    """INSERT INTO customers_note (customer_id, author_id, at, text, is_sample)
       SELECT c.id, %(rep)s, now() - (c.id %% 89 + 50 * k) * interval '1 hour', 'Likes film', false
       FROM customers_customer c, generate_series(1, 3) k""",
    """INSERT INTO customers_customerownerchange (customer_id, to_owner_id, "on", at, kind, reason,
         is_sample, recorded_at)
       SELECT c.id, %(rep)s, %(today)s::date - 300, now() - interval '300 days', 'claim', '', false,
         now() FROM customers_customer c""",
    """INSERT INTO portfolio_tierchange (customer_id, from_tier, to_tier, "on", at, kind, reason,
         is_sample)
       SELECT c.id, '', 'B', %(today)s::date - 200, now() - interval '200 days', 'computed', '', false
       FROM customers_customer c""",
    """INSERT INTO portfolio_lifecyclechange (customer_id, from_stage, to_stage, "on", at, reason,
         is_sample)
       SELECT c.id, 'attract', 'convert', %(today)s::date - 100, now() - interval '100 days', '',
         false FROM customers_customer c""",
    """INSERT INTO activities_activity (customer_id, member_id, channel, direction, at, outcome, note,
         is_sample, recorded_at)
       SELECT %(busy)s, %(rep)s, 'call', 'out', now() - k * interval '1 hour', 'reached', 'Film', false,
         now() FROM generate_series(1, %(busy_n)s) k""",
    """INSERT INTO customers_note (customer_id, author_id, at, text, is_sample)
       SELECT %(busy)s, %(rep)s, now() - k * interval '61 minutes', 'Film', false
       FROM generate_series(1, %(busy_n)s) k""",
)


def run() -> list[Result]:
    with scratch_database("timeline"):
        rep = _people()
        total = _fill(rep)
        busy = Customer.objects.order_by("pk")[0]
        plain = Customer.objects.order_by("pk")[CUSTOMERS // 2]
        address = f"/customers/{busy.pk}/timeline/"
        cases = (
            ("first", f"/customers/{plain.pk}/timeline/"),
            ("of_5000_entries", address),
            ("deep", f"{address}?before={_deep(busy, rep)}"),
            ("filtered", f"{address}?timeline=note"),
        )
        return [_against(name, rep, path, total) for name, path in cases]


def _against(name: str, member: Member, address: str, total: int) -> Result:
    page, bare = against_bare_list(asker(member, address))
    notes = f"p50 {page * 1000:.0f} ms (asked: {MOST_SECONDS * 1000:.0f} ms) of {total:,} rows"
    return Result(f"timeline_{name}", page, bare, LIMIT, notes=notes)


def _deep(customer: Customer, rep: Member) -> str:
    """The cursor behind half of the entries."""
    return timeline_page(customer, rep, may_change=True, size=BUSY // 2).older


def _people() -> Member:
    rep = member_create(email="r@example.com", name="Rep", access_role=AccessRole.REP, by=None)
    team = team_create(name="Team", slug="team", by=None)
    joined = Organisation.current().today() - timedelta(days=900)
    membership_start(member=rep, team=team, starts_on=joined, by=None)
    return rep


def _fill(rep: Member) -> int:
    """How many rows of timelines there are."""
    level = Level.objects.filter(pipeline__is_default=True).order_by("rank")[0]
    line = ProductLine.objects.create(name="Film")
    membership = rep.memberships.get()
    values = {
        "rep": rep.pk,
        "team": membership.team_id,
        "line": line.pk,
        "level": level.pk,
        "n": CUSTOMERS,
        "today": Organisation.current().today(),
        "busy_n": BUSY // 2,
    }
    total = 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE activities_activity DISABLE TRIGGER USER")
        for number, statement in enumerate(STATEMENTS):
            if number == 1:
                values["busy"] = Customer.objects.order_by("pk")[0].pk
            cursor.execute(statement, values)
            total += cursor.rowcount if number > 1 else 0
        cursor.execute("ALTER TABLE activities_activity ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE")
    return total
