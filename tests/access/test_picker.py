"""Choosing one of very many people, with and without suggestions."""

import re
from typing import Any

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.members.choosing import MOST, people_to_choose
from apps.members.forms.picker import MemberField
from apps.members.models import AccessRole, Member
from apps.members.querysets import Viewer
from tests.access.conftest import Firm
from tests.factories import make_member


class Choosing(forms.Form):
    to = MemberField(label="To", chosen_for="own")

    def __init__(self, data: dict[str, str] | None, user: Viewer, **more: Any) -> None:
        query = QueryDict(mutable=True)
        query.update(data or {})
        super().__init__(query if data is not None else None, **more)
        self.fields["to"].offer(user)  # type: ignore[attr-defined]


def person(firm: Firm, persona: str) -> Member:
    known = firm.people[persona]
    assert known is not None
    return known


def sent(firm: Firm, by: str = "manager", **data: str) -> Choosing:
    return Choosing(data, person(firm, by))


def chosen(form: Choosing) -> Any:
    return form.cleaned_data["to"] if form.is_valid() else form.errors["to"][0]


def test_an_id_chooses_whoever_may_be_chosen(firm: Firm) -> None:
    rep, outsider = person(firm, "rep"), person(firm, "outsider")

    assert chosen(sent(firm, to=str(rep.pk))) == rep
    hidden = chosen(sent(firm, to=str(outsider.pk)))
    assert hidden == "There is no such choice."
    for absent in ("999999999", "x", "9" * 40, "-1", "٣"):
        assert chosen(sent(firm, to=absent)) == hidden


def test_nobody_who_has_left_or_whose_role_does_not_fit(firm: Firm) -> None:
    gone, analyst = make_member(), person(firm, "analyst")
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    for other in (gone, analyst):
        assert chosen(sent(firm, by="director", to=str(other.pk))) == "There is no such choice."


@pytest.mark.parametrize("text", ["Member-ma", "member-MATE", "mate"])
def test_a_typed_name_of_one_person_is_enough(firm: Firm, text: str) -> None:
    assert chosen(sent(firm, to="", to_q=text)) == person(firm, "mate")


def test_an_address_is_known_by_its_beginning(firm: Firm) -> None:
    mate = person(firm, "mate")

    assert chosen(sent(firm, to="", to_q=mate.email.upper())) == mate
    assert chosen(sent(firm, to="", to_q="@example.com")).startswith("Nobody of this name")


def test_several_come_back_as_a_list_to_choose_from(firm: Firm) -> None:
    form = sent(firm, to="", to_q="Member-")

    assert chosen(form) == "Choose one of those found."
    html = str(form["to"])
    radios = re.findall(r'type="radio" name="to" value="(\d+)"', html)
    assert radios == [str(person(firm, "mate").pk), str(person(firm, "rep").pk)]
    # The hidden id is out of the way, so that one value is sent.
    assert re.search(r'type="hidden" name="to" value="" data-picker-value disabled', html)
    again = sent(firm, to=radios[1], to_q="Member-", to_asked="Member-")
    assert chosen(again) == person(firm, "rep")


def test_another_name_counts_more_than_the_id_of_before(firm: Firm) -> None:
    rep, mate = person(firm, "rep"), person(firm, "mate")

    typed = sent(firm, to=str(rep.pk), to_q="mate", to_asked=rep.name)
    kept = sent(firm, to=str(rep.pk), to_q=rep.name, to_asked=rep.name)

    assert chosen(typed) == mate
    assert chosen(kept) == rep
    emptied = sent(firm, to=str(rep.pk), to_q="", to_asked=rep.name)
    assert chosen(emptied) == "Choose somebody."


def test_search_never_chooses(firm: Firm) -> None:
    one = sent(firm, to="", to_q="mate", to_find="1")
    nobody = sent(firm, to="", to_q="zzz", to_find="1")

    assert chosen(one) == "Choose one of those found."
    assert 'type="radio"' in str(one["to"])
    assert chosen(nobody).startswith("Nobody of this name")


def test_a_form_shows_who_is_chosen(firm: Firm) -> None:
    rep = person(firm, "rep")

    for initial in (rep, rep.pk):
        html = str(Choosing(None, person(firm, "manager"), initial={"to": initial})["to"])
        assert f'name="to" value="{rep.pk}"' in html
        assert 'name="to_q" value="Member-rep"' in html
    hidden = Choosing(None, person(firm, "outsider"), initial={"to": rep.pk})
    assert "Member-rep" not in str(hidden["to"])


def suggested(firm: Firm, by: str, **query: str) -> list[str]:
    response = firm.client(by).get(reverse("member_choices"), query)
    assert response.status_code == 200
    return re.findall(r'data-name="([^"]+)"', response.content.decode())


def test_suggestions_are_of_those_whose_work_one_sees(firm: Firm) -> None:
    assert suggested(firm, "rep", field="to", to_q="Member-") == ["Member-rep"]
    assert suggested(firm, "manager", field="to", to_q="member-") == ["Member-mate", "Member-rep"]
    assert suggested(firm, "director", field="to", to_q="Member-") == [
        "Member-mate",
        "Member-outsider",
        "Member-rep",
    ]


def test_suggestions_fit_what_is_asked_for(firm: Firm) -> None:
    leads = suggested(firm, "admin", **{"for": "lead", "field": "to", "to_q": ""})

    assert {"Manager North", "Manager South"} <= set(leads)
    assert "Member-rep" not in leads
    unknown = firm.client("admin").get(reverse("member_choices"), {"for": "everything"})
    assert unknown.status_code == 404


def test_there_are_never_more_than_a_handful(firm: Firm) -> None:
    Member.objects.bulk_create(
        Member(email=f"many{n}@example.com", name=f"Many {n:04}") for n in range(MOST + 1)
    )

    response = firm.client("admin").get(reverse("member_choices"), {"field": "to", "to_q": "Many"})

    assert response.content.decode().count('role="option" id=') == MOST
    assert "There are more: type on." in response.content.decode()


def test_special_characters_are_plain_text(firm: Firm) -> None:
    assert suggested(firm, "admin", field="to", to_q="%") == []
    assert suggested(firm, "admin", field="to", to_q="Member_rep") == []
    odd = make_member(name='<b>"O\'Neil" & Söhne</b>')

    page = firm.client("admin").get(reverse("member_choices"), {"field": "to", "to_q": "neil"})
    assert "<b>" not in page.content.decode()
    assert chosen(sent(firm, by="admin", to="", to_q="o'neil")) == odd


def test_an_index_serves_both_the_name_and_the_address(firm: Firm) -> None:
    Member.objects.bulk_create(
        Member(email=f"p{n}@example.com", name=f"Person {n:05}", access_role=AccessRole.REP)
        for n in range(5000)
    )
    admin = Member.objects.with_absences().get(pk=person(firm, "admin").pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE members_member")
        # A few thousand rows are read whole as fast; that the indexes fit is what matters.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    rows = people_to_choose(admin).named_like("son 0123").order_by("name", "pk")

    plan = rows.explain()

    assert "member_name_search" in plan
    assert "member_email_search" in plan
    assert [one.name for one in rows] == [f"Person 0123{n}" for n in range(10)]
    with CaptureQueriesContext(connection) as queries:
        list(rows.all()[:MOST])
    assert len(queries) == 1
