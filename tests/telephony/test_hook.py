"""What phone systems are answered."""

import json
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.activities.models import Activity
from apps.core.models import AuditEntry, Organisation
from apps.telephony import services
from apps.telephony.models import CallEvent, PhoneCall
from apps.telephony.services import call_event_take
from apps.telephony.signing import signature_of
from apps.telephony.systems import phone_system_rotate, phone_system_switch
from apps.telephony.throttling import MOST_FAILURES_A_MINUTE
from tests.factories import make_member
from tests.racing import together
from tests.telephony.conftest import (
    Office,
    Post,
    customer_with_phone,
    event,
    make_office,
    told,
)

EVENTS = (event("started"), event("answered", 5), event("ended", 66))


def test_a_call_is_taken_and_becomes_an_activity(post: Post, office: Office) -> None:
    customer = customer_with_phone(office.mei)

    answers = [post(told(one)) for one in EVENTS]

    assert [one.status_code for one in answers] == [201, 201, 201]
    assert json.loads(answers[0].content) == {"result": "taken", "event_id": "started-0"}
    assert Activity.objects.get().customer == customer
    # It came by a program, and set no cookie.
    assert AuditEntry.objects.get(action="activity.log").channel == "api"
    assert not answers[0].cookies


def test_a_delivery_that_comes_again_is_said_to_be_known(post: Post) -> None:
    post(told(EVENTS[0]))

    again = post(told(EVENTS[0]))

    assert (again.status_code, json.loads(again.content)["result"]) == (200, "seen before")
    assert CallEvent.objects.count() == 1


def test_an_id_that_was_used_for_another_event_is_a_conflict(post: Post) -> None:
    post(told(EVENTS[0]))

    answer = post(told(EVENTS[0]) | {"kind": "ended"})

    assert answer.status_code == 409
    assert "started-0 was used for another event" in json.loads(answer.content)["detail"]
    assert CallEvent.objects.get().kind == "started"


def test_the_signature_is_the_one_that_the_page_tells_how_to_make() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac key
    assert signature_of("key", "1700000000", b"{}") == (
        "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


@pytest.mark.parametrize(
    "said",
    [
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "é\x00"},
        {"secret": "another"},
        {"system": "elsewhere"},
        {"system": ""},
        {"timestamp": ""},
        {"timestamp": "now"},
        {"timestamp": "1700000000"},
        {"timestamp": "9999999999"},
        {"timestamp": "٣"},
    ],
)
def test_what_is_not_signed_right_is_refused(post: Post, said: dict[str, str]) -> None:
    said = {key: text.encode().decode("latin-1") for key, text in said.items()}

    answer = post(told(EVENTS[0]), **said)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert not CallEvent.objects.exists()


def test_a_signature_is_of_its_body_and_time(post: Post, office: Office) -> None:
    now = str(int(timezone.now().timestamp()))
    body = json.dumps(told(EVENTS[0])).encode()
    signature = signature_of(office.secret, now, body)

    other_body = post(told(EVENTS[1]), timestamp=now, signature=signature)
    other_time = post(body, timestamp=str(int(now) + 1), signature=signature)
    right = post(body, timestamp=now, signature=signature)

    assert [one.status_code for one in (other_body, other_time, right)] == [401, 401, 201]


@pytest.mark.parametrize(("seconds", "status"), [(-290, 201), (290, 201), (-310, 401), (310, 401)])
def test_a_delivery_has_five_minutes(post: Post, seconds: int, status: int) -> None:
    at = int(timezone.now().timestamp()) + seconds

    answer = post(told(EVENTS[0]), timestamp=str(at))

    assert answer.status_code == status
    if status == 401:
        assert "more than 5 minutes off" in json.loads(answer.content)["detail"]


GARBAGE: list[tuple[Any, str]] = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff", "not JSON"),
    (b"[" * 5000, "not JSON"),
    ([], "not a JSON object"),
    ({"event_id": 5}, "“event_id” is missing, or not a text"),
    ({"event_id": " "}, "“event_id” is empty"),
    ({"event_id": "x" * 101}, "more than 100 characters"),
    ({"call_id": "a\x00b"}, "can't be printed"),
    ({"call_id": "\ud800"}, "can't be printed"),
    ({"from": 30}, "“from” is missing, or not a text"),
    ({"kind": "paused"}, "“kind” is one of: started, answered, ended"),
    ({"direction": None}, "“direction” is missing"),
    ({"at": "2026-03-02T09:00:00"}, "“at” is a time with its zone"),
    ({"at": "yesterday"}, "“at” is a time with its zone"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "“at” is a time with its zone"),
    ({"at": "9999-12-31T23:59:59-14:00"}, "lies in the future"),
    ({"at": "2999-01-01T00:00:00Z"}, "lies in the future"),
]


@pytest.mark.parametrize(("body", "words"), GARBAGE)
def test_garbage_is_refused_with_a_sentence(post: Post, body: Any, words: str) -> None:
    answer = post(told(EVENTS[0]) | body if isinstance(body, dict) else body)

    assert answer.status_code == 400
    assert words in json.loads(answer.content)["detail"]
    assert not PhoneCall.objects.exists()


def test_fields_that_nobody_knows_are_left_and_numbers_may_be_missing(post: Post) -> None:
    body = told(EVENTS[0]) | {"queue": [1], "from": None, "extension": None}
    del body["to"]

    assert post(body).status_code == 201


def test_a_body_that_is_too_big_is_not_read(post: Post) -> None:
    answer = post(b" " * (16 * 1024 + 1))

    assert answer.status_code == 413
    assert "16384 bytes" in json.loads(answer.content)["detail"]


def test_only_posts_are_taken(client: Client, db: None) -> None:
    assert client.get(reverse("call_hook")).status_code == 405


def test_after_a_new_secret_the_old_one_is_worth_nothing(post: Post, office: Office) -> None:
    admin = make_member(role=office.lead.role.ADMIN)
    new = phone_system_rotate(system=office.system, by=admin)

    assert post(told(EVENTS[0])).status_code == 401
    assert post(told(EVENTS[0]), secret=new).status_code == 201


def test_a_system_that_is_switched_off_is_not_heard(post: Post, office: Office) -> None:
    admin = make_member(role=office.lead.role.ADMIN)
    phone_system_switch(system=office.system, is_active=False, by=admin)

    assert post(told(EVENTS[0])).status_code == 401


def test_who_guesses_has_to_wait_even_with_the_right_signature(post: Post) -> None:
    for _n in range(MOST_FAILURES_A_MINUTE):
        post({}, signature="0")

    answer = post(told(EVENTS[0]))

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert not CallEvent.objects.exists()


def test_more_events_in_a_minute_than_are_taken_come_again_later(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.telephony.views.hook.MOST_EVENTS_A_MINUTE", 2)

    assert [post(told(one)).status_code for one in EVENTS] == [201, 201, 429]


def test_an_event_and_its_call_are_written_both_or_neither(
    post: Post, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_said: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(services, "_follow", broken)

    with pytest.raises(RuntimeError):
        post(told(EVENTS[0]))

    assert not CallEvent.objects.exists()
    assert not PhoneCall.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deliveries_at_the_same_moment_write_once() -> None:
    Organisation.current()
    office = make_office()
    customer_with_phone(office.mei)
    take = partial(call_event_take, system=office.system, call_id="c1")

    answers = together([partial(take, event=one) for one in EVENTS * 6])

    assert set(answers) == {""}
    assert CallEvent.objects.count() == 3
    call = PhoneCall.objects.get()
    assert (call.state, call.talk_seconds) == ("ended", 61)
    activity = Activity.objects.get()
    assert (activity.outcome, activity.minutes) == ("reached", 2)
    assert call.activity == activity
