"""The page that a contact opens by the link of a survey: without a sign-in, a cookie or a script."""

from contextlib import suppress
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.satisfaction.forms import AnswerForm
from apps.satisfaction.links import survey_of
from apps.satisfaction.models import Survey, SurveyState
from apps.satisfaction.services import SurveyClosed, is_answerable, survey_answer
from apps.satisfaction.throttling import MINUTE_SECONDS, is_too_often


# Nothing but the link lets anybody in here, so no other site can borrow a sign-in: the protection
# against that would only set a cookie, and turn away mail programs that keep none.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at it, as programs that check mails do, uses nothing up: only sending does."""
    survey = survey_of(token)
    asked = request.POST.get("lang") or request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else ""
    with translation.override(language or (survey.language if survey else request.LANGUAGE_CODE)):
        response = _answer(request, token, survey, language)
        response.headers["Content-Language"] = translation.get_language()
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # The address is the key: no page that is opened from here hears of it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _answer(request: HttpRequest, token: str, survey: Survey | None, language: str) -> HttpResponse:
    if is_too_often(request):
        response = _page(request, "too_often", HTTPStatus.TOO_MANY_REQUESTS)
        response.headers["Retry-After"] = str(MINUTE_SECONDS)
        return response
    if survey is not None and survey.state is SurveyState.ANSWERED:
        return _page(request, "thanks", survey=survey)
    if survey is None or not is_answerable(survey):
        # Used up by time, taken back, never made: who holds a link that opens nothing learns no more.
        return _page(request, "closed", HTTPStatus.NOT_FOUND)
    return _form(request, token, survey, language)


def _form(request: HttpRequest, token: str, survey: Survey, language: str) -> HttpResponse:
    # A member who looks at the page sees it as the contact does, and can't answer instead.
    is_member = request.user.is_authenticated
    sent = request.POST if request.method == "POST" and not is_member else None
    form = AnswerForm(sent, survey=survey, initial={"score": request.GET.get("score")})
    if sent is not None and form.is_valid():
        given = form.cleaned_data
        # Answered or taken back this moment: the page that follows says which.
        with suppress(SurveyClosed):
            survey_answer(survey=survey, score=given["score"], comment=given["comment"])
        query = {"lang": language} if language else None
        return redirect(reverse("survey_answer", args=[token], query=query))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if is_member and request.method == "POST":
        status = HTTPStatus.FORBIDDEN
    return _page(
        request, "form", status, form=form, survey=survey, chosen=language, is_member=is_member
    )


def _page(
    request: HttpRequest, name: str, status: HTTPStatus = HTTPStatus.OK, **content: object
) -> HttpResponse:
    return render(request, f"satisfaction/answer_{name}.html", content, status=status)
