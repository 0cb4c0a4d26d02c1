"""Reads of weekly reports: the stored edition where there is one, else the figures of now."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from apps.core.paging import list_fetch_mode
from apps.members.models import Team
from apps.members.querysets import Viewer
from apps.metrics.periods import Period
from apps.reports.models import Delivery, Edition
from apps.reports.rendering import Mark, weekly_pdf
from apps.reports.weekly import WeeklyFigures, figures_from_json, weekly_figures


@dataclass(frozen=True)
class Shown:
    """A team's week for a reader: `edition` is the stored one in the reader's language, if any."""

    figures: WeeklyFigures
    mark: Mark
    language: str
    edition: Edition | None

    def pdf(self) -> bytes:
        """The stored edition byte for byte, else (a draft, or not drawn yet) its figures, now."""
        if self.edition is None or not self.edition.pdf:
            return weekly_pdf(self.figures, language=self.language, mark=self.mark)
        with self.edition.pdf.open("rb") as file:
            stored: bytes = file.read()
        return stored


def report_shown(team: Team, week: Period, language: str) -> Shown:
    """What a reader of a language gets to see of a team's week.

    Once it was sent in any language the figures are those that were sent, whatever happened later.
    """
    editions = {one.language: one for one in Edition.objects.of_week(team, week)}
    if not editions:
        return Shown(weekly_figures(team, week), "draft", language, None)
    own = editions.get(language)
    stored = own or next(iter(editions.values()))
    mark: Mark = "sent" if own else "translation"
    return Shown(figures_from_json(stored.figures), mark, language, own)


def editions_for_list(user: Viewer) -> QuerySet[Edition]:
    """Editions that the person may see, with what the list prints."""
    rows = Edition.objects.visible_to(user).select_related("team").defer("figures")
    states = Delivery.objects.select_related("mail").only("edition", "mail__state").order_by("pk")
    listed: QuerySet[Edition] = rows.prefetch_related(Prefetch("deliveries", states))
    return listed.fetch_mode(list_fetch_mode())


def deliveries_shown(user: Viewer, team: Team, week: Period) -> QuerySet[Delivery]:
    """Who a week's report was or will be mailed to."""
    editions = Edition.objects.of_week(team, week).values("pk")
    rows = Delivery.objects.visible_to(user).filter(edition__in=editions)
    shown: QuerySet[Delivery] = rows.select_related("member", "edition", "mail")
    return shown.defer("mail__text", "mail__html", "edition__figures").order_by("member__name")
