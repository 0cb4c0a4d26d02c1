"""Lists, search, deep pages and record pages on 100,000 customers and opportunities.

Each is asked in turn with the bare list (one indexed query, 25 rows; no sign-in, no middleware, no
frame around it) on the same rows. The limits leave half as much again over what was measured; two
sorts have no index on purpose, because every import would pay for it.
"""

from datetime import timedelta

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import Organisation
from apps.core.paging import Order, keyset_page
from apps.funnel.models import Opportunity
from apps.members.models import AccessRole, Member, Team
from apps.members.services import member_create, membership_start
from apps.members.teams.tree import team_create
from bench.bare_list import against_bare_list
from bench.databases import scratch_database
from bench.results import Result

ROWS = 100_000
TEAMS, REPS_PER_TEAM = 10, 20
DAYS = 450
QUERIES = 14

CUSTOMERS = """
INSERT INTO customers_customer
  (name, owner_id, industry, region, source, employees, is_sample, created_at)
SELECT (ARRAY['Hart','Nord','Adler','Eiche','Rhein','Linden','Stein','Berg'])[1 + (i + i / 20) %% 8]
         || ' ' || md5(i::text) || ' GmbH',
       CASE WHEN i %% 20 > 0 THEN (%(reps)s)[1 + i %% %(n)s] END,
       (ARRAY['Retail','Food','Machines','Health'])[1 + i %% 4],
       (ARRAY['North','South','East','West'])[1 + (i / 4) %% 4], '', i %% 900, false, now()
FROM generate_series(1, %(rows)s) i
"""
OPPORTUNITIES = """
INSERT INTO funnel_opportunity
  (external_id, name, customer_id, owner_id, team_id, held_since_on, line_id, level_id, level_since_on,
   state, value, opened_on, expected_close_on, closed_on, loss_reason, is_sample, created_at)
SELECT 'X' || i, CASE WHEN i %% 3 = 0 THEN 'Frame contract ' || i ELSE '' END,
       %(first)s + (i * 7919::bigint) %% %(rows)s, m.member_id, m.team_id, o.opened, %(line)s,
       (%(levels)s)[1 + i %% 5], o.opened + 5, s.state,
       CASE WHEN i %% 4 > 0 THEN (i %% 9000) + 100 END, o.opened, o.opened + 60,
       CASE WHEN s.state <> 'open' THEN o.opened + 40 END, '', false, now()
FROM generate_series(1, %(rows)s) i
JOIN members_membership m ON m.member_id = (%(reps)s)[1 + i %% %(n)s]
CROSS JOIN LATERAL (SELECT %(today)s::date - (i %% %(days)s)::int AS opened) o
CROSS JOIN LATERAL (
  SELECT (ARRAY['open','won','lost','open'])[1 + i %% 4]::varchar AS state) s
"""
CHANGES = """
INSERT INTO funnel_levelchange
  (opportunity_id, from_level_id, to_level_id, outcome, at, "on", is_dated, owner_id, team_id,
   value, reason, is_sample, recorded_at)
SELECT o.id, NULL::bigint, (%(levels)s)[1], '', o.opened_on, o.opened_on, true, o.owner_id, o.team_id,
       o.value, '', false, now() FROM funnel_opportunity o
UNION ALL
SELECT o.id, (%(levels)s)[1], o.level_id, '', o.level_since_on, o.level_since_on, true, o.owner_id,
       o.team_id, o.value, '', false, now() FROM funnel_opportunity o
UNION ALL
SELECT o.id, o.level_id, NULL, o.state, o.closed_on, o.closed_on, true, o.owner_id, o.team_id,
       o.value, '', false, now() FROM funnel_opportunity o WHERE o.closed_on IS NOT NULL
"""
ORDERS = """
INSERT INTO orders_order (number, opportunity_id, customer_id, line_id, member_id, team_id,
   ordered_on, value, is_sample, created_at)
SELECT 'O-' || o.id, o.id, o.customer_id, o.line_id, o.owner_id, o.team_id, o.closed_on,
       coalesce(o.value, 1), false, now() FROM funnel_opportunity o WHERE o.state = 'won'
"""


def run() -> list[Result]:
    with scratch_database("pages"):
        _fill()
        director, rep = _signed_in(AccessRole.DIRECTOR), _signed_in(AccessRole.REP)
        manager = _signed_in(AccessRole.MANAGER)
        found = Opportunity.objects.select_related("customer").order_by("-pk").first()
        assert found is not None
        assert found.customer is not None
        day = (Organisation.current().today() - timedelta(days=100)).isoformat()
        cases: tuple[tuple[str, float, Client, str], ...] = (
            ("customers", 16, director, "/customers/"),
            ("customers_searched", 12, director, "/customers/?q=linden+a1b"),
            ("customers_of_a_rep", 20, rep, "/customers/"),
            ("opportunities", 36, director, "/opportunities/"),
            ("opportunities_of_a_team", 36, manager, "/opportunities/"),
            (
                "opportunities_searched",
                24,
                director,
                f"/opportunities/?q={found.customer.name[:14]}",
            ),
            ("opportunities_deep", 36, director, f"/opportunities/?page={_deep()}"),
            ("opportunities_by_value", 80, director, "/opportunities/?sort=-value"),
            ("opportunities_open_100_days_ago", 65, director, f"/opportunities/?as_of={day}"),
            ("orders", 20, director, "/orders/"),
            ("customer_page", 8, director, f"/customers/{found.customer_id}/"),
            ("opportunity_page", 12, director, f"/opportunities/{found.pk}/"),
        )
        results = [_against(name, limit, client, url) for name, limit, client, url in cases]
        return [*results, _queries(director)]


def _against(name: str, limit: float, client: Client, address: str) -> Result:
    page, bare = against_bare_list(lambda: _asked(client, address))
    what = address.split("page=", maxsplit=1)[0]
    return Result(f"page_{name}", page, bare, limit, notes=f"{what} of {ROWS:,} rows")


def _asked(client: Client, address: str) -> HttpResponse:
    response = client.get(address)
    assert isinstance(response, HttpResponse)
    return response


def _queries(client: Client) -> Result:
    with CaptureQueriesContext(connection) as captured:
        _asked(client, "/opportunities/")
    notes = "what the opportunity list asks of the database, session and person included"
    return Result("page_queries", len(captured), QUERIES, 1, "queries", notes)


def _deep() -> str:
    """The cursor of a page behind half of the rows."""
    order = [Order("opened_on", descending=True)]
    half = keyset_page(Opportunity.objects.all(), order=order, size=ROWS // 2)
    assert half.next_cursor is not None
    return half.next_cursor


def _signed_in(role: AccessRole) -> Client:
    client = Client()
    client.force_login(Member.objects.filter(access_role=role).order_by("pk")[0])
    return client


def _fill() -> None:
    """People by the services, rows set-based; then what the planner needs to know."""
    reps = _people()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO products_productline (name, is_sample) VALUES ('Film', false)")
        cursor.execute("SELECT array_agg(id ORDER BY rank) FROM funnel_level")
        levels = cursor.fetchone()[0]
        values = {"rows": ROWS, "reps": reps, "n": len(reps), "levels": levels, "days": DAYS,
                  "today": Organisation.current().today()}  # fmt: skip
        cursor.execute(CUSTOMERS, values)
        cursor.execute("SELECT min(id) FROM customers_customer")
        values["first"] = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM products_productline")
        values["line"] = cursor.fetchone()[0]
        for statement in (OPPORTUNITIES, CHANGES, ORDERS):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")


def _people() -> list[int]:
    joined = Organisation.current().today() - timedelta(days=2 * DAYS)
    company = team_create(name="Company", slug="company", by=None)
    _member(AccessRole.DIRECTOR, 0, 0)
    reps = []
    for number in range(TEAMS):
        lead = _member(AccessRole.MANAGER, number, 0)
        team: Team = team_create(
            name=f"Team {number}", slug=f"team-{number}", by=None, parent=company, lead=lead
        )
        for index in range(REPS_PER_TEAM):
            rep = _member(AccessRole.REP, number, index)
            membership_start(member=rep, team=team, starts_on=joined, by=None)
            reps.append(rep.pk)
    return reps


def _member(role: AccessRole, number: int, index: int) -> Member:
    name = f"{role.value} {number} {index}"
    return member_create(
        email=f"{name.replace(' ', '.')}@example.com", name=name, access_role=role, by=None
    )
