"""Surveys as rows of a list, and counted by month, owner and team."""

from datetime import date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from apps.core.paging import list_fetch_mode
from apps.customers.querysets import ChangedOfCustomerQuerySet
from apps.satisfaction.scores import DETRACTOR_UP_TO, PROMOTER_FROM, SATISFIED_FROM

CSAT, NPS = Q(kind="csat"), Q(kind="nps")
# Names of groups of answers, as addresses have them.
GROUPS = {
    "answered": Q(score__isnull=False),
    "unanswered": Q(score__isnull=True),
    "satisfied": CSAT & Q(score__gte=SATISFIED_FROM),
    "unsatisfied": CSAT & Q(score__lt=SATISFIED_FROM),
    "promoters": NPS & Q(score__gte=PROMOTER_FROM),
    "passives": NPS & Q(score__gt=DETRACTOR_UP_TO, score__lt=PROMOTER_FROM),
    "detractors": NPS & Q(score__lte=DETRACTOR_UP_TO),
    "commented": ~Q(comment=""),
}


class SurveyQuerySet(ChangedOfCustomerQuerySet):
    def counted(self) -> Self:
        """Those that figures count: all but the ones taken back before an answer."""
        return self.filter(Q(revoked_at__isnull=True) | Q(answered_at__isnull=False))

    def sent_within(self, since: date | None, until: date | None, zone: ZoneInfo) -> Self:
        """Sent on a day from `since` to `until`, both included, in the zone."""
        rows = self
        if since is not None:
            rows = rows.filter(sent_at__gte=datetime.combine(since, time(), zone))
        if until is not None:
            after = datetime.combine(until + timedelta(days=1), time(), zone)
            rows = rows.filter(sent_at__lt=after)
        return rows

    def among(self, group: str) -> Self:
        """One of `GROUPS`."""
        return self.filter(GROUPS[group])

    def tallied(self, zone: ZoneInfo) -> Any:  # noqa: ANN401 - rows of values
        """Counts by month of sending, owner, team and kind, as `Csat` and `Nps` have them."""
        month = TruncMonth("sent_at", tzinfo=zone)
        groups = self.counted().order_by().annotate(month=month)
        return groups.values("month", "owner", "team", "kind").annotate(
            asked=Count("pk"),
            answers=Count("score"),
            total=Sum("score"),
            satisfied=Count("pk", filter=GROUPS["satisfied"]),
            promoters=Count("pk", filter=GROUPS["promoters"]),
            detractors=Count("pk", filter=GROUPS["detractors"]),
        )

    def for_list(self) -> Self:
        """What a row of a list prints."""
        related = self.select_related("customer", "contact", "owner", "by", "mail")
        return related.defer("mail__text", "mail__html").fetch_mode(list_fetch_mode())
