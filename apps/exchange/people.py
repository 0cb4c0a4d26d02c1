"""Teams and members of an import: company → office → manager's team, agents as its members.

Read from the temporary table `import_team`. There are few of them, so names, addresses and slugs
are made here; each table is written by one statement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain, count

from django.contrib.auth.hashers import make_password
from django.db.backends.utils import CursorWrapper
from django.utils.text import slugify

from apps.core.models import Organisation
from apps.exchange.counts import Counts
from apps.exchange.mapping import PipelineMap
from apps.exchange.refusals import ImportRefused
from apps.members.models import AccessRole, Member, Membership, Team

MOST_MEMBERS = 100_000

DUPLICATES = """
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'teams', line, 'member', member, 'duplicate', first::text
FROM (SELECT line, member, min(line) OVER (PARTITION BY member) AS first FROM import_team) AS rows
WHERE line <> first;
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'teams', line, 'office', office, 'two_offices', first
FROM (SELECT line, office, first_value(office) OVER (PARTITION BY manager ORDER BY line) AS first
      FROM import_team) AS rows
WHERE office <> first;
INSERT INTO import_reject (kind, line, field, value, code, detail)
SELECT 'teams', line, 'email', email, 'email_taken', NULL
FROM import_team AS row
WHERE email <> '' AND (
  EXISTS (SELECT FROM members_member
          WHERE lower(members_member.email) = row.email
            AND external_id IS NOT NULL AND external_id <> %(prefix)s || row.member)
  OR EXISTS (SELECT FROM import_team AS earlier
             WHERE earlier.email = row.email AND earlier.member <> row.member
               AND earlier.line < row.line));
DELETE FROM import_team WHERE line IN (SELECT line FROM import_reject WHERE kind = 'teams');
"""
PATHS = """
UPDATE members_team AS team SET path = coalesce(parent.path, '{}') || team.id
FROM members_team AS this LEFT JOIN members_team AS parent ON parent.id = this.parent_id
WHERE team.id = this.id AND team.id = ANY(%s)
"""
MOVED_PATHS = """
UPDATE members_team SET path = %(path)s || path[array_position(path, %(team)s):]
WHERE path @> ARRAY[%(team)s::bigint]
"""


@dataclass(frozen=True)
class TeamRow:
    member: str
    manager: str
    office: str
    email: str


class People:
    """The teams and members of one import, by the names that the file gives them."""

    def __init__(
        self,
        cursor: CursorWrapper,
        layout: PipelineMap,
        *,
        since: date,
        until: date,
        counts: dict[str, Counts],
    ) -> None:
        self.cursor, self.layout, self.counts = cursor, layout, counts
        self.since, self.until = since, until
        self.prefix = f"{layout.source}:"
        self.rows: list[TeamRow] = []

    def write(self) -> None:
        """Bring teams, members and memberships to what the file says."""
        self.cursor.execute(DUPLICATES, {"prefix": self.prefix})
        self._read()
        members = self._members()
        self._leads_and_memberships(members, self._teams(members))

    def _read(self) -> None:
        sql = "SELECT member, manager, office, coalesce(email, '') FROM import_team ORDER BY line"
        self.cursor.execute(f"{sql} LIMIT {MOST_MEMBERS + 1}")
        self.rows = [TeamRow(*row) for row in self.cursor.fetchall()]
        if len(self.rows) > MOST_MEMBERS:
            problem = f"more than {MOST_MEMBERS:,} members: is this the file of the teams?"
            raise ImportRefused(problem, file=self.layout.teams.file)

    def _members(self) -> dict[str, Member]:
        managers = {row.manager for row in self.rows}
        emails = {row.member: row.email for row in self.rows}
        names = list(dict.fromkeys([*managers, *emails]))
        known = {
            member.external_id: member
            for member in Member.objects.filter(external_id__startswith=self.prefix)
        }
        adopted = self._adopt(emails, known)
        taken = set(Member.objects.values_list("email", flat=True))
        new = [
            Member(
                name=name,
                email=emails.get(name) or self._free_email(name, taken),
                access_role=AccessRole.MANAGER if name in managers else AccessRole.REP,
                external_id=self.prefix + name,
                joined_on=self.since,
                password=make_password(None),
            )
            for name in names
            if self.prefix + name not in known
        ]
        Member.objects.bulk_create(new)
        self.counts["members"].add(
            read=len(names),
            created=len(new),
            updated=adopted,
            unchanged=len(names) - len(new) - adopted,
        )
        known.update({member.external_id: member for member in new})
        return {name: known[self.prefix + name] for name in names}

    def _adopt(self, emails: dict[str, str], known: dict[str | None, Member]) -> int:
        """Members whom somebody entered by hand with an email of the file become the file's."""
        wanted = {
            email: name
            for name, email in emails.items()
            if email and self.prefix + name not in known
        }
        found = list(Member.objects.filter(email__in=wanted, external_id=None)) if wanted else []
        for member in found:
            member.external_id = self.prefix + wanted[member.email]
            known[member.external_id] = member
        if found:
            Member.objects.bulk_update(found, ["external_id"])
        return len(found)

    def _free_email(self, name: str, taken: set[str]) -> str:
        parts = [part for word in name.split() if (part := slugify(word))]
        local = ".".join(parts)[:60] or "member"
        email, number = f"{local}@{self.layout.email_domain}", 1
        while email in taken:
            number += 1
            email = f"{local}{number}@{self.layout.email_domain}"
        taken.add(email)
        return email

    def _teams(self, members: dict[str, Member]) -> dict[str, Team]:
        """Manager → their team, with the offices and the company above it."""
        known = {
            team.external_id: team
            for team in Team.objects.filter(external_id__startswith=self.prefix)
        }
        offices = {row.manager: row.office for row in self.rows}
        company = self._level(known, {"company": (Organisation.current().name, None, None)})
        root = company["company"]
        office_of = self._level(
            known,
            {f"office:{name}": (name, root, None) for name in dict.fromkeys(offices.values())},
        )
        teams = self._level(
            known,
            {
                f"team:{manager}": (
                    f"Team {manager}",
                    office_of[f"office:{office}"],
                    members[manager],
                )
                for manager, office in offices.items()
            },
        )
        return {manager: teams[f"team:{manager}"] for manager in offices}

    def _level(
        self,
        known: dict[str | None, Team],
        wanted: dict[str, tuple[str, Team | None, Member | None]],
    ) -> dict[str, Team]:
        """The teams of one level of the tree, made where missing, moved where they hang elsewhere."""
        new, moved = [], []
        for key, (name, parent, lead) in wanted.items():
            team = known.get(self.prefix + key)
            if team is None:
                team = Team(
                    name=name[:150], parent=parent, lead=lead, external_id=self.prefix + key
                )
                new.append(team)
                known[team.external_id] = team
            elif team.parent_id != (parent and parent.pk):
                team.parent = parent
                moved.append(team)
        self._save_new(new)
        for team in moved:
            team.save(update_fields=["parent"])
            path = team.parent.path if team.parent else []
            self.cursor.execute(MOVED_PATHS, {"path": path, "team": team.pk})
        self.counts["teams"].add(
            read=len(wanted),
            created=len(new),
            updated=len(moved),
            unchanged=len(wanted) - len(new) - len(moved),
        )
        return {key: known[self.prefix + key] for key in wanted}

    def _save_new(self, teams: list[Team]) -> None:
        taken = set(Team.objects.values_list("slug", flat=True)) if teams else set()
        for team in teams:
            base = slugify(team.name)[:70] or "team"
            numbered = (f"{base}-{number}" for number in count(2))
            team.slug = next(slug for slug in chain([base], numbered) if slug not in taken)
            taken.add(team.slug)
        Team.objects.bulk_create(teams)
        self.cursor.execute(PATHS, [[team.pk for team in teams]])
        for team in teams:
            team.path = [*(team.parent.path if team.parent else []), team.pk]

    def _leads_and_memberships(self, members: dict[str, Member], teams: dict[str, Team]) -> None:
        """Everybody belongs to a team since the first day of the data; a move is dated `until`."""
        team_of = {row.member: teams[row.manager] for row in self.rows}
        team_of.update({manager: teams[manager] for manager in teams})
        running = {
            membership.member_id: membership
            for membership in Membership.objects.without_end().filter(
                member__in=[member.pk for member in members.values()], is_primary=True
            )
        }
        ended, new = [], []
        for name, team in team_of.items():
            member = members[name]
            current = running.get(member.pk)
            if current is not None and current.team_id == team.pk:
                continue
            starts_on = self.since
            if current is not None:
                starts_on = max(self.until, current.starts_on)
                current.ends_on = starts_on
                ended.append(current)
            new.append(Membership(member=member, team=team, starts_on=starts_on))
        self._replace(ended, new)

    def _replace(self, ended: Iterable[Membership], new: list[Membership]) -> None:
        for membership in ended:
            if membership.ends_on == membership.starts_on:
                membership.delete()
            else:
                membership.save(update_fields=["ends_on"])
        Membership.objects.bulk_create(new)
        self._reach_back()

    def _reach_back(self) -> None:
        """Rows older than any before: a first membership that an import began starts with them."""
        sql = """
        UPDATE members_membership AS first SET starts_on = %(since)s
        FROM members_member AS member
        WHERE member.id = first.member_id AND member.external_id LIKE %(like)s
          AND first.is_primary AND first.starts_on > %(since)s
          AND first.starts_on = member.joined_on
          AND NOT EXISTS (SELECT FROM members_membership AS earlier
                          WHERE earlier.member_id = member.id AND earlier.is_primary
                            AND earlier.starts_on < first.starts_on);
        UPDATE members_member SET joined_on = %(since)s
        WHERE external_id LIKE %(like)s AND joined_on > %(since)s
          AND EXISTS (SELECT FROM members_membership AS first
                      WHERE first.member_id = members_member.id AND first.starts_on = %(since)s);
        """
        like = self.prefix.replace("_", r"\_") + "%"
        self.cursor.execute(sql, {"since": self.since, "like": like})
