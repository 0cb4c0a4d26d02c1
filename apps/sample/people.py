"""Teams, members and memberships of the sample firm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from django.db.models import Model

from apps.members.models import AccessRole, Member, Membership, Team
from apps.sample import stories, words
from apps.sample.calendars import FRIDAY
from apps.sample.context import Context, months_before
from apps.sample.copying import reserve_ids
from apps.sample.stories import Story

NEEDS: Sequence[str] = ()
MODELS: Sequence[type[Model]] = (Member, Team)
DOMAIN = "sample.example"

# The two divisions by country: name, address, and who leads them.
DIVISIONS = {
    "DE": ("Sales Germany", "germany", "Anna Reuter", "anna.reuter", "en", "Europe/Berlin"),
    "CN": ("中国销售", "china", "周敏", "zhou.min", "zh-hans", "Asia/Shanghai"),
}
# The teams below them: name, address, country, groups. Smaller scales take the first few.
UNITS = (
    (
        "Inside sales East",
        "east",
        "DE",
        "Berlin Leipzig Dresden Rostock Potsdam Magdeburg Erfurt Chemnitz",
    ),
    ("华东销售部", "huadong", "CN", "上海组 苏州组 杭州组 南京组 宁波组 无锡组 合肥组 青岛组"),
    (
        "Inside sales West",
        "west",
        "DE",
        "Köln Dortmund Münster Frankfurt Düsseldorf Bonn Kassel Mainz",
    ),
    ("华南销售部", "huanan", "CN", "广州组 深圳组 东莞组 佛山组 厦门组 福州组 南宁组 海口组"),
    (
        "Field sales South",
        "south",
        "DE",
        "München Stuttgart Nürnberg Freiburg Augsburg Ulm Mannheim Passau",
    ),
    ("华北销售部", "huabei", "CN", "北京组 天津组 济南组 石家庄组 太原组 郑州组 大连组 沈阳组"),
)
ROOT = ("Nordhaus Supply", "nordhaus")
EAST, HUADONG, WEST = 0, 1, 2
MONTHS_BEFORE_ALL = 110
NEWCOMER_DAYS, MOVED_DAYS, LEFT_DAYS = 58, 215, 135

# People whom every scale has: name, address, language, zone.
STAFF = {
    AccessRole.DIRECTOR: ("Henrike Nordhaus", "director"),
    AccessRole.HR: ("Petra Lindner", "hr"),
    AccessRole.ANALYST: ("Jens Krüger", "analyst"),
    AccessRole.ADMIN: ("Ingrid Sommer", "admin"),
}
UNIT_LEADS = (
    ("Katrin Albrecht", "manager", "en", "Europe/Berlin"),
    ("陈静", "manager.zh", "zh-hans", "Asia/Shanghai"),
    ("Stefan Vogel", "stefan.vogel", "en", "Europe/Berlin"),
    ("黃志強", "manager.hant", "zh-hant", "Asia/Hong_Kong"),
)
# Name, address, language, zone, unit, story.
CAST = (
    ("Mia Petersen", "rep", "en", "Europe/Berlin", EAST, stories.STAR),
    ("Jonas Brandt", "jonas.brandt", "en", "Europe/Berlin", EAST, stories.STEADY),
    ("李浩然", "li.haoran", "zh-hans", "Asia/Shanghai", HUADONG, stories.COLLAPSED),
    ("林怡君", "rep.hant", "zh-hant", "Asia/Taipei", HUADONG, stories.NEWCOMER),
    ("Moritz Haas", "moritz.haas", "en", "Europe/Berlin", WEST, stories.BULGE),
    ("Aylin Demir", "aylin.demir", "en", "Europe/Berlin", EAST, stories.MOVED),
    ("Lars Nielsen", "lars.nielsen", "en", "Europe/Berlin", EAST, stories.LEFT),
)


@dataclass(frozen=True)
class Seller:
    """Somebody with opportunities; `stints` are (team id, first day), latest last."""

    member: Member
    country: str
    # The address of the unit whose places the seller works.
    territory: str
    story: Story
    stints: tuple[tuple[int, date], ...]
    left_on: date | None = None

    @property
    def since(self) -> date:
        return self.stints[0][1]

    def team_on(self, day: date) -> int:
        """The team of a day on which the seller was there."""
        return next(team for team, since in reversed(self.stints) if since <= day)


@dataclass(frozen=True)
class People:
    sellers: list[Seller]
    # Takes over what the seller who left leaves behind.
    successor: Seller


def build(context: Context) -> Mapping[str, int]:
    """The tree of teams and everybody in it."""
    hiring = Hiring(context)
    root = hiring.team(*ROOT, parent=None)
    hiring.staff(root)
    units = hiring.units(root)
    hiring.cast(units)
    hiring.crowd(units)
    Member.objects.bulk_create(hiring.members)
    Team.objects.bulk_create(hiring.teams)
    Membership.objects.bulk_create(hiring.memberships)
    steady = next(seller for seller in hiring.sellers if seller.story is stories.STEADY)
    context.keep(People(sellers=hiring.sellers, successor=steady))
    return {"members": len(hiring.members), "teams": len(hiring.teams)}


def weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day if day.weekday() <= FRIDAY else day + timedelta(days=7 - day.weekday())


@dataclass
class Unit:
    """A sales team with its groups."""

    slug: str
    team: Team
    country: str
    groups: list[Team]


class Hiring:
    """Collects the rows; primary keys are reserved first, because teams and leads need them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rng: Random = context.random("people")
        self.members: list[Member] = []
        self.teams: list[Team] = []
        self.memberships: list[Membership] = []
        self.sellers: list[Seller] = []
        self.emails: set[str] = set()

    def team(self, name: str, slug: str, parent: Team | None, lead: Member | None = None) -> Team:
        taken = self.context.beside and Team.objects.filter(slug=slug).exists()
        (pk,) = reserve_ids(Team, 1)
        team = Team(
            pk=pk,
            name=name,
            slug=f"{slug}-sample" if taken else slug,
            parent=parent,
            lead=lead,
            path=[*(parent.path if parent else []), pk],
            is_sample=True,
        )
        self.teams.append(team)
        return team

    def member(
        self,
        name: str,
        address: str,
        role: AccessRole,
        joined_on: date,
        **fields: str | bool | date | None,
    ) -> Member:
        (pk,) = reserve_ids(Member, 1)
        self.emails.add(address)
        member = Member(
            pk=pk,
            name=name,
            email=f"{address}@{DOMAIN}",
            access_role=role,
            password=self.context.password,
            joined_on=joined_on,
            created_at=datetime.combine(joined_on, time(9), tzinfo=UTC),
            is_sample=True,
            **fields,
        )
        self.members.append(member)
        return member

    def join(self, member: Member, team: Team, since: date, until: date | None = None) -> None:
        self.memberships.append(
            Membership(member=member, team=team, starts_on=since, ends_on=until)
        )

    def years_ago(self, least: float, most: float) -> date:
        days = int(self.rng.uniform(least, most) * 365)
        return weekday(self.context.until - timedelta(days=days))

    def staff(self, root: Team) -> None:
        for role, (name, address) in STAFF.items():
            for number in range(self.context.scale.staff_per_role):
                since = self.years_ago(3, 9)
                if number:
                    name, address, _language = self.new_name("DE")  # noqa: PLW2901
                member = self.member(name, address, role, since)
                self.join(member, root, since)
                if role is AccessRole.DIRECTOR and not number:
                    root.lead = member

    def divisions(self, root: Team) -> dict[str, Team]:
        """A division for each country, led by somebody who sells nothing."""
        made, since = {}, weekday(months_before(self.context.until, MONTHS_BEFORE_ALL))
        for country, (name, slug, person, address, language, zone) in DIVISIONS.items():
            lead = self.member(
                person, address, AccessRole.MANAGER, since, language=language, time_zone=zone
            )
            made[country] = self.team(name, slug, root, lead)
            self.join(lead, made[country], since)
        return made

    def units(self, root: Team) -> list[Unit]:
        made, above = [], self.divisions(root)
        for number, (name, slug, country, groups) in enumerate(UNITS[: self.context.scale.units]):
            lead = self.unit_lead(number, country)
            team = self.team(name, slug, above[country], lead)
            self.join(lead, team, lead.joined_on or self.context.start)
            unit = Unit(slug, team, country, [])
            for index, group in enumerate(groups.split()[: self.context.scale.groups_per_unit]):
                unit.groups.append(self.group(group, f"{slug}-{index + 1}", unit))
            made.append(unit)
        return made

    def unit_lead(self, number: int, country: str) -> Member:
        since = self.years_ago(3, 8)
        if number < len(UNIT_LEADS):
            name, address, language, zone = UNIT_LEADS[number]
        else:
            name, address, language = self.new_name(country)
            zone = zone_of(country)
        return self.member(
            name, address, AccessRole.MANAGER, since, language=language, time_zone=zone
        )

    def group(self, name: str, slug: str, unit: Unit) -> Team:
        """A group has its own lead, except in the small firm, where the unit's leads it."""
        lead = unit.team.lead
        if self.context.scale.groups_per_unit > 1:
            person, address, language = self.new_name(unit.country)
            since = self.years_ago(2.5, 6)
            lead = self.member(
                person,
                address,
                AccessRole.MANAGER,
                since,
                language=language,
                time_zone=zone_of(unit.country),
            )
            group = self.team(name, slug, unit.team, lead)
            self.join(lead, group, since)
            return group
        return self.team(name, slug, unit.team, lead)

    def cast(self, units: list[Unit]) -> None:
        """The people with a story of their own."""
        until = self.context.until
        for name, address, language, zone, number, story in CAST:
            unit = units[number]
            group = unit.groups[0]
            since = self.years_ago(2, 6)
            if story is stories.NEWCOMER:
                since = weekday(until - timedelta(days=NEWCOMER_DAYS))
            left_on = weekday(until - timedelta(days=LEFT_DAYS)) if story is stories.LEFT else None
            member = self.member(
                name,
                address,
                AccessRole.REP,
                since,
                language=language,
                time_zone=zone,
                is_active=left_on is None,
                left_on=left_on,
            )
            stints = [(group, since)]
            if story is stories.MOVED:
                moved_on = weekday(until - timedelta(days=MOVED_DAYS))
                stints = [(units[WEST].groups[0], since), (group, moved_on)]
            self.sell(member, unit, story, stints, left_on)

    def crowd(self, units: list[Unit]) -> None:
        """Everybody else, spread over the groups in turn."""
        groups = [
            (unit, unit.groups[index])
            for index in range(self.context.scale.groups_per_unit)
            for unit in units
        ]
        for number in range(self.context.scale.reps - len(CAST) + 1):
            unit, group = groups[number % len(groups)]
            story = stories.CROWD[number % len(stories.CROWD)]
            since = self.years_ago(1.5, 7)
            if story is stories.NEWCOMER:
                since = weekday(self.context.until - timedelta(days=self.rng.randint(40, 100)))
            name, address, language = self.new_name(unit.country)
            member = self.member(
                name,
                address,
                AccessRole.REP,
                since,
                language=language,
                time_zone=zone_of(unit.country),
            )
            self.sell(member, unit, story, [(group, since)], None)

    def sell(
        self,
        member: Member,
        unit: Unit,
        story: Story,
        stints: list[tuple[Team, date]],
        left_on: date | None,
    ) -> None:
        ends = [since for _team, since in stints[1:]] + [left_on]
        for (team, since), end in zip(stints, ends, strict=True):
            self.join(member, team, since, end)
        seats = tuple((team.pk, since) for team, since in stints)
        seller = Seller(member, unit.country, unit.slug, story, seats, left_on)
        self.sellers.append(seller)

    def new_name(self, country: str) -> tuple[str, str, str]:
        """A name, its free address and the language of the person."""
        name, plain = person_name(self.rng, country)
        address, number = plain, 2
        while address in self.emails:
            address, number = f"{plain}{number}", number + 1
        return name, address, "zh-hans" if country == "CN" else "en"


def zone_of(country: str) -> str:
    return "Asia/Shanghai" if country == "CN" else "Europe/Berlin"


LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "è": "e", "ı": "i", "ş": "s"})


def person_name(rng: Random, country: str) -> tuple[str, str]:
    """A name in the country's script and order, and `given.family` in plain letters."""
    if country == "CN":
        family, family_plain = rng.choice(words.CHINESE_FAMILY)
        given, given_plain = rng.choice(words.CHINESE_GIVEN)
        return family + given, f"{family_plain}.{given_plain}"
    given, family = rng.choice(words.GERMAN_GIVEN), rng.choice(words.FAMILY)
    return f"{given} {family}", f"{given}.{family}".lower().translate(LETTERS)
