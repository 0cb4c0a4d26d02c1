"""Running sessions: which there are, ending them, and what ends them by itself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.members.models import Member
from apps.members.signing_in.sessions import sessions_end, sessions_of
from tests.factories import PASSWORD, make_member
from tests.members.totp import sign_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def signed_in(member: Member, browser: str = FIREFOX, **more: str) -> Client:
    client = Client(headers={"User-Agent": browser}, **more)  # type: ignore[arg-type]
    sign_in(client, member)
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/profile/").status_code == 200


def test_the_page_says_browser_address_and_which_one_this_is() -> None:
    member = make_member()
    here = signed_in(member)
    signed_in(member, PHONE, REMOTE_ADDR="192.0.2.7")

    html = here.get(reverse("security")).content.decode()
    found = sessions_of(member, this_key=here.session.session_key)

    assert [(s.browser, s.address, s.is_this_one, s.is_handheld) for s in found] == [
        ("Firefox on Linux", "127.0.0.1", True, False),
        ("Safari on iPhone", "192.0.2.7", False, True),
    ]
    assert html.count("this one") == 1
    assert html.count("/end/") == 2  # the other one, and all others


def test_sessions_that_are_over_are_not_listed() -> None:
    member = make_member()
    here = signed_in(member)
    other = signed_in(member)
    Session.objects.filter(pk=other.session.session_key).update(expire_date=NOON)

    assert len(sessions_of(member, this_key=here.session.session_key)) == 1


def test_anothers_session_is_not_there_to_be_ended() -> None:
    victim, client = signed_in(make_member()), signed_in(make_member())
    theirs = UserSession.objects.get(session_key=victim.session.session_key)

    assert client.post(reverse("session_end", args=[theirs.pk])).status_code == 404
    assert is_in(victim)


def test_one_session_is_ended_at_once() -> None:
    member = make_member()
    here, there, third = signed_in(member), signed_in(member), signed_in(member)
    row = UserSession.objects.get(session_key=there.session.session_key)

    here.post(reverse("session_end", args=[row.pk]))

    assert [is_in(client) for client in (here, there, third)] == [True, False, True]
    assert AuditEntry.objects.get(action="member.session_end").by == member


def test_all_others_are_ended_at_once() -> None:
    member, stranger = make_member(), signed_in(make_member())
    here, there, third = signed_in(member), signed_in(member), signed_in(member)

    here.post(reverse("sessions_end_others"))

    assert [is_in(c) for c in (here, there, third, stranger)] == [True, False, False, True]


def test_ending_them_all_leaves_none() -> None:
    member = make_member()
    clients = [signed_in(member) for _browser in range(2)]
    keys = [client.session.session_key for client in clients]

    assert sessions_end(member) == 2
    assert [is_in(client) for client in clients] == [False, False]
    assert not Session.objects.filter(pk__in=keys).exists()
    assert not UserSession.objects.filter(user=member).exists()


def test_one_key_is_left_out_if_wanted() -> None:
    member = make_member()
    here, there = signed_in(member), signed_in(member)

    assert sessions_end(member, except_key=here.session.session_key) == 1
    assert [is_in(here), is_in(there)] == [True, False]


def test_a_new_password_ends_the_others_and_tells_the_member() -> None:
    member = make_member()
    here, there = signed_in(member), signed_in(member)
    new = "a wholly different phrase"

    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert [is_in(here), is_in(there)] == [True, False]
    assert UserSession.objects.filter(user=member).count() == 1
    assert mail.outbox == []  # the outbox of the database sends it


def test_signing_in_ends_nobody_elses_session_and_makes_a_new_key() -> None:
    member = make_member()
    client = Client()
    client.get("/account/login/")
    sign_in(client, member)
    first = client.session.session_key
    client.post("/account/logout/")

    sign_in(client, member)

    assert client.session.session_key != first
    assert not Session.objects.filter(pk=first).exists()


def test_use_is_noted_every_few_minutes_and_not_each_time() -> None:
    member = make_member()
    with time_machine.travel(NOON, tick=False):
        client = signed_in(member)
        client.get("/account/profile/")
    seen = []
    for minutes in (4, 6, 7):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            client.get("/account/profile/")
        seen.append(UserSession.objects.get(user=member).last_seen_at)

    assert seen == [NOON, NOON + timedelta(minutes=6), NOON + timedelta(minutes=6)]


def test_signing_in_over_somebody_elses_session_begins_a_new_one() -> None:
    first, second, client = make_member(), make_member(), Client()
    client.force_login(first)
    old_key = client.session.session_key

    client.force_login(second)

    assert client.session.session_key not in {None, old_key}
    assert UserSession.objects.get(user=second).session_key == client.session.session_key
