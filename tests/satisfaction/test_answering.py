"""The page by which a contact answers: nobody signs in, and nobody learns more than they must."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.core.models import Organisation
from apps.customers.models import Contact, Customer
from apps.members.models import AccessRole, Member
from apps.satisfaction.links import survey_address
from apps.satisfaction.models import Survey, SurveyKind, SurveyState
from apps.satisfaction.services import survey_answer, survey_revoke, survey_send
from apps.satisfaction.throttling import MOST_A_MINUTE
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def path_of(survey: Survey) -> str:
    return survey_address(survey).removeprefix(settings.SITE_URL)


def test_a_mail_scanner_uses_nothing_up(client: Client, survey: Survey) -> None:
    path = path_of(survey)

    for address in (path, f"{path}?score=1", path):
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200

    survey.refresh_from_db()
    assert survey.state is SurveyState.OPEN


def test_a_link_with_a_score_has_it_chosen(client: Client, contact: Contact, rep: Member) -> None:
    made = survey_send(customer=contact.customer, contact=contact, kind=SurveyKind.NPS, by=rep)

    for score in ("0", "9", "10"):
        html = client.get(f"{path_of(made)}?score={score}").content.decode()
        assert f'value="{score}" required checked' in html
        assert html.count(" checked") == 1
    for score in ("11", "x", ""):
        html = client.get(f"{path_of(made)}?score={score}").content.decode()
        assert " checked" not in html


def test_sending_answers_once_and_says_thanks(client: Client, survey: Survey) -> None:
    path = path_of(survey)

    response = client.post(path, {"score": "5", "comment": "Quick and friendly"}, follow=True)
    again = client.post(path, {"score": "1"}, follow=True)

    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (5, "Quick and friendly")
    assert response.redirect_chain == [(path, 302)]
    for page in (response, again):
        assert "Thank you" in page.content.decode()
        assert "<form" not in page.content.decode()


def test_answering_needs_no_cookie_and_leaves_none(survey: Survey) -> None:
    client = Client(enforce_csrf_checks=True)

    opened = client.get(path_of(survey))
    sent = client.post(path_of(survey), {"score": "4"})

    assert sent.status_code == 302
    assert not client.cookies
    assert "Set-Cookie" not in opened.headers
    survey.refresh_from_db()
    assert survey.score == 4


@pytest.mark.parametrize("sent", [{}, {"score": ""}, {"score": "9"}, {"score": "x"}])
def test_without_a_number_the_page_asks_again_and_keeps_the_comment(
    client: Client, survey: Survey, sent: dict[str, str]
) -> None:
    response = client.post(path_of(survey), {**sent, "comment": "Still typing"})

    html = response.content.decode()
    assert response.status_code == 422
    assert "Still typing" in html
    assert 'role="alert"' in html
    survey.refresh_from_db()
    assert survey.state is SurveyState.OPEN


@pytest.mark.parametrize("comment", ["x" * 2001, "a\x00b"])
def test_a_comment_that_cannot_be_kept_is_refused(
    client: Client, survey: Survey, comment: str
) -> None:
    response = client.post(path_of(survey), {"score": "5", "comment": comment})

    assert response.status_code == 422
    survey.refresh_from_db()
    assert survey.state is SurveyState.OPEN


def test_expired_unknown_and_revoked_links_are_answered_alike(
    client: Client, customer: Customer, contact: Contact, rep: Member
) -> None:
    expired, revoked, erased = (
        survey_send(
            customer=customer, contact=contact, kind=SurveyKind.CSAT, is_confirmed=True, by=rep
        )
        for _number in range(3)
    )
    Survey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(days=1))
    survey_revoke(survey=revoked, by=rep)
    Survey.objects.filter(pk=erased.pk).update(contact=None)
    good = path_of(expired)
    unknown = (f"{good[:-3]}xx/", "/survey/1/", "/survey/x.y/", "/survey/%00/")

    pages = [client.get(path) for path in (good, path_of(revoked), path_of(erased), *unknown)]
    posted = client.post(path_of(revoked), {"score": "5"})

    assert {page.status_code for page in (*pages, posted)} == {404}
    # The nonce of the content policy is another one each time.
    bodies = {re.sub(rb'nonce="[^"]*"', b"", page.content) for page in (*pages, posted)}
    assert len(bodies) == 1
    assert "This link is closed" in pages[0].content.decode()


def test_after_its_time_an_answered_survey_still_says_thanks(
    client: Client, survey: Survey
) -> None:
    survey_answer(survey=survey, score=5)
    Survey.objects.update(expires_at=timezone.now() - timedelta(days=1))

    response = client.get(path_of(survey))

    assert response.status_code == 200
    assert "Thank you" in response.content.decode()


def test_the_page_knows_the_firm_and_the_contacts_name_and_nothing_else(
    client: Client, survey: Survey, rep: Member
) -> None:
    Organisation.objects.update(name="Kontor 23")

    html = client.get(path_of(survey)).content.decode()

    assert "Kontor 23" in html
    assert "Hello Eva Lang," in html
    for secret in ("Acme", "eva@acme.example", rep.name, rep.email, "East", "hx-", "csrf"):
        assert secret not in html
    assert html.count("<script") == 1  # the theme, before the first paint


def test_the_page_is_indexed_and_kept_by_nobody(client: Client, survey: Survey) -> None:
    for path in (path_of(survey), "/survey/1.x/"):
        headers = client.get(path).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_page_speaks_the_surveys_language_until_another_is_chosen(
    client: Client, survey: Survey
) -> None:
    Survey.objects.update(language="zh-hant")
    path = path_of(survey)

    assert 'lang="zh-Hant"' in client.get(path).content.decode().partition("<head>")[0]
    german = client.get(path, headers={"Accept-Language": "de"})
    assert german.headers["Content-Language"] == "zh-hant"
    chosen = client.get(f"{path}?lang=en").content.decode()
    assert "How satisfied are you with" in chosen
    assert '<input type="hidden" name="lang" value="en">' in chosen
    assert client.get(f"{path}?lang=xx").headers["Content-Language"] == "zh-hant"
    sent = client.post(path, {"score": "5", "lang": "en"})
    assert sent.headers["Location"] == f"{path}?lang=en"


def test_a_member_who_looks_at_the_page_does_not_answer(
    client: Client, survey: Survey, rep: Member
) -> None:
    client.force_login(rep)

    seen = client.get(path_of(survey))
    refused = client.post(path_of(survey), {"score": "5"})

    assert "signed in as a member" in seen.content.decode()
    assert refused.status_code == 403
    survey.refresh_from_db()
    assert survey.state is SurveyState.OPEN


def test_one_address_opens_so_many_pages_a_minute(client: Client, survey: Survey) -> None:
    now = timezone.now().replace(second=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.satisfaction.throttling.timezone.now", lambda: now)
        for _number in range(MOST_A_MINUTE):
            assert client.get("/survey/1.x/").status_code == 404
        refused = client.get(path_of(survey))
        other = client.get(path_of(survey), REMOTE_ADDR="203.0.113.9")
        patch.setattr(
            "apps.satisfaction.throttling.timezone.now", lambda: now + timedelta(minutes=1)
        )
        later = client.get(path_of(survey))

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert (other.status_code, later.status_code) == (200, 200)


def test_an_administrator_who_is_signed_in_learns_no_more(client: Client, survey: Survey) -> None:
    client.force_login(make_member(AccessRole.ADMIN))

    assert "Acme" not in client.get(path_of(survey)).content.decode()
