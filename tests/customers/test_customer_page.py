"""The customer page and the pages on which a customer is made, changed, deleted and brought back."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.editing.services import customer_change
from apps.customers.forms.customer import field_names
from apps.customers.models import Contact, Customer, CustomField, SpecialDate
from apps.members.models import AccessRole, Member
from tests.factories import make_customer, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}
NO_CONTACT = {"contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "0"}


@pytest.fixture
def rep(client: Client) -> Member:
    rep = make_member(team=make_team(), name="Ada")
    client.force_login(rep)
    return rep


@pytest.fixture
def acme(rep: Member) -> Customer:
    return make_customer(owner=rep, name="Acme", industry="Retail")


def field_address(customer: Customer, field: str) -> str:
    return reverse("customer_field", args=[customer.pk, field])


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- the page


def test_the_page_shows_people_days_and_what_is_known(client: Client, acme: Customer) -> None:
    contact = Contact.objects.create(
        customer=acme,
        name="Anna Weber",
        decision_role="decision_maker",
        phone="+49 231 5501420",
        other_phones=["+49 171 5501421"],
        email="anna@example.com",
        other_emails=["a.weber@example.com"],
        preferred_channel="call",
        preferred_time="mornings",
    )
    SpecialDate.objects.create(
        customer=acme, contact=contact, kind="birthday", month=2, day=29, year=1988
    )
    SpecialDate.objects.create(customer=acme, kind="founding", month=2, day=25)
    CustomField.objects.create(key="vat", label="VAT ID", kind="text")
    Customer.objects.filter(pk=acme.pk).update(custom={"vat": "DE 812"}, needs="Film, 20 µm")
    make_customer(owner=acme.owner, name="Below", parent=acme)

    with time_machine.travel(datetime(2027, 2, 20, 12, tzinfo=UTC), tick=False):
        assert acme.owner is not None
        client.force_login(acme.owner)
        html = client.get(reverse("customer", args=[acme.pk])).content.decode()

    shown = text_of(html)
    assert "in 8 days, turns 39" in shown
    assert shown.index("Founding day") < shown.index("Birthday")
    for words in ("+49 171 5501421", "a.weber@example.com", "Decision maker", "prefers Call"):
        assert words in shown
    for words in ("DE 812", "Film, 20 µm", "Below", "mornings"):
        assert words in shown


def test_the_analyst_reads_no_phone_and_email_and_changes_nothing(
    client: Client, acme: Customer
) -> None:
    Contact.objects.create(
        customer=acme, name="Anna", phone="+49 231 5501420", other_emails=["a@example.com"]
    )
    client.force_login(make_member(AccessRole.ANALYST))

    html = client.get(reverse("customer", args=[acme.pk])).content.decode()

    assert "5501420" not in html
    assert "a@example.com" not in html
    assert html.count("••••") == 2
    assert "/fields/" not in html
    assert client.get(field_address(acme, "name")).status_code == 403


def test_a_hidden_parent_leaves_no_trace(client: Client, acme: Customer) -> None:
    hidden = make_customer(owner=make_member(team=make_team()), name="Hidden holding")
    Customer.objects.filter(pk=acme.pk).update(parent=hidden)

    page = client.get(reverse("customer", args=[acme.pk])).content.decode()
    form = client.get(reverse("customer_edit", args=[acme.pk])).content.decode()

    assert "Hidden holding" not in page + form
    assert f'"parent": {hidden.pk}' not in form.replace("&quot;", '"')


def test_saving_all_fields_keeps_a_parent_that_one_does_not_see(
    client: Client, acme: Customer
) -> None:
    hidden = make_customer(owner=make_member(team=make_team()), name="Hidden holding")
    Customer.objects.filter(pk=acme.pk).update(parent=hidden)
    address = reverse("customer_edit", args=[acme.pk])
    base = client.get(address).context["form"].initial["base"]

    client.post(address, {"name": "Acme", "region": "North", "base": base})

    acme.refresh_from_db()
    assert (acme.parent, acme.region) == (hidden, "North")


def test_an_address_of_before_a_merge_leads_to_what_the_customer_became(
    client: Client, rep: Member, acme: Customer
) -> None:
    gone = make_customer(owner=rep, merged_into=acme, deleted_at=timezone.now())

    response = client.get(reverse("customer", args=[gone.pk]))

    assert response["Location"] == reverse("customer", args=[acme.pk])


def test_the_page_costs_the_same_for_two_contacts_and_twenty(
    client: Client, acme: Customer
) -> None:
    def filled(count: int) -> int:
        for at in range(count):
            contact = Contact.objects.create(customer=acme, name=f"Contact {at}")
            SpecialDate.objects.create(
                customer=acme, contact=contact, kind="birthday", month=1, day=1 + at
            )
            make_customer(owner=acme.owner, parent=acme)
        return len(queries_of(client, reverse("customer", args=[acme.pk])))

    filled(0)
    assert filled(2) == filled(18)


@pytest.mark.parametrize("name", ["شركة النور", "🚀🌍", "x" * 200, "<script>alert(1)</script>"])
def test_names_of_every_kind_stand_alone_on_the_page(
    client: Client, acme: Customer, name: str
) -> None:
    Customer.objects.filter(pk=acme.pk).update(name=name)

    html = client.get(reverse("customer", args=[acme.pk])).content.decode()

    assert "<script>alert" not in html
    heading = re.search(r"<h1.*?</h1>", html, re.DOTALL)
    assert heading
    assert "<bdi" in heading[0]


def test_a_website_that_is_no_address_of_the_web_is_no_link(client: Client, acme: Customer) -> None:
    Customer.objects.filter(pk=acme.pk).update(website="javascript://example.com/%0aalert(1)")

    html = client.get(reverse("customer", args=[acme.pk])).content.decode()

    assert 'href="javascript' not in html


# --- in place


def test_every_field_opens_as_a_page_and_in_place(client: Client, acme: Customer) -> None:
    for name in field_names():
        page = client.get(field_address(acme, name))
        fragment = client.get(field_address(acme, name), **HTMX)
        shown = client.get(field_address(acme, name), {"shown": ""}, **HTMX)

        assert "<html" in page.content.decode()
        assert "<html" not in fragment.content.decode()
        assert "autofocus" in fragment.content.decode()
        assert "<form" not in shown.content.decode()


def test_a_field_that_there_is_not(client: Client, acme: Customer) -> None:
    for name in ("owner", "tier", "custom_nothing", "base"):
        assert client.get(field_address(acme, name)).status_code == 404


def test_a_field_saved_in_place_answers_with_its_value(client: Client, acme: Customer) -> None:
    response = client.post(field_address(acme, "industry"), {"industry": "Trade"}, **HTMX)

    assert response.status_code == 200
    assert (
        response["HX-Trigger"] == "customer-changed" or "customer-changed" in response["HX-Trigger"]
    )
    html = response.content.decode()
    assert "Trade" in html
    assert 'id="customer-sub" hx-swap-oob="true"' in html
    acme.refresh_from_db()
    assert acme.industry == "Trade"


def test_without_javascript_a_saved_field_leads_back(client: Client, acme: Customer) -> None:
    response = client.post(field_address(acme, "needs"), {"needs": "Film"})

    assert response["Location"] == reverse("customer", args=[acme.pk])
    acme.refresh_from_db()
    assert acme.needs == "Film"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "Enter the name."),
        ("name", "x" * 10_000, "at most 200 characters"),
        ("name", "a\x00b", "Null characters"),
        ("employees", "many", "Enter a whole number such as 240."),
        ("employees", "-1", "Enter a whole number such as 240."),
        ("employees", "9" * 30, "Enter a whole number such as 240."),
        ("annual_revenue", "1.234,50", "Enter an amount such as"),
        ("annual_revenue", "NaN", "Enter an amount such as"),
        ("annual_revenue", "9" * 40, "Enter an amount such as"),
        ("founded_year", "87", "Enter a past year such as 1998."),
        ("founded_year", "2999", "Enter a past year such as 1998."),
        ("website", "javascript:alert(1)", "Enter an address such as"),
        ("website", "not a site", "Enter an address such as"),
        ("tags", "x" * 51, "A tag has at most 50 characters"),
        ("tags", ",".join(map(str, range(30))), "At most 20 tags."),
        ("parent", "999999999", "There is no such choice."),
        ("parent", "x", "There is no such choice."),
    ],
)
def test_what_can_not_be_right_is_refused_with_what_to_do(
    client: Client, acme: Customer, field: str, typed: str, words: str
) -> None:
    response = client.post(field_address(acme, field), {field: typed}, **HTMX)

    assert response.status_code == 422
    assert words in response.content.decode()
    acme.refresh_from_db()
    assert (acme.name, acme.employees, acme.website, acme.parent) == ("Acme", None, "", None)


def test_the_second_writer_sees_both_versions_and_chooses(
    client: Client, acme: Customer, rep: Member
) -> None:
    base = json.dumps({"industry": "Retail"})
    customer_change(customer=acme, values={"industry": "Wholesale"}, by=rep)

    refused = client.post(
        field_address(acme, "industry"), {"industry": "Trade", "base": base}, **HTMX
    )

    html = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="Trade"' in html
    assert "Wholesale" in text_of(html)
    acme.refresh_from_db()
    assert acme.industry == "Wholesale"

    seen = refused.context["form"].data["base"]
    client.post(field_address(acme, "industry"), {"industry": "Trade", "base": seen}, **HTMX)
    acme.refresh_from_db()
    assert acme.industry == "Trade"


def test_in_the_long_form_one_keeps_the_others_version_of_a_field(
    client: Client, acme: Customer, rep: Member
) -> None:
    address = reverse("customer_edit", args=[acme.pk])
    base = client.get(address).context["form"].initial["base"]
    customer_change(customer=acme, values={"industry": "Wholesale", "source": "Fair"}, by=rep)
    typed = {"name": "Acme", "industry": "Trade", "region": "North"}

    refused = client.post(address, {**typed, "base": base})
    assert refused.status_code == 422
    assert 'name="industry_keep"' in refused.content.decode()
    seen = refused.context["form"].data["base"]
    client.post(address, {**typed, "base": seen, "industry_keep": "theirs"})

    acme.refresh_from_db()
    assert (acme.industry, acme.region, acme.source) == ("Wholesale", "North", "Fair")


def test_a_base_that_makes_no_sense_is_none(client: Client, acme: Customer) -> None:
    for base in ("x", "[1]", "{"):
        values = {"industry": f"Trade {base}", "base": base}
        assert client.post(field_address(acme, "industry"), values, **HTMX).status_code == 200


# --- a new one


def test_a_new_customer_with_two_contacts_is_the_reps(client: Client, rep: Member) -> None:
    values = {
        "name": "Bolt",
        "tags": "New, key account，New",
        "contacts-TOTAL_FORMS": "3",
        "contacts-INITIAL_FORMS": "0",
        "contacts-0-name": "Anna Weber",
        "contacts-0-phone": "0231 / 55 01-420 ext. 7",
        "contacts-0-email": "Anna@Example.com",
        "contacts-2-name": "Ralf",
    }

    response = client.post(reverse("customer_new"), values)

    made = Customer.objects.get(name="Bolt")
    assert response["Location"] == reverse("customer", args=[made.pk])
    assert made.owner == rep
    assert sorted(tag.name for tag in made.tags.all()) == ["New", "key account"]
    assert [(one.name, one.phone) for one in made.contacts.order_by("name")] == [
        ("Anna Weber", "0231 / 55 01-420 ext. 7"),
        ("Ralf", ""),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"contacts-0-phone": "+1 212 55", "contacts-0-name": "A"}, "This phone is too short"),
        ({"contacts-0-phone": "call me", "contacts-0-name": "A"}, "Enter a phone such as"),
        ({"contacts-0-email": "a@b", "contacts-0-name": "A"}, "Enter an email such as"),
        ({"contacts-0-phone": "0231 5501420"}, "Enter the name."),
        ({"name": ""}, "Enter the name."),
        ({"contacts-TOTAL_FORMS": "x"}, "ManagementForm"),
    ],
)
def test_a_refused_new_customer_keeps_what_was_typed(
    client: Client, rep: Member, given: dict[str, str], words: str
) -> None:
    values = {"name": "Bolt", "needs": "Film", **NO_CONTACT, **given}

    response = client.post(reverse("customer_new"), values)

    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert "Film" in html
    assert not Customer.objects.exists()


def test_a_number_of_the_firms_own_country_needs_no_code(client: Client, rep: Member) -> None:
    Organisation.current()
    Organisation.objects.update(country="")
    values = {"name": "Bolt", **NO_CONTACT, "contacts-0-name": "A", "contacts-0-phone": "0231 550"}

    response = client.post(reverse("customer_new"), values)

    assert response.status_code == 422
    assert "Begin with + and the country code" in response.content.decode()


def test_one_more_contact_keeps_what_was_typed_and_checks_nothing(
    client: Client, rep: Member
) -> None:
    values = {**NO_CONTACT, "contacts-0-name": "Anna", "needs": "Film", "add_contact": "1"}

    response = client.post(reverse("customer_new"), values)

    html = response.content.decode()
    assert response.status_code == 200
    assert 'name="contacts-1-name"' in html
    assert 'value="Anna"' in html
    assert "Enter the name" not in html


def test_a_lead_gives_a_new_customer_to_somebody_or_to_the_pool(client: Client) -> None:
    lead = make_member(AccessRole.MANAGER)
    rep = make_member(team=make_team(lead=lead))
    stranger = make_member(team=make_team())
    client.force_login(lead)

    def made(name: str, **given: str) -> int:
        values = {"name": name, **NO_CONTACT, **given}
        return client.post(reverse("customer_new"), values).status_code

    assert made("Mine", holder="mine") == 302
    assert made("Reps", holder="member", owner=str(rep.pk)) == 302
    assert made("Pool", holder="pool") == 302
    assert made("Nobody", holder="member") == 422
    assert made("Stranger", holder="member", owner=str(stranger.pk)) == 422
    owners = dict(Customer.objects.values_list("name", "owner"))
    assert owners == {"Mine": lead.pk, "Reps": rep.pk, "Pool": None}


def test_a_rep_gives_a_new_customer_to_nobody_else(client: Client, rep: Member) -> None:
    other = make_member(team=make_team())
    values = {"name": "Bolt", **NO_CONTACT, "holder": "member", "owner": str(other.pk)}

    client.post(reverse("customer_new"), values)

    assert Customer.objects.get().owner == rep


# --- contacts and days


def test_a_contact_changed_in_place_answers_with_its_line(client: Client, acme: Customer) -> None:
    contact = Contact.objects.create(customer=acme, name="Anna", phone="0231 5501420")
    values = {"name": "Anna Weber", "phone": "0231 5501421", "other_phones": "0171 5501422\n\n12"}

    response = client.post(reverse("contact_edit", args=[contact.pk]), values, **HTMX)

    assert response.status_code == 200
    assert "0231 5501421" in response.content.decode()
    contact.refresh_from_db()
    assert (contact.name, contact.other_phones) == ("Anna Weber", ["0171 5501422", "12"])


def test_a_contact_that_two_people_changed(client: Client, acme: Customer) -> None:
    contact = Contact.objects.create(customer=acme, name="Anna", decision_role="user")
    address = reverse("contact_edit", args=[contact.pk])
    base = client.get(address).context["form"].initial["base"]
    Contact.objects.update(decision_role="gatekeeper")

    values = {"name": "Anna", "decision_role": "influencer", "base": base}
    refused = client.post(address, values, **HTMX)

    assert refused.status_code == 422
    assert "Gatekeeper" in text_of(refused.content.decode())
    contact.refresh_from_db()
    assert contact.decision_role == "gatekeeper"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"other_phones": "0231 5501420\nnone"}, "“none”: Enter a phone"),
        ({"other_emails": "a@b.de\nx"}, "“x”: Enter an email"),
        ({"other_emails": "\n".join(["a@b.de"] * 11)}, "At most 10, one a line."),
        ({"name": "x" * 151}, "at most 150 characters"),
        ({"decision_role": "king"}, "Select a valid choice"),
    ],
)
def test_a_contact_that_can_not_be_right(
    client: Client, acme: Customer, given: dict[str, str], words: str
) -> None:
    response = client.post(reverse("contact_new", args=[acme.pk]), {"name": "Anna", **given})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Contact.objects.exists()


def test_a_deleted_contact_comes_back_from_the_page(client: Client, acme: Customer) -> None:
    contact = Contact.objects.create(customer=acme, name="Anna")
    page = reverse("customer", args=[acme.pk])

    client.post(reverse("contact_delete", args=[contact.pk]))
    assert "Deleted lately" in client.get(page).content.decode()
    client.post(reverse("contact_restore", args=[contact.pk]))

    assert Contact.objects.get().deleted_at is None
    assert "Deleted lately" not in client.get(page).content.decode()


def test_a_day_that_there_is_not(client: Client, acme: Customer) -> None:
    address = reverse("special_date_new", args=[acme.pk])
    for day, month, year in (("30", "2", ""), ("29", "2", "2023"), ("x", "1", ""), ("1", "1", "3")):
        values = {"kind": "birthday", "day": day, "month": month, "year": year}
        assert client.post(address, values).status_code == 422

    assert not SpecialDate.objects.exists()
    values = {"kind": "birthday", "day": "29", "month": "2", "year": "1988"}
    assert client.post(address, values).status_code == 302
    client.post(reverse("special_date_delete", args=[SpecialDate.objects.get().pk]))
    assert not SpecialDate.objects.exists()


# --- deleting


def test_a_customer_is_deleted_with_a_reason_and_comes_back(client: Client, acme: Customer) -> None:
    address = reverse("customer_delete", args=[acme.pk])

    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "twice"})["Location"] == reverse("customers_deleted")
    assert client.get(reverse("customer", args=[acme.pk])).status_code == 404
    listed = client.get(reverse("customers_deleted")).content.decode()
    assert "Acme" in listed
    assert 'data-label="Days left">30<' in listed
    client.post(reverse("customer_restore", args=[acme.pk]))

    assert client.get(reverse("customer", args=[acme.pk])).status_code == 200


def test_only_what_can_come_back_is_listed(client: Client, rep: Member) -> None:
    now = timezone.now()
    make_customer(owner=rep, name="Lately", deleted_at=now - timedelta(days=29))
    make_customer(owner=rep, name="Long ago", deleted_at=now - timedelta(days=32))
    make_customer(owner=make_member(team=make_team()), name="Theirs", deleted_at=now)

    html = client.get(reverse("customers_deleted")).content.decode()

    assert "Lately" in html
    assert "Long ago" not in html
    assert "Theirs" not in html


def test_the_list_of_the_deleted_costs_the_same_for_two_and_twenty(
    client: Client, rep: Member
) -> None:
    def filled(count: int) -> int:
        for _each in range(count):
            make_customer(owner=rep, deleted_at=timezone.now(), deleted_by=rep)
        return len(queries_of(client, reverse("customers_deleted")))

    filled(0)
    assert filled(2) == filled(18)
