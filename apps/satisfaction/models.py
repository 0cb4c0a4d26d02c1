"""Surveys by which customers say how satisfied they are."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.models import OutgoingMail
from apps.customers.models import Contact, Customer
from apps.members.models import Member, Team
from apps.satisfaction.querysets import SurveyQuerySet
from apps.satisfaction.scores import is_high, is_low


class SurveyKind(models.TextChoices):
    CSAT = "csat", _("Satisfaction (CSAT)")
    NPS = "nps", _("Recommendation (NPS)")


LOWEST = {SurveyKind.CSAT.value: 1, SurveyKind.NPS.value: 0}
HIGHEST = {SurveyKind.CSAT.value: 5, SurveyKind.NPS.value: 10}


CSAT_WORDS = {
    1: _("Very dissatisfied"),
    2: _("Dissatisfied"),
    3: _("Neither satisfied nor dissatisfied"),
    4: _("Satisfied"),
    5: _("Very satisfied"),
}


class SurveyState(models.TextChoices):
    OPEN = "open", pgettext_lazy("survey", "Waits for an answer")
    ANSWERED = "answered", pgettext_lazy("survey", "Answered")
    REVOKED = "revoked", pgettext_lazy("survey", "Taken back")
    EXPIRED = "expired", pgettext_lazy("survey", "Not answered in time")


class Survey(models.Model):
    """One question to one contact by a signed link that works once.

    CSAT is 1–5, NPS 0–10; `owner` and `team` are who had the customer when it was sent. Without
    `mail` the link was passed on by hand.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="surveys"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="surveys"
    )
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    mail = models.ForeignKey(OutgoingMail, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=4, choices=SurveyKind.choices)
    language = models.CharField(_("language"), max_length=10, default="en")
    sent_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    comment = models.TextField(_("comment"), max_length=2000, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-sent_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-sent_at", "-id"], name="survey_timeline"),
            models.Index(
                fields=["owner", "answered_at"],
                condition=models.Q(answered_at__isnull=False),
                name="survey_by_owner",
            ),
            models.Index(fields=["-sent_at", "-id"], name="survey_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(score__isnull=True)
                | models.Q(kind="csat", score__gte=1, score__lte=5)
                | models.Q(kind="nps", score__gte=0, score__lte=10),
                name="survey_score_in_scale",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, score__isnull=True)
                | models.Q(answered_at__isnull=False, score__isnull=False),
                name="survey_answer_has_score",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"

    @property
    def state(self) -> SurveyState:
        if self.answered_at is not None:
            return SurveyState.ANSWERED
        if self.revoked_at is not None:
            return SurveyState.REVOKED
        is_over = self.expires_at <= timezone.now()
        return SurveyState.EXPIRED if is_over else SurveyState.OPEN

    @property
    def highest(self) -> int:
        """The best score of its kind."""
        return HIGHEST[self.kind]

    @property
    def is_low(self) -> bool:
        return self.score is not None and is_low(self.kind, self.score)

    @property
    def is_high(self) -> bool:
        return self.score is not None and is_high(self.kind, self.score)

    @property
    def words(self) -> str:
        """What the score means; empty without one."""
        if self.score is None:
            return ""
        if self.kind == SurveyKind.CSAT:
            return str(CSAT_WORDS[self.score])
        if self.is_high:
            return gettext("Promoter")
        return gettext("Detractor") if self.is_low else pgettext("answer to a survey", "Passive")
