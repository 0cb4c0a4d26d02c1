"""What is kept of a person: found, handed out, erased; figures stay."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, FollowUp, Outcome
from apps.core.models import AuditEntry, Organisation, OutgoingMail
from apps.customers.keys import keys_refresh
from apps.customers.models import (
    Channel,
    Contact,
    Customer,
    CustomerFile,
    Note,
    SearchKey,
    SpecialDate,
)
from apps.exchange.models import ImportRun
from apps.members.models import AccessRole, Member
from apps.privacy.models import Erasure
from apps.privacy.people import CONTACT, CUSTOMER, person_of
from apps.privacy.services import NoSuchPerson, deleted_erase, person_erase, person_export
from apps.privacy.sources import SOURCES
from apps.satisfaction.models import Survey, SurveyKind
from tests.factories import make_customer, make_member, make_order, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Member:
    return make_member(AccessRole.ADMIN)


@pytest.fixture
def rep(db: None) -> Member:
    return make_member(team=make_team())


@pytest.fixture
def anna(rep: Member) -> Contact:
    """A contact of whom something is kept in every place."""
    customer = make_customer(owner=rep, name="Nordlicht GmbH")
    contact: Contact = Contact.objects.create(
        customer=customer,
        name="Anna Krüger",
        job_title="Einkauf",
        phone="+49 30 23125 001",
        email="anna@nordlicht.example",
        other_emails=["ak@nordlicht.example"],
    )
    Contact.objects.create(customer=customer, name="Bernd Maier", email="bernd@nordlicht.example")
    SpecialDate.objects.create(customer=customer, contact=contact, kind="birthday", month=5, day=4)
    talk = {"customer": customer, "member": rep, "channel": Channel.CALL}
    Activity.objects.create(**talk, contact=contact, outcome=Outcome.REACHED, note="Likes tea")
    Activity.objects.create(**talk, outcome=Outcome.REACHED, note="ANNA KRÜGER is on holiday")
    Activity.objects.create(**talk, outcome=Outcome.REACHED, note="Bernd wants cartons")
    FollowUp.objects.create(
        customer=customer, owner=rep, due_on=date(2026, 1, 2), channel="call",
        purpose="Ask Anna Krüger",
    )  # fmt: skip
    Note.objects.create(customer=customer, author=rep, text="Call anna@nordlicht.example on Monday")
    Survey.objects.create(
        customer=customer, contact=contact, owner=rep, kind=SurveyKind.NPS, score=9,
        answered_at=timezone.now(), expires_at=timezone.now(), comment="Thanks, Anna",
    )  # fmt: skip
    OutgoingMail.objects.create(
        to="anna@nordlicht.example", purpose="survey", language="en", subject="Dear Anna",
        text="Dear Anna", message_id="<1@test>", state="sent",
    )  # fmt: skip
    keys_refresh([customer.pk])
    return contact


def everything_told() -> str:
    """Every text of every table, as somebody with the database would read it."""
    told = []
    tables = connection.introspection.table_names()
    for model in apps.get_models():
        # Other tests bring models of their own, which have no table here.
        if model._meta.db_table not in tables:
            continue
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if not isinstance(field, (models.DateTimeField, models.BooleanField))
        ]
        told += [str(row) for row in model._default_manager.values_list(*fields)]
    return "\n".join(told)


def test_the_export_holds_what_is_kept_of_the_contact_and_nothing_of_others(
    anna: Contact, admin: Member
) -> None:
    told = person_export(kind=CONTACT, pk=anna.pk, by=admin)

    assert told["contacts"][0]["email"] == "anna@nordlicht.example"
    assert told["contacts"][0]["other_emails"] == ["ak@nordlicht.example"]
    assert [row["note"] for row in told["activities"]] == ["Likes tea", "ANNA KRÜGER is on holiday"]
    assert [row["purpose"] for row in told["follow_ups"]] == ["Ask Anna Krüger"]
    assert [row["text"] for row in told["notes"]] == ["Call anna@nordlicht.example on Monday"]
    assert told["surveys"][0] | {"sent_at": "", "answered_at": ""} == {
        "kind": "nps", "sent_at": "", "answered_at": "", "score": 9, "comment": "Thanks, Anna",
    }  # fmt: skip
    assert told["mails"][0]["to"] == "anna@nordlicht.example"
    assert told["special_dates"] == [
        {"kind": "birthday", "label": "", "month": 5, "day": 4, "year": None}
    ]
    assert "Bernd" not in json.dumps(told)
    entry = AuditEntry.objects.get(action="person.export")
    assert (entry.by, entry.object_id, entry.label) == (admin, anna.pk, "")


def test_after_erasing_no_table_names_the_person(anna: Contact, admin: Member) -> None:
    erasure = person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    told = everything_told().casefold()
    for word in ("krüger", "anna@", "ak@nordlicht", "23125", "likes tea", "thanks, anna"):
        assert word not in told, word
    assert erasure.counts == {
        "special_dates": 1, "activities": 2, "follow_ups": 1, "notes": 1, "surveys": 1, "mails": 1,
        "contacts": 1,
    }  # fmt: skip
    assert Note.objects.get().text == "Call ••• on Monday"
    assert "bernd maier" in told


def test_figures_stay_when_a_person_is_erased(anna: Contact, admin: Member, rep: Member) -> None:
    make_order(member=rep, value=100, on=date(2026, 3, 2), customer=anna.customer)

    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    assert Activity.objects.filter(customer=anna.customer).count() == 3
    assert Activity.objects.filter(contact=anna).count() == 1
    assert Survey.objects.get().score == 9
    assert anna.customer.orders.count() == 1
    assert not SearchKey.objects.filter(contact=anna, kind__in=("phone", "email")).exists()


def test_a_customer_who_is_a_person_is_erased_as_a_whole(anna: Contact, admin: Member) -> None:
    customer = anna.customer
    Customer.objects.filter(pk=customer.pk).update(needs="Matcha", custom={"erp": "SAP"})
    name = default_storage.save("customers/x.txt", ContentFile(b"Dear Anna"))
    file = CustomerFile.objects.create(
        customer=customer, by=make_member(), name="letter.txt", file=name, size=9,
        content_type="text/plain", sha256="0" * 64,
    )  # fmt: skip

    person_erase(kind=CUSTOMER, pk=customer.pk, reason="asked for", by=admin)

    told = everything_told().casefold()
    for word in ("nordlicht", "krüger", "maier", "matcha", "bernd", "letter"):
        assert word not in told, word
    customer.refresh_from_db()
    file.refresh_from_db()
    assert (customer.name, customer.custom) == ("Erased customer", {})
    assert file.deleted_at is not None
    assert not file.file
    assert Activity.objects.filter(customer=customer).count() == 3


def test_a_person_is_erased_once(anna: Contact, admin: Member) -> None:
    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    with pytest.raises(NoSuchPerson):
        person_erase(kind=CONTACT, pk=anna.pk, reason="again", by=admin)

    assert Erasure.objects.count() == 1
    assert person_of(CONTACT, anna.pk) is None


def test_a_customer_is_erased_once(anna: Contact, admin: Member) -> None:
    person_erase(kind=CUSTOMER, pk=anna.customer_id, reason="asked for", by=admin)

    with pytest.raises(NoSuchPerson):
        person_erase(kind=CUSTOMER, pk=anna.customer_id, reason="again", by=admin)


def test_refused_rows_of_imports_name_the_person_no_more(anna: Contact, admin: Member) -> None:
    rows = (
        "Line,Reason,Name,Email\n2,no name,,anna@nordlicht.example\n3,no name,,eve@else.example\n"
    )
    stored = default_storage.save("imports/refused.csv", ContentFile(rows.encode()))
    run = ImportRun.objects.create(
        source="a.csv", rejected_count=2, rejected_file=stored,
        rejected=[{"line": 2, "value": "Anna Krüger"}, {"line": 3, "value": "Eve"}],
    )  # fmt: skip

    told = person_export(kind=CONTACT, pk=anna.pk, by=admin)
    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    assert told["imports"][0]["refused_rows"] == ["2,no name,,anna@nordlicht.example"]
    run.refresh_from_db()
    assert run.rejected == [{"line": 2, "value": "•••"}, {"line": 3, "value": "Eve"}]
    with default_storage.open(run.rejected_file) as file:
        assert file.read().decode() == rows.replace("anna@nordlicht.example", "•••")
    default_storage.delete(run.rejected_file)
    default_storage.delete(stored)


def test_a_mail_that_waits_is_not_sent_to_who_was_erased(anna: Contact, admin: Member) -> None:
    OutgoingMail.objects.update(state="waiting")

    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.to, mail.text) == ("failed", "erased@example.invalid", "")


def test_deleted_customers_are_erased_when_they_can_no_longer_be_restored(anna: Contact) -> None:
    today = Organisation.current().today()
    deleted = timezone.now() - timedelta(days=31)
    Customer.objects.filter(pk=anna.customer_id).update(deleted_at=deleted)
    fresh = make_customer(name="Fresh", deleted_at=timezone.now() - timedelta(days=29))

    assert deleted_erase(as_of=today) == 1
    assert deleted_erase(as_of=today) == 0

    anna.customer.refresh_from_db()
    fresh.refresh_from_db()
    assert (anna.customer.name, fresh.name) == ("Erased customer", "Fresh")


def test_a_deleted_contact_is_erased_after_the_same_time(anna: Contact) -> None:
    Contact.objects.filter(pk=anna.pk).update(deleted_at=timezone.now() - timedelta(days=31))

    assert deleted_erase(as_of=Organisation.current().today()) == 1

    anna.refresh_from_db()
    assert (anna.name, anna.email) == ("Erased contact", "")


def test_each_model_that_refers_to_a_contact_has_its_source() -> None:
    known = {
        "customers.SpecialDate", "activities.Activity", "activities.FollowUp",
        "satisfaction.Survey", "telephony.PhoneCall",
        # Keys are written again from the contact.
        "customers.SearchKey",
    }  # fmt: skip

    found = {relation.related_model._meta.label for relation in Contact._meta.related_objects}

    assert found == known
    assert len({source.name for source in SOURCES}) == len(SOURCES)


def test_an_administrator_finds_hands_out_and_erases(
    anna: Contact, admin: Member, client: Client
) -> None:
    client.force_login(admin)

    page = client.get(reverse("personal_data"), {"q": "krüg"})
    assert "Anna Krüger" in page.content.decode()
    address = reverse("personal_data_of", args=[CONTACT, anna.pk])
    answer = client.post(reverse("personal_data_export", args=[CONTACT, anna.pk]))
    assert json.loads(answer.content)["contacts"][0]["name"] == "Anna Krüger"
    assert answer["Content-Disposition"].startswith("attachment")
    assert client.post(address, {"reason": "asked for", "is_sure": "on"}).status_code == 302

    assert client.get(address).status_code == 404
    assert "Anna Krüger" not in client.get(reverse("personal_data"), {"q": "krüg"}).content.decode()


def test_erasing_needs_a_reason_and_a_second_thought(
    anna: Contact, admin: Member, client: Client
) -> None:
    client.force_login(admin)
    address = reverse("personal_data_of", args=[CONTACT, anna.pk])

    for sent in ({"reason": "asked for"}, {"is_sure": "on"}, {}):
        assert client.post(address, sent).status_code == 422

    anna.refresh_from_db()
    assert anna.name == "Anna Krüger"


def test_one_character_finds_nobody(admin: Member, client: Client) -> None:
    client.force_login(admin)

    assert client.get(reverse("personal_data"), {"q": "a"}).status_code == 422


@pytest.mark.parametrize("role", [one for one in AccessRole if one is not AccessRole.ADMIN])
def test_for_others_personal_data_do_not_exist(
    role: AccessRole, anna: Contact, client: Client
) -> None:
    client.force_login(make_member(role))
    of: Any = [CONTACT, anna.pk]

    assert client.get(reverse("personal_data")).status_code == 404
    assert client.get(reverse("personal_data_of", args=of)).status_code == 404
    assert client.post(reverse("personal_data_export", args=of)).status_code == 404
    assert client.post(reverse("personal_data_of", args=of), {"is_sure": "on"}).status_code == 404

    anna.refresh_from_db()
    assert anna.erased_at is None
