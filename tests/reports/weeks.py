"""A team whose week 2017-W40 is known to the cent, and stored editions without rendering."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.files.base import ContentFile

from apps.core.models import Organisation, OutgoingMail
from apps.members.models import AccessRole, Member, Team
from apps.metrics.periods import Period, parse_period
from apps.reports.mailing import report_mail_queue
from apps.reports.models import Delivery, Edition
from apps.reports.weekly import (
    LevelFigures,
    LevelName,
    OpportunityList,
    OpportunityRow,
    RankingRow,
    Results,
    WeekFigures,
    WeeklyFigures,
    figures_as_json,
)
from tests.factories import make_member, make_opportunity, make_order, make_team

W39, W40, W41 = (parse_period(f"2017-W{number}") for number in (39, 40, 41))
MONDAY = date(2017, 10, 2)
LEVELS = tuple(
    LevelName(code, rank, {"en": english, "zh-hans": simplified, "zh-hant": traditional})
    for rank, (code, english, simplified, traditional) in enumerate(
        [
            ("E", "Prospect", "潜在客户", "潛在客戶"),
            ("D", "Contacted", "联系客户", "聯絡客戶"),
            ("C", "Recognised", "认同客户", "認同客戶"),
            ("B", "Intent", "意向客户", "意向客戶"),
            ("A", "Ready", "准备购买", "準備購買"),
        ],
        start=1,
    )
)
EMPTY_LIST = OpportunityList((), 0, None, 0)


@dataclass(frozen=True)
class Firm:
    team: Team
    lead: Member
    anna: Member
    bo: Member


def make_firm(name: str = "Central 华东", *, parent: Team | None = None) -> Firm:
    """W39: 2 orders of 4,500.00; W40: 3 orders of 4,000.00, 3 won, 1 lost, 2 still open."""
    lead = make_member(AccessRole.MANAGER, name="Marta Kovář")
    team = make_team(name=name, lead=lead, parent=parent)
    anna = make_member(team=team, name="Anna Šimon")
    bo = make_member(team=team, name="李婉清")
    make_order(member=anna, value="2500.00", on=date(2017, 9, 26))
    make_order(member=bo, value="2000.00", on=date(2017, 10, 1))
    make_order(member=anna, value="1500.50", on=MONDAY)
    make_order(member=anna, value="1499.50", on=date(2017, 10, 5))
    make_order(member=bo, value="1000.00", on=date(2017, 10, 8))
    # The Sunday before and the Monday after, which must not count.
    make_order(member=bo, value="7777.00", on=date(2017, 10, 9))
    for day in (2, 5, 8):
        opened = date(2017, 9, 4)
        make_opportunity(("E", opened), ("A", opened), ("won", date(2017, 10, day)), owner=anna)
    make_opportunity(("C", date(2017, 9, 4)), ("lost", date(2017, 10, 3)), owner=bo)
    make_opportunity(("E", date(2017, 9, 4)), owner=anna, value=Decimal(300))
    make_opportunity(("D", date(2017, 10, 8)), owner=bo, value=None)
    return Firm(team, lead, anna, bo)


def example_figures(**changes: object) -> WeeklyFigures:
    """Figures of a busy week, with names in four scripts."""
    figures = WeeklyFigures(
        organisation="Nordhaus 诺豪",
        currency="EUR",
        team="Central 华东",
        slug="central",
        members=12,
        start=MONDAY,
        end=W40.end,
        as_of=W40.end,
        made_at=datetime(2017, 10, 9, 5, 0, tzinfo=UTC),
        run_on=W40.end,
        run_finished_at=datetime(2017, 10, 9, 0, 4, tzinfo=UTC),
        results=Results(Decimal("94321.50"), 40, Decimal("2358.04"), 25, Decimal(90000), 15),
        before=Results(Decimal("100010.00"), 37, Decimal("2702.97"), 22, Decimal(80000), 18),
        levels=tuple(
            LevelFigures(
                level=level,
                count=count,
                value=Decimal(count * 1000),
                value_n=count,
                resolved=n,
                rate=Decimal("0.312") if n else None,
                low=Decimal("0.25") if n else None,
                high=Decimal("0.38") if n else None,
                dwell_n=n,
                dwell_median_days=Decimal("7.5") if n else None,
                stuck=3,
            )
            for level, count, n in zip(
                LEVELS, (334, 212, 306, 81, 58), (200, 150, 90, 60, 0), strict=True
            )
        ),
        weeks=tuple(
            WeekFigures(2017, week, Decimal(week * 2400) if week > 30 else None, week)
            for week in range(28, 41)
        ),
        ranking=tuple(
            RankingRow(name, "Central 华东", Decimal(9000 - 700 * n), 9, 5, n, None, Decimal(8000))
            for n, name in enumerate(["Lena Brandt", "李婉清", "Kovář Šimon", "Владимир", "陳志強"])
        ),
        stuck=OpportunityList(
            tuple(
                OpportunityRow(
                    n,
                    f"GTX Pro · Hartmann {n}",
                    "Hartmann",
                    "Lena Brandt",
                    LEVELS[n % 5],
                    Decimal(5000),
                    None,
                    90 + n,
                    Decimal("45.5"),
                )
                for n in range(12)
            ),
            30,
            Decimal(150000),
            30,
        ),
        expected=OpportunityList(
            (
                OpportunityRow(
                    1,
                    "托盘膜 · 冰屋冷链",
                    "冰屋冷链",
                    "李婉清",
                    LEVELS[4],
                    Decimal(5000),
                    date(2017, 10, 11),
                ),
            ),
            1,
            Decimal(5000),
            1,
        ),
        undated=400,
    )
    return replace(figures, **changes)  # type: ignore[arg-type]


def make_edition(
    team: Team, *, week: Period = W40, language: str = "en", pdf: bytes = b"%PDF-1.7 stored"
) -> Edition:
    """A stored edition with example figures and any bytes as its PDF."""
    year, number, _day = week.start.isocalendar()
    edition = Edition(
        team=team,
        iso_year=year,
        iso_week=number,
        language=language,
        pdf_sha256="0" * 64,
        figures=figures_as_json(example_figures(team=team.name, slug=team.slug)),
    )
    edition.pdf.save(f"{team.slug}.pdf", ContentFile(pdf), save=False)
    edition.save()
    return edition


def make_delivery(member: Member, edition: Edition, **fields: object) -> Delivery:
    """A delivery whose mail is queued; `fields` says otherwise of the mail."""
    delivery = Delivery(edition=edition, member=member)
    delivery.mail = report_mail_queue(delivery)
    delivery.save()
    OutgoingMail.objects.filter(pk=delivery.mail.pk).update(**fields) if fields else None
    found: Delivery = Delivery.objects.select_related("mail", "edition").get(pk=delivery.pk)
    return found


def mail_of(delivery: Delivery) -> OutgoingMail:
    """The delivery's mail as it is now."""
    return OutgoingMail.objects.get(report_delivery=delivery)


def in_berlin() -> Organisation:
    organisation = Organisation.current()
    organisation.time_zone = "Europe/Berlin"
    organisation.save()
    return organisation
