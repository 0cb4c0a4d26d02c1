"""The dashboard on more than 100,000 opportunities against the bare list on the same rows."""

import tempfile
from datetime import date
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.exchange.mapping import choose
from apps.exchange.services import Options, import_pipeline
from apps.members.models import AccessRole, Member
from bench.bare_list import against_bare_list
from bench.databases import scratch_database
from bench.pipeline_files import ROWS, multiplied, source
from bench.results import Result

TIMES = 12
QUERIES = 15
# The night's figures stand for this day, on which the running quarter is looked at.
LAST_DAY = date(2017, 12, 31)


def run() -> list[Result]:
    with tempfile.TemporaryDirectory() as temporary, scratch_database("dashboard"):
        folder, what = source(Path(temporary) / "generated")
        large = multiplied(folder, Path(temporary) / "large", TIMES)
        import_pipeline(folder=large, layout=choose(large), options=Options())
        call_command("nightly", rebuild=True, date=LAST_DAY, stdout=StringIO())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        director = signed_in(AccessRole.DIRECTOR)
        manager = signed_in(AccessRole.MANAGER)
        quarter(director)  # what the first page of a session costs once
        with CaptureQueriesContext(connection) as captured:
            quarter(director)
        queries = len(captured)
        everyone, bare = against_bare_list(lambda: quarter(director))
        team, bare_again = against_bare_list(lambda: quarter(manager))
    rows = f"{ROWS * TIMES:,} opportunities ({what} {TIMES} times)"
    return [
        Result(
            "dashboard_all_teams", everyone, bare, 130,
            notes=f"{rows}, a quarter of all teams, against a bare view of 25 rows",
        ),
        Result(
            "dashboard_team", team, bare_again, 90,
            notes=f"{rows}, a quarter of one of six teams, against a bare view of 25 rows",
        ),
        Result(
            "dashboard_queries", queries, QUERIES, 1, "queries",
            f"{rows}: what the page asks of the database",
        ),
    ]  # fmt: skip


def signed_in(role: AccessRole) -> Client:
    client = Client()
    member = Member.objects.filter(access_role=role).order_by("pk").first()
    client.force_login(member or Member.objects.create(email="d@example.com", access_role=role))
    return client


def quarter(client: Client) -> HttpResponse:
    response = client.get("/dashboard/", {"period": "2017-Q4"})
    assert isinstance(response, HttpResponse)
    return response
