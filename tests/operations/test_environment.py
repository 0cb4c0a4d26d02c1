"""Settings from the environment: nonsense is refused at start, by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from salesteam.environment import load

ROOT = Path(__file__).resolve().parents[2]

NONSENSE = [
    ("SALESTEAM_ENV", "staging"),
    ("DATABASE_URL", "mysql://root@localhost/x"),
    ("DATABASE_URL", "sqlite:///x.db"),
    ("REDIS_URL", "amqp://localhost"),
    ("PORT", "0"),
    ("PORT", "70000"),
    ("PORT", "eighty"),
    ("BIND_ADDRESS", "localhost:80"),
    ("WEB_WORKERS", "0"),
    ("WEB_THREADS", "many"),
    ("WORKER_CONCURRENCY", "-1"),
    ("EMAIL_URL", "imap://localhost"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
    ("TRUSTED_PROXY", "perhaps"),
    ("DEFAULT_TIME_ZONE", "Europe/Atlantis"),
    ("DEFAULT_TIME_ZONE", "../../etc/passwd"),
    ("SESSION_HOURS", "0"),
    ("REMEMBERED_DAYS", "400"),
    ("OIDC_SERVER_URL", "id.example"),
    ("OIDC_SERVER_URL", "ldap://id.example"),
    ("OIDC_IS_TWO_STEP", "perhaps"),
]


@pytest.mark.parametrize(("variable", "value"), NONSENSE)
def test_nonsense_is_refused_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as refused:
        load()

    assert f"  {variable}: " in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, "SECRET_KEY"),
        ({"SECRET_KEY": "short", "ALLOWED_HOSTS": "crm.example"}, "SECRET_KEY"),
        ({"SECRET_KEY": "s" * 50}, "ALLOWED_HOSTS"),
    ],
)
def test_production_insists_on_key_and_host_names(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], named: str
) -> None:
    for name in ("SECRET_KEY", "ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"SALESTEAM_ENV": "production", **changes}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=named):
        load()


SINGLE_SIGN_ON = {
    "OIDC_SERVER_URL": "https://id.example/realms/firm",
    "OIDC_CLIENT_ID": "salesteam",
    "OIDC_CLIENT_SECRET": "hunter2",
}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["OIDC_SERVER_URL"], "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        (["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"], "OIDC_SERVER_URL"),
        (["OIDC_NAME"], "OIDC_SERVER_URL and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
        (["OIDC_IS_TWO_STEP"], "OIDC_SERVER_URL and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"),
    ],
)
def test_single_sign_on_by_halves_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: list[str], missing: str
) -> None:
    values = {**SINGLE_SIGN_ON, "OIDC_NAME": "Sign in with Contoso", "OIDC_IS_TWO_STEP": "true"}
    for name in values:
        monkeypatch.delenv(name, raising=False)
    for name in given:
        monkeypatch.setenv(name, values[name])

    with pytest.raises(SystemExit) as refused:
        load()

    assert f"single sign-on is set up by halves: set {missing} too, or none" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_single_sign_on_takes_the_issuer_or_its_discovery_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in SINGLE_SIGN_ON.items():
        monkeypatch.setenv(name, value)
    issuer = SINGLE_SIGN_ON["OIDC_SERVER_URL"]

    for address in (issuer, f"{issuer}/", f"{issuer}/.well-known/openid-configuration"):
        monkeypatch.setenv("OIDC_SERVER_URL", address)
        assert load().oidc_server_url == issuer


def test_production_insists_on_an_encrypted_way_to_the_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    production = {
        "SALESTEAM_ENV": "production",
        "SECRET_KEY": "s" * 50,
        "ALLOWED_HOSTS": "crm.example",
        **SINGLE_SIGN_ON,
        "OIDC_SERVER_URL": "http://id.example",
    }
    for name, value in production.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match="OIDC_SERVER_URL must be an https:// address"):
        load()


def test_the_value_of_a_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:hunter2@localhost/x")

    with pytest.raises(SystemExit) as refused:
        load()

    assert "hunter2" not in str(refused.value)


def test_empty_values_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PORT", "")

    assert load().database_url is None
    assert load().port == 8000


@pytest.mark.programs
def test_a_command_with_nonsense_ends_with_an_error_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "PORT": "eighty", "DJANGO_SETTINGS_MODULE": "salesteam.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "  PORT: " in done.stderr
    assert "Traceback" not in done.stderr
