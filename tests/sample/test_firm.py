"""The generated firm keeps the rules of the domain and tells the stories it is meant to tell."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any

import holidays
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import connection
from django.db.models import Count, F, Model, Q, Sum

from apps.activities.models import Activity, FollowUp
from apps.core.models import AuditEntry, DirtyDay, Organisation
from apps.customers.models import (
    Contact,
    Customer,
    CustomerOwnerChange,
    Note,
    Screening,
    SpecialDate,
)
from apps.funnel.models import Level, LevelChange, Opportunity, State
from apps.members.models import (
    AccessRole,
    Invitation,
    Member,
    Membership,
    PositionHolding,
    StandIn,
    Team,
    TeamKind,
)
from apps.orders.models import Order
from apps.products.models import Product, ProductLine
from apps.sample.services import DEMO_PASSWORD, Created
from apps.satisfaction.models import Survey
from apps.staffing.models import Departure
from tests.sample.conftest import UNTIL

pytestmark = pytest.mark.django_db
START = date(2024, 3, 28)
KINDS: list[type[Model]] = [
    Member, Team, Membership, ProductLine, Product, Customer, Contact, Opportunity, LevelChange, Order,
    Activity, FollowUp, SpecialDate, Note, Screening, Survey, CustomerOwnerChange,
]  # fmt: skip


def is_chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)


def revenue_of(name: str, start: date = START, end: date = UNTIL) -> Decimal:
    orders = Order.objects.filter(member__name=name, ordered_on__range=(start, end))
    return orders.aggregate(sum=Sum("value"))["sum"] or Decimal(0)


def test_counts_of_seed_7_are_exact(firm: Created) -> None:
    revenue = Order.objects.aggregate(sum=Sum("value"))["sum"]

    assert firm.rows == {
        "members": 16,
        "teams": 9,
        "positions_held": 14,
        "sign_ins": 131,
        "invitations": 2,
        "product_lines": 5,
        "products": 18,
        "customers": 150,
        "contacts": 257,
        "leads": 24,
        "opportunities": 900,
        "level_changes": 3144,
        "orders": 258,
        "activities": 2144,
        "follow_ups": 74,
        "special_dates": 61,
        "notes": 31,
        "screenings": 12,
        "surveys": 35,
        "saved_views": 3,
        "duplicate_pairs": 1,
        "departures": 1,
        "audit_entries": 7,
    }
    assert revenue == Decimal("1939388.42")


def test_every_foreign_key_holds(firm: Created) -> None:
    connection.check_constraints()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_row_is_valid(firm: Created, kind: type[Model]) -> None:
    rows = list(kind._default_manager.all())
    relations = [field.name for field in kind._meta.fields if field.is_relation]

    for row in rows:
        row.clean_fields(exclude=[*relations, "path"])
        row.clean()
    assert rows


@pytest.mark.parametrize(
    "kind", [k for k in KINDS if k is not Membership], ids=lambda k: k.__name__
)
def test_every_row_is_marked_as_sample(firm: Created, kind: type[Model]) -> None:
    assert not kind._default_manager.filter(is_sample=False).exists()


def test_the_organisation_takes_the_firms_name(firm: Created) -> None:
    organisation = Organisation.current()

    assert (organisation.name, organisation.time_zone, organisation.currency) == (
        "Nordhaus Supply",
        "Europe/Berlin",
        "EUR",
    )


@pytest.mark.parametrize("role", AccessRole.values)
def test_every_access_role_has_a_sign_in_that_works(firm: Created, role: str) -> None:
    sign_in = next(sign_in for sign_in in firm.sign_ins if sign_in.role == role)

    member = authenticate(None, email=sign_in.email, password=firm.password)

    assert member == Member.objects.get(email=sign_in.email, access_role=role)


def test_the_password_satisfies_the_validators_for_everybody(firm: Created) -> None:
    assert firm.password == DEMO_PASSWORD
    for member in Member.objects.all():
        validate_password(firm.password, member)


def test_who_left_cannot_sign_in(firm: Created) -> None:
    left = Member.objects.get(is_active=False)

    assert authenticate(None, email=left.email, password=firm.password) is None
    assert not Membership.objects.running_on(UNTIL).filter(member=left).exists()


def test_names_are_in_both_scripts_and_members_read_three_languages(firm: Created) -> None:
    for kind in (Member, Team, ProductLine, Product, Customer, Contact):
        names = list(kind._default_manager.values_list("name", flat=True))
        chinese = sum(map(is_chinese, names))
        assert 0 < chinese < len(names), kind
    languages = set(Member.objects.values_list("language", flat=True))
    assert languages == {"en", "zh-hans", "zh-hant"}


def test_teams_are_a_tree_of_four_levels_with_paths(firm: Created) -> None:
    teams = {team.pk: team for team in Team.objects.all()}

    for team in teams.values():
        above = teams[team.parent_id].path if team.parent_id else []
        assert team.path == [*above, team.pk]
        assert team.lead is not None
    assert {len(team.path) for team in teams.values()} == {1, 2, 3, 4}


def test_two_divisions_hold_the_teams_and_a_matrix_team_crosses_them(firm: Created) -> None:
    matrix = Team.objects.get(kind=TeamKind.MATRIX)
    divisions = Team.objects.filter(parent__parent=None, parent__isnull=False).exclude(pk=matrix.pk)
    at_home = Membership.objects.running_on(UNTIL).filter(
        is_primary=True, member__in=matrix.memberships.values("member")
    )

    assert sorted(divisions.values_list("slug", flat=True)) == ["china", "germany"]
    assert not matrix.memberships.filter(is_primary=True).exists()
    assert {membership.team.path[1] for membership in at_home} == {d.pk for d in divisions}


def test_one_team_leaves_stages_of_the_lifecycle_to_nobody(firm: Created) -> None:
    west = Team.objects.get(slug="west")
    held = PositionHolding.objects.running_on(UNTIL).filter(
        member__memberships__team__path__contains=[west.pk]
    )
    covered = {stage for holding in held for stage in holding.position.stages}

    assert covered == {"attract", "convert"}


def test_somebody_stands_in_today_and_an_invitation_waits(firm: Created) -> None:
    today = UNTIL + timedelta(days=1)
    stand_in = StandIn.objects.in_force_on(today).get()
    waiting, late = Invitation.objects.order_by("-expires_at")

    assert (stand_in.absent.name, stand_in.stand_in.name) == ("Stefan Vogel", "Moritz Haas")
    assert late.expires_at.date() < today <= waiting.expires_at.date()


def test_contacts_can_neither_be_called_nor_mailed_in_earnest(firm: Created) -> None:
    fictional = r"^\+49 (30 23125|40 66969|69 90009|89 99998) \d{3}$|^\+86 (21|20|755) 0555 0\d{3}$"

    assert not Contact.objects.exclude(Q(phone="") | Q(phone__regex=fictional)).exists()
    assert not Contact.objects.exclude(Q(email="") | Q(email__endswith=".example")).exists()
    assert not Member.objects.exclude(email__endswith="@sample.example").exists()


def test_customers_have_owners_a_pool_and_subsidiaries(firm: Created) -> None:
    assert 15 <= Customer.objects.filter(owner=None).count() <= 45
    assert Customer.objects.exclude(parent=None).count() >= 3
    assert not Customer.objects.filter(owner__is_active=False).exists()


def test_nothing_happens_on_weekends_and_holidays(firm: Created) -> None:
    german = holidays.country_holidays("DE", years=[2024, 2025])
    chinese = holidays.country_holidays("CN", years=[2024, 2025])
    changes = LevelChange.objects.values_list("on", "owner__time_zone")
    orders = Order.objects.values_list("ordered_on", "member__time_zone")

    for day, zone in [*changes, *orders]:
        assert day.weekday() < 5
        assert day not in (chinese if zone.startswith("Asia") else german)


def test_fifteen_months_are_covered_and_nothing_is_later(firm: Created) -> None:
    months = {(day.year, day.month) for day in LevelChange.objects.values_list("on", flat=True)}

    assert {(2024, m) for m in range(4, 13)} | {(2025, m) for m in range(1, 7)} <= months
    assert not LevelChange.objects.exclude(on__range=(START, UNTIL)).exists()
    assert not Order.objects.exclude(ordered_on__range=(START, UNTIL)).exists()


def test_instants_fall_on_their_day_in_the_organisations_zone(firm: Created) -> None:
    organisation = Organisation.current()

    for at, on in LevelChange.objects.values_list("at", "on"):
        assert organisation.day_of(at) == on


def histories() -> list[list[Any]]:
    rows = LevelChange.objects.select_related("from_level", "to_level").order_by(
        "opportunity", "on", "at", "pk"
    )
    return [list(group) for _key, group in groupby(rows, key=lambda row: row.opportunity_id)]


def test_each_step_begins_where_the_last_one_ended(firm: Created) -> None:
    for first, *rest in histories():
        assert first.from_level is None
        stands, closed, on = first.to_level, "", first.on
        for step in rest:
            assert step.on > on
            if step.from_level is None:
                assert closed == "lost"
                assert step.to_level.code == "E"
            else:
                assert not closed
                assert step.from_level == stands
            stands, closed, on = step.to_level or stands, step.outcome, step.on


def test_moves_back_losses_and_new_starts_have_a_reason(firm: Created) -> None:
    back = LevelChange.objects.filter(to_level__rank__lt=F("from_level__rank"))
    lost = LevelChange.objects.filter(outcome="lost")
    again = [step for steps in histories() for step in steps[1:] if step.from_level is None]

    assert back.count() >= 20
    assert len(again) >= 20
    assert not back.filter(reason="").exists()
    assert not lost.filter(reason="").exists()
    assert all(step.reason for step in again)
    jumps = LevelChange.objects.filter(to_level__rank__gt=F("from_level__rank") + 1)
    assert jumps.count() >= 20


def test_opportunities_repeat_their_latest_level_change(firm: Created) -> None:
    opportunities = Opportunity.objects.in_bulk()

    for steps in histories():
        last = steps[-1]
        entered = next(step for step in reversed(steps) if step.to_level)
        row = opportunities.pop(last.opportunity_id)
        assert row.state == (last.outcome or State.OPEN)
        assert row.level == (last.to_level or last.from_level)
        assert row.level_since_on == entered.on
        assert row.closed_on == (last.on if last.outcome else None)
        assert row.opened_on == steps[0].on
        assert row.loss_reason == (last.reason if last.outcome == "lost" else "")
        assert (row.owner_id, row.team_id, row.value) == (last.owner_id, last.team_id, last.value)
    assert not opportunities


def test_rows_are_stamped_with_the_team_of_the_day(firm: Created) -> None:
    primary = Membership.objects.filter(is_primary=True)
    rows = primary.values_list("member", "team", "starts_on", "ends_on")
    memberships: list[tuple[int, int, date, date | None]] = list(rows)

    def team_on(member: int, day: date) -> int:
        (team,) = (
            t for m, t, a, b in memberships if m == member and a <= day and (not b or day < b)
        )
        return team

    for owner, team, on in LevelChange.objects.values_list("owner", "team", "on"):
        assert team == team_on(owner, on)
    for member, team, on in Order.objects.values_list("member", "team", "ordered_on"):
        assert team == team_on(member, on)


def test_orders_are_the_won_opportunities_and_some_returns(firm: Created) -> None:
    won = Opportunity.objects.filter(state=State.WON)
    orders = Order.objects.filter(value__gte=0)
    returns = Order.objects.filter(value__lt=0)

    assert orders.count() == won.count()
    assert orders.aggregate(s=Sum("value"))["s"] == won.aggregate(s=Sum("value"))["s"]
    assert not orders.exclude(
        value=F("opportunity__value"), ordered_on=F("opportunity__closed_on")
    ).exists()
    assert 1 <= returns.count() <= orders.count() * 0.1
    margin = Order.objects.aggregate(m=(Sum("value") - Sum("cost")) / Sum("value"))["m"]
    assert Decimal("0.2") < margin < Decimal("0.4")


def test_products_are_only_offered_while_they_are_sold(firm: Created) -> None:
    offered = Opportunity.objects.exclude(product=None)

    assert not offered.filter(opened_on__lt=F("product__active_from")).exists()
    assert not offered.filter(opened_on__gt=F("product__active_until")).exists()


def test_every_level_has_open_stock(firm: Created) -> None:
    stock = dict(
        Opportunity.objects.filter(state=State.OPEN)
        .values_list("level__code")
        .annotate(n=Count("pk"))
    )

    assert set(stock) == set(Level.objects.values_list("code", flat=True))
    assert min(stock.values()) >= 3


def test_open_ones_have_the_gaps_that_lists_are_for(firm: Created) -> None:
    live = Opportunity.objects.filter(state=State.OPEN)

    assert live.filter(expected_close_on=None).exists()
    assert live.filter(expected_close_on__lt=UNTIL).exists()
    weeks = live.filter(expected_close_on__range=(UNTIL, UNTIL + timedelta(days=28)))
    assert weeks.count() >= 8
    assert Opportunity.objects.filter(customer=None).exists()
    assert live.filter(value=None).exists()
    assert live.filter(level_since_on__lt=UNTIL - timedelta(days=60)).exists()


def test_the_star_sells_more_than_twice_the_median(firm: Created) -> None:
    names = set(Order.objects.values_list("member__name", flat=True))
    revenue = {name: revenue_of(name) for name in names}

    assert max(revenue, key=lambda name: revenue[name]) == "Mia Petersen"
    assert revenue["Mia Petersen"] > 2 * median(revenue.values())


def test_one_reps_wins_collapse_in_the_last_quarter(firm: Created) -> None:
    won = Opportunity.objects.filter(owner__name="李浩然", state=State.WON)
    turn = UNTIL - timedelta(days=91)
    before = won.filter(closed_on__range=(turn - timedelta(days=91), turn)).count()

    assert before >= 5
    assert won.filter(closed_on__gt=turn).count() <= before / 3


def test_one_rep_has_a_bulge_at_level_c(firm: Created) -> None:
    live = Opportunity.objects.filter(owner__name="Moritz Haas", state=State.OPEN)

    assert live.filter(level__code="C").count() > live.count() / 2


def test_the_newcomer_has_few_opportunities_and_only_recent_ones(firm: Created) -> None:
    own = Opportunity.objects.filter(owner__name="林怡君")

    assert 0 < own.count() < 30
    assert not own.filter(opened_on__lt=UNTIL - timedelta(days=60)).exists()


def test_who_changed_teams_has_figures_in_both(firm: Created) -> None:
    teams = Order.objects.filter(member__name="Aylin Demir").values("team").distinct()

    assert Membership.objects.filter(member__name="Aylin Demir").count() == 2
    assert teams.count() == 2


def test_what_the_leaver_left_behind_is_taken_over(firm: Created) -> None:
    left = Membership.objects.get(member__name="Lars Nielsen").ends_on
    assert left is not None

    handed_over = LevelChange.objects.filter(
        opportunity__level_changes__owner__name="Lars Nielsen", owner__name="Jonas Brandt"
    )
    assert handed_over.filter(on__gte=left).exists()
    assert not Opportunity.objects.filter(owner__name="Lars Nielsen", state=State.OPEN).exists()


def test_chinese_new_year_and_summer_are_quiet(firm: Created) -> None:
    opened = Opportunity.objects.filter(opened_on__gte=START + timedelta(days=60))
    chinese = opened.filter(team__name="上海组")
    festival = chinese.filter(opened_on__range=(date(2025, 1, 20), date(2025, 2, 9))).count()
    ordinary = chinese.filter(opened_on__range=(date(2025, 3, 3), date(2025, 3, 23))).count()
    german = opened.exclude(team__name="上海组")
    summer = german.filter(opened_on__range=(date(2024, 7, 22), date(2024, 8, 18))).count()
    autumn = german.filter(opened_on__range=(date(2024, 9, 9), date(2024, 10, 6))).count()

    assert festival < ordinary / 2
    assert summer < autumn


def test_the_days_are_marked_for_the_overnight_run(firm: Created) -> None:
    marked = set(DirtyDay.objects.values_list("day", flat=True))

    assert set(LevelChange.objects.values_list("on", flat=True)) <= marked
    assert set(Order.objects.values_list("ordered_on", flat=True)) <= marked


def test_who_left_is_on_record_with_what_went_to_whom(firm: Created) -> None:
    departure = Departure.objects.select_related("member").get()
    counts = {share["holding"]: share["count"] for share in departure.shares}

    assert departure.member.name == "Lars Nielsen"
    assert departure.member.left_on == departure.last_on + timedelta(days=1)
    assert counts["opportunities"] > 0
    assert counts["customers"] > 0
    assert AuditEntry.objects.filter(action="member.leave", object_id=departure.member_id).exists()
