"""API tokens: shown once, kept as a digest, refused when they should be."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.members.models import ApiToken
from apps.members.signing_in.tokens import (
    MOST_TOKENS,
    TooManyTokens,
    member_of_token,
    token_create,
    token_revoke,
)
from tests.factories import make_member

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_made_up_token_opens_nothing() -> None:
    _token, raw = token_create(name="Import", by=make_member())

    assert member_of_token("") is None
    assert member_of_token("st_made-up") is None
    assert member_of_token(raw[:-1]) is None
    assert member_of_token(raw + "x") is None


def test_the_digest_does_not_open_what_the_token_opens() -> None:
    token, _raw = token_create(name="Import", by=make_member())

    assert member_of_token(token.digest) is None


def test_a_token_speaks_for_its_member() -> None:
    member = make_member()
    _token, raw = token_create(name="Import", by=member)

    assert member_of_token(raw) == member


def test_only_the_digest_is_kept() -> None:
    token, raw = token_create(name="Import", by=make_member())

    assert token.digest == sha256(raw.encode()).hexdigest()
    assert token.prefix == raw[:9]
    with connection.cursor() as cursor:
        cursor.execute("select t::text from members_apitoken t")
        assert raw not in cursor.fetchone()[0]


def test_a_revoked_token_opens_nothing() -> None:
    member = make_member()
    token, raw = token_create(name="Import", by=member)

    token_revoke(token=token, by=member)
    token_revoke(token=token, by=member)

    assert member_of_token(raw) is None
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_a_token_works_until_the_end_of_its_last_day_in_its_members_zone() -> None:
    member = make_member(time_zone="Asia/Shanghai")
    with time_machine.travel(NOON, tick=False):
        _token, raw = token_create(name="Import", by=member, expires_on=date(2026, 3, 3))

    with time_machine.travel(datetime(2026, 3, 3, 15, 59, 59, tzinfo=UTC), tick=False):
        assert member_of_token(raw) == member
    with time_machine.travel(datetime(2026, 3, 3, 16, 0, tzinfo=UTC), tick=False):
        assert member_of_token(raw) is None


def test_the_token_of_somebody_who_left_opens_nothing() -> None:
    member = make_member()
    _token, raw = token_create(name="Import", by=member)
    member.is_active = False
    member.save()

    assert member_of_token(raw) is None


def test_its_use_is_noted_at_most_once_a_minute() -> None:
    token, raw = token_create(name="Import", by=make_member())
    noted = []

    for seconds in (0, 59, 60):
        with (
            time_machine.travel(NOON + timedelta(seconds=seconds), tick=False),
            CaptureQueriesContext(connection) as queries,
        ):
            member_of_token(raw)
        token.refresh_from_db()
        noted.append((token.last_used_at, len(queries)))

    assert noted == [(NOON, 2), (NOON, 1), (NOON + timedelta(seconds=60), 2)]


def test_there_is_a_limit() -> None:
    member = make_member()
    for n in range(MOST_TOKENS):
        token_create(name=f"Token {n}", by=member)

    with pytest.raises(TooManyTokens):
        token_create(name="One more", by=member)
    assert ApiToken.objects.filter(member=member).count() == MOST_TOKENS


class TestPage:
    def test_a_token_without_a_name_is_refused(self) -> None:
        member = make_member()

        response = client_of(member).post(reverse("api_tokens"), {"name": ""})

        assert response.status_code == 422
        assert not ApiToken.objects.exists()

    def test_a_day_that_is_over_is_refused(self) -> None:
        posted = {"name": "Import", "expires_on": "2020-01-01"}

        response = client_of(make_member()).post(reverse("api_tokens"), posted)

        assert response.status_code == 422
        assert "Choose today or a later day." in response.content.decode()
        assert not ApiToken.objects.exists()

    def test_the_secret_is_shown_once_and_is_nowhere_in_the_session(self) -> None:
        member = make_member()
        client = client_of(member)

        client.post(reverse("api_tokens"), {"name": "Import"})
        kept = str(dict(client.session.items()))
        first = client.get(reverse("api_tokens"))
        second = client.get(reverse("api_tokens")).content.decode()

        secret = first.context["secret"]
        assert member_of_token(secret) == member
        assert secret in first.content.decode()
        assert first["Cache-Control"].startswith("max-age=0")
        assert secret not in kept
        assert secret not in second
        assert secret[:9] in second

    def test_nobody_sees_or_revokes_anothers(self) -> None:
        owner = make_member()
        token, raw = token_create(name="Nightly feed", by=owner)
        client = client_of(make_member())

        assert "Nightly feed" not in client.get(reverse("api_tokens")).content.decode()
        assert client.post(reverse("api_token_revoke", args=[token.pk])).status_code == 404
        assert member_of_token(raw) == owner

    def test_its_owner_revokes_it(self) -> None:
        owner = make_member()
        token, raw = token_create(name="Nightly feed", by=owner)

        response = client_of(owner).post(reverse("api_token_revoke", args=[token.pk]))

        assert response["Location"] == reverse("api_tokens")
        assert member_of_token(raw) is None


def client_of(member: object) -> Client:
    client = Client()
    client.force_login(member)  # type: ignore[arg-type]
    return client
