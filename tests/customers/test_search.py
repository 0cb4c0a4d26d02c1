"""Customers found by any part of their names, contacts, phones, emails and initials."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.customers.keys import keys_refresh
from apps.customers.models import Contact, Customer
from apps.customers.search.asking import askings
from apps.customers.search.selectors import found_by, hits
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of


def with_contact(called: str, owner: Member | None = None, **contact: str) -> Customer:
    customer = make_customer(name=called, owner=owner)
    Contact.objects.create(customer=customer, **{"name": "Anna Beck", **contact})
    keys_refresh([customer.pk])
    return customer


def found(text: str, user: Member) -> list[str]:
    return [hit.customer.name for hit in hits(text, user).rows]


@given(st.text(max_size=120), st.sampled_from(["DE", "CN", ""]))
def test_whatever_is_typed_can_be_asked_for(text: str, country: str) -> None:
    for asked in askings(text, country=country):
        assert asked
        for term in asked:
            assert term.name or term.numbers or term.email
            assert "\x00" not in term.name + term.email


@pytest.mark.django_db
class TestFinding:
    @pytest.fixture
    def rep(self) -> Member:
        return make_member()

    @pytest.mark.parametrize(
        "text",
        [
            "hartmann", "HARTM", "artma", "tools", "tools hartmann", "hart-mann", "Hartmann Tools GmbH",
            "Hartmann Tools Gm", "anna", "beck", "anna tools", "030 901", "+49 30 9018", "0049 30901820",
            "901820", "9018", "1820", "(030) 90", "a.beck", "beck@firm", "firm.de", "h", "a", "ht",
        ],
    )  # fmt: skip
    def test_by_any_part_of_name_contact_phone_and_email(self, rep: Member, text: str) -> None:
        with_contact("Hartmann Tools GmbH", rep, phone="030 / 901820", email="A.Beck@firm.de")
        with_contact("Quux", rep, name="Xy Zz", phone="+86 138 5555 7777", email="z@zz.cn")

        assert found(text, rep) == ["Hartmann Tools GmbH"]

    @pytest.mark.parametrize(
        "text", ["华", "华为", "技术", "hwjs", "hw", "huawei", "hua wei", "华为技术有限"]
    )
    def test_chinese_by_a_character_or_its_sound(self, rep: Member, text: str) -> None:
        make_customer(name="华为技术有限公司", owner=rep)
        make_customer(name="腾讯", owner=rep)

        assert found(text, rep) == ["华为技术有限公司"]

    @pytest.mark.parametrize("text", ["单小", "sxm", "shanxiaoming", "dxm"])
    def test_a_chinese_contact_by_each_reading(self, rep: Member, text: str) -> None:
        with_contact("Nord", rep, name="单小明")

        assert found(text, rep) == ["Nord"]

    def test_umlauts_in_every_spelling(self, rep: Member) -> None:
        make_customer(name="Müller Söhne", owner=rep)

        for text in ("Müller", "mueller", "muller", "söhne", "sohne"):
            assert found(text, rep) == ["Müller Söhne"], text

    def test_the_same_comes_first_then_what_begins_so(self, rep: Member) -> None:
        for name in ("Great Nordic", "Nordic Film", "Nord"):
            make_customer(name=name, owner=rep)

        assert found("nord", rep) == ["Nord", "Nordic Film", "Great Nordic"]

    def test_a_legal_form_alone_is_looked_for_as_written(self, rep: Member) -> None:
        make_customer(name="Hart GmbH", owner=rep)
        make_customer(name="Nord AG", owner=rep)

        assert found("gmbh", rep) == ["Hart GmbH"]

    def test_what_matched_is_said(self, rep: Member) -> None:
        with_contact("Hart", rep, phone="030 / 901820", email="Anna@Firm.de")

        by_phone, by_email, by_name = (
            hits(text, rep).rows[0] for text in ("901820", "firm.de", "anna b")
        )

        assert (by_phone.kind, by_phone.text) == ("phone", "030 / 901820")
        assert (by_email.kind, by_email.text) == ("email", "Anna@Firm.de")
        assert (by_name.kind, by_name.text, str(by_name.contact)) == ("contact", "", "Anna Beck")

    def test_more_than_the_page_shows_is_said(self, rep: Member) -> None:
        for number in range(22):
            make_customer(name=f"Hart {number}", owner=rep)

        result = hits("hart", rep)

        assert (len(result.rows), result.is_more) == (20, True)

    @pytest.mark.parametrize(
        "text", ["", " ", "%", "_", "\\", "'", "\x00", "()", "+", "@", "0", "12", "x" * 500]
    )
    def test_nonsense_finds_nothing(self, rep: Member, text: str) -> None:
        make_customer(name="Hart", owner=rep)

        assert found(text, rep) == []


@pytest.mark.django_db
class TestScope:
    def test_everybody_finds_what_they_see(self) -> None:
        manager = make_member(AccessRole.MANAGER)
        rep, outsider = make_member(team=make_team(lead=manager)), make_member()
        with_contact("Hart Own", rep, phone="030 901820")
        with_contact("Hart Other", outsider, phone="030 901820")
        with_contact("Hart Pool", None, phone="030 901820")

        for text in ("hart", "901820", "anna"):
            assert set(found(text, rep)) == {"Hart Own", "Hart Pool"}
            assert set(found(text, manager)) == {"Hart Own", "Hart Pool"}
            assert set(found(text, outsider)) == {"Hart Other", "Hart Pool"}
            assert len(found(text, make_member(AccessRole.DIRECTOR))) == 3
            assert found(text, make_member(AccessRole.HR)) == []

    def test_analyst_finds_nothing_by_phone_and_email(self) -> None:
        analyst = make_member(AccessRole.ANALYST)
        with_contact("Hart", phone="030 901820", email="anna@firm.de")

        assert found("901820", analyst) == []
        assert found("anna@firm", analyst) == []
        assert found("firm", analyst) == []
        assert found("anna beck", analyst) == ["Hart"]

    def test_the_list_finds_the_same(self) -> None:
        analyst, director = make_member(AccessRole.ANALYST), make_member(AccessRole.DIRECTOR)
        customer = with_contact("华为技术", phone="030 901820")
        rows = Customer.objects.visible_to(director)

        for text in ("hwjs", "华", "901820", "anna hw"):
            assert list(found_by(text, rows, director)) == [customer]
        assert list(found_by("901820", rows, analyst)) == []
        assert list(found_by("zzz", rows, director)) == []
        assert list(found_by("()", rows, director)) == []


@pytest.mark.django_db
class TestPage:
    def test_page_works_without_javascript(self, client: Client) -> None:
        rep = make_member()
        customer = make_customer(name="Hart", owner=rep)
        client.force_login(rep)

        html = client.get(reverse("search"), {"q": "har"}).content.decode()

        assert reverse("customer", args=[customer.pk]) in html
        assert 'role="search"' in html

    def test_the_box_gets_options_alone(self, client: Client) -> None:
        rep = make_member()
        make_customer(name="Hart", owner=rep)
        client.force_login(rep)

        html = client.get(
            reverse("search"),
            {"q": "har"},
            headers={"HX-Request": "true", "HX-Target": "palette-hits"},
        ).content.decode()

        assert 'role="option"' in html
        assert "<html" not in html

    @pytest.mark.parametrize("text", ["", "nobody", "\x00", "<script>", "%" * 300])
    def test_nothing_found_is_said(self, client: Client, text: str) -> None:
        client.force_login(make_member())

        response = client.get(reverse("search"), {"q": text})

        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
        assert 'class="hit"' not in response.content.decode()

    def test_box_is_for_who_has_customers(self, client: Client) -> None:
        client.force_login(make_member(AccessRole.HR))
        assert "data-palette" not in client.get("/account/profile/").content.decode()
        assert client.get(reverse("search")).status_code == 404

        client.force_login(make_member())
        assert "data-palette" in client.get("/account/profile/").content.decode()

    def test_twenty_hits_take_as_many_queries_as_two(self, client: Client) -> None:
        rep = make_member()
        client.force_login(rep)
        for number in range(2):
            with_contact(f"Hart {number}", rep)
        few = len(queries_of(client, reverse("search") + "?q=hart"))
        for number in range(2, 20):
            with_contact(f"Hart {number}", rep)

        assert len(queries_of(client, reverse("search") + "?q=hart")) == few
