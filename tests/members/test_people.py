"""The directory, a member's page, and who changes which field of a record."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation
from apps.members.invitations.services import Invitee, invitation_create
from apps.members.models import AccessRole, Member, Membership, Position, PositionHolding, Team
from apps.members.people import (
    EndsBeforeStart,
    LastAdministrator,
    MemberActive,
    StillLeads,
    editable_fields,
    member_reactivate,
    member_update,
    position_end,
    position_start,
)
from apps.members.services import membership_start
from tests.factories import LONG_AGO, make_member, make_team
from tests.query_counts import queries_of

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


@pytest.fixture
def admin() -> Member:
    return make_member(AccessRole.ADMIN, name="Ada Admin")


@pytest.fixture
def office(client: Client, admin: Member) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def closer() -> Position:
    return Position.objects.create(code="closer", names={"en": "Closer"})


def signed_in(member: Member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def names(html: str) -> list[str]:
    return re.findall(r'<a href="/people/\d+/">([^<]*)</a>', html)


def listed(client: Client, **query: object) -> list[str]:
    response = client.get(reverse("people"), {key: str(value) for key, value in query.items()})
    assert response.status_code == 200
    html = response.content.decode()
    found = names(html)
    assert re.findall(r'data-figure="count">(\d+)<', html) == ([str(len(found))] if found else [])
    return found


# The directory


def test_each_sees_the_records_that_are_theirs_to_see() -> None:
    head, lead = (
        make_member(AccessRole.MANAGER, name="Head"),
        make_member(AccessRole.MANAGER, name="Lead"),
    )
    division = make_team(lead=head)
    team = make_team(parent=division, lead=lead)
    other = make_team()
    make_member(team=team, name="Rep")
    make_member(team=division, name="Mate")
    make_member(team=other, name="Outsider")
    hr = make_member(AccessRole.HR, name="Hedda")

    assert listed(signed_in(lead)) == ["Lead", "Rep"]
    assert listed(signed_in(head)) == ["Head", "Mate", "Rep"]
    assert listed(signed_in(hr)) == ["Head", "Hedda", "Lead", "Mate", "Outsider", "Rep"]


@pytest.mark.parametrize("role", [AccessRole.REP, AccessRole.ANALYST])
def test_for_others_the_pages_do_not_exist(role: AccessRole) -> None:
    me = make_member(role, team=make_team())
    client = signed_in(me)

    for name in ("member", "member_edit", "member_reactivate"):
        assert client.get(reverse(name, args=[me.pk])).status_code == 404
    assert client.get(reverse("people")).status_code == 404


def test_a_record_outside_ones_teams_is_absent() -> None:
    lead = make_member(AccessRole.MANAGER)
    make_team(lead=lead)
    outsider = make_member(team=make_team())

    for name in ("member", "member_edit"):
        address = reverse(name, args=[outsider.pk])
        assert signed_in(lead).get(address).status_code == 404
    address = reverse("member_edit", args=[outsider.pk])
    assert signed_in(lead).post(address, {"career_level": "lead"}).status_code == 404


def test_search_and_filters_narrow_the_list(office: Client, closer: Position) -> None:
    division = make_team(name="Division")
    team = make_team(parent=division, name="Group")
    mia = make_member(team=team, name="Mia", email="mia@sales.example")
    make_member(AccessRole.MANAGER, team=division, name="Bo", email="bo@sales.example")
    left = make_member(name="Lars")
    Member.objects.filter(pk=left.pk).update(is_active=False)
    position_start(member=mia, position=closer, starts_on=DAY, by=None)

    assert listed(office) == ["Ada Admin", "Bo", "Lars", "Mia"]
    assert listed(office, q="MI") == ["Ada Admin", "Mia"]
    assert listed(office, q="sales.example") == ["Bo", "Mia"]
    assert listed(office, team=division.slug) == ["Bo", "Mia"]
    assert listed(office, team=team.slug) == ["Mia"]
    assert listed(office, role="manager") == ["Bo"]
    assert listed(office, position="closer") == ["Mia"]
    assert listed(office, state="left") == ["Lars"]
    assert listed(office, state="active", role="rep") == ["Mia"]
    assert listed(office, sort="-name") == ["Mia", "Lars", "Bo", "Ada Admin"]


@pytest.mark.parametrize(
    "query",
    [
        {"team": "nowhere"},
        {"role": "king"},
        {"position": "juggler"},
        {"state": "x"},
        {"q": "a\x00"},
    ],
)
def test_filters_that_make_no_sense_get_a_message_and_no_rows(
    office: Client, query: dict[str, str]
) -> None:
    response = office.get(reverse("people"), query)

    assert response.status_code == 422
    assert names(response.content.decode()) == []


def test_a_team_that_one_does_not_see_is_no_choice() -> None:
    lead = make_member(AccessRole.MANAGER)
    make_team(lead=lead)
    other = make_team(name="Secret team")

    response = signed_in(lead).get(reverse("people"), {"team": other.slug})

    assert response.status_code == 422
    assert "Secret team" not in response.content.decode()


def test_those_who_never_signed_in_come_last_both_ways(office: Client, admin: Member) -> None:
    make_member(name="Never")
    seen = make_member(name="Seen")
    Member.objects.filter(pk=seen.pk).update(last_login=timezone.now() - timedelta(days=9))

    assert listed(office, sort="-seen") == ["Ada Admin", "Seen", "Never"]
    assert listed(office, sort="seen") == ["Seen", "Ada Admin", "Never"]


def test_the_list_costs_the_same_for_two_and_for_twenty_and_pages(
    office: Client, closer: Position
) -> None:
    team = make_team()
    make_member(team=team)
    queries_of(office, reverse("people"))
    few = len(queries_of(office, reverse("people")))
    for n in range(30):
        member = make_member(team=team, name=f"Person {n:02}")
        position_start(member=member, position=closer, starts_on=DAY, by=None)

    assert len(queries_of(office, reverse("people"))) == few
    html = office.get(reverse("people")).content.decode()
    assert 'data-figure="count">32<' in html
    assert len(names(html)) == 25
    following = re.search(r'rel="next" href="([^"]*)"', html)
    assert following is not None
    assert len(names(office.get(following[1].replace("&amp;", "&")).content.decode())) == 7


def test_open_invitations_are_counted_for_those_who_see_them(office: Client, admin: Member) -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    invitation_create(invitee=Invitee("x@example.com", "X", AccessRole.REP, team), by=admin)
    address = reverse("invitations")

    assert '<span class="count">1</span>' in office.get(reverse("people")).content.decode()
    assert address not in signed_in(lead).get(reverse("people")).content.decode()
    assert signed_in(lead).get(address).status_code == 404


# A member's page


def test_the_page_shows_the_record_with_its_past(office: Client, closer: Position) -> None:
    old, new = make_team(name="Old team"), make_team(name="New team")
    member = make_member(name="Mia <b>", email="mia@example.com", career_level="senior")
    membership_start(member=member, team=old, starts_on=LONG_AGO, by=None)
    membership_start(member=member, team=new, starts_on=DAY, by=None)
    holding = position_start(member=member, position=closer, starts_on=LONG_AGO, by=None)
    position_end(holding=holding, ends_on=DAY, by=None)

    html = office.get(reverse("member", args=[member.pk])).content.decode()

    assert "Mia &lt;b&gt;" in html
    assert html.index("New team") < html.index("Old team")
    for text in (
        "mia@example.com",
        "Senior",
        "Closer",
        "1 Jan 2015",
        "2 Mar 2026",
        "Europe/Berlin",
    ):
        assert text in html
    assert "Nobody has tried to sign in with this account yet." in html


def deeds(client: Client, member: Member) -> set[str]:
    html = client.get(reverse("member", args=[member.pk])).content.decode()
    known = ("member_edit", "member_move", "acting_start", "two_step_reset", "member_leave",
             "member_reactivate")  # fmt: skip
    return {name for name in known if f'"{reverse(name, args=[member.pk])}"' in html}


def test_each_is_offered_what_is_theirs_to_do(admin: Member) -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    rep = make_member(team=team)
    hr = make_member(AccessRole.HR)
    Authenticator.objects.create(user=rep, type=Authenticator.Type.TOTP, data={})

    assert deeds(signed_in(lead), rep) == {"member_edit", "member_move"}
    assert deeds(signed_in(lead), lead) == set()
    assert deeds(signed_in(hr), rep) == {"member_edit", "member_move"}
    assert deeds(signed_in(admin), rep) == {
        "member_edit", "member_move", "acting_start", "two_step_reset", "member_leave"
    }  # fmt: skip
    assert deeds(signed_in(admin), admin) == {"member_edit", "member_move"}
    Member.objects.filter(pk=rep.pk).update(is_active=False)
    assert "member_reactivate" in deeds(signed_in(admin), rep)
    assert "member_reactivate" not in deeds(signed_in(hr), rep)


def test_the_page_costs_the_same_for_a_long_past(office: Client, closer: Position) -> None:
    member = make_member()

    def cost() -> int:
        return len(queries_of(office, reverse("member", args=[member.pk])))

    membership_start(member=member, team=make_team(), starts_on=LONG_AGO, by=None)
    cost()
    short = cost()
    for n in range(8):
        on = DAY + timedelta(days=n)
        membership_start(member=member, team=make_team(), starts_on=on, by=None)
        holding = position_start(member=member, position=closer, starts_on=on, by=None)
        position_end(holding=holding, ends_on=on + timedelta(days=1), by=None)

    assert cost() == short


# Changing a record


def test_who_changes_which_fields(admin: Member) -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)
    rep, outsider = make_member(team=team), make_member(team=make_team())
    hr = make_member(AccessRole.HR)
    of_hr = {"name", "joined_on", "time_zone", "language", "career_level", "positions"}

    assert editable_fields(lead, rep) == {"career_level", "positions"}
    assert editable_fields(hr, rep) == of_hr
    assert editable_fields(admin, rep) == of_hr | {"email", "access_role", "may_export_lists"}
    for reader, member in ((lead, lead), (lead, outsider), (rep, rep), (rep, outsider)):
        assert editable_fields(reader, member) == frozenset()


def test_a_change_says_before_and_after(admin: Member) -> None:
    member = make_member(name="Mia", email="mia@example.com")

    member_update(
        member=member,
        values={"name": "Mia Berg", "access_role": AccessRole.HR, "may_export_lists": True},
        by=admin,
    )

    member.refresh_from_db()
    assert (member.name, member.role, member.may_export_lists) == ("Mia Berg", AccessRole.HR, True)
    entry = AuditEntry.objects.get(action="member.update")
    assert entry.by == admin
    assert entry.changes == {
        "name": ["Mia", "Mia Berg"],
        "access_role": ["rep", "hr"],
        "may_export_lists": [None, True],
    }


def test_nothing_changed_is_nothing_written(admin: Member) -> None:
    member = make_member(name="Mia")

    member_update(member=member, values={"name": "Mia"}, by=admin)

    assert not AuditEntry.objects.filter(action="member.update").exists()


@pytest.mark.parametrize("field", ["email", "access_role", "may_export_lists"])
def test_hr_changes_nothing_about_access(field: str) -> None:
    member = make_member(email="mia@example.com")
    value: Any = {"email": "x@example.com", "access_role": "admin", "may_export_lists": True}[field]

    with pytest.raises(NotPermitted):
        member_update(member=member, values={field: value}, by=make_member(AccessRole.HR))

    member.refresh_from_db()
    assert (member.email, member.role, member.may_export_lists) == (
        "mia@example.com", AccessRole.REP, None
    )  # fmt: skip


def test_a_lead_decides_nothing_about_their_own_level(closer: Position) -> None:
    lead = make_member(AccessRole.MANAGER)
    make_team(lead=lead)

    with pytest.raises(NotPermitted):
        member_update(member=lead, values={"career_level": "director"}, by=lead)
    with pytest.raises(NotPermitted):
        member_update(member=lead, values={}, positions=[closer], positions_on=DAY, by=lead)
    response = signed_in(lead).get(reverse("member_edit", args=[lead.pk]))

    assert response.status_code == 403
    lead.refresh_from_db()
    assert lead.career_level == ""


def test_an_address_that_is_taken_is_refused(admin: Member, office: Client) -> None:
    make_member(email="taken@example.com")
    member = make_member(email="mia@example.com")

    with pytest.raises(ValidationError, match="member already"):
        member_update(member=member, values={"email": "TAKEN@example.com"}, by=admin)
    form = filled(office, member) | {"email": "Taken@Example.com"}
    response = office.post(reverse("member_edit", args=[member.pk]), form)

    assert response.status_code == 422
    assert "Another member has this email." in response.content.decode()
    member.refresh_from_db()
    assert member.email == "mia@example.com"


def test_the_former_address_signs_nobody_in(admin: Member) -> None:
    member = make_member(email="old@example.com")
    EmailAddress.objects.create(user=member, email="old@example.com", verified=True, primary=True)

    member_update(member=member, values={"email": "New@Example.com "}, by=admin)

    client = Client()
    address = reverse("account_login")
    sign_in = {"password": "correct horse battery"}
    client.post(address, {"login": "old@example.com", **sign_in})
    assert "_auth_user_id" not in client.session
    client.post(address, {"login": "new@example.com", **sign_in})
    assert client.session["_auth_user_id"] == str(member.pk)


def test_the_last_administrator_stays(admin: Member, office: Client) -> None:
    gone = make_member(AccessRole.ADMIN)
    Member.objects.filter(pk=gone.pk).update(is_active=False)

    with pytest.raises(LastAdministrator, match="Ada Admin is the only administrator"):
        member_update(member=admin, values={"access_role": AccessRole.HR}, by=admin)
    form = filled(office, admin) | {"access_role": "hr"}
    response = office.post(reverse("member_edit", args=[admin.pk]), form)

    assert response.status_code == 422
    assert "make somebody else an administrator first" in response.content.decode()
    admin.refresh_from_db()
    assert admin.role is AccessRole.ADMIN


def in_parallel(*works: Callable[[], object]) -> list[object]:
    results: list[object] = [None] * len(works)
    start = Barrier(len(works))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = works[number]()
        except DomainError as refusal:
            results[number] = refusal
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_both_go_at_once() -> None:
    one, other = make_member(AccessRole.ADMIN), make_member(AccessRole.ADMIN)

    def demote(member: Member) -> Callable[[], object]:
        values = {"access_role": AccessRole.REP}
        return lambda: member_update(member=member, values=values, by=member)

    results = in_parallel(demote(one), demote(other))

    assert sorted(type(result).__name__ for result in results) == ["LastAdministrator", "Member"]
    assert Member.objects.filter(access_role=AccessRole.ADMIN, is_active=True).count() == 1


def test_who_leads_keeps_a_role_that_leads(admin: Member) -> None:
    lead = make_member(AccessRole.MANAGER, name="Lea")
    make_team(lead=lead, name="North")
    make_team(lead=lead, name="South")
    closed = make_team(lead=lead, name="Gone")
    Team.objects.filter(pk=closed.pk).update(closed_on=DAY)

    with pytest.raises(StillLeads, match=r"Lea leads teams: North, South\. Give them other leads"):
        member_update(member=lead, values={"access_role": AccessRole.REP}, by=admin)
    member_update(member=lead, values={"access_role": AccessRole.DIRECTOR}, by=admin)

    lead.refresh_from_db()
    assert lead.role is AccessRole.DIRECTOR


def test_nobody_joins_after_they_left(admin: Member) -> None:
    member = make_member(name="Lars")
    Member.objects.filter(pk=member.pk).update(left_on=DAY)

    with pytest.raises(EndsBeforeStart, match="Lars left on 2 Mar 2026"):
        member_update(member=member, values={"joined_on": DAY}, by=admin)


# Positions


def test_positions_change_from_a_day_on_and_the_past_stays(admin: Member, closer: Position) -> None:
    opener = Position.objects.create(code="opener", names={"en": "Opener"})
    member = make_member()
    position_start(member=member, position=closer, starts_on=LONG_AGO, by=None)

    member_update(member=member, values={}, positions=[opener], positions_on=DAY, by=admin)

    held = {h.position: (h.starts_on, h.ends_on) for h in PositionHolding.objects.all()}
    assert held == {closer: (LONG_AGO, DAY), opener: (DAY, None)}
    actions = AuditEntry.objects.filter(by=admin, action__startswith="position.")
    assert sorted(actions.values_list("action", flat=True)) == ["position.end", "position.start"]


def test_a_position_ends_not_before_it_began(closer: Position) -> None:
    holding = position_start(member=make_member(), position=closer, starts_on=DAY, by=None)

    with pytest.raises(EndsBeforeStart, match="“Closer” is held since 2 Mar 2026"):
        position_end(holding=holding, ends_on=DAY - timedelta(days=1), by=None)

    holding.refresh_from_db()
    assert holding.ends_on is None


def test_a_position_taken_back_on_its_first_day_was_never_held(closer: Position) -> None:
    holding = position_start(member=make_member(), position=closer, starts_on=DAY, by=None)

    position_end(holding=holding, ends_on=DAY, by=None)

    assert not PositionHolding.objects.exists()


def test_a_position_is_held_once_at_a_time(closer: Position) -> None:
    member = make_member()
    position_start(member=member, position=closer, starts_on=DAY, by=None)

    with pytest.raises(DomainError, match="“Closer” is held on some of these days already"):
        position_start(member=member, position=closer, starts_on=LONG_AGO, by=None)

    assert PositionHolding.objects.count() == 1


def test_a_retired_position_is_given_to_nobody(closer: Position) -> None:
    closer.is_active = False
    closer.save()

    with pytest.raises(DomainError, match="not in use any more"):
        position_start(member=make_member(), position=closer, starts_on=DAY, by=None)


# The form


def filled(client: Client, member: Member) -> dict[str, Any]:
    """What a browser would send back of the form as it is."""
    form = client.get(reverse("member_edit", args=[member.pk])).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None}


def test_the_form_sent_back_as_it_was_changes_nothing(office: Client, closer: Position) -> None:
    member = make_member(joined_on=LONG_AGO)
    position_start(member=member, position=closer, starts_on=DAY, by=None)

    response = office.post(reverse("member_edit", args=[member.pk]), filled(office, member))

    assert response.status_code == 302
    assert not AuditEntry.objects.filter(action="member.update").exists()
    assert PositionHolding.objects.get().ends_on is None


def test_a_lead_changes_level_and_positions_by_the_form(closer: Position) -> None:
    lead = make_member(AccessRole.MANAGER)
    rep = make_member(team=make_team(lead=lead), name="Mia")
    client = signed_in(lead)
    form = filled(client, rep)

    # More than the form offers is not taken.
    sent = form | {
        "career_level": "lead",
        "positions": [closer.pk],
        "access_role": "admin",
        "name": "X",
    }
    client.post(reverse("member_edit", args=[rep.pk]), sent)

    assert set(form) == {"career_level", "positions", "positions_on"}
    rep.refresh_from_db()
    assert (rep.name, rep.role, rep.career_level) == ("Mia", AccessRole.REP, "lead")
    assert PositionHolding.objects.get().position == closer


def test_a_form_with_a_refused_position_changes_no_field_either(
    office: Client, closer: Position
) -> None:
    member = make_member(name="Mia")
    position_start(member=member, position=closer, starts_on=DAY, by=None)
    sent = filled(office, member) | {"name": "Other", "positions": [], "positions_on": "2026-03-01"}

    response = office.post(reverse("member_edit", args=[member.pk]), sent)

    assert response.status_code == 422
    assert "is held since 2 Mar 2026" in response.content.decode()
    member.refresh_from_db()
    assert member.name == "Mia"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("email", "x"),
        ("access_role", "king"),
        ("may_export_lists", "maybe"),
        ("career_level", "chief"),
        ("joined_on", "yesterday"),
        ("time_zone", "Mars"),
        ("language", "tlh"),
        ("positions", "999999"),
        ("positions_on", ""),
    ],
)
def test_a_value_that_cannot_be_is_named(office: Client, field: str, value: str) -> None:
    member = make_member(name="Mia")

    response = office.post(
        reverse("member_edit", args=[member.pk]), filled(office, member) | {field: value}
    )

    assert response.status_code == 422
    assert f'id="id_{field}_error"' in response.content.decode()


@pytest.mark.parametrize(("sent", "kept"), [("role", None), ("1", True), ("0", False)])
def test_the_export_right_has_three_answers(office: Client, sent: str, kept: bool | None) -> None:
    member = make_member()

    office.post(
        reverse("member_edit", args=[member.pk]),
        filled(office, member) | {"may_export_lists": sent},
    )

    member.refresh_from_db()
    assert member.may_export_lists is kept


# Coming back


@pytest.fixture
def left() -> Member:
    member = make_member(name="Lars", team=make_team())
    Membership.objects.filter(member=member).update(ends_on=DAY)
    Member.objects.filter(pk=member.pk).update(is_active=False, left_on=DAY)
    member.refresh_from_db()
    return member


def test_somebody_who_left_comes_back_into_a_team(office: Client, left: Member) -> None:
    team, today = make_team(), Organisation.current().today()

    response = office.post(
        reverse("member_reactivate", args=[left.pk]), {"team": team.slug, "starts_on": str(today)}
    )

    assert response.status_code == 302
    left.refresh_from_db()
    assert (left.is_active, left.left_on) == (True, None)
    running = Membership.objects.running_on(today).get(member=left)
    assert running.team == team
    assert AuditEntry.objects.get(action="member.reactivate").changes == {
        "is_active": [False, True],
        "left_on": ["2026-03-02", None],
    }


def test_nobody_comes_back_without_a_team(office: Client, left: Member) -> None:
    response = office.post(
        reverse("member_reactivate", args=[left.pk]), {"starts_on": "2026-04-01"}
    )

    assert response.status_code == 422
    left.refresh_from_db()
    assert not left.is_active


def test_coming_back_is_refused_where_it_makes_no_sense(admin: Member, left: Member) -> None:
    team, closed = make_team(), make_team(name="Gone")
    Team.objects.filter(pk=closed.pk).update(closed_on=DAY)
    closed.refresh_from_db()

    with pytest.raises(NotPermitted):
        member_reactivate(member=left, team=team, starts_on=DAY, by=make_member(AccessRole.HR))
    with pytest.raises(DomainError, match="“Gone” is closed"):
        member_reactivate(member=left, team=closed, starts_on=DAY, by=admin)
    with pytest.raises(MemberActive):
        member_reactivate(member=admin, team=team, starts_on=DAY, by=admin)

    left.refresh_from_db()
    assert not left.is_active
