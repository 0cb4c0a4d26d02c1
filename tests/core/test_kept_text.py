"""What was typed into a form after the session had ended."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.core.kept_text import COOKIE, KEPT, MOST_CHARACTERS
from apps.members.models import ApiToken, Member
from tests.factories import make_member
from tests.members.totp import sign_in

pytestmark = pytest.mark.django_db
TYPED = {"name": "Nightly feed", "expires_on": "2031-01-31"}
NOTICE = "You were signed out; what you typed is here again. Check and save."


@login_required
@require_POST
def only_posts(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns = [path("only-posts/", only_posts), path("", include("salesteam.urls"))]


def signed_in(member: Member) -> Client:
    client = Client()
    sign_in(client, member)
    return client


def end_session(client: Client) -> None:
    """As the night does it: the row goes, the browser's cookie stays."""
    Session.objects.filter(pk=client.session.session_key).delete()


def typed_too_late(member: Member, fields: dict[str, Any] | None = None, **more: Any) -> Client:
    client = signed_in(member)
    end_session(client)
    response = client.post(reverse("api_tokens"), fields or TYPED, **more)
    assert response.status_code in {204, 302}
    return client


def shown(client: Client) -> str:
    return client.get(reverse("api_tokens")).content.decode()


def test_a_stranger_leaves_nothing_behind() -> None:
    client = Client()

    client.post(reverse("api_tokens"), TYPED)

    assert KEPT not in client.session


def test_somebody_who_signed_out_leaves_nothing_behind() -> None:
    client = signed_in(make_member())
    client.post("/account/logout/")

    client.post(reverse("api_tokens"), TYPED)

    assert KEPT not in client.session


def test_the_same_person_finds_it_in_the_form_with_a_notice() -> None:
    member = make_member()
    client = signed_in(member)
    end_session(client)

    asked = client.post(reverse("api_tokens"), TYPED)
    back = sign_in(client, member, next="/account/tokens/")
    html = shown(client)

    assert asked["Location"] == "/account/login/?next=/account/tokens/"
    assert back == "/account/tokens/"
    assert 'value="Nightly feed"' in html
    assert 'value="2031-01-31"' in html
    assert NOTICE in html


def test_it_stays_until_the_form_is_sent() -> None:
    member = make_member()
    client = typed_too_late(member)
    sign_in(client, member)

    assert NOTICE in shown(client)
    assert NOTICE in shown(client)
    client.post(reverse("api_tokens"), TYPED)
    assert NOTICE not in shown(client)


def test_another_person_sees_nothing_and_it_is_gone() -> None:
    member = make_member()
    client = typed_too_late(member)

    sign_in(client, make_member())
    html = shown(client)

    assert "Nightly feed" not in html
    assert NOTICE not in html
    assert KEPT not in client.session


def test_a_forged_name_of_who_was_here_is_not_believed() -> None:
    member = make_member()
    client = Client()
    client.cookies[COOKIE] = str(member.pk)

    client.post(reverse("api_tokens"), TYPED)

    assert KEPT not in client.session


def test_after_an_hour_it_is_gone() -> None:
    member = make_member()
    client = typed_too_late(member)
    sign_in(client, member)

    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert NOTICE not in shown(client)


def test_passwords_codes_and_secrets_are_never_kept() -> None:
    secrets = {
        "password": "x1",
        "oldpassword": "x2",
        "api_token": "x3",
        "csrfmiddlewaretoken": "x4",
        "code": "x5",
        "client_secret": "x6",
        "credential": "x7",
    }

    client = typed_too_late(make_member(), TYPED | secrets)

    assert client.session[KEPT]["fields"] == {name: [text] for name, text in TYPED.items()}


def test_very_long_text_is_not_kept() -> None:
    client = typed_too_late(make_member(), {"name": "x" * (MOST_CHARACTERS + 1)})

    assert KEPT not in client.session


def test_a_field_with_several_values_keeps_them_all() -> None:
    client = typed_too_late(make_member(), {"name": ["a", "b"]})

    assert client.session[KEPT]["fields"] == {"name": ["a", "b"]}


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in() -> None:
    member = make_member()
    client = signed_in(member)
    end_session(client)

    response = client.post(
        reverse("api_tokens"),
        TYPED,
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/account/profile/?a=1"},
    )
    sign_in(client, member)

    assert response.status_code == 204
    assert response["HX-Redirect"] == "/account/login/?next=%2Faccount%2Fprofile%2F%3Fa%3D1"
    assert NOTICE in client.get("/account/profile/?a=1").content.decode()


def test_an_address_of_another_site_is_not_where_one_goes() -> None:
    client = signed_in(make_member())
    end_session(client)

    response = client.post(
        reverse("api_tokens"),
        TYPED,
        headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/trap/"},
    )

    assert response["HX-Redirect"] == "/account/login/"


@pytest.mark.urls(__name__)
def test_where_the_address_shows_no_form_one_comes_back_to_the_page() -> None:
    member = make_member()
    client = signed_in(member)
    end_session(client)
    client.post("/only-posts/", TYPED, headers={"Referer": "http://testserver/account/tokens/?a=1"})
    sign_in(client, member)

    response = client.get("/only-posts/")

    assert response["Location"] == "/account/tokens/?a=1"
    assert 'value="Nightly feed"' in shown(client)


def test_the_session_lives_as_long_as_any_other_afterwards() -> None:
    member = make_member()
    client = typed_too_late(member)
    assert client.session.get_expiry_age() == 3600

    sign_in(client, member)
    shown(client)

    plain = signed_in(make_member())
    assert client.session.get_expiry_age() == plain.session.get_expiry_age() > 3600


def test_the_cookie_of_who_was_here_is_hidden_from_scripts() -> None:
    cookie = signed_in(make_member()).cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def late_token(member: Member, site: str) -> Client:
    """An old tab: the token is of an earlier sign-in, the person is signed in again."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    sent = TYPED | {"csrfmiddlewaretoken": "x" * 64}
    headers = {
        "Referer": f"http://testserver{reverse('api_tokens')}",
        "Sec-Fetch-Site": site,
    }
    response = client.post(reverse("api_tokens"), sent, headers=headers)
    is_kept = response.status_code == 302 and response["Location"] == reverse("api_tokens")
    assert is_kept or response.status_code == 403
    return client


def test_a_form_of_an_earlier_sign_in_comes_back_with_its_text_and_nothing_is_done() -> None:
    member = make_member()

    client = late_token(member, "same-origin")

    assert TYPED["name"] in shown(client)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_form_of_another_site_is_refused_and_not_taken_up(site: str) -> None:
    client = late_token(make_member(), site)

    assert KEPT not in client.session
    assert TYPED["name"] not in shown(client)
