"""What the pages, the command and what-if read of tiers; every number counts what the reader sees."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from apps.core.formats import number, percent
from apps.core.models import Organisation
from apps.customers.models import Customer
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind
from apps.portfolio.models import TierChange, TierFigure, TierOverride, TierRule
from apps.portfolio.tiers import statements
from apps.portfolio.tiers.concentration import Bucket, curve
from apps.portfolio.tiers.ranking import TIERS, TierSum, concentration
from apps.portfolio.tiers.rule import first_day, parameters

# The curve is drawn from so many groups of customers, and has a point at every percent.
BUCKETS, STEPS = 100, 100
# Overrides that end within these days are named.
SOON_DAYS = 30
CARD_ROWS = 6
HISTORY_ROWS = 5


@dataclass(frozen=True)
class TierCard:
    """One tier as it counts today, of the customers that the reader sees.

    `customers` are all of them; `rated` those whose orders it stands on, with what they bring.
    """

    part: TierSum
    customers: int
    provisional: int

    @property
    def rated(self) -> int:
        return self.part.customers

    @property
    def average(self) -> Decimal | None:
        """Worth of a rated customer of the tier; None without any."""
        return self.part.worth / self.part.customers if self.part.customers else None


@dataclass(frozen=True)
class Overview:
    """The head of the page. `as_of` is None before the first run."""

    as_of: date | None
    since: date | None
    cards: list[TierCard]
    unrated: int
    rated: int
    worth: Decimal
    # How many rated customers count with profit, with revenue, with both.
    bases: dict[str, int]
    shares: list[Decimal] | None = field(default=None)

    @property
    def customers(self) -> int:
        return self.unrated + sum(card.customers for card in self.cards)


def overview(user: Viewer) -> Overview:
    latest = TierFigure.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    figures = TierFigure.objects.visible_to(user).rated()
    rows = (
        Customer.objects.visible_to(user)
        .order_by()
        .values("tier")
        .annotate(
            n=Count("pk"),
            provisional=Count("pk", filter=Q(is_tier_provisional=True)),
        )
    )
    counts = {row["tier"]: row for row in rows}
    sums = figures.order_by().values("customer__tier").annotate(n=Count("pk"), worth=Sum("worth"))
    worths = [(row["customer__tier"], row["n"], row["worth"]) for row in sums]
    bases = dict(figures.order_by().values_list("basis").annotate(Count("pk")))
    cards = [_card(part, counts.get(part.tier)) for part in concentration(worths)]
    return Overview(
        as_of=latest,
        since=first_day(TierRule.current(), latest) if latest else None,
        cards=cards,
        unrated=counts[""]["n"] if "" in counts else 0,
        rated=sum(n for _tier, n, _worth in worths),
        worth=sum((worth for _tier, _n, worth in worths), Decimal(0)),
        bases=bases,
        shares=curve(_buckets(user), STEPS),
    )


def _card(part: TierSum, row: dict[str, Any] | None) -> TierCard:
    if row is None:
        return TierCard(part, 0, 0)
    return TierCard(part, row["n"], row["provisional"])


def _buckets(user: Viewer) -> list[Bucket]:
    """The visible rated customers, the best first, in groups of equal size."""
    seen = TierFigure.objects.visible_to(user).rated().order_by().values("worth", "rank")
    sql, values = seen.query.sql_with_params()
    statement = (
        "SELECT bucket, count(*), sum(worth) FROM ("  # noqa: S608 - the scope's own statement
        f"SELECT worth, ntile({BUCKETS}) OVER (ORDER BY rank) AS bucket FROM ({sql}) seen"
        ") grouped GROUP BY bucket ORDER BY bucket"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Bucket(count, worth) for _bucket, count, worth in cursor.fetchall()]


def sees_all(user: Viewer) -> bool:
    return reads(user, RecordKind.SALES) is Reach.ALL


def scope_words(user: Viewer) -> str:
    """Whose customers the page counts, for its subtitle."""
    reach = reads(user, RecordKind.SALES)
    if reach is Reach.ALL:
        return _("All customers")
    if reach is Reach.SUBTREE:
        return _("Customers of your teams, and the pool")
    return _("Your customers, and the pool")


def place_words(rank: int | None, rated: int | None, *, everything: bool) -> str:
    """Where a customer stands among the rated of the whole firm; empty where it has no rank.

    Who sees only a part of the customers reads a share: how many others there are is not theirs.
    """
    if rank is None or not rated:
        return ""
    if everything:
        return _("rank %(rank)s of %(rated)s") % {"rank": number(rank), "rated": number(rated)}
    share = (Decimal(rank) / rated).quantize(Decimal("0.01"), ROUND_CEILING)
    return _("among the first %(share)s of rated customers") % {"share": percent(share, 0)}


@dataclass(frozen=True)
class Drift:
    """A change of a tier with the words for where the customer stood."""

    change: TierChange
    place: str


def drift_rows(changes: list[TierChange], user: Viewer) -> list[Drift]:
    everything = sees_all(user)
    return [
        Drift(change, place_words(change.rank, change.rated, everything=everything))
        for change in changes
    ]


@dataclass(frozen=True)
class Coming:
    """What may change next: the latest runs found another tier, or an override ends."""

    pending: list[TierFigure]
    pending_count: int
    ending: list[TierOverride]
    ending_count: int
    override_count: int
    runs_to_change: int


def coming(user: Viewer) -> Coming:
    pending = TierFigure.objects.visible_to(user).pending()
    overrides = TierOverride.objects.visible_to(user).in_force()
    soon = overrides.filter(ends_on__lte=Organisation.current().today() + timedelta(SOON_DAYS))
    return Coming(
        pending=list(pending.for_list().order_by("-pending_runs", "rank", "pk")[:CARD_ROWS]),
        pending_count=pending.count(),
        ending=list(soon.for_list().order_by("ends_on", "pk")[:CARD_ROWS]),
        ending_count=soon.count(),
        override_count=overrides.count(),
        runs_to_change=TierRule.current().runs_to_change,
    )


@dataclass(frozen=True)
class CustomerTier:
    """What the panel of the customer's page says."""

    figure: TierFigure | None
    place: str
    since: date | None
    override: TierOverride | None
    history: list[Drift]
    history_count: int
    runs_to_change: int


def customer_tier(customer: Customer, user: Viewer) -> CustomerTier:
    """The customer is one that the reader sees."""
    figure = TierFigure.objects.visible_to(user).filter(customer=customer).first()
    overrides = TierOverride.objects.visible_to(user).in_force().filter(customer=customer)
    changes = TierChange.objects.visible_to(user).filter(customer=customer)
    rule = TierRule.current()
    rated = TierFigure.objects.rated().count() if figure and figure.rank else None
    return CustomerTier(
        figure=figure,
        place=place_words(figure.rank if figure else None, rated, everything=sees_all(user)),
        since=first_day(rule, figure.as_of) if figure else None,
        override=overrides.select_related("by").first(),
        history=drift_rows(list(changes.for_list()[:HISTORY_ROWS]), user),
        history_count=changes.count(),
        runs_to_change=rule.runs_to_change,
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """A customer as the rule finds it on a day; `applied` is the tier that counted on that day."""

    customer_id: int
    name: str
    tier: str
    is_provisional: bool
    applied: str
    rank: int | None
    worth: Decimal | None
    revenue: Decimal | None
    orders: int
    orders_without_cost: int
    basis: str
    cumulative_share: Decimal | None


RATED = """
, applied AS (
  SELECT DISTINCT ON (customer_id) customer_id, to_tier FROM portfolio_tierchange
  WHERE "on" <= %(as_of)s ORDER BY customer_id, "on" DESC, at DESC, id DESC
)
SELECT f.customer_id, c.name, f.computed, f.is_provisional, coalesce(a.to_tier, ''), f.rank, f.worth,
       f.revenue, f.orders, f.orders_without_cost, f.basis, f.share
FROM found f JOIN customers_customer c ON c.id = f.customer_id
LEFT JOIN applied a ON a.customer_id = f.customer_id
WHERE (c.created_at AT TIME ZONE %(zone)s)::date <= %(as_of)s OR f.orders > 0
ORDER BY f.rank NULLS LAST, f.computed = '', f.computed, f.customer_id
"""


def rated_on(as_of: date, rule: TierRule | None = None) -> list[Rated]:
    """Every customer of the day by the rule alone, computed now: the rated by rank, then the others.

    For a script: it asks nobody's permission.
    """
    values = parameters(rule or TierRule.current(), as_of)
    values["zone"] = Organisation.current().time_zone
    with connection.cursor() as cursor:
        cursor.execute(statements.FOUND + RATED, values)
        return [Rated(*row) for row in cursor.fetchall()]


def sums_of(rows: list[Rated]) -> list[TierSum]:
    """Tier by tier, of the rated."""
    return concentration([_sum_of(rows, tier) for tier in TIERS])


def _sum_of(rows: list[Rated], tier: str) -> tuple[str, int, Decimal]:
    known = [row.worth for row in rows if row.tier == tier and row.rank and row.worth is not None]
    return tier, len(known), sum(known, Decimal(0))
