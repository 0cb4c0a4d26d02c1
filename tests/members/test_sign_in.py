"""Signing in: what is counted, what is kept, and that nothing betrays who has an account."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from apps.core.models import Organisation, OutgoingMail
from apps.members.models import Member, SignIn, SignInOutcome
from apps.members.signing_in.browsers import browser_in_words, browser_of
from apps.members.signing_in.sign_in_log import last_sign_ins, sign_ins_delete_old, sign_ins_expire
from tests.factories import PASSWORD, make_member

LOGIN, RESET, CODE = "/account/login/", "/account/password/reset/", "/account/2fa/authenticate/"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/149.0.0.0 Safari/537.36"
)
DONE, REFUSED, THROTTLED = SignInOutcome.DONE, SignInOutcome.REFUSED, SignInOutcome.THROTTLED

pytestmark = pytest.mark.usefixtures("db")


def sign_in(
    client: Client, email: str, password: str = PASSWORD, *, address: str = "192.0.2.1", **more: str
) -> Any:
    fields = {"login": email, "password": password, **more}
    return client.post(LOGIN, fields, REMOTE_ADDR=address)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def kept() -> list[tuple[Any, ...]]:
    """Every attempt: member, what was typed, method, outcome."""
    rows = SignIn.objects.order_by("pk").values_list("member", "email", "method", "outcome")
    return list(rows)


def code_of(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


class TestLog:
    def test_a_sign_in_is_kept_with_how_and_from_where(self, client: Client) -> None:
        member = make_member()

        client.post(
            LOGIN,
            {"login": member.email.upper(), "password": PASSWORD},
            REMOTE_ADDR="2001:db8::7",
            headers={"user-agent": CHROME},
        )

        assert is_in(client)
        assert kept() == [(member.pk, member.email, "password", DONE)]
        line = SignIn.objects.get()
        assert (line.address, line.browser) == ("2001:db8::7", "Chrome on Windows")

    def test_a_wrong_password_is_kept_with_the_member(self, client: Client) -> None:
        member = make_member()

        sign_in(client, member.email, "wrong")

        assert kept() == [(member.pk, member.email, "password", REFUSED)]

    def test_an_address_of_nobody_is_kept_as_it_was_typed(self, client: Client) -> None:
        sign_in(client, "nobody@example.com")

        assert kept() == [(None, "nobody@example.com", "password", REFUSED)]

    def test_the_right_password_of_whoever_left_is_refused(self, client: Client) -> None:
        member = make_member()
        Member.objects.filter(pk=member.pk).update(is_active=False)

        sign_in(client, member.email)

        assert not is_in(client)
        assert kept() == [(member.pk, member.email, "password", REFUSED)]

    def test_code_and_recovery_code_are_told_apart(self) -> None:
        member, secret = make_member(), generate_totp_secret()
        TOTP.activate(member, secret)
        recovery = RecoveryCodes.activate(member).get_unused_codes()[0]

        for code in (code_of(secret), recovery):
            client = Client()
            sign_in(client, member.email)
            client.post(CODE, {"code": code})
            assert is_in(client)

        assert kept() == [
            (member.pk, member.email, "password+code", DONE),
            (member.pk, member.email, "password+recovery code", DONE),
        ]

    def test_a_wrong_code_is_kept(self, client: Client) -> None:
        member = make_member()
        TOTP.activate(member, generate_totp_secret())
        sign_in(client, member.email)

        client.post(CODE, {"code": "000000"})

        assert not is_in(client)
        assert kept() == [(member.pk, member.email, "password+code", REFUSED)]

    def test_confirming_ones_password_again_is_no_sign_in(self, client: Client) -> None:
        member = make_member()
        sign_in(client, member.email)

        client.post("/account/reauthenticate/", {"password": "wrong"})
        client.post("/account/reauthenticate/", {"password": PASSWORD})

        assert kept() == [(member.pk, member.email, "password", DONE)]

    def test_only_the_proxys_own_word_counts_as_the_address(
        self, client: Client, settings: Settings
    ) -> None:
        settings.TRUSTED_PROXY = True

        client.post(
            LOGIN,
            {"login": "a@example.com", "password": "wrong"},
            headers={"x-forwarded-for": "203.0.113.66, 198.51.100.4"},
        )

        assert SignIn.objects.get().address == "198.51.100.4"

    def test_characters_that_no_address_has_do_no_harm(self, client: Client) -> None:
        for typed in ("a\x00b@example.com", "x" * 5000 + "@example.com", ""):
            assert sign_in(client, typed).status_code in {200, 422}

    def test_old_attempts_are_forgotten(self) -> None:
        member = make_member()
        for days in (1, 2, 3):
            SignIn.objects.create(member=member, outcome=DONE, at=NOW - timedelta(days=days))

        assert sign_ins_delete_old(NOW - timedelta(days=2)) == 1
        assert SignIn.objects.count() == 2

    def test_the_night_keeps_them_as_long_as_the_audit_trail(self) -> None:
        Organisation.objects.update_or_create(
            singleton=True, defaults={"audit_months": 26, "time_zone": "Europe/Berlin"}
        )
        first_kept = datetime(2024, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
        for at in (first_kept, first_kept - timedelta(seconds=1), NOW):
            SignIn.objects.create(outcome=REFUSED, at=at)

        assert sign_ins_expire(as_of=NOW.date()) == 1
        assert sign_ins_expire(as_of=NOW.date()) == 0
        assert SignIn.objects.filter(at__gte=first_kept).count() == 2


class TestLines:
    def test_the_last_ones_in_words_newest_first(
        self, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        member = make_member()
        kinds = [("password+code", DONE), ("sso", REFUSED), ("", THROTTLED), ("passkey", DONE)]
        for days, (method, outcome) in enumerate(kinds):
            SignIn.objects.create(
                member=member,
                at=NOW - timedelta(days=days),
                method=method,
                outcome=outcome,
                address="192.0.2.1",
                browser="Edge on Windows",
            )
        SignIn.objects.create(member=make_member(), outcome=DONE)

        with django_assert_num_queries(1):
            lines = last_sign_ins(member, 3)

        assert [(line.method, line.outcome, line.tone) for line in lines] == [
            ("password + code", "Signed in", "good"),
            ("single sign-on", "Refused", "warn"),
            ("", "Too many attempts", "bad"),
        ]
        html = render_to_string("members/sign_ins.html", {"sign_ins": lines})
        assert html.count("Edge on Windows") == 3
        assert html.count("192.0.2.1") == 3

    def test_nobody_has_tried(self) -> None:
        html = render_to_string("members/sign_ins.html", {"sign_ins": []})

        assert "Nobody has tried to sign in with this account yet." in html

    @pytest.mark.parametrize(
        ("agent", "words"),
        [
            (CHROME, "Chrome on Windows"),
            (f"{CHROME} Edg/149.0.0.0", "Edge on Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) CriOS/149.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko)"
                " SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0",
                "Firefox on macOS",
            ),
            ("curl/8.9.1", ""),
            ("", ""),
        ],
    )
    def test_browsers_are_named(self, agent: str, words: str) -> None:
        assert browser_of(agent) == words
        with translation.override("en"):
            assert browser_in_words(words) == (words or "Unknown browser")


class TestThrottling:
    def test_an_account_is_locked_for_a_while_from_everywhere(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        member = make_member()
        for n in range(5):
            sign_in(client, member.email, f"wrong {n}", address=f"192.0.2.{n}")
        clock.shift(100)

        response = sign_in(client, member.email, address="198.51.100.1")

        assert "Too many attempts. Wait 4 minutes, then try again." in response.content.decode()
        assert not is_in(client)
        assert kept()[-1] == (member.pk, member.email, "", THROTTLED)

        clock.shift(201)
        sign_in(client, member.email, address="198.51.100.1")
        assert is_in(client)

    def test_another_account_is_not_locked_with_it(self, client: Client) -> None:
        member, mate = make_member(), make_member()
        for n in range(5):
            sign_in(client, member.email, "wrong", address=f"192.0.2.{n}")

        sign_in(client, mate.email, address="192.0.2.9")

        assert is_in(client)

    def test_an_address_is_locked_over_all_accounts(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        member = make_member()
        for n in range(10):
            sign_in(client, f"guess{n}@example.com", "wrong")

        response = sign_in(client, member.email)

        assert "Too many attempts. Wait 1 minute, then try again." in response.content.decode()
        assert not is_in(client)
        other = Client()
        sign_in(other, member.email, address="192.0.2.2")
        assert is_in(other)

        clock.shift(61)
        sign_in(client, member.email)
        assert is_in(client)

    def test_a_claimed_address_does_not_help(self, client: Client, settings: Settings) -> None:
        settings.TRUSTED_PROXY = True
        for n in range(11):
            fields = {"login": f"guess{n}@example.com", "password": "wrong"}
            headers = {"x-forwarded-for": f"203.0.113.{n}, 198.51.100.4"}
            response = client.post(LOGIN, fields, headers=headers)

        assert "Too many attempts" in response.content.decode()

    @pytest.mark.usefixtures("clock")
    def test_an_account_of_nobody_is_locked_alike(self, client: Client) -> None:
        answers = []
        for email in (make_member().email, "nobody@example.com"):
            for n in range(5):
                sign_in(client, email, "wrong", address=f"192.0.2.{n}")
            html = sign_in(client, email, "wrong", address="198.51.100.1").content.decode()
            answers.append("Too many attempts. Wait 5 minutes, then try again." in html)

        assert answers == [True, True]

    def test_the_right_password_does_not_count(self, client: Client) -> None:
        member = make_member()
        for _ in range(12):
            sign_in(client, member.email)
            client.post("/account/logout/")

        sign_in(client, member.email)

        assert is_in(client)

    def test_a_flood_is_kept_once_a_minute(self, client: Client) -> None:
        member = make_member()
        for _ in range(12):
            sign_in(client, member.email, "wrong")

        outcomes = [row[3] for row in kept()]
        assert outcomes == [REFUSED] * 5 + [THROTTLED]

    def test_counts_are_in_the_cache_that_all_processes_share(
        self, client: Client, settings: Settings
    ) -> None:
        assert settings.CACHES["default"]["BACKEND"].endswith("RedisCache")
        member = make_member()
        for _ in range(5):
            sign_in(client, member.email, "wrong")

        cache.clear()
        sign_in(client, member.email)

        assert is_in(client)

    def test_codes_of_the_second_step_are_counted_for_the_account(
        self, clock: time_machine.Traveller
    ) -> None:
        member, secret = make_member(), generate_totp_secret()
        TOTP.activate(member, secret)
        for n in range(5):
            client = Client()
            sign_in(client, member.email, address=f"192.0.2.{n}")
            client.post(CODE, {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{n}")

        client = Client()
        sign_in(client, member.email, address="198.51.100.1")
        response = client.post(CODE, {"code": code_of(secret)}, REMOTE_ADDR="198.51.100.1")

        assert "Too many attempts. Wait 5 minutes, then try again." in response.content.decode()
        assert not is_in(client)
        assert kept()[-1] == (member.pk, member.email, "", THROTTLED)

        clock.shift(301)
        client.post(CODE, {"code": code_of(secret)}, REMOTE_ADDR="198.51.100.1")
        assert is_in(client)

    @pytest.mark.usefixtures("clock")
    def test_mails_to_one_address_are_limited(self, client: Client) -> None:
        member = make_member()
        answers = [
            client.post(RESET, {"email": member.email}, REMOTE_ADDR=f"192.0.2.{n}")
            for n in range(4)
        ]

        assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
        assert OutgoingMail.objects.filter(to=member.email).count() == 3
        assert "Wait 15 minutes" in answers[3].content.decode()
        assert answers[3]["Retry-After"] == "900"

    def test_the_page_for_too_many_requests_is_ours_and_kept(
        self, client: Client, settings: Settings
    ) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
        sign_in(client, "a@example.com")

        response = sign_in(client, "b@example.com")

        assert response.status_code == 429
        assert 'class="auth"' in response.content.decode()
        assert "Wait 1 minute, then try again." in response.content.decode()
        assert kept()[-1] == (None, "b@example.com", "", THROTTLED)


class TestNobodyLearnsWhoHasAnAccount:
    @pytest.fixture
    def addresses(self) -> list[str]:
        """One of a member, one of somebody who left, one of nobody."""
        member, left = make_member(), make_member()
        Member.objects.filter(pk=left.pk).update(is_active=False)
        return [member.email, left.email, "nobody@example.com"]

    def test_by_signing_in(self, addresses: list[str]) -> None:
        answers = set()
        for email in addresses:
            response = sign_in(Client(), email, "wrong")
            answers.add((response.status_code, essence(response, email)))

        assert len(answers) == 1

    def test_nor_by_how_long_it_takes(self, addresses: list[str]) -> None:
        hashed = []
        for email in addresses:
            with patch.object(
                MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode
            ) as encode:
                sign_in(Client(), email, "wrong")
            hashed.append(encode.call_count)

        assert hashed == [1, 1, 1]

    def test_by_asking_for_a_new_password(self, addresses: list[str]) -> None:
        answers = set()
        for email in addresses:
            response = Client().post(RESET, {"email": email}, follow=True)
            answers.add((tuple(response.redirect_chain), essence(response, email)))

        assert len(answers) == 1
        assert set(OutgoingMail.objects.values_list("to", flat=True)) == {addresses[0]}

    def test_by_signing_up(self, addresses: list[str]) -> None:
        answers = set()
        for email in addresses:
            fields = {"email": email, "password1": PASSWORD}
            answers.add(essence(Client().post("/account/signup/", fields), email))

        assert len(answers) == 1


def essence(response: Any, typed: str) -> str:
    """The words of a page without what was typed and what is new at each rendering."""
    html = response.content.decode().replace(typed, "")
    return re.sub(r'(nonce|value|hx-headers)=("[^"]*"|\'[^\']*\')', "", html)


class TestSession:
    def test_it_gets_another_key_at_the_sign_in(self, client: Client) -> None:
        member = make_member()
        client.get(LOGIN)
        session = client.session
        session["before"] = True
        session.save()
        planted = session.session_key
        client.cookies["sessionid"] = planted or ""

        sign_in(client, member.email)

        assert is_in(client)
        assert client.session.session_key != planted
        assert not client.session.exists(planted or "")

    def test_it_gets_another_key_after_the_second_step(self, client: Client) -> None:
        member, secret = make_member(), generate_totp_secret()
        TOTP.activate(member, secret)
        sign_in(client, member.email)
        between = client.session.session_key

        client.post(CODE, {"code": code_of(secret)})

        assert is_in(client)
        assert client.session.session_key != between

    def test_it_is_gone_after_the_sign_out(self, client: Client) -> None:
        sign_in(client, make_member().email)
        key = client.session.session_key

        client.post("/account/logout/")

        assert not client.session.exists(key or "")

    def test_it_ends_with_the_browser_or_after_hours_without_use(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        sign_in(client, make_member().email)

        assert client.cookies["sessionid"]["max-age"] == ""
        clock.shift(timedelta(hours=11))
        assert asks_for_sign_in(client) is False
        clock.shift(timedelta(hours=11))
        assert asks_for_sign_in(client) is False
        clock.shift(timedelta(hours=13))
        assert asks_for_sign_in(client) is True

    def test_whoever_wants_it_is_remembered_for_days(
        self, client: Client, clock: time_machine.Traveller
    ) -> None:
        sign_in(client, make_member().email, remember="on")

        assert client.cookies["sessionid"]["max-age"] == 14 * 24 * 3600
        clock.shift(timedelta(days=13))
        assert asks_for_sign_in(client) is False
        clock.shift(timedelta(days=13))
        assert asks_for_sign_in(client) is False
        clock.shift(timedelta(days=15))
        assert asks_for_sign_in(client) is True

    def test_the_form_says_for_how_many_days(self, client: Client) -> None:
        html = client.get(LOGIN).content.decode()

        assert "Stay signed in on this computer for 14 days" in html


def asks_for_sign_in(client: Client) -> bool:
    response = client.get("/account/password/change/")
    return response.status_code == 302 and response["Location"].startswith(LOGIN)
