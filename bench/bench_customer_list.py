"""The customer list on 100,000 customers: first page, filters, a deep page, every order.

Each is asked in turn with a bare view of the same customers (one indexed query, 25 rows with the same
eight columns, as Django writes them; no sign-in, no middleware, no filters, no frame around it). The reader is a director, who sees all of them; they have custom
values, tags, tiers and last contacts.
"""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from apps.core.paging import Order, keyset_page
from apps.customers.columns import COLUMNS, CustomerColumn, columns_with
from apps.customers.custom_fields.values import fields_in_use
from apps.customers.models import Customer
from apps.members.models import AccessRole, Member
from bench.bare_list import ROWS as PAGE
from bench.bare_list import BareList, against_bare_list, asker
from bench.bench_pages import _people
from bench.databases import scratch_database
from bench.results import Result

ROWS = 100_000
LIMIT = 8
QUERIES = 10

MARKUP = """<!doctype html><title>List</title><table>
{% for row in rows %}<tr><td><a href="/customers/{{ row.pk }}/">{{ row.name }}</a></td>
<td>{{ row.tier }}</td><td>{{ row.owner.name }}</td><td>{{ row.lifecycle }}</td>
<td>{{ row.industry }}</td><td>{{ row.region }}</td><td>{{ row.last_contacted_at }}</td>
<td>{{ row.annual_revenue }}</td></tr>{% endfor %}
</table>"""

CUSTOMERS = """
INSERT INTO customers_customer
  (name, owner_id, industry, region, source, employees, annual_revenue, custom, tier,
   is_tier_provisional, lifecycle, last_contacted_at, last_ordered_on, hold_ends_on,
   potential_score, is_sample, created_at, held_since)
SELECT (ARRAY['Hart','Nord','Adler','Eiche','Rhein','Linden','Stein','Berg'])[1 + (i + i / 20) %% 8]
         || ' ' || md5(i::text) || ' GmbH',
       CASE WHEN i %% 20 > 0 THEN (%(reps)s)[1 + i %% %(n)s] END,
       (ARRAY['Retail','Food','Machines','Health',''])[1 + i %% 5],
       (ARRAY['North','South','East','West'])[1 + (i / 4) %% 4],
       (ARRAY['Fair','Web','Call',''])[1 + (i / 7) %% 4],
       nullif(i %% 900, 0), CASE WHEN i %% 3 > 0 THEN (i * 7919::bigint) %% 9000000 END,
       jsonb_build_object('segment', (ARRAY['Key','Growth','Base'])[1 + i %% 3],
                          'machines', (i %% 50)::text, 'renewal', to_char(now() + i %% 700 * interval '1 day', 'YYYY-MM-DD'),
                          'press', i %% 11 = 0),
       (ARRAY['A','B','C','',''])[1 + (i / 3) %% 5], false,
       (ARRAY['attract','convert','maintain','deepen','win_back',''])[1 + i %% 6],
       CASE WHEN i %% 4 > 0 THEN now() - i %% 400 * interval '1 day' END,
       CASE WHEN i %% 3 = 0 THEN current_date - i %% 700 END,
       CASE WHEN i %% 20 > 0 AND i %% 2 = 0 THEN current_date + i %% 90 END,
       CASE WHEN i %% 2 = 0 THEN i %% 12 END, false, now() - i * interval '1 minute', now()
FROM generate_series(1, %(rows)s) i
"""
TAGGED = """
WITH tag AS (INSERT INTO customers_tag (name, is_sample)
             SELECT 'Tag ' || n, false FROM generate_series(1, 20) n RETURNING id)
INSERT INTO customers_customer_tags (customer_id, tag_id)
SELECT c.id, t.id FROM customers_customer c
JOIN (SELECT id, row_number() OVER () AS n FROM tag) t ON c.id %% 20 + 1 = t.n
"""
FIELDS = """
INSERT INTO customers_customfield (key, label, kind, choices, is_required, is_active, rank, is_sample)
VALUES ('segment', 'Segment', 'choice', '{Key,Growth,Base}', false, true, 1, false),
       ('machines', 'Machines', 'number', '{}', false, true, 2, false),
       ('renewal', 'Renewal', 'date', '{}', false, true, 3, false),
       ('press', 'Press', 'yes_no', '{}', false, true, 4, false)
"""


class BareCustomers(BareList):
    """The same baseline on the customers' table."""

    def __init__(self) -> None:
        super().__init__()
        self.template = Template(MARKUP)

    def view(self, _request: HttpRequest) -> HttpResponse:
        rows = Customer.objects.select_related("owner").order_by("name", "pk")
        return HttpResponse(self.template.render(Context({"rows": rows[:PAGE]})))


def run() -> list[Result]:
    with scratch_database("customer_list"):
        _fill()
        director, rep = _first(AccessRole.DIRECTOR), _first(AccessRole.REP)
        owner = Member.objects.filter(access_role=AccessRole.REP).order_by("pk")[3].pk
        cases = {
            "first": (director, ""),
            "of_a_rep": (rep, ""),
            "every_column": (director, f"columns={','.join(c.key for c in _all_columns())}"),
            "searched": (director, "q=linden+a1b"),
            "of_an_owner": (director, f"owner={owner}"),
            "tier_and_industry": (director, "tier=A&industry=Retail&region=South"),
            "custom_and_tag": (director, "cf_segment=Key&tag=Tag+7&cf_press=yes"),
            "deep": (director, f"page={_deep()}"),
        }
        for column in COLUMNS:
            if column.order:
                cases[f"by_{column.key}"] = (director, f"sort={column.key}")
                cases[f"by_{column.key}_turned"] = (director, f"sort=-{column.key}")
        results = [_against(name, *case) for name, case in cases.items()]
        return [*results, _queries(director)]


def _against(name: str, member: Member, query: str) -> Result:
    address = f"/customers/?{query}"
    page, bare = against_bare_list(asker(member, address), BareCustomers())
    what = address.split("page=", maxsplit=1)[0]
    return Result(f"customer_list_{name}", page, bare, LIMIT, notes=f"{what} of {ROWS:,}")


def _queries(member: Member) -> Result:
    ask = asker(member, "/customers/")
    with CaptureQueriesContext(connection) as captured:
        ask()
    notes = "what the customer list asks of the database, session and person included"
    return Result("customer_list_queries", len(captured), QUERIES, 1, "queries", notes)


def _all_columns() -> list[CustomerColumn]:
    return columns_with(fields_in_use())[1:]


def _deep() -> str:
    """The cursor of a page behind half of the rows."""
    half = keyset_page(Customer.objects.all(), order=[Order("name")], size=ROWS // 2)
    assert half.next_cursor is not None
    return half.next_cursor


def _first(role: AccessRole) -> Member:
    found: Member = Member.objects.filter(access_role=role).order_by("pk")[0]
    return found


def _fill() -> None:
    reps = _people()
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, {"rows": ROWS, "reps": reps, "n": len(reps)})
        cursor.execute(TAGGED.replace("%%", "%"))
        cursor.execute(FIELDS)
        cursor.execute("VACUUM ANALYZE")
