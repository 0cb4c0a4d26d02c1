"""A week of a real pipeline file: the report against sums made from the file itself."""

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from apps.members.models import Team
from apps.metrics.periods import parse_period
from apps.reports.weekly import weekly_figures
from tests.shared_data import MAVEN, needs_maven

pytestmark = [pytest.mark.django_db, needs_maven]

WEEK = parse_period("2017-W40")


def closed_in(office: str, start: date, end: date) -> dict[str, list[dict[str, str]]]:
    """Won and lost rows of an office's agents whose close lies in the days, read from the file."""
    with (MAVEN / "sales_teams.csv").open(newline="") as file:
        agents = {
            row["sales_agent"] for row in csv.DictReader(file) if row["regional_office"] == office
        }
    with (MAVEN / "sales_pipeline.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sales_agent"] in agents]
    days = {"Won": [], "Lost": []}  # type: dict[str, list[dict[str, str]]]
    for row in rows:
        if row["close_date"] and start <= date.fromisoformat(row["close_date"]) <= end:
            days[row["deal_stage"]].append(row)
    return days


def test_report_of_a_real_week_is_what_the_file_says() -> None:
    call_command("import_pipeline", str(MAVEN), verbosity=0)
    weeks = {}

    for office in ("Central", "East", "West"):
        figures = weekly_figures(Team.objects.get(slug=office.lower()), WEEK)
        now = closed_in(office, WEEK.start, WEEK.end)
        before = closed_in(office, WEEK.previous.start, WEEK.previous.end)
        value = sum((Decimal(row["close_value"]) for row in now["Won"]), Decimal(0))
        assert figures.results.revenue == figures.results.won_value == value
        assert figures.results.orders == figures.results.won == len(now["Won"])
        assert figures.results.lost == len(now["Lost"])
        assert figures.before.won == len(before["Won"])
        assert sum(row.revenue for row in figures.ranking) == value
        assert figures.expected.count == 0  # the file names no expected closes
        assert figures.undated > 0
        weeks[office] = (figures.results.revenue, figures.results.won)

    assert weeks == {
        "Central": (Decimal(56928), 24),
        "East": (Decimal(59541), 19),
        "West": (Decimal(38353), 17),
    }
