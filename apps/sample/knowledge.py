"""What the sample firm knows of its customers: fields, tags, days, notes, screenings, answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Model

from apps.customers.models import (
    Channel,
    Contact,
    Customer,
    CustomField,
    CustomFieldKind,
    Note,
    Screening,
    ScreeningDimension,
    ScreeningRule,
    ScreeningState,
    SearchKey,
    SpecialDate,
    SpecialDateKind,
    Tag,
)
from apps.members.models import AccessRole, Member, SavedView, Sharing
from apps.sample import talk_words
from apps.sample.accounts import Accounts
from apps.sample.calendars import OFFICE_MINUTES, working_calendars
from apps.sample.context import Context, drawn, happens
from apps.sample.copying import copy_rows
from apps.sample.leads import Lead, Leads
from apps.sample.people import People, Seller
from apps.satisfaction.models import Survey, SurveyKind

if TYPE_CHECKING:
    from random import Random

NEEDS = ("people", "accounts", "leads", "sales", "talks")
MODELS: Sequence[type[Model]] = (
    CustomField, Tag, SearchKey, SpecialDate, Note, Screening, Survey, SavedView,
)  # fmt: skip

# Key, label, kind, choices.
FIELDS: tuple[tuple[str, str, CustomFieldKind, list[str]], ...] = (
    ("warehouses", "Warehouses 仓库数", CustomFieldKind.NUMBER, []),
    ("contract-until", "Contract until 合同到期", CustomFieldKind.DATE, []),
    (
        "buying-rhythm",
        "Buying rhythm 采购周期",
        CustomFieldKind.CHOICE,
        ["Weekly 每周", "Monthly 每月", "Yearly frame 年度框架"],
    ),
    ("iso-14001", "ISO 14001", CustomFieldKind.YES_NO, []),
    ("erp", "ERP system ERP 系统", CustomFieldKind.TEXT, []),
)
ERPS = ("SAP", "proALPHA", "Microsoft Dynamics", "用友", "金蝶")
TAGS = ("Key account", "Trade fair 2026", "Reference", "Pays late", "环保", "年度框架")
SPECIAL_SHARE, NOTE_SHARE, NEEDS_SHARE, FIELD_SHARE, TAG_SHARE = 0.35, 0.3, 0.4, 0.55, 0.3
SURVEY_SHARE, ANSWER_SHARE = 0.35, 0.46
SCREENED_SHARE = 0.75
SURVEY_DAYS = 30
SPECIAL_FIELDS = (
    "customer", "contact", "kind", "label", "month", "day", "year", "is_sample",
)  # fmt: skip
SURVEY_FIELDS = (
    "customer", "contact", "owner", "team", "by", "kind", "language", "sent_at", "expires_at", "answered_at",
    "score", "comment", "is_sample",
)  # fmt: skip
NPS_SCORES = ((10, 18), (9, 24), (8, 22), (7, 14), (6, 9), (5, 6), (3, 5), (1, 2))
CSAT_SCORES = ((5, 38), (4, 36), (3, 15), (2, 8), (1, 3))
WORST = {SurveyKind.CSAT: 2, SurveyKind.NPS: 6}
BEST = {SurveyKind.CSAT: 5, SurveyKind.NPS: 9}
VIEWS = (
    ("Tier A by last contact A 类按最近联系", "tier=A&sort=contacted", Sharing.EVERYONE),
    ("Losing soon 即将掉入公海", "hold=7", Sharing.EVERYONE),
    ("My trade fair leads 展会线索", "source=Trade+fair", Sharing.OWN),
)


@dataclass(frozen=True)
class Held:
    """A customer with its holder and its contacts."""

    pk: int
    seller: Seller
    contacts: list[int]
    ordered_on: date | None


def build(context: Context) -> Mapping[str, int]:
    """Only what somebody would have typed; what is computed comes with the first night."""
    writer = Knowledge(context)
    CustomField.objects.bulk_create(
        CustomField(key=key, label=label, kind=kind, choices=choices, rank=rank, is_sample=True)
        for rank, (key, label, kind, choices) in enumerate(FIELDS)
        if not CustomField.objects.filter(key=key).exists()
    )
    tags = [Tag(name=name, is_sample=True) for name in TAGS]
    known = set(Tag.objects.values_list("name", flat=True))
    Tag.objects.bulk_create(tag for tag in tags if tag.name not in known)
    writer.describe()
    special = copy_rows(SpecialDate, SPECIAL_FIELDS, writer.special_dates())
    notes = writer.notes()
    screenings = writer.screenings()
    surveys = copy_rows(Survey, SURVEY_FIELDS, writer.surveys())
    _views()
    return {
        "special_dates": special,
        "notes": notes,
        "screenings": screenings,
        "surveys": surveys,
        "saved_views": len(VIEWS),
    }


def _views() -> None:
    people = Member.objects.filter(is_sample=True).order_by("pk")
    director = people.filter(access_role=AccessRole.DIRECTOR)[0]
    rep = people.filter(access_role=AccessRole.REP)[0]
    SavedView.objects.bulk_create(
        SavedView(
            page="customers",
            name=name,
            owner=rep if sharing == Sharing.OWN else director,
            sharing=sharing,
            query=query,
            is_sample=True,
        )
        for name, query, sharing in VIEWS
    )


class Knowledge:
    """Draws what is known of each customer, in the order of the customers' keys."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rng: Random = context.random("knowledge")
        self.zone = context.organisation.zone
        self.held = _held(context)
        countries = (one.seller.country for one in self.held)
        self.calendars = working_calendars(countries, context.start, context.until)

    def describe(self) -> None:
        """Needs, preferences, custom values and tags of the customers that somebody has."""
        rows, tagged = [], []
        tags = list(Tag.objects.filter(name__in=TAGS).order_by("pk").values_list("pk", flat=True))
        for one in self.held:
            country = one.seller.country
            needs = self._maybe(NEEDS_SHARE, talk_words.NEEDS[country])
            preferences = self._maybe(NEEDS_SHARE, talk_words.PREFERENCES[country])
            rows.append((one.pk, needs, preferences, self._custom()))
            if happens(self.rng, TAG_SHARE):
                tagged.append((one.pk, self.rng.choice(tags)))
        _write_descriptions(rows)
        through = Customer.tags.through
        through.objects.bulk_create(
            [through(customer_id=customer, tag_id=tag) for customer, tag in tagged]
        )

    def _maybe(self, share: float, texts: Sequence[str]) -> str:
        return self.rng.choice(texts) if happens(self.rng, share) else ""

    def _custom(self) -> dict[str, Any]:
        rng = self.rng
        until = self.context.until + timedelta(days=rng.randint(10, 700))
        values: dict[str, Any] = {
            "warehouses": str(rng.randint(1, 9)),
            "contract-until": until.isoformat(),
            "buying-rhythm": rng.choice(FIELDS[2][3]),
            "iso-14001": happens(rng, 0.4),
            "erp": rng.choice(ERPS),
        }
        return {key: value for key, value in values.items() if happens(rng, FIELD_SHARE)}

    def special_dates(self) -> Iterator[tuple[Any, ...]]:
        """Birthdays of contacts; some come up in the next days."""
        for number, one in enumerate(self.held):
            for contact in one.contacts:
                if not happens(self.rng, SPECIAL_SHARE):
                    continue
                day = date(self.rng.randint(1962, 2000), 1, 1) + timedelta(
                    days=self.rng.randint(0, 364)
                )
                if number % 40 == 0:
                    near = self.context.until + timedelta(days=self.rng.randint(2, 14))
                    day = date(day.year, near.month, min(near.day, 28))
                year = day.year if happens(self.rng, 0.6) else None
                kind = SpecialDateKind.BIRTHDAY.value
                yield (one.pk, contact, kind, "", day.month, day.day, year, True)

    def notes(self) -> int:
        """Notes of the holders; some call their lead to it."""
        notes: list[Note] = []
        for one in self.held:
            if not happens(self.rng, NOTE_SHARE):
                continue
            text = self.rng.choice(talk_words.CUSTOMER_NOTES[one.seller.country])
            at = self._instant(one.seller, self.rng.randint(1, 200))
            notes.append(
                Note(customer_id=one.pk, author=one.seller.member, at=at, text=text, is_sample=True)
            )
        Note.objects.bulk_create(notes)
        return len(notes)

    def screenings(self) -> int:
        """Most new leads were screened; some were parked."""
        rule = ScreeningRule.current()
        dimensions = list(ScreeningDimension.objects.filter(is_active=True))
        made = [
            self._screening(lead, rule.minimum, dimensions)
            for lead in self.context.made(Leads).made
            if lead.holder is not None and happens(self.rng, SCREENED_SHARE)
        ]
        Screening.objects.bulk_create(made)
        _write_verdicts(made)
        return len(made)

    def _screening(
        self, lead: Lead, minimum: int, dimensions: Sequence[ScreeningDimension]
    ) -> Screening:
        assert lead.holder is not None  # noqa: S101 - chosen so
        grades = {
            one.key: self.rng.choices((1, 2, 3, 4), (12, 28, 38, 22))[0] for one in dimensions
        }
        total = sum(grades.values())
        german = lead.country == "DE"
        reason = "Too small for our service" if german else "规模太小"
        return Screening(
            customer_id=lead.customer,
            at=lead.created_at + timedelta(minutes=self.rng.randint(30, 50)),
            by=lead.holder.member,
            grades=grades,
            total=total,
            minimum=minimum,
            is_qualified=total >= minimum,
            reason="" if total >= minimum else reason,
            is_sample=True,
        )

    def surveys(self) -> Iterator[tuple[Any, ...]]:
        """Sent after orders; fewer than half are answered."""
        kinds = cycle((SurveyKind.NPS, SurveyKind.CSAT))
        for one in self.held:
            if one.ordered_on is None or not one.contacts or not happens(self.rng, SURVEY_SHARE):
                continue
            yield self._survey(one, next(kinds))

    def _survey(self, one: Held, kind: SurveyKind) -> tuple[Any, ...]:
        rng, member = self.rng, one.seller.member
        sent_at = self._instant(one.seller, rng.randint(1, 150))
        answered_at, score, comment = None, None, ""
        if happens(rng, ANSWER_SHARE):
            answered_at = min(
                sent_at + timedelta(hours=rng.randint(1, 90)),
                datetime.combine(self.context.until, sent_at.timetz()),
            )
            answered_at = max(answered_at, sent_at + timedelta(minutes=3))
            scores = NPS_SCORES if kind == SurveyKind.NPS else CSAT_SCORES
            score = drawn(rng, scores)
            comment = self._comment(one.seller.country, kind, score)
        expires_at = sent_at + timedelta(days=SURVEY_DAYS)
        team = one.seller.team_on(max(sent_at.date(), one.seller.since))
        return (
            one.pk, rng.choice(one.contacts), member.pk, team, member.pk, kind.value,
            "en" if one.seller.country == "DE" else "zh-hans", sent_at, expires_at, answered_at,
            score, comment, True,
        )  # fmt: skip

    def _comment(self, country: str, kind: SurveyKind, score: int) -> str:
        if happens(self.rng, 0.55):
            return ""
        mood = "bad" if score <= WORST[kind] else "good" if score >= BEST[kind] else "fair"
        return self.rng.choice(talk_words.COMMENTS[country][mood])

    def _instant(self, seller: Seller, days_ago: int) -> datetime:
        day = self.context.until - timedelta(days=days_ago)
        zone = ZoneInfo(seller.member.time_zone)
        minute = self.rng.randrange(OFFICE_MINUTES)
        return self.calendars[seller.country].office_instant(day, minute, zone, self.zone)


def _held(context: Context) -> list[Held]:
    people, books = context.made(People), context.made(Accounts).books
    keeper = {
        pk: people.successor if seller.left_on else seller
        for seller in people.sellers
        for pk in books[seller.member.pk]
    }
    contacts: dict[int, list[int]] = {pk: [] for pk in keeper}
    rows = Contact.objects.filter(customer__in=list(keeper)).order_by("customer_id", "pk")
    for customer, pk in rows.values_list("customer", "pk"):
        contacts[customer].append(pk)
    ordered = dict(
        Customer.objects.filter(pk__in=list(keeper)).values_list("pk", "last_ordered_on")
    )
    return [Held(pk, keeper[pk], contacts[pk], ordered[pk]) for pk in sorted(keeper)]


def _write_descriptions(rows: Sequence[tuple[int, str, str, dict[str, Any]]]) -> None:
    Customer.objects.bulk_update(
        [Customer(pk=pk, needs=n, preferences=p, custom=c) for pk, n, p, c in rows],
        ["needs", "preferences", "custom"],
        batch_size=500,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_contact c SET
                 preferred_channel = CASE n %% 4 WHEN 0 THEN %s WHEN 1 THEN %s ELSE '' END,
                 preferred_time = CASE n %% 5 WHEN 0 THEN '9–11' ELSE '' END
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM customers_contact
                     WHERE is_sample) numbered
               WHERE c.id = numbered.id""",
            [Channel.EMAIL.value, Channel.CALL.value],
        )


def _write_verdicts(made: Sequence[Screening]) -> None:
    Customer.objects.bulk_update(
        [
            Customer(
                pk=one.customer_id,
                screening=ScreeningState.QUALIFIED if one.is_qualified else ScreeningState.PARKED,
                potential_score=one.total,
            )
            for one in made
        ],
        ["screening", "potential_score"],
        batch_size=500,
    )
