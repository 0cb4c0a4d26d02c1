import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.members.models import AccessRole, Member, Team
from tests.factories import (
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
    noon,
)
from tests.reports.boards import addresses, figures, rows_listed

TODAY = date(2017, 11, 19)
QUERIES = 15


@dataclass(frozen=True)
class Firm:
    """East: Mia leads Anna and Bo. West: Wim leads Carl."""

    east: Team
    west: Team
    mia: Member
    wim: Member
    anna: Member
    bo: Member
    carl: Member


@pytest.fixture
def today() -> Iterator[None]:
    with time_machine.travel(noon(TODAY), tick=False):
        yield


@pytest.fixture
def firm(db: None, today: None) -> Firm:
    mia, wim = (make_member(AccessRole.MANAGER, name=name) for name in ("Mia", "Wim"))
    east, west = make_team(lead=mia, name="East"), make_team(lead=wim, name="West")
    anna, bo = (make_member(team=east, name=name) for name in ("Anna", "Bo"))
    return Firm(east, west, mia, wim, anna, bo, make_member(team=west, name="Carl"))


@pytest.fixture
def history(firm: Firm) -> Firm:
    """November so far and October, known to the cent."""
    for member, value, on in [
        (firm.anna, "1000", date(2017, 10, 5)),
        (firm.anna, "500", date(2017, 10, 25)),
        (firm.anna, "300.50", date(2017, 11, 3)),
        (firm.anna, "899.50", date(2017, 11, 10)),
        (firm.bo, "200", date(2017, 11, 19)),
        (firm.carl, "5000", date(2017, 11, 5)),
    ]:
        make_order(member=member, value=value, on=on)
    start, acme = date(2017, 9, 1), make_customer(name="Acme")
    for owner, steps in [
        (firm.anna, [("E", start), ("lost", date(2017, 10, 10))]),
        (firm.anna, [("C", start), ("lost", date(2017, 10, 25))]),
        (firm.anna, [("C", date(2017, 10, 2)), ("won", date(2017, 11, 10))]),
        (
            firm.bo,
            [("E", date(2017, 10, 2)), ("D", date(2017, 10, 6)), ("won", date(2017, 11, 12))],
        ),
        (firm.bo, [("D", date(2017, 10, 2)), ("lost", date(2017, 11, 15))]),
        (firm.anna, [("E", date(2017, 11, 2))]),
        (firm.bo, [("E", start)]),
        (firm.carl, [("A", date(2017, 11, 2))]),
    ]:
        make_opportunity(*steps, owner=owner, customer=acme)
    make_opportunity(("C", date(2017, 11, 2)), owner=firm.bo, value=None)
    make_opportunity(("B", date(2017, 11, 6)), owner=firm.anna, expected_close_on=date(2017, 12, 1))
    return firm


def signed_in(client: Client, member: Member) -> Client:
    client.force_login(member)
    return client


def test_anonymous_is_asked_to_sign_in(client: Client, db: None) -> None:
    response = client.get(reverse("dashboard"))

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("slug", ["nowhere", "west"])
def test_manager_finds_nothing_at_a_team_that_is_not_hers(
    client: Client, firm: Firm, slug: str
) -> None:
    address = reverse("dashboard_team", args=[firm.west.slug if slug == "west" else slug])

    assert signed_in(client, firm.mia).get(address).status_code == 404


def test_rep_finds_nothing_at_her_own_team(client: Client, firm: Firm) -> None:
    address = reverse("dashboard_team", args=[firm.east.slug])

    assert signed_in(client, firm.anna).get(address).status_code == 404


def test_hr_sees_no_figures_of_customers(client: Client, firm: Firm) -> None:
    hr = signed_in(client, make_member(AccessRole.HR))

    assert hr.get(reverse("dashboard")).status_code == 404
    assert hr.get(reverse("dashboard_team", args=[firm.east.slug])).status_code == 404


@pytest.mark.parametrize(
    "text", ["2017-13", "2017-Q5", "2017-W53", "last", "2017-02-30", "0001", "9999", "'; --"]
)
def test_text_that_is_no_period_is_named_in_the_answer(
    client: Client, firm: Firm, text: str
) -> None:
    response = signed_in(client, firm.mia).get(reverse("dashboard"), {"period": text})

    assert response.status_code == 404
    assert "is not a period such as 2017-Q4" in response.content.decode()


def test_firm_without_data_is_told_what_happens_next(client: Client, firm: Firm) -> None:
    response = signed_in(client, firm.mia).get(reverse("dashboard"))

    assert "There are no orders and no opportunities yet" in response.content.decode()
    assert figures(response) == {}


def test_month_without_data_offers_the_latest_one_that_has_some(client: Client, firm: Firm) -> None:
    make_order(member=firm.anna, value=10, on=date(2016, 12, 31))

    response = signed_in(client, firm.mia).get(reverse("dashboard"))

    assert "No figures for November 2017" in response.content.decode()
    assert f"/dashboard/{firm.east.slug}/?period=2016-12" in response.content.decode()


def test_quiet_month_with_a_stocked_funnel_shows_the_funnel(client: Client, firm: Firm) -> None:
    make_opportunity(("E", date(2017, 3, 1)), owner=firm.anna)

    response = signed_in(client, firm.mia).get(reverse("dashboard"))

    assert "Nothing was ordered, won or lost in November 2017" in response.content.decode()
    assert "Show March 2017" in response.content.decode()
    assert figures(response)["open-E"] == "1"


def test_running_month_is_compared_with_as_many_days_of_the_month_before(
    client: Client, history: Firm
) -> None:
    response = signed_in(client, history.mia).get(reverse("dashboard"))

    shown = figures(response)
    assert {name: shown[name] for name in ("revenue", "orders", "average")} == {
        "revenue": "€1.4k",
        "orders": "3",
        "average": "€466.67",
    }
    assert (shown["revenue-before"], shown["orders-before"]) == ("€1.0k", "1")
    assert (shown["won"], shown["lost"], shown["win-rate"]) == ("2", "1", "66.7%")
    assert (shown["won-before"], shown["lost-before"], shown["win-rate-before"]) == (
        "0",
        "1",
        "0.0%",
    )
    text = response.content.decode()
    assert "its first 19 days are compared with as many of October 2017" in text
    assert "40.0%" in text
    assert "66.7 pp" in text


def test_whole_month_is_compared_with_the_whole_month_before(client: Client, history: Firm) -> None:
    response = signed_in(client, history.mia).get(reverse("dashboard"), {"period": "2017-10"})

    shown = figures(response)
    assert (shown["revenue"], shown["orders"], shown["lost"]) == ("€1.5k", "2", "2")
    # Before the first order there is nothing to compare with, which is not 0.
    assert "revenue-before" not in shown
    assert (shown["won-before"], shown["lost-before"]) == ("0", "0")
    assert "Compared with September 2017" in response.content.decode()


def test_first_week_of_a_year_is_compared_with_week_53(client: Client, firm: Firm) -> None:
    for value, on in [(1, date(2020, 12, 27)), (20, date(2020, 12, 28)), (300, date(2021, 1, 3))]:
        make_order(member=firm.anna, value=value, on=on)
    make_order(member=firm.anna, value=4000, on=date(2021, 1, 4))

    with time_machine.travel(noon(date(2021, 2, 1)), tick=False):
        response = signed_in(client, firm.mia).get(reverse("dashboard"), {"period": "2021-W01"})

    shown = figures(response)
    assert (shown["revenue"], shown["revenue-before"]) == ("€4.0k", "€320")
    assert "Compared with Week 53, 2020" in response.content.decode()


def test_figures_of_a_past_period_stand_as_of_its_end(client: Client, history: Firm) -> None:
    response = signed_in(client, history.mia).get(reverse("dashboard"), {"period": "2017-10"})

    shown = figures(response)
    # What was won in November stood open on 31 October, at the level of that day.
    assert [shown[f"open-{code}"] for code in "EDCBA"] == ["1", "2", "1", "0", "0"]
    assert "expected" not in shown


@pytest.mark.parametrize("viewer", ["mia", "director", "anna"])
@pytest.mark.parametrize("period", ["", "2017-10", "2017-Q4", "2017"])
def test_every_figure_opens_exactly_its_rows(
    client: Client, history: Firm, viewer: str, period: str
) -> None:
    member = make_member(AccessRole.DIRECTOR) if viewer == "director" else getattr(history, viewer)
    response = signed_in(client, member).get(reverse("dashboard"), {"period": period})
    shown, leads_to = figures(response), addresses(response)

    assert {"revenue", "won", "lost", "open-E", "entered-C"} <= shown.keys()
    for name, text in shown.items():
        address = leads_to[name]
        if name.startswith("entered-"):
            assert rows_listed(client, address) == int(text.split()[2]), name
        elif name.startswith(("win-rate", "average", "revenue")):
            same = {"win-rate": ("won", "lost"), "average": ("orders",), "revenue": ("orders",)}
            ending = "-before" if name.endswith("-before") else ""
            parts = same[name.removesuffix("-before")]
            counts = [int(shown[part + ending]) for part in parts]
            assert rows_listed(client, address) == sum(counts), name
        else:
            number = "".join(sign for sign in text if sign.isdigit())
            assert rows_listed(client, address) == int(number), (name, text, address)


def test_every_week_of_the_trend_opens_its_orders(client: Client, history: Firm) -> None:
    mia = signed_in(client, history.mia)
    text = mia.get(reverse("dashboard")).content.decode()

    # The week of a day, its revenue, orders and the rows behind them.
    cells = re.findall(
        r'<th scope="row">([^<]+)</th><td class="num"><a href="[^"]+">([^<]+)</a></td>'
        r'<td class="num"><a href="([^"]+)">(\d+)</a></td>',
        text,
    )
    weeks = {week: (revenue, int(orders)) for week, revenue, _address, orders in cells}
    assert list(weeks) == [f"2017-W{number}" for number in range(40, 47)]
    assert weeks["2017-W40"] == ("€1,000", 1)
    assert weeks["2017-W41"] == ("€0", 0)
    assert weeks["2017-W44"] == ("€300.50", 1)
    for _week, _revenue, address, orders in cells:
        assert rows_listed(mia, unescape(address)) == int(orders)
    # Before the first order there is no figure, which is not 0.
    assert text.count('<td class="num">no data</td>') == 3 * 13 - 2 * 7


def test_running_week_is_named_as_such(client: Client, history: Firm) -> None:
    with time_machine.travel(noon(date(2017, 11, 15)), tick=False):
        text = signed_in(client, history.mia).get(reverse("dashboard")).content.decode()

    assert "2017-W46 so far" in text
    assert "Week so far" in text


def test_leaderboard_ranks_the_team_by_revenue(client: Client, history: Firm) -> None:
    response = signed_in(client, history.mia).get(reverse("dashboard"))

    shown, text = figures(response), response.content.decode()
    anna, bo = history.anna.pk, history.bo.pk
    assert (shown[f"orders-{anna}"], shown[f"won-{anna}"], shown[f"closed-{anna}"]) == (
        "2",
        "1",
        "of 1",
    )
    assert (shown[f"orders-{bo}"], shown[f"won-{bo}"], shown[f"closed-{bo}"]) == ("1", "1", "of 2")
    assert text.index(f"orders-{anna}") < text.index(f"orders-{bo}")
    assert f"orders-{history.carl.pk}" not in shown
    # 1,200 after 1,000 in the first 19 days of October.
    assert "+20.0%" in text


def test_leaderboard_shows_all_members_on_demand(client: Client, firm: Firm) -> None:
    for _ in range(8):
        make_member(team=firm.east)
    make_order(member=firm.anna, value=5, on=TODAY)
    mia, address = signed_in(client, firm.mia), reverse("dashboard")

    first, everybody = mia.get(address), mia.get(address, {"members": "all"})

    assert sum(name.startswith("won-") for name in figures(first)) == 9
    assert "All 10" in first.content.decode()
    assert sum(name.startswith("won-") for name in figures(everybody)) == 11


def test_rep_sees_the_page_of_own_figures(client: Client, history: Firm) -> None:
    response = signed_in(client, history.bo).get(reverse("dashboard"))

    shown = figures(response)
    assert (shown["revenue"], shown["orders"], shown["won"], shown["lost"]) == (
        "€200",
        "1",
        "1",
        "1",
    )
    assert "leaderboard" not in response.content.decode()
    assert "Anna" not in response.content.decode()


@pytest.mark.parametrize("role", [AccessRole.DIRECTOR, AccessRole.ANALYST, AccessRole.ADMIN])
def test_those_who_see_all_figures_see_all_teams(
    client: Client, history: Firm, role: AccessRole
) -> None:
    reader = signed_in(client, make_member(role))

    assert figures(reader.get(reverse("dashboard")))["orders"] == "4"
    west = reader.get(reverse("dashboard_team", args=[history.west.slug]))
    assert figures(west)["orders"] == "1"


def test_picker_lists_only_teams_that_the_reader_sees(client: Client, history: Firm) -> None:
    group = make_team(parent=history.east, name="East, group 1")

    text = signed_in(client, history.mia).get(reverse("dashboard")).content.decode()

    assert f"/dashboard/{group.slug}/?period=2017-11" in text
    assert f"/dashboard/{history.east.slug}/?period=2017-11" in text
    assert history.west.slug not in text


def test_manager_of_two_separate_teams_sees_them_together(client: Client, history: Firm) -> None:
    history.west.lead = history.mia
    history.west.save()

    response = signed_in(client, history.mia).get(reverse("dashboard"))

    assert figures(response)["orders"] == "4"
    assert "My teams" in response.content.decode()
    for name, address in addresses(response).items():
        if name in {"orders", "won", "open-A"}:
            assert rows_listed(client, address) == int(figures(response)[name])


def test_no_arrow_leads_into_a_period_that_has_not_begun(client: Client, history: Firm) -> None:
    mia = signed_in(client, history.mia)

    now = mia.get(reverse("dashboard")).content.decode()
    then = mia.get(reverse("dashboard"), {"period": "2017-10"}).content.decode()

    assert 'id="period-next"' not in now
    assert f'id="period-next" href="/dashboard/{history.east.slug}/?period=2017-11"' in then
    assert f'id="period-quarter" href="/dashboard/{history.east.slug}/?period=2017-Q4"' in now


def test_days_that_the_night_has_not_computed_are_called_live(
    client: Client, history: Firm
) -> None:
    text = signed_in(client, history.mia).get(reverse("dashboard")).content.decode()

    assert "No overnight run has finished yet" in text
    # 2, 3, 5, 6, 10, 12, 15 and 19 November.
    assert "8 days of this period are not computed yet: their figures are live" in text


def test_switch_of_the_page_gets_the_changing_part_alone(client: Client, history: Firm) -> None:
    mia, address = signed_in(client, history.mia), reverse("dashboard")
    asked = {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "dashboard"}

    part = mia.get(address, headers=asked)
    whole = mia.get(address, headers={**asked, "HX-History-Restore-Request": "true"})

    assert part.content.decode().strip().startswith('<div id="dashboard"')
    assert figures(part) == figures(whole)
    # A reader who does not see the page hears what it shows now.
    said = f'hx-swap-oob="innerHTML:#dashboard-said">{history.east.name}, November 2017'
    assert said in part.content.decode()
    assert said not in whole.content.decode()
    assert "<html" in whole.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("viewer", ["mia", "director", "anna", "lead of two"])
@pytest.mark.parametrize("period", ["", "2017-10"])
def test_number_of_queries_does_not_grow_with_the_data(
    client: Client,
    history: Firm,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    viewer: str,
    period: str,
) -> None:
    if viewer == "lead of two":  # whose rates no night keeps
        history.west.lead = history.mia
        history.west.save()
    people = {"mia": history.mia, "lead of two": history.mia, "anna": history.anna}
    member = people.get(viewer) or make_member(AccessRole.DIRECTOR)
    reader = signed_in(client, member)
    with django_assert_max_num_queries(QUERIES) as few:
        reader.get(reverse("dashboard"), {"period": period})

    for number in range(190):
        opened = date(2017, 9, 1) + timedelta(days=number % 60)
        make_opportunity(
            ("EDCBA"[number % 5], opened),
            owner=(history.anna, history.bo, history.carl)[number % 3],
            value=Decimal(number),
            expected_close_on=TODAY + timedelta(days=number % 14),
        )
        make_order(member=history.anna, value=number, on=opened)

    with django_assert_max_num_queries(QUERIES) as many:
        response = reader.get(reverse("dashboard"), {"period": period})
    assert response.status_code == 200
    assert len(many) <= len(few) + 1


@pytest.mark.parametrize("role", [role for role in AccessRole if role is not AccessRole.HR])
def test_start_page_leads_to_the_dashboard(client: Client, db: None, role: AccessRole) -> None:
    response = signed_in(client, make_member(role)).get(reverse("home"))

    assert response.headers["Location"] == reverse("dashboard")
