"""Signs and load on a team's page: each figure with its n, no data never 0, nothing hidden shown."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.core.models import Organisation
from apps.funnel.models import OwnerChange, OwnerChangeKind
from apps.members.models import AccessRole, Member, Membership, Team, TeamStage
from apps.staffing.team_panels import Sign, signs_of
from apps.staffing.team_panels_figures import best_share, middle, share, spread
from apps.staffing.team_panels_load import team_load
from tests.factories import (
    make_customer,
    make_member,
    make_opportunity,
    make_order,
    make_team,
    noon,
)
from tests.query_counts import queries_of

db = pytest.mark.django_db
TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
AMOUNTS = st.lists(st.decimals(-1000, 1000, places=2), min_size=0, max_size=12)


def money(*values: int) -> list[Decimal]:
    return [Decimal(value) for value in values]


# Arithmetic


@pytest.mark.parametrize(
    ("results", "ratio", "n"),
    [
        (money(100, 200, 600), Decimal(3), 3),
        (money(100, 300), Decimal("1.5"), 2),
        (money(0, 0, 600), None, 3),
        (money(-10, -5, 600), None, 3),
    ],
)
def test_spread_is_the_best_by_the_median(
    results: list[Decimal], ratio: Decimal | None, n: int
) -> None:
    found = spread(results)

    assert found is not None
    assert (found.ratio, found.n, found.best) == (ratio, n, max(results))


@pytest.mark.parametrize("results", [[], money(100)])
def test_nobody_and_one_alone_have_no_spread_and_no_share(results: list[Decimal]) -> None:
    assert spread(results) is None
    assert best_share(results) is None


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (money(100, 100, 200), Decimal("0.5")),
        (money(0, 0), None),
        (money(-100, 100), Decimal(1)),
        (money(-100, -50), None),
    ],
)
def test_the_share_of_the_best(results: list[Decimal], expected: Decimal | None) -> None:
    assert best_share(results) == expected


def test_share_and_median_of_nobody_are_no_data() -> None:
    assert share(0, 0) is None
    assert share(1, 4) == Decimal("0.25")
    assert middle([]) is None
    assert middle([None, None]) is None
    assert middle([5, None, 1, 2]) == Decimal(2)


@given(AMOUNTS)
def test_a_share_is_a_share_and_a_best_is_no_less_than_the_median(results: list[Decimal]) -> None:
    part, found = best_share(results), spread(results)

    assert part is None or 0 < part <= 1
    assert found is None or found.ratio is None or found.ratio >= 1


# Signs


@pytest.fixture
def on_the_day() -> object:
    with time_machine.travel(noon(TODAY), tick=False) as traveller:
        yield traveller


@pytest.fixture
def admin(db: None) -> Member:
    return make_member(AccessRole.ADMIN)


def signs(team: Team, stage: TeamStage, user: Member) -> list[Sign]:
    return signs_of(team, stage, user, TODAY)


def join(team: Team, since: date, name: str = "", until: date | None = None) -> Member:
    member = make_member(name=name)
    Membership.objects.create(member=member, team=team, starts_on=since, ends_on=until)
    return member


@db
def test_forming_new_people_idle_reps_and_who_has_moved_nothing(
    admin: Member, on_the_day: object
) -> None:
    top = make_team()
    team = make_team(parent=top)
    old = join(team, TODAY - 60 * DAY, "Jonas")
    join(team, TODAY - 59 * DAY, "Mia")
    busy = join(team, TODAY - 10 * DAY, "Uwe")
    make_opportunity(("E", TODAY - 40 * DAY), ("D", TODAY - 20 * DAY), owner=old)
    make_opportunity(("E", TODAY - 3 * DAY), owner=busy)

    new, idle, quiet = signs(top, TeamStage.FORMING, admin)

    assert new.value == Decimal(2) / 3
    assert (new.basis, new.is_on) == ("2 of 3 members", True)
    assert (idle.value, idle.basis, [person.name for person in idle.people]) == (
        1,
        "of 3 reps",
        ["Mia"],
    )
    assert (quiet.value, quiet.basis) == (Decimal("11.5"), "2 of 3 reps")
    assert [(person.name, person.text) for person in quiet.people] == [("Jonas", "20 days")]


@db
@pytest.mark.parametrize("stage", TeamStage.values)
def test_an_empty_team_has_no_data_and_says_no_sign(
    admin: Member, on_the_day: object, stage: str
) -> None:
    found = signs(make_team(), TeamStage(stage), admin)

    counts = {"number"} if stage == "storming" else set()
    assert [sign.value for sign in found if sign.kind not in counts] == [None] * len(
        [sign for sign in found if sign.kind not in counts]
    )
    assert not any(sign.is_on for sign in found)


@db
def test_storming_spread_changed_hands_and_leavers(admin: Member, on_the_day: object) -> None:
    team = make_team()
    best, middle_one = join(team, date(2026, 1, 1)), join(team, date(2026, 1, 1))
    least = join(team, date(2026, 1, 1))
    for member, value in ((best, 600), (middle_one, 200), (least, 100)):
        make_order(member=member, value=value, on=TODAY - DAY)
    join(team, date(2026, 1, 1), "Lars", until=TODAY - 5 * DAY)
    join(team, date(2026, 1, 1), "Long gone", until=TODAY - 200 * DAY)
    passed = make_opportunity(("E", TODAY - 30 * DAY), owner=best)
    OwnerChange.objects.create(
        opportunity=passed,
        on=TODAY - 2 * DAY,
        at=noon(TODAY - 2 * DAY),
        from_owner=least,
        from_team=team,
        to_owner=best,
        to_team=team,
        kind=OwnerChangeKind.ASSIGN,
    )

    wide, hands, left = signs(team, TeamStage.STORMING, admin)

    # Of 600, 200, 100 and the 0 of Lars, who belonged to the team in these days.
    assert (wide.value, wide.is_on) == (Decimal(4), True)
    assert wide.basis == "4 members"
    assert (hands.value, hands.is_on) == (1, True)
    assert (left.value, [person.name for person in left.people]) == (1, ["Lars"])
    assert left.basis == "of 4 members at the start"


@db
def test_norming_results_come_closer_and_the_same_people_stay(
    admin: Member, on_the_day: object
) -> None:
    team = make_team()
    one, other = join(team, date(2026, 1, 1)), join(team, date(2026, 3, 1))
    for member, before, now in ((one, 100, 300), (other, 900, 500)):
        make_order(member=member, value=before, on=TODAY - 100 * DAY)
        make_order(member=member, value=now, on=TODAY - 10 * DAY)

    narrower, stable = signs(team, TeamStage.NORMING, admin)

    assert (narrower.value, narrower.is_on) == (Decimal("1.25"), True)
    assert narrower.basis == "after 1.8 × in the 90 days before, 2 members"
    assert (stable.value, stable.basis, stable.is_on) == (date(2026, 3, 1), "264 days", True)


@db
def test_performing_growth_and_the_share_of_the_best(admin: Member, on_the_day: object) -> None:
    team = make_team()
    people = [join(team, date(2026, 1, 1), f"P{number}") for number in range(3)]
    for member, value in zip(people, (500, 300, 200), strict=True):
        make_order(member=member, value=value, on=TODAY - DAY)
    make_order(member=people[0], value=800, on=TODAY - 100 * DAY)

    growth, best = signs(team, TeamStage.PERFORMING, admin)

    assert (growth.value, growth.basis, growth.is_on) == (Decimal("0.25"), "3 orders", True)
    assert (best.value, best.basis, best.is_on) == (Decimal("0.5"), "of 3 members", True)
    assert [person.name for person in best.people] == ["P0"]


# Load


@db
def test_load_counts_what_each_one_holds_beside_the_median(
    admin: Member, on_the_day: object
) -> None:
    team = make_team()
    busy, idle = join(team, date(2026, 1, 1), "Mia"), join(team, date(2026, 1, 1), "Jonas")
    lead = make_member(AccessRole.MANAGER)
    Membership.objects.create(member=lead, team=team, starts_on=date(2026, 1, 1))
    make_customer(owner=busy)
    make_customer(owner=busy)
    make_opportunity(("E", TODAY - DAY), owner=busy, value=Decimal(100))
    make_opportunity(("E", TODAY - DAY), owner=busy, value=None)
    make_opportunity(("E", TODAY - 9 * DAY), ("lost", TODAY - DAY), owner=busy)

    load = team_load(team, admin, TODAY, show_all=False)

    assert [(row.member, row.open, row.value, row.valued, row.customers) for row in load.rows] == [
        (busy, 2, Decimal(100), 1, 2),
        (idle, 0, None, 0, 0),
    ]
    assert (load.open, load.customers, load.value, load.total) == (
        Decimal(1),
        Decimal(1),
        Decimal(100),
        2,
    )


@db
def test_load_counts_only_what_the_reader_may_open(client: Client) -> None:
    """The lead of a matrix does not learn what its people hold in their own teams."""
    lead = make_member(AccessRole.MANAGER)
    home, matrix = make_team(), make_team(lead=lead)
    member = make_member(team=home, name="Mia")
    make_opportunity(("E", date(2026, 3, 2)), owner=member)
    Membership.objects.create(
        member=member, team=matrix, starts_on=date(2020, 1, 1), is_primary=False
    )
    client.force_login(lead)

    (row,) = client.get(reverse("team_load", args=[matrix.slug])).context["load"].rows
    opened = client.get(reverse("opportunities"), {"owner": str(member.pk), "state": "open"})

    assert row.member == member
    assert row.open == len(opened.context["rows"]) == 0


@db
def test_a_long_list_is_cut_and_opens_whole(client: Client, admin: Member) -> None:
    client.force_login(admin)
    team = make_team()
    for _number in range(17):
        make_member(team=team)
    address = reverse("team_load", args=[team.slug])

    assert len(client.get(address).context["load"].rows) == 15
    assert len(client.get(address, {"members": "all"}).context["load"].rows) == 17
    assert "All 17" in client.get(address).content.decode()


@db
@pytest.mark.parametrize("name", ["team_signs", "team_load", "team_open_work"])
def test_panels_exist_for_those_who_see_team_and_figures(name: str) -> None:
    lead = make_member(AccessRole.MANAGER)
    team = make_team(lead=lead)

    def answer(person: Member) -> int:
        client = Client()
        client.force_login(person)
        return client.get(reverse(name, args=[team.slug])).status_code

    answers = {role.value: answer(make_member(role)) for role in AccessRole}

    assert answer(lead) == 200
    assert answers == {
        "rep": 404,
        "manager": 404,
        "director": 404,
        "hr": 404,
        "analyst": 404,
        "admin": 200,
    }


@db
def test_what_is_open_is_said_before_a_team_is_closed(client: Client, admin: Member) -> None:
    team = make_team()
    make_opportunity(("E", date(2026, 3, 2)), owner=make_member(team=team))
    client.force_login(admin)

    html = client.get(
        reverse("team_open_work", args=[team.slug]), headers={"HX-Request": "true"}
    ).content.decode()

    assert "1 open opportunity still counts for this team." in html
    assert "<html" not in html


@db
@pytest.mark.parametrize("stage", TeamStage.values)
def test_more_members_cost_no_more_queries(client: Client, admin: Member, stage: str) -> None:
    client.force_login(admin)
    team = make_team()
    Team.objects.filter(pk=team.pk).update(stage=stage)
    today = Organisation.current().today()

    def fill(number: int) -> None:
        for _number in range(number):
            member = make_member(team=team)
            make_customer(owner=member)
            make_opportunity(("E", today - 20 * DAY), owner=member)
            make_order(member=member, value=100, on=today - DAY)

    addresses = [reverse(name, args=[team.slug]) for name in ("team_signs", "team_load")]
    fill(2)
    for address in addresses:
        client.get(address)
    few = [len(queries_of(client, address)) for address in addresses]
    fill(10)

    assert [len(queries_of(client, address)) for address in addresses] == few
