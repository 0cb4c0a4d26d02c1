"""What an activity said before it was corrected: shown to its readers, erased with the person."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity, ActivityVersion
from apps.activities.services import activity_correct, activity_log
from apps.core.models import AuditEntry
from apps.customers.models import Contact
from apps.members.models import AccessRole, Member
from apps.privacy.people import CONTACT, CUSTOMER
from apps.privacy.services import person_erase, person_export
from tests.factories import make_customer, make_member, make_opportunity, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep(client: Client) -> Member:
    rep = make_member(team=make_team(), name="Mei Lin")
    client.force_login(rep)
    return rep


@pytest.fixture
def talk(rep: Member) -> Activity:
    return activity_log(
        customer=make_customer(owner=rep, name="Acme"),
        channel="call",
        outcome="reached",
        note="Wants a <b>qoute</b>",
        minutes=5,
        objection="Too dear",
        by=rep,
    )


def told(client: Client, activity: Activity) -> list[dict[str, str]]:
    """Label → what it said, of each correction."""
    html = client.get(reverse("activity_history", args=[activity.pk])).content.decode()
    lists = re.findall(r'<dl class="facts">(.*?)</dl>', html, re.DOTALL)
    return [dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", one, re.DOTALL)) for one in lists]


def test_each_correction_says_what_was_before_in_words(
    client: Client, rep: Member, talk: Activity
) -> None:
    assert told(client, talk) == []
    at = timezone.now() - timedelta(hours=1)
    anna = Contact.objects.create(customer=talk.customer, name="Anna")
    deal = make_opportunity(
        ("C", timezone.now().date()), owner=rep, customer=talk.customer, name="Films"
    )
    activity_correct(activity=talk, by=rep, note="Wants a quote", channel="visit", minutes=None)
    activity_correct(activity=talk, by=rep, outcome="quoted", contact=anna, opportunity=deal, at=at)
    activity_correct(activity=talk, by=rep, contact=None, opportunity=None, objection="")

    assert told(client, talk)[0] == {
        "Contact": "Anna", "Opportunity": "Films", "Objection met": "Too dear",
    }  # fmt: skip
    assert set(told(client, talk)[1]) == {"When", "Contact", "Outcome", "Opportunity"}
    assert told(client, talk)[1]["Outcome"] == "Reached"
    assert told(client, talk)[1]["Contact"] == "–"
    assert told(client, talk)[2] == {
        "Channel": "Call", "Minutes": "5", "Note": "Wants a &lt;b&gt;qoute&lt;/b&gt;",
    }  # fmt: skip
    page = client.get(reverse("activity_history", args=[talk.pk])).content.decode()
    assert page.count("Mei Lin corrected it") == 3


def test_the_page_of_an_activity_brings_its_history(
    client: Client, rep: Member, talk: Activity
) -> None:
    address = reverse("activity_history", args=[talk.pk])

    html = client.get(reverse("activity", args=[talk.pk])).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert f'hx-get="{address}"' in html
    assert "never corrected" in part
    assert "<html" not in part


def test_the_history_is_seen_by_those_who_see_the_activity(
    client: Client, rep: Member, talk: Activity
) -> None:
    mate = make_member(team=make_team())
    deal = make_opportunity(("C", timezone.now().date()), owner=rep, customer=talk.customer)
    Activity.objects.filter(pk=talk.pk).update(opportunity=deal)
    talk.refresh_from_db()
    activity_correct(activity=talk, by=rep, opportunity=None)
    address = reverse("activity_history", args=[talk.pk])
    client.force_login(mate)
    assert client.get(address).status_code == 404

    talk.customer.owner = mate
    talk.customer.save()

    assert told(client, talk) == [{"Opportunity": "one that you don’t see"}]


def test_queries_do_not_grow_with_corrections(client: Client, rep: Member, talk: Activity) -> None:
    anna = Contact.objects.create(customer=talk.customer, name="Anna")
    activity_correct(activity=talk, by=rep, contact=anna)
    activity_correct(activity=talk, by=rep, contact=None)
    address = reverse("activity_history", args=[talk.pk])
    few = queries_of(client, address)
    for number in range(10):
        activity_correct(activity=talk, by=rep, note=f"n{number}", contact=(anna, None)[number % 2])

    assert len(queries_of(client, address)) == len(few)


def test_the_audit_trail_has_no_text_of_a_correction(rep: Member, talk: Activity) -> None:
    activity_correct(activity=talk, by=rep, note="Wants a quote", objection="No need")

    entry = AuditEntry.objects.get(action="activity.correct")

    kept = json.dumps([entry.changes, entry.details, entry.label])
    for text in ("qoute", "quote", "Too dear", "No need"):
        assert text not in kept


def test_earlier_versions_are_handed_out_and_erased_with_the_person(
    rep: Member, talk: Activity
) -> None:
    admin = make_member(AccessRole.ADMIN)
    anna = Contact.objects.create(customer=talk.customer, name="Anna Krüger")
    other = activity_log(
        customer=talk.customer, channel="call", outcome="reached", note="Bernd likes tea", by=rep
    )
    activity_correct(activity=other, by=rep, note="Anna Krüger likes tea", minutes=3)
    activity_correct(activity=other, by=rep, note="Somebody likes tea", objection="ANNA KRÜGER")
    activity_correct(activity=other, by=rep, objection="")
    activity_correct(activity=talk, by=rep, contact=anna, note="Birthday in May")
    activity_correct(activity=talk, by=rep, note="", minutes=9)

    exported = person_export(kind=CONTACT, pk=anna.pk, by=admin)["activity_versions"]
    person_erase(kind=CONTACT, pk=anna.pk, reason="asked for", by=admin)

    texts = json.dumps(exported, ensure_ascii=False)
    assert "Anna Krüger likes tea" in texts
    assert "Birthday in May" in texts
    assert "Bernd" not in texts
    left = [version.before for version in ActivityVersion.objects.order_by("pk")]
    assert left == [
        {"note": "Bernd likes tea", "minutes": None},
        {"note": "••• likes tea", "objection": ""},
        {"objection": "•••"},
        {"note": "", "contact_id": None},
        {"note": "", "minutes": 5},
    ]
    talk.refresh_from_db()
    assert talk.objection == ""


def test_a_customer_who_is_erased_takes_all_earlier_texts_along(
    rep: Member, talk: Activity
) -> None:
    admin = make_member(AccessRole.ADMIN)
    activity_correct(activity=talk, by=rep, note="x", objection="y", minutes=7)

    person_erase(kind=CUSTOMER, pk=talk.customer_id, reason="asked for", by=admin)

    assert ActivityVersion.objects.get().before == {"note": "", "objection": "", "minutes": 5}
    talk.refresh_from_db()
    assert (talk.note, talk.objection) == ("", "")
