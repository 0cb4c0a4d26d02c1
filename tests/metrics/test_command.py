"""manage.py metrics: exact figures as JSON, a table for people, exit code 2 for nonsense."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.members.models import AccessRole
from apps.metrics.management.commands.metrics import Command
from tests.factories import make_customer, make_member, make_opportunity, make_order, make_team

pytestmark = pytest.mark.django_db
OCT, NOV = date(2017, 10, 2), date(2017, 11, 6)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("metrics", *arguments, stdout=out)
    return out.getvalue()


def test_funnel_as_json() -> None:
    north, south = make_team(), make_team()
    rep = make_member(team=north)
    make_member(team=north)
    make_member(AccessRole.MANAGER, team=north)
    make_opportunity(("E", OCT), owner=rep, value=Decimal("10.50"), customer=make_customer())
    make_opportunity(("E", OCT), ("C", NOV), owner=rep, value=None)
    make_opportunity(("E", OCT), ("won", NOV), owner=rep, value=Decimal("7.25"))
    make_opportunity(("E", OCT), ("lost", NOV), owner=rep)
    make_opportunity(("E", NOV), owner=rep)
    make_opportunity(("E", OCT), owner=make_member(team=south))

    data = json.loads(run("funnel", "--team", north.slug, "--as-of", "2017-11-05", "--json"))
    later = json.loads(run("funnel", "--as-of", "2017-12-31", "--json"))

    assert data["levels"][0] == {"level": "E", "open": 4, "value": "117.75", "with_value": 3}
    assert (data["won"], data["won_value"], data["lost"], data["total"]) == (0, None, 0, 4)
    assert data["without_customer"] == 3
    assert (data["members"], data["members_without_opportunity"]) == (2, 1)
    assert (later["won"], later["won_value"], later["lost"], later["total"]) == (1, "7.25", 1, 6)


def test_revenue_of_a_range() -> None:
    rep = make_member(team=make_team())
    make_order(member=rep, value="1.10", on=OCT)
    make_order(member=rep, value="2.20", on=NOV)

    whole = json.loads(run("revenue", "--to", "2017-12-31", "--json"))
    part = json.loads(run("revenue", "--from", "2017-11-01", "--to", "2017-12-31", "--json"))

    assert (whole["revenue"], whole["orders"]) == ("3.30", 2)
    assert (part["revenue"], part["orders"]) == ("2.20", 1)


def test_conversion_as_json_and_as_a_table() -> None:
    rep = make_member(team=make_team())
    make_opportunity(("E", OCT), ("D", NOV), owner=rep)

    data = json.loads(run("conversion", "--as-of", "2017-12-04", "--json"))

    assert data["levels"][0]["up"] == 1
    assert data["levels"][0]["rate"] == "1"
    assert data["levels"][1]["rate"] is None
    assert "no data" in run("conversion", "--as-of", "2017-12-04")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["funnel", "--team", "nowhere"], "There is no team “nowhere”."),
        (["revenue", "--from", "2018-01-01", "--to", "2017-01-01"], "lies after"),
    ],
)
def test_what_does_not_exist_is_refused_with_exit_code_2(
    arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        run(*arguments)

    assert refused.value.returncode == 2


@pytest.mark.parametrize("arguments", [["funnel", "--as-of", "2017-02-30"], ["gossip"], []])
def test_arguments_that_cannot_be_read_end_the_program_with_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Command().create_parser("manage.py", "metrics")
    parser.called_from_command_line = True

    with pytest.raises(SystemExit) as ended:
        parser.parse_args(arguments)

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
