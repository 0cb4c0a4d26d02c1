"""The customer list and page: search, filters, sort, pages, and what stays constant."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from apps.customers.models import Contact
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def director(client: Client) -> Member:
    director = make_member(AccessRole.DIRECTOR)
    client.force_login(director)
    return director


def names(html: str) -> list[str]:
    return re.findall(r'<th[^>]*class="span"><a href="/customers/\d+/">([^<]*)</a>', html)


def listed(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("customers"), {key: str(value) for key, value in query.items()})
    assert response.status_code == 200
    return names(response.content.decode())


def test_no_customers_at_all_says_where_they_come_from(client: Client, director: Member) -> None:
    html = client.get(reverse("customers")).content.decode()

    assert "No customers yet" in html
    assert "Nothing matches" not in html


def test_no_match_offers_to_clear_the_filters(client: Client, director: Member) -> None:
    make_customer(name="Acme")

    html = client.get(reverse("customers"), {"q": "zzz"}).content.decode()

    assert "Nothing matches these filters" in html
    assert "No customers yet" not in html


@pytest.mark.parametrize(
    "query",
    [
        {"owner": "999999"},
        {"owner": "x"},
        {"owner": "9" * 40},
        {"q": "a" * 101},
        {"q": "a\x00b"},
        {"industry": "a\x00b"},
    ],
)
def test_bad_values_get_a_message_and_no_rows(
    client: Client, director: Member, query: dict[str, str]
) -> None:
    make_customer(name="Acme")

    response = client.get(reverse("customers"), query)

    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert names(html) == []
    assert "No customers yet" not in html


@pytest.mark.parametrize("page", ["x", "\x00", "9" * 5000])
def test_a_page_that_is_not_there_shows_the_first_and_says_so(
    client: Client, director: Member, page: str
) -> None:
    make_customer(name="Acme")

    html = client.get(reverse("customers"), {"page": page}).content.decode()

    assert names(html) == ["Acme"]
    assert "this is the first one" in html


def test_an_unknown_sort_is_the_usual_one(client: Client, director: Member) -> None:
    make_customer(name="Bolt")
    make_customer(name="Acme")

    assert listed(client, sort="password") == ["Acme", "Bolt"]


def test_search_is_by_a_part_of_the_name_in_any_case(client: Client, director: Member) -> None:
    for name in ("Acme Logistik", "100% Obst", "无锡晨恒仓储有限公司"):
        make_customer(name=name)

    assert listed(client, q="LOGI") == ["Acme Logistik"]
    assert listed(client, q="晨恒") == ["无锡晨恒仓储有限公司"]
    assert listed(client, q="%") == ["100% Obst"]
    assert listed(client, q="_") == []
    assert listed(client, q="  acme ") == ["Acme Logistik"]


def test_filters_narrow_and_each_chip_takes_its_own_away(client: Client, director: Member) -> None:
    rep = make_member(name="Ada")
    make_customer(name="Acme", owner=rep, industry="Retail", region="North")
    make_customer(name="Bolt", owner=rep, industry="Retail", region="South")
    make_customer(name="Core", industry="Retail")

    assert listed(client, owner=rep.pk) == ["Acme", "Bolt"]
    assert listed(client, owner="pool") == ["Core"]
    assert listed(client, industry="retail", region="NORTH") == ["Acme"]

    html = client.get(
        reverse("customers"), {"owner": str(rep.pk), "region": "North"}
    ).content.decode()
    chips = re.search(r'class="filter-chips".*?</ul>', html, re.DOTALL)
    assert chips
    addresses = re.findall(r'href="([^"]+)"', chips[0])
    assert addresses == [
        "/customers/?region=North",
        f"/customers/?owner={rep.pk}",
        "/customers/",
    ]
    assert "Owner: <b>Ada</b>" in chips[0]


def test_customers_without_a_value_come_last_both_ways(client: Client, director: Member) -> None:
    make_customer(name="Few", employees=5)
    make_customer(name="Unknown")
    make_customer(name="Many", employees=500)

    assert listed(client, sort="employees") == ["Few", "Many", "Unknown"]
    assert listed(client, sort="-employees") == ["Many", "Few", "Unknown"]


def test_pages_go_on_and_back_and_keep_filters_and_sort(client: Client, director: Member) -> None:
    for number in range(60):
        make_customer(name=f"Customer {number:02}", industry="Retail")

    def page(address: str) -> tuple[list[str], str, str]:
        html = client.get(address).content.decode()
        after = re.search(r'rel="next" href="([^"]+)"', html)
        before = re.search(r'rel="prev" href="([^"]+)"', html)
        assert 'data-figure="count">60<' in html
        return (
            names(html),
            after[1].replace("&amp;", "&") if after else "",
            before[1].replace("&amp;", "&") if before else "",
        )

    first, to_second, nothing = page(reverse("customers") + "?industry=retail&sort=-name")
    second, to_third, to_first = page(to_second)
    third, end, back_to_second = page(to_third)

    assert first == [f"Customer {number:02}" for number in range(59, 34, -1)]
    assert second == [f"Customer {number:02}" for number in range(34, 9, -1)]
    assert third == [f"Customer {number:02}" for number in range(9, -1, -1)]
    assert (nothing, end) == ("", "")
    assert page(to_first)[0] == first
    assert page(back_to_second)[0] == second
    assert parse_qs(urlsplit(to_third).query)["industry"] == ["retail"]


def test_htmx_gets_the_rows_alone_with_the_address_to_keep(
    client: Client, director: Member
) -> None:
    make_customer(name="Acme")
    asked = {"q": "acme", "industry": "", "sort": ""}

    part = client.get(
        reverse("customers"), asked, headers={"HX-Request": "true", "HX-Target": "results"}
    )
    restored = client.get(
        reverse("customers"),
        asked,
        headers={"HX-Request": "true", "HX-Target": "results", "HX-History-Restore-Request": "true"},
    )  # fmt: skip

    html = part.content.decode()
    assert html.strip().startswith('<div id="results"')
    assert names(html) == ["Acme"]
    assert part["HX-Push-Url"] == "/customers/?q=acme"
    assert "HX-Request" in part["Vary"]
    assert "<!doctype html>" in restored.content.decode()


def test_the_list_asks_the_same_number_of_queries_for_2_rows_and_for_20(
    client: Client, director: Member
) -> None:
    def more(number: int) -> None:
        for _number in range(number):
            make_customer(owner=make_member())

    more(2)
    few = queries_of(client, reverse("customers"))
    more(18)
    many = queries_of(client, reverse("customers"))

    assert len(many) == len(few)
    assert len(many) <= 9


def test_the_page_shows_details_and_contacts(client: Client, director: Member) -> None:
    rep = make_member(name="Ada Park", team=make_team())
    parent = make_customer(name="Holding", owner=rep)
    acme = make_customer(name="Acme <b>", owner=rep, employees=240, parent=parent)
    Contact.objects.create(customer=acme, name="Ines", phone="+49 231 555", email="i@example.com")

    html = client.get(reverse("customer", args=[acme.pk])).content.decode()

    assert "Acme &lt;b&gt;" in html
    assert "Acme <b>" not in html
    for text in ("Ada Park", "240", "Ines", "+49 231 555", f"/customers/{parent.pk}/"):
        assert text in html
    assert f'hx-get="/opportunities/of-customer/{acme.pk}/"' in html
    assert f'href="/opportunities/?customer={acme.pk}"' in html


def test_a_parent_that_the_reader_may_not_see_is_not_linked(client: Client) -> None:
    rep = make_member(team=make_team())
    parent = make_customer(name="Holding", owner=make_member())
    own = make_customer(name="Acme", owner=rep, parent=parent)
    client.force_login(rep)

    html = client.get(reverse("customer", args=[own.pk])).content.decode()

    assert f"/customers/{parent.pk}/" not in html
    assert "Holding" not in html


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_for_reading_only(client: Client, director: Member, method: str) -> None:
    assert getattr(client, method)(reverse("customers")).status_code == 405
