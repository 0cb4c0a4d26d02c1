"""Opportunities of the sample firm with their level histories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise, zip_longest
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model

from apps.core.errors import DomainError
from apps.funnel.models import Level, LevelChange, Opportunity, OwnerChange, OwnerChangeKind
from apps.sample import words
from apps.sample.accounts import Accounts
from apps.sample.calendars import (
    OFFICE_MINUTES,
    WorkingCalendar,
    office_instant,
    working_calendars,
)
from apps.sample.catalogue import SHARES, Catalogue, Offer
from apps.sample.context import Context, happens
from apps.sample.copying import copy_rows, reserve_ids
from apps.sample.histories import CARRIED_DAYS, CARRIED_FACTOR, TOP, Course, Step, history
from apps.sample.people import People, Seller, weekday
from apps.sample.stories import LATE_DAYS

NEEDS = ("people", "catalogue", "accounts")
MODELS: Sequence[type[Model]] = (Opportunity, LevelChange, OwnerChange)

GROWTH = 0.3  # more new opportunities at the end of the history than at its beginning
SKILL_SPREAD = 0.08
DISCOUNTS = (0, 0, 0, 2, 3, 5, 5, 8, 10, 12, 15)
NO_CUSTOMER_SHARE, NO_PRODUCT_SHARE, NAMED_SHARE = 0.03, 0.06, 0.12
# The value is named at E, D, C or B; from B on it is the quote, before it an estimate.
VALUE_NAMED_AT = (45, 22, 20, 13)
QUOTED = 3
# Share of open opportunities with an expected close, and the days left until it, by level.
EXPECTED_SHARE = (0.3, 0.5, 0.8, 0.92, 0.97)
DAYS_LEFT = (60, 50, 38, 22, 10)
OVERDUE_SHARE = 0.12
ROUND_TO = 50  # estimates are round sums
CENT = Decimal("0.01")

OPPORTUNITY_FIELDS = (
    "id", "name", "customer", "owner", "team", "held_since_on", "line", "product", "level", "level_since_on", "state",
    "value", "opened_on", "expected_close_on", "closed_on", "loss_reason", "is_sample", "created_at",
)  # fmt: skip
CHANGE_FIELDS = (
    "opportunity", "from_level", "to_level", "outcome", "at", "on", "is_dated", "owner", "team", "value",
    "by", "reason", "is_sample", "recorded_at",
)  # fmt: skip
HANDS_FIELDS = (
    "opportunity", "on", "at", "from_owner", "from_team", "to_owner", "to_team", "by", "kind", "reason",
    "is_sample", "recorded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds an opportunity, in which team, from which day on."""

    on: date
    at: datetime
    owner: Seller
    team: int
    kind: OwnerChangeKind


@dataclass(frozen=True, slots=True)
class Entry:
    """A step as it is recorded: when, by whom, in which team, and what it was worth by then."""

    step: Step
    on: date
    at: datetime
    owner: Seller
    team: int
    value: Decimal | None


@dataclass(frozen=True)
class Sale:
    """A won opportunity, for the orders."""

    opportunity: int
    customer: int | None
    offer: Offer
    units: int
    won: Entry


@dataclass(frozen=True)
class Deals:
    sales: list[Sale]


@dataclass(frozen=True)
class Opening:
    """A new opportunity of a seller: on which working day, in which minute of it."""

    on: date
    minute: int
    seller: Seller
    course: Course
    index: int


def build(context: Context) -> Mapping[str, int]:
    """Exactly as many opportunities as the scale says, oldest first."""
    writer = Writer(context, levels())
    openings = sorted(_openings(context), key=lambda opening: (opening.on, opening.minute))
    ids = reserve_ids(Opportunity, len(openings))
    # The changes are written while the opportunities are collected; foreign keys are checked at
    # the end of the transaction.
    changes = copy_rows(LevelChange, CHANGE_FIELDS, writer.changes(zip(ids, openings, strict=True)))
    copy_rows(Opportunity, OPPORTUNITY_FIELDS, writer.opportunities)
    copy_rows(OwnerChange, HANDS_FIELDS, writer.hands)
    context.keep(Deals(writer.sales))
    return {"opportunities": len(ids), "level_changes": changes}


def levels() -> list[Level]:
    """The levels of the default pipeline, E first. DomainError where they are not five."""
    found = list(Level.objects.filter(pipeline__is_default=True).order_by("rank"))
    if len(found) != TOP + 1:
        message = (
            f"The sample firm needs a default pipeline of five levels; this one has {len(found)}."
        )
        raise DomainError(message)
    return found


def _openings(context: Context) -> Iterator[Opening]:
    rng = context.random("openings")
    sellers = context.made(People).sellers
    countries = (seller.country for seller in sellers)
    calendars = working_calendars(countries, context.start, context.until)
    weights = [_day_weights(seller, calendars[seller.country]) for seller in sellers]
    counts = shared_out(context.scale.opportunities, [sum(by_day) for by_day in weights])
    for seller, by_day, count in zip(sellers, weights, counts, strict=True):
        course = _course(context, rng, seller, calendars[seller.country])
        for index in rng.choices(range(len(by_day)), by_day, k=count):
            minute = rng.randrange(OFFICE_MINUTES)
            yield Opening(course.calendar.days[index], minute, seller, course, index)


def _day_weights(seller: Seller, calendar: WorkingCalendar) -> list[float]:
    """How likely a new opportunity is on each working day; nothing before or after the job."""
    weights = []
    for index, (day, pace) in enumerate(zip(calendar.days, calendar.pace, strict=True)):
        here = seller.since <= day and (seller.left_on is None or day < seller.left_on)
        routine = min(1.0, 0.4 + (day - seller.since).days * 0.015)
        growth = 1 + GROWTH * index / len(calendar.days)
        carried = CARRIED_FACTOR if index < CARRIED_DAYS else 1.0
        weights.append(seller.story.activity * pace * routine * growth * carried if here else 0.0)
    return weights


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that sum to the total (largest remainder)."""
    exact = [total * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in exact]
    rest = sorted(range(len(exact)), key=lambda n: (counts[n] - exact[n], n))
    for n in rest[: total - sum(counts)]:
        counts[n] += 1
    return counts


def _course(context: Context, rng: Random, seller: Seller, calendar: WorkingCalendar) -> Course:
    return Course(
        calendar=calendar,
        story=seller.story,
        skill=rng.lognormvariate(0, SKILL_SPREAD),
        late_from=calendar.at_or_after(context.until - timedelta(days=LATE_DAYS)),
        left_from=calendar.at_or_after(seller.left_on) if seller.left_on else None,
    )


@dataclass
class Writer:
    """Turns openings into rows; `changes` yields the level changes and collects the rest."""

    context: Context
    levels: list[Level]
    opportunities: list[tuple[Any, ...]] = field(default_factory=list)
    hands: list[tuple[Any, ...]] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = self.context.random("opportunities")
        self.level_ids = [level.pk for level in self.levels]
        self.lines = self.context.made(Catalogue).lines
        self.books = self.context.made(Accounts).books
        self.successor = self.context.made(People).successor
        self.zone = self.context.organisation.zone

    def changes(self, openings: Iterator[tuple[int, Opening]]) -> Iterator[tuple[Any, ...]]:
        for pk, opening in openings:
            yield from self._one(pk, opening)

    def _one(self, pk: int, opening: Opening) -> Iterator[tuple[Any, ...]]:
        steps = history(self.rng, opening.course, opening.index)
        offer, units, quote = self._offer(opening)
        entries = self._entries(opening, steps, quote)
        customer = self._customer(opening.seller)
        holdings = self._holdings(opening.seller, entries)
        self.opportunities.append(
            self._opportunity(pk, opening, (offer, customer), entries, holdings[-1])
        )
        self.hands += [self._hands(pk, *pair) for pair in pairwise(holdings)]
        last = entries[-1]
        if last.step.outcome == "won":
            self.sales.append(Sale(pk, customer, offer, units, last))
        for entry in entries:
            yield self._change(pk, entry)

    def _entries(self, opening: Opening, steps: list[Step], quote: Decimal) -> list[Entry]:
        """The steps with day, instant, owner, team and the value known by then."""
        rng, seller = self.rng, opening.seller
        named_at = rng.choices(range(len(VALUE_NAMED_AT)), VALUE_NAMED_AT)[0]
        guess = Decimal(rng.randint(80, 130)) / 100
        estimate = (quote * guess / ROUND_TO).quantize(Decimal(1)) * ROUND_TO
        zone = ZoneInfo(seller.member.time_zone)
        reached, value, entries = -1, None, []
        for number, step in enumerate(steps):
            reached = max(reached, step.level)
            if step.outcome == "won" or reached >= QUOTED:
                value = quote
            elif reached >= named_at:
                value = estimate
            on = opening.course.calendar.days[step.index]
            minute = rng.randrange(OFFICE_MINUTES) if number else opening.minute
            at = office_instant(on, minute, zone, self.zone)
            owner = seller if seller.left_on is None or on < seller.left_on else self.successor
            entries.append(Entry(step, on, at, owner, owner.team_on(on), value))
        return entries

    def _holdings(self, seller: Seller, entries: list[Entry]) -> list[Holding]:
        """The first holder and every later one.

        An open opportunity goes along on the day on which its seller moves or has left; one that was
        lost by then goes to the new holder when it starts again.
        """
        first = entries[0]
        holdings = [Holding(first.on, first.at, first.owner, first.team, OwnerChangeKind.ASSIGN)]
        for entry, later in zip_longest(entries, entries[1:]):
            until = later.on if later else self.context.until
            if not entry.step.outcome:
                holdings += self._turns(seller, entry.on, until)
            if later and (later.owner.member.pk, later.team) != _key(holdings[-1]):
                kind = OwnerChangeKind.ASSIGN
                holdings.append(Holding(later.on, later.at, later.owner, later.team, kind))
        return holdings

    def _turns(self, seller: Seller, after: date, until: date) -> Iterator[Holding]:
        """Moves and the leaving of the seller on the days after one up to another."""
        zone = ZoneInfo(seller.member.time_zone)
        for team, since in seller.stints[1:]:
            if after < since <= until:
                at = office_instant(since, 0, zone, self.zone)
                yield Holding(since, at, seller, team, OwnerChangeKind.MOVE)
        left = seller.left_on
        if left is not None and after < left <= until:
            at = office_instant(left, 0, zone, self.zone)
            team = self.successor.team_on(left)
            yield Holding(left, at, self.successor, team, OwnerChangeKind.LEAVING)

    def _hands(self, opportunity: int, before: Holding, after: Holding) -> tuple[Any, ...]:
        return (
            opportunity,
            after.on,
            after.at,
            before.owner.member.pk,
            before.team,
            after.owner.member.pk,
            after.team,
            None,
            after.kind.value,
            "",
            True,
            after.at,
        )

    def _change(self, opportunity: int, entry: Entry) -> tuple[Any, ...]:
        step = entry.step
        return (
            opportunity,
            None if step.from_level is None else self.level_ids[step.from_level],
            None if step.to_level is None else self.level_ids[step.to_level],
            step.outcome,
            entry.at,
            entry.on,
            # What was under way when the records began has no date of entering its level.
            step.from_level is not None or step.index >= CARRIED_DAYS,
            entry.owner.member.pk,
            entry.team,
            entry.value,
            entry.owner.member.pk,
            step.reason,
            True,
            entry.at,
        )

    def _offer(self, opening: Opening) -> tuple[Offer, int, Decimal]:
        """A product sold on that day, how many of it, and the price with the discount."""
        rng = self.rng
        line = rng.choices(self.lines, SHARES[opening.seller.country])[0]
        offer = rng.choice([offer for offer in line if offer.sold_on(opening.on)])
        least, most = offer.units
        drawn = rng.triangular(least, most, least + (most - least) * 0.3)
        units = max(1, round(drawn * opening.seller.story.size))
        discount = Decimal(100 - rng.choice(DISCOUNTS)) / 100
        return offer, units, (offer.price * units * discount).quantize(CENT, ROUND_HALF_UP)

    def _customer(self, seller: Seller) -> int | None:
        """One of the seller's own; the first ones of the book buy most often."""
        if happens(self.rng, NO_CUSTOMER_SHARE):
            return None
        book = self.books[seller.member.pk]
        return book[int(len(book) * self.rng.random() ** 1.6)]

    def _opportunity(
        self,
        pk: int,
        opening: Opening,
        offered: tuple[Offer, int | None],
        entries: list[Entry],
        holding: Holding,
    ) -> tuple[Any, ...]:
        """The row that repeats the latest entry and the latest holding."""
        offer, customer = offered
        last = entries[-1]
        level = last.step.level
        # The level is entered by the latest step that leads to one; a close leaves it as it was.
        entered = next(entry for entry in reversed(entries) if entry.step.to_level is not None)
        closed_on = last.on if last.step.outcome else None
        unsure = last.step.outcome != "won" and happens(self.rng, NO_PRODUCT_SHARE)
        return (
            pk,
            self._name(opening),
            customer,
            holding.owner.member.pk,
            holding.team,
            holding.on,
            offer.product.line_id,
            None if unsure else offer.product.pk,
            self.level_ids[level],
            entered.on,
            last.step.outcome or "open",
            last.value,
            opening.on,
            self._expected_on(opening.on, level, closed_on),
            closed_on,
            last.step.reason if last.step.outcome == "lost" else "",
            True,
            entries[0].at,
        )

    def _name(self, opening: Opening) -> str:
        if not happens(self.rng, NAMED_SHARE):
            return ""
        name = self.rng.choice(words.NAMED_OPPORTUNITIES[opening.seller.country])
        return name.format(year=opening.on.year)

    def _expected_on(self, opened_on: date, level: int, closed_on: date | None) -> date | None:
        """Around the real close; for open ones in the weeks to come, some overdue, some unknown."""
        rng = self.rng
        if closed_on:
            on = closed_on + timedelta(days=rng.randint(-12, 9)) if happens(rng, 0.8) else None
        elif not happens(rng, EXPECTED_SHARE[level]):
            on = None
        elif happens(rng, OVERDUE_SHARE):
            on = self.context.until - timedelta(days=rng.randint(1, 25))
        else:
            on = self.context.until + timedelta(
                days=round(DAYS_LEFT[level] * rng.uniform(0.12, 1.7))
            )
        return weekday(max(on, opened_on)) if on else None


def _key(holding: Holding) -> tuple[int, int]:
    return holding.owner.member.pk, holding.team
