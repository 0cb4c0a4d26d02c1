"""Notes: words, mentions, who may write, edit and delete them, and what happens to typed text."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.customers.models import Customer, Note
from apps.customers.notes.mentions import Part, Person, mentioned, parts_of
from apps.customers.notes.readers import readers_of
from apps.customers.notes.services import (
    NoteChanged,
    UnfitNote,
    note_create,
    note_delete,
    note_edit,
)
from apps.customers.writing import CustomerGone
from apps.members.models import AccessRole, Member, Notification
from apps.members.teams.stand_ins import stand_in_name
from tests.factories import PASSWORD, make_customer, make_member, make_team

ADA = Person(1, "Ada Berg", "ada@example.com")
ADA_SHORT = Person(2, "Ada", "ada2@example.com")
WANG = Person(3, "王芳", "wang@example.com")
HTMX = {"HX-Request": "true"}


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", set()),
        ("Ada Berg without a sign", set()),
        ("@Ada Berg, please", {1}),
        ("@ada berg", {1}),
        ("@Ada, please", {2}),
        ("@Adam is somebody else", set()),
        ("write to x@Ada", set()),
        ("(@Ada Berg) and @Ada!", {1, 2}),
        ("@ada@example.com has it", {1}),
        ("请@王芳看一下", {3}),
        ("@王芳请看", {3}),
        ("@ nobody", set()),
    ],
)
def test_mention_is_a_sign_and_a_name(words: str, found: set[int]) -> None:
    assert mentioned(words, [ADA, ADA_SHORT, WANG]) == (found, set())


def test_name_of_several_people_is_unclear() -> None:
    twin = Person(9, "Ada Berg", "twin@example.com")

    assert mentioned("@Ada Berg", [ADA, twin]) == ({1, 9}, {"Ada Berg"})
    assert mentioned("@twin@example.com", [ADA, twin]) == ({9}, set())


def test_text_is_printed_in_parts() -> None:
    parts = parts_of("See https://x.example/a. @Ada Berg: javascript:alert(1)", [ADA])

    assert parts == [
        Part("See "),
        Part("https://x.example/a", address="https://x.example/a"),
        Part(". "),
        Part("@Ada Berg", person=1),
        Part(": javascript:alert(1)"),
    ]


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 10_001])
@pytest.mark.django_db
def test_empty_and_endless_notes_are_refused(words: str) -> None:
    rep = make_member()
    customer = make_customer(owner=rep)

    with pytest.raises(UnfitNote):
        note_create(customer=customer, text=words, by=rep)

    assert Note.objects.count() == 0


@pytest.mark.django_db
def test_ten_thousand_characters_are_kept() -> None:
    rep = make_member()

    note = note_create(customer=make_customer(owner=rep), text="x" * 10_000, by=rep)

    assert len(note.text) == 10_000


@pytest.mark.django_db
def test_pool_and_deleted_customers_take_no_note_of_a_rep() -> None:
    rep = make_member()
    pool, gone = make_customer(), make_customer(owner=rep, deleted_at=timezone.now())

    with pytest.raises(NotPermitted):
        note_create(customer=pool, text="x", by=rep)
    with pytest.raises(CustomerGone):
        note_create(customer=gone, text="x", by=rep)

    assert Note.objects.count() == 0


@pytest.mark.django_db
def test_mentioned_are_told_once_and_nothing_of_the_words_is_in_the_trail() -> None:
    lead = make_member(AccessRole.MANAGER, name="Lea Vogt")
    rep = make_member(team=make_team(lead=lead))
    customer = make_customer(owner=rep)

    note = note_create(customer=customer, text="@Lea Vogt wants film", by=rep)
    note_edit(note=note, text="@Lea Vogt wants less film", by=rep, seen=None)

    told = Notification.objects.get()
    assert (told.member, told.kind, told.record_kind, told.record_id) == (
        lead,
        "note.mention",
        "note",
        note.pk,
    )
    assert list(note.mentions.all()) == [lead]
    for entry in AuditEntry.objects.filter(kind="note"):
        assert "film" not in f"{entry.label}{entry.changes}{entry.details}"


@pytest.mark.django_db
def test_who_may_not_see_the_customer_is_not_mentioned() -> None:
    rep = make_member(team=make_team())
    make_member(team=make_team(), name="Otto Fremd")

    note = note_create(customer=make_customer(owner=rep), text="@Otto Fremd", by=rep)

    assert not note.mentions.exists()
    assert Notification.objects.count() == 0


@pytest.mark.django_db
def test_one_of_two_bearers_of_a_name_is_mentioned_by_email() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    first = make_member(AccessRole.DIRECTOR, name="Ada Berg", email="a@example.com")
    make_member(AccessRole.DIRECTOR, name="Ada Berg", email="b@example.com")

    with pytest.raises(UnfitNote):
        note_create(customer=customer, text="@Ada Berg", by=rep)
    note = note_create(customer=customer, text="@a@example.com", by=rep)

    assert list(note.mentions.all()) == [first]


@pytest.mark.django_db
def test_author_edits_who_leads_deletes_and_nobody_else() -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    rep, other = make_member(team=team), make_member(team=team)
    customer = make_customer(owner=rep)
    note = note_create(customer=customer, text="Mine", by=rep)

    with pytest.raises(NotPermitted):
        note_edit(note=note, text="Yours", by=lead, seen=None)
    with pytest.raises(NotPermitted):
        note_delete(note=note, by=other)
    note_delete(note=note, by=lead)
    with pytest.raises(DomainError):
        note_edit(note=note, text="Late", by=rep, seen=None)

    note.refresh_from_db()
    assert note.text == "Mine"
    assert note.deleted_at is not None


@pytest.mark.django_db
def test_note_changed_in_another_window_is_not_overwritten() -> None:
    rep = make_member()
    note = note_create(customer=make_customer(owner=rep), text="First", by=rep)
    note_edit(note=note, text="Second", by=rep, seen=None)

    with pytest.raises(NoteChanged):
        note_edit(note=note, text="Third", by=rep, seen=None)

    note.refresh_from_db()
    assert note.text == "Second"
    page = signed_in(rep).post(reverse("note_edit", args=[note.pk]), {"text": "Third", "seen": ""})
    assert page.status_code == 422
    assert "Second" in text(page)
    assert "Third</textarea>" in text(page)
    assert note.edited_at is not None
    again = signed_in(rep).post(
        reverse("note_edit", args=[note.pk]),
        {"text": "Third", "seen": note.edited_at.isoformat()},
    )
    assert again.status_code == 302


@pytest.mark.django_db
def test_whom_one_may_mention_is_who_sees_the_customer() -> None:
    top, lead, beside = (make_member(AccessRole.MANAGER) for _ in range(3))
    above = make_team(lead=top)
    team = make_team(parent=above, lead=lead)
    rep, mate = make_member(team=team), make_member(team=team)
    other = make_member(team=make_team(lead=beside))
    for role in (AccessRole.DIRECTOR, AccessRole.HR, AccessRole.ANALYST, AccessRole.ADMIN):
        make_member(role)
    gone = make_member(AccessRole.DIRECTOR)
    gone.is_active = False
    gone.save()
    today = Organisation.current().today()
    stand_in_name(
        absent=lead,
        stand_in=mate,
        starts_on=today,
        ends_on=today.replace(year=today.year + 1),
        by=None,
    )
    customers = [make_customer(owner=one) for one in (rep, mate, other, lead, None)]

    for customer in customers:
        seeing = {
            member.pk
            for member in Member.objects.filter(is_active=True)
            if Customer.objects.visible_to(member).filter(pk=customer.pk).exists()
        }
        assert set(readers_of(customer).values_list("pk", flat=True)) == seeing, customer.owner


@pytest.mark.django_db
def test_suggestions_name_nobody_who_may_not_see_the_customer() -> None:
    lead = make_member(AccessRole.MANAGER, name="Berta Lead")
    rep = make_member(team=make_team(lead=lead), name="Rita Rep")
    make_member(team=make_team(), name="Berta Fremd")
    address = reverse("mention_choices", args=[make_customer(owner=rep).pk])

    found = text(signed_in(rep).get(address, {"q": "ber"}))

    assert 'data-word="Berta Lead"' in found
    assert "Fremd" not in found
    assert signed_in(make_member(team=make_team())).get(address).status_code == 404


@pytest.mark.django_db
def test_note_is_kept_by_htmx_and_as_a_plain_page() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    client, address = signed_in(rep), reverse("note_new", args=[customer.pk])

    part = client.post(address, {"text": "One"}, headers=HTMX)
    plain = client.post(address, {"text": "Two"})
    refused = client.post(address, {"text": "x" * 10_001}, headers=HTMX)

    assert "timeline-changed" in part["HX-Trigger"]
    assert plain["Location"] == f"{reverse('customer', args=[customer.pk])}#timeline"
    assert refused.status_code == 422
    assert "x" * 10_001 in refused.content.decode()
    assert set(Note.objects.values_list("text", flat=True)) == {"One", "Two"}


@pytest.mark.django_db
def test_text_survives_the_end_of_the_session() -> None:
    rep = make_member()
    customer = make_customer(owner=rep)
    client = signed_in(rep)
    client.get(reverse("profile"))
    client.cookies.pop("sessionid")
    here = f"http://testserver{reverse('customer', args=[customer.pk])}"

    late = client.post(
        reverse("note_new", args=[customer.pk]),
        {"text": "Half an hour of work"},
        headers={**HTMX, "HX-Current-URL": here},
    )
    assert reverse("account_login") in late["HX-Redirect"]
    client.post(reverse("account_login"), {"login": rep.email, "password": PASSWORD})
    panel = text(client.get(reverse("customer_timeline", args=[customer.pk]), headers=HTMX))

    assert "Half an hour of work</textarea>" in panel
    assert Note.objects.count() == 0
