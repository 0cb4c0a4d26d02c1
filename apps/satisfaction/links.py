"""The link of a survey: its id, signed. Nothing is stored, and nobody can make one by guessing."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from apps.satisfaction.models import Survey

# Also part of what is signed: links of another purpose open no survey.
SALT = "satisfaction.survey"
LARGEST_ID = 2**63 - 1


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")


def survey_address(survey: Survey) -> str:
    """The whole address that the contact opens."""
    token = _signer().sign(str(survey.pk))
    return settings.SITE_URL + reverse("survey_answer", args=[token])


def survey_of(token: str) -> Survey | None:
    """The survey of a link, in whatever state; None for any other text."""
    try:
        pk = int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    rows = Survey.objects.select_related("customer", "contact")
    return rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
