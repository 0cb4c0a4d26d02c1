"""The customer list: columns as one chooses them, filters of every kind, scope and queries."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.columns import COLUMNS
from apps.customers.models import CustomField, Tag, Tier
from apps.members.models import AccessRole, ListSetting, Member
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


def heads(html: str) -> list[str]:
    head = re.search(r"<thead.*?</thead>", html, re.DOTALL)
    assert head
    found = re.findall(r'<th[^>]*scope="col"(?![^>]*tick).*?</th>', head[0], re.DOTALL)
    return [re.sub(r"<[^>]*>", "", one).strip() for one in found]


def listed(client: Client, **query: object) -> list[str]:
    response = client.get(
        reverse("customers"), {key.replace("__", "."): str(value) for key, value in query.items()}
    )
    assert response.status_code == 200
    return names(response.content.decode())


def test_tiers_are_words_and_can_be_filtered_also_unrated_and_provisional(
    client: Client, director: Member
) -> None:
    make_customer(name="Acme", tier=Tier.A)
    make_customer(name="Bolt", tier=Tier.B, is_tier_provisional=True)
    make_customer(name="Core")

    html = client.get(reverse("customers")).content.decode()

    assert 'data-tier="A"' in html
    assert "Tier A" in html
    assert "provisional" in html
    assert "Unrated" in html
    assert listed(client, tier="A") == ["Acme"]
    assert listed(client, tier="provisional") == ["Bolt"]
    assert listed(client, tier="unrated") == ["Core"]


def test_filters_by_contact_hold_lifecycle_source_and_tags(
    client: Client, director: Member
) -> None:
    today = Organisation.current().today()
    old = timezone.now() - timedelta(days=40)
    acme = make_customer(name="Acme", last_contacted_at=old, hold_ends_on=today + timedelta(days=7))
    bolt = make_customer(
        name="Bolt", last_contacted_at=timezone.now(), source="Fair", lifecycle="deepen"
    )
    make_customer(name="Core", hold_ends_on=today + timedelta(days=8))
    vip, fair = Tag.objects.create(name="VIP"), Tag.objects.create(name="Fair 2026")
    acme.tags.add(vip, fair)
    bolt.tags.add(vip)

    assert listed(client, silent=30) == ["Acme", "Core"]
    assert listed(client, silent=0) == ["Acme", "Bolt", "Core"]
    assert listed(client, hold=7) == ["Acme"]
    assert listed(client, source="fair") == ["Bolt"]
    assert listed(client, lifecycle="deepen") == ["Bolt"]
    assert listed(client, tag="vip") == ["Acme", "Bolt"]
    assert listed(client, tag="vip, fair 2026") == ["Acme"]
    assert listed(client, tag="nobody's") == []


def test_custom_fields_are_columns_and_filters_of_their_kind(
    client: Client, director: Member
) -> None:
    for key, kind in (
        ("text", "text"),
        ("size", "number"),
        ("renewal", "date"),
        ("press", "yes_no"),
    ):
        CustomField.objects.create(key=key, label=key.title(), kind=kind)
    CustomField.objects.create(
        key="segment", label="Segment", kind="choice", choices=["Key", "Base"]
    )
    make_customer(name="Acme", custom={"text": "Line 3", "size": "10", "renewal": "2026-11-19", "press": True, "segment": "Key"})  # fmt: skip
    make_customer(name="Bolt", custom={"size": "9.5", "renewal": "2026-11-20", "press": False})
    make_customer(name="Core")

    html = client.get(
        reverse("customers"), {"columns": "custom.size,custom.press,custom.renewal"}
    ).content.decode()

    assert heads(html) == ["Customer", "Size", "Press", "Renewal"]
    assert 'data-label="Size">9.5<' in html
    assert 'data-label="Renewal">19 Nov 2026<' in html
    assert listed(client, cf_text="LINE") == ["Acme"]
    assert listed(client, cf_size__from="9.6") == ["Acme"]
    assert listed(client, cf_size__from="9", cf_size__to="10") == ["Acme", "Bolt"]
    assert listed(client, cf_renewal__from="2026-11-20") == ["Bolt"]
    assert listed(client, cf_press="no") == ["Bolt"]
    assert listed(client, cf_segment="Key") == ["Acme"]


def test_owner_is_somebody_oneself_or_the_pool_by_key_and_by_word(
    client: Client, director: Member
) -> None:
    ada = make_member(name="Ada Park")
    make_customer(name="Acme", owner=ada)
    make_customer(name="Bolt", owner=director)
    make_customer(name="Core")

    assert listed(client, owner=ada.pk) == ["Acme"]
    assert listed(client, owner="me") == ["Bolt"]
    assert listed(client, owner="pool") == ["Core"]
    # As the browser sends it: what is typed and not chosen is looked up.
    assert listed(client, owner="", owner_q="ada pa", owner_asked="") == ["Acme"]
    assert listed(client, owner="", owner_q="Pool", owner_asked="") == ["Core"]
    html = client.get(
        reverse("customers"), {"owner": "", "owner_q": "ada", "owner_asked": ""}
    ).content.decode()
    assert f"/customers/?owner={ada.pk}&amp;sort=-name" in html
    results = html[html.index('id="results"') :].partition("</main>")[0]
    assert "owner_q=" not in results


def test_rep_finds_nobody_else_in_the_owner_s_suggestions(client: Client) -> None:
    client.force_login(make_member(name="Ada Park", team=make_team()))
    make_member(name="Zoe Hart")

    html = client.get(
        reverse("member_choices"),
        {"field": "owner", "for": "own", "also": "me,pool", "owner_q": ""},
    ).content.decode()

    assert re.findall(r'data-name="([^"]+)"', html) == ["Me", "Pool", "Ada Park"]


def test_suggested_words_are_those_of_customers_that_the_reader_sees(client: Client) -> None:
    rep = make_member(team=make_team())
    make_customer(owner=rep, region="North").tags.add(Tag.objects.create(name="Mine"))
    make_customer(owner=make_member(), region="Secret").tags.add(Tag.objects.create(name="Theirs"))
    client.force_login(rep)

    def words(of: str) -> list[str]:
        html = client.get(reverse("customer_value_choices"), {"of": of}).content.decode()
        return re.findall(r'value="([^"]+)"', html)

    assert words("region") == ["North"]
    assert words("tag") == ["Mine"]
    assert client.get(reverse("customer_value_choices"), {"of": "custom"}).status_code == 404


def test_chosen_columns_are_remembered_in_their_order(client: Client, director: Member) -> None:
    make_customer()

    client.post(
        reverse("list_columns"),
        {
            "page": "customers",
            "column": ["region", "score", "nonsense"],
            "place.region": "2",
            "place.score": "1",
            "query": "tier=A",
        },
    )
    again = client.get(reverse("customers")).content.decode()
    client.post(reverse("list_columns"), {"page": "customers", "usual": "1", "column": ["region"]})
    usual = client.get(reverse("customers")).content.decode()

    assert heads(again) == ["Customer", "Potential score", "Region"]
    assert heads(usual)[:3] == ["Customer", "Tier", "Owner"]
    assert ListSetting.objects.get().columns == []


def test_list_of_another_page_has_no_columns_to_choose(client: Client, director: Member) -> None:
    answer = client.post(reverse("list_columns"), {"page": "people", "column": ["name"]})

    assert answer.status_code == 404


@pytest.mark.parametrize("turn", ["", "-"])
@pytest.mark.parametrize("column", [one.key for one in COLUMNS if one.order])
def test_every_order_has_each_row_once_over_the_pages(
    client: Client, director: Member, column: str, turn: str
) -> None:
    owners = [make_member(name="Ada"), None, make_member(name="Zoe")]
    today = Organisation.current().today()
    for n in range(30):
        make_customer(
            name=f"C{n % 7}",
            owner=owners[n % 3],
            tier="ABC"[n % 3] if n % 4 else "",
            lifecycle="deepen" if n % 3 else "",
            industry=f"I{n % 3}" if n % 5 else "",
            employees=n % 6 or None,
            last_ordered_on=today if n % 2 else None,
        )

    seen: list[str] = []
    address = f"{reverse('customers')}?sort={turn}{column}"
    for _page in range(2):
        html = client.get(address).content.decode()
        seen += re.findall(r'name="pk" value="(\d+)"', html)
        after = re.search(r'rel="next" href="([^"]+)"', html)
        address = after[1].replace("&amp;", "&") if after else ""

    assert address == ""
    assert len(seen) == len(set(seen)) == 30


def test_empty_texts_come_last_both_ways(client: Client, director: Member) -> None:
    for name, tier in (("Acme", "B"), ("Bolt", ""), ("Core", "A")):
        make_customer(name=name, tier=tier)

    assert listed(client, sort="tier") == ["Core", "Acme", "Bolt"]
    assert listed(client, sort="-tier") == ["Acme", "Core", "Bolt"]


def test_reader_who_changes_nothing_has_nothing_to_tick(client: Client) -> None:
    client.force_login(make_member(AccessRole.ANALYST))
    make_customer()

    html = client.get(reverse("customers")).content.decode()

    assert 'name="pk"' not in html
    assert "bulk-form" not in html


def test_with_every_column_2_rows_cost_as_many_queries_as_20(
    client: Client, director: Member
) -> None:
    CustomField.objects.create(key="text", label="Text", kind="text")
    keys = [*(one.key for one in COLUMNS[1:]), "custom.text"]

    def more(number: int) -> None:
        for _number in range(number):
            one = make_customer(owner=make_member(), tier="A", custom={"text": "x"})
            one.tags.add(Tag.objects.get_or_create(name="VIP")[0])

    address = f"{reverse('customers')}?columns={','.join(keys)}"
    more(2)
    few = queries_of(client, address)
    more(18)
    many = queries_of(client, address)

    assert len(many) == len(few)
    assert len(many) <= 10
