"""The headers that keep browsers from doing harm, on every kind of answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import include, path
from gunicorn import SERVER
from pytest_django import Settings

from apps.members.models import AccessRole
from tests.factories import PASSWORD, make_member, make_team

ROOT = Path(__file__).resolve().parents[2]
HTTPS, HTTP = "https://crm.example", "http://crm.example"


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


def export(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a,b\n", content_type="text/csv")


def figures(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [
    path("breaks/", breaks),
    path("export/", export),
    path("figures/", figures),
    path("", include("salesteam.urls")),
]

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.urls(__name__)]
ANSWERS = {
    "page": ("/account/profile/", 200),
    "redirect": ("/", 302),
    "absent": ("/nowhere/", 404),
    "broken": ("/breaks/", 500),
    "file": ("/export/", 200),
    "json": ("/figures/", 200),
    "paper": ("/reports/weekly/north/2026-W09/pdf", 200),
    "static": ("/static/img/mark.svg", 200),
}


@pytest.fixture
def manager() -> Client:
    """A manager whose team has a report; errors are answered as to anybody."""
    member = make_member(AccessRole.MANAGER)
    team = make_team(lead=member, name="North")
    team.slug = "north"
    team.save(update_fields=["slug"])
    client = Client(raise_request_exception=False)
    client.force_login(member)
    return client


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_has_them(manager: Client, kind: str) -> None:
    address, status = ANSWERS[kind]

    response = manager.get(address)

    assert response.status_code == status
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"].split(", ")
    assert "X-Powered-By" not in headers
    assert "Server" not in headers


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_script_or_style_inside_a_page_runs(manager: Client, kind: str) -> None:
    policy = manager.get(ANSWERS[kind][0]).headers["Content-Security-Policy"]

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert "unsafe" not in policy
    assert rules["default-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    assert rules["script-src"].startswith("'self'")
    assert rules["object-src"] == "'none'"
    assert rules["base-uri"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self'"


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "static"])
def test_nothing_about_people_is_kept_by_browsers_and_proxies(manager: Client, kind: str) -> None:
    kept = manager.get(ANSWERS[kind][0]).headers["Cache-Control"]

    assert "no-store" in kept
    assert "private" in kept
    assert "public" not in kept


def test_static_files_may_be_kept(manager: Client) -> None:
    response = manager.get(ANSWERS["static"][0])

    assert "public" in response.headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/account/login/", "/account/password/reset/"])
def test_the_pages_before_the_sign_in_have_them_too(client: Client, address: str) -> None:
    headers = client.get(address).headers

    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_passkeys_stay_allowed(client: Client) -> None:
    allowed = client.get("/account/login/").headers["Permissions-Policy"].split(", ")

    assert "publickey-credentials-get=(self)" in allowed
    assert "publickey-credentials-create=(self)" in allowed


def test_a_host_that_is_not_ours_is_refused_with_them(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["crm.example"]

    response = client.get("/account/login/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Permissions-Policy" in response.headers


class TestEncryption:
    """What an https:// address of the site switches on, in a process that starts with one."""

    @pytest.mark.parametrize(
        ("site", "is_secure", "seconds"), [(HTTPS, "True", "31536000"), (HTTP, "False", "0")]
    )
    def test_cookies_and_the_year_for_which_browsers_insist(
        self, site: str, is_secure: str, seconds: str
    ) -> None:
        assert settings_of({"SITE_URL": site}) == {
            "SESSION_COOKIE_SECURE": is_secure,
            "CSRF_COOKIE_SECURE": is_secure,
            "SECURE_HSTS_SECONDS": seconds,
        }

    def test_the_header_is_sent(self, settings: Settings, client: Client) -> None:
        settings.SECURE_HSTS_SECONDS = 31536000

        response = client.get("/account/login/", secure=True)

        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"

    def test_the_cookies_say_so(self, settings: Settings, client: Client) -> None:
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
        member = make_member()
        fields = {"login": member.email, "password": PASSWORD}

        client.get("/account/login/", secure=True)
        client.post("/account/login/", fields, secure=True)

        for name in ("sessionid", "csrftoken"):
            cookie = client.cookies[name]
            assert cookie["secure"] is True, name
            assert cookie["httponly"] is True, name
            assert cookie["samesite"] == "Lax", name
            assert cookie["domain"] == "", name


def settings_of(environment: dict[str, str]) -> dict[str, str]:
    """Settings as a program sees them that starts in this environment."""
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    script = f"from salesteam import settings\nfor n in {names}: print(n, getattr(settings, n))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_the_server_tells_no_version() -> None:
    assert SERVER == "gunicorn"
