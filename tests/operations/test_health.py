"""/healthz and /readyz."""

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

ALL_WELL = {"database": "ok", "migrations": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_alive_asks_no_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": ALL_WELL}


@pytest.mark.django_db
def test_not_ready_with_a_migration_to_apply(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations"
            " WHERE app = 'reports')"
        )

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {**ALL_WELL, "migrations": "failed"}


@pytest.mark.django_db
def test_not_ready_without_redis_and_says_nothing_secret(
    client: Client, settings: Settings
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://:hunter2@127.0.0.1:1/0",
        }
    }

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {**ALL_WELL, "redis": "failed"}
    assert "hunter2" not in answer.text


def test_not_ready_without_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("password hunter2 refused")

    # Only for the request: what ends the test may need the connection.
    with monkeypatch.context() as patched:
        patched.setattr(connection, "ensure_connection", refuse)
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "failed", "migrations": "failed", "redis": "ok"}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_probes_may_call_by_any_host_name(client: Client, settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = ["crm.example"]

    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_only_reading_is_answered(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
