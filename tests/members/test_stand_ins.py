"""Somebody leads in a lead's place for some days: who may be named, what is refused, who is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.errors import DomainError, NotPermitted
from apps.core.models import AuditEntry, Organisation, OutgoingMail
from apps.members.models import AccessRole, Member, StandIn, Team
from apps.members.services import membership_start
from apps.members.teams.stand_ins import UnfitStandIn, stand_in_cancel, stand_in_name
from tests.factories import LONG_AGO, make_member, make_team

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def today() -> date:
    return Organisation.current().today()


def week(**fields: Any) -> dict[str, Any]:
    """Days away, from today on: seven of them."""
    return {"starts_on": today(), "ends_on": today() + 7 * DAY, "by": None, **fields}


@contextmanager
def nothing_changes() -> Iterator[None]:
    def state() -> object:
        return (
            list(StandIn.objects.order_by("pk").values()),
            AuditEntry.objects.count(),
            OutgoingMail.objects.count(),
        )

    before = state()
    yield
    assert state() == before


@pytest.fixture
def manager() -> Member:
    return make_member(AccessRole.MANAGER, name="Katrin")


@pytest.fixture
def team(manager: Member) -> Team:
    return make_team(lead=manager, parent=make_team(name="Company"))


@pytest.fixture
def colleague() -> Member:
    return make_member(AccessRole.MANAGER, name="Stefan", language="zh-hans")


def test_a_stand_in_is_named_audited_and_both_are_told(
    manager: Member, team: Team, colleague: Member
) -> None:
    admin = make_member(AccessRole.ADMIN)

    named = stand_in_name(absent=manager, stand_in=colleague, **week(by=admin))

    assert (named.starts_on, named.ends_on, named.last_on) == (
        today(),
        today() + 7 * DAY,
        today() + 6 * DAY,
    )
    entry = AuditEntry.objects.get(action="standin.name")
    assert entry.changes["stand_in"] == [None, [colleague.pk, "Stefan"]]
    mails = {mail.to: mail for mail in OutgoingMail.objects.all()}
    assert set(mails) == {manager.email, colleague.email}
    assert mails[manager.email].subject == "Stefan stands in for you"
    assert mails[colleague.email].language == "zh-hans"


def test_who_names_their_own_stand_in_gets_no_mail(
    manager: Member, team: Team, colleague: Member
) -> None:
    stand_in_name(absent=manager, stand_in=colleague, **week(by=manager))

    assert [mail.to for mail in OutgoingMail.objects.all()] == [colleague.email]


@pytest.mark.parametrize("days", [0, -1])
def test_an_end_before_the_start_is_refused(manager: Member, colleague: Member, days: int) -> None:
    with nothing_changes(), pytest.raises(DomainError, match="lies before the first one"):
        stand_in_name(absent=manager, stand_in=colleague, **week(ends_on=today() + days * DAY))


def test_days_that_are_over_are_refused(manager: Member, colleague: Member) -> None:
    past = week(starts_on=today() - 5 * DAY, ends_on=today())

    with nothing_changes(), pytest.raises(DomainError, match="These days are over"):
        stand_in_name(absent=manager, stand_in=colleague, **past)


def test_unfit_people_are_refused(manager: Member, colleague: Member) -> None:
    gone = make_member(AccessRole.MANAGER, name="Lars")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    analyst = make_member(AccessRole.ANALYST, name="Jens")
    rep = make_member(name="Mia")

    with nothing_changes():
        with pytest.raises(UnfitStandIn, match="Nobody stands in for themselves"):
            stand_in_name(absent=manager, stand_in=manager, **week())
        with pytest.raises(UnfitStandIn, match="Lars is not active"):
            stand_in_name(absent=manager, stand_in=gone, **week())
        with pytest.raises(UnfitStandIn, match="Lars is not active any more"):
            stand_in_name(absent=gone, stand_in=manager, **week())
        with pytest.raises(UnfitStandIn, match="Jens can't lead"):
            stand_in_name(absent=manager, stand_in=analyst, **week())
        with pytest.raises(UnfitStandIn, match="Mia leads nobody"):
            stand_in_name(absent=rep, stand_in=colleague, **week())


def test_a_second_stand_in_on_the_same_days_is_refused_and_one_after_them_is_not(
    manager: Member, colleague: Member
) -> None:
    other = make_member(AccessRole.MANAGER)
    stand_in_name(absent=manager, stand_in=colleague, **week())

    with nothing_changes(), pytest.raises(DomainError, match="cancel that first"):
        stand_in_name(absent=manager, stand_in=other, **week(starts_on=today() + 6 * DAY))
    after = week(starts_on=today() + 7 * DAY, ends_on=today() + 9 * DAY)
    assert stand_in_name(absent=manager, stand_in=other, **after).pk


def test_somebody_away_on_these_days_is_refused_until_that_is_cancelled(
    manager: Member, colleague: Member
) -> None:
    away = stand_in_name(absent=colleague, stand_in=make_member(AccessRole.MANAGER), **week())

    with nothing_changes(), pytest.raises(UnfitStandIn, match="Stefan is away on some"):
        stand_in_name(absent=manager, stand_in=colleague, **week())
    stand_in_cancel(stand_in=away, by=None)
    assert stand_in_name(absent=manager, stand_in=colleague, **week()).pk


def test_what_is_cancelled_or_over_is_not_cancelled_again(
    manager: Member, colleague: Member
) -> None:
    named = stand_in_name(absent=manager, stand_in=colleague, **week())
    past = StandIn.objects.create(
        absent=manager,
        stand_in=colleague,
        starts_on=today() - 9 * DAY,
        ends_on=today() - 5 * DAY,
    )

    stand_in_cancel(stand_in=named, by=manager)

    named.refresh_from_db()
    assert named.cancelled_at is not None
    assert not StandIn.objects.in_force_on(today()).exists()
    assert OutgoingMail.objects.filter(to=colleague.email).count() == 2
    with nothing_changes():
        with pytest.raises(DomainError, match="cancelled already"):
            stand_in_cancel(stand_in=named, by=manager)
        with pytest.raises(DomainError, match="days are over"):
            stand_in_cancel(stand_in=past, by=manager)


def test_only_they_themselves_and_whoever_leads_them_decide(
    manager: Member, team: Team, colleague: Member
) -> None:
    director = make_member(AccessRole.DIRECTOR)
    Team.objects.filter(children=team).update(lead=director)
    membership_start(member=manager, team=team, starts_on=LONG_AGO, by=None)

    with nothing_changes(), pytest.raises(NotPermitted):
        stand_in_name(absent=manager, stand_in=colleague, **week(by=colleague))
    named = stand_in_name(absent=manager, stand_in=colleague, **week(by=director))
    with nothing_changes(), pytest.raises(NotPermitted):
        stand_in_cancel(stand_in=named, by=colleague)


# Pages


def address(member: Member) -> str:
    return reverse("member_stand_ins", args=[member.pk])


def given(stand_in: Member, first: date, last: date) -> dict[str, str]:
    return {
        "stand_in": str(stand_in.pk),
        "starts_on": first.isoformat(),
        "last_on": last.isoformat(),
    }


def test_i_am_away_names_a_colleague_whose_work_i_do_not_see(
    client: Client, manager: Member, team: Team, colleague: Member
) -> None:
    make_team(lead=colleague, parent=team.parent)
    client.force_login(manager)

    response = client.post(
        address(manager), given(colleague, today(), today() + 2 * DAY), follow=True
    )

    html = response.content.decode()
    named = StandIn.objects.get()
    assert (named.stand_in, named.made_by) == (colleague, manager)
    assert named.ends_on == today() + 3 * DAY
    assert "Stefan stands in on these days and is told by mail." in html


def test_people_outside_ones_sight_cant_be_named(
    client: Client, manager: Member, team: Team
) -> None:
    stranger = make_member(team=make_team())
    client.force_login(manager)

    response = client.post(address(manager), given(stranger, today(), today()))

    assert response.status_code == 422
    assert "There is no such choice." in response.content.decode()
    assert not StandIn.objects.exists()


def test_a_refusal_answers_422_and_keeps_what_was_typed(
    client: Client, manager: Member, team: Team
) -> None:
    rep = make_member(team=team)
    client.force_login(manager)

    response = client.post(address(manager), given(rep, today() + DAY, today()))

    html = response.content.decode()
    assert response.status_code == 422
    assert "The last day lies before the first one" in html
    assert f'value="{today() + DAY}"' in html


def test_the_panel_for_htmx_is_the_card_alone(client: Client, manager: Member) -> None:
    client.force_login(manager)

    part = client.get(address(manager), headers={"HX-Request": "true"}).content.decode()

    assert 'id="stand-ins"' in part
    assert "<html" not in part


def test_a_rep_is_told_that_they_need_none_and_gets_no_form(client: Client) -> None:
    rep = make_member()
    client.force_login(rep)

    html = client.get(address(rep)).content.decode()

    assert "Only people who lead teams need a stand-in." in html
    assert 'name="starts_on"' not in html


def test_others_do_not_exist(client: Client, manager: Member, colleague: Member) -> None:
    named = stand_in_name(absent=manager, stand_in=make_member(), **week())
    client.force_login(colleague)

    assert client.get(address(manager)).status_code == 404
    assert client.post(address(manager), given(colleague, today(), today())).status_code == 404
    assert client.post(reverse("stand_in_cancel", args=[named.pk])).status_code == 404


def test_cancelling_on_the_page(client: Client, manager: Member, colleague: Member) -> None:
    named = stand_in_name(absent=manager, stand_in=colleague, **week())
    client.force_login(manager)

    html = client.post(reverse("stand_in_cancel", args=[named.pk]), follow=True).content.decode()

    named.refresh_from_db()
    assert named.cancelled_at is not None
    assert "Cancelled. Stefan is told by mail." in html
    assert "Stefan stands in" not in html
