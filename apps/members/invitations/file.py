"""A file of people to invite: what it may look like, and what each of its rows says.

Comma, semicolon or tab; UTF-8 with or without byte order mark, or UTF-16 with one; headings and
values in English or Chinese. A row is refused with its line and every reason at once.
"""

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import DomainError
from apps.core.formats import listed
from apps.core.models import Organisation
from apps.members.invitations.services import Invitee
from apps.members.models import AccessRole, CareerLevel, Invitation, Member, Position, Team

MOST_ROWS = 5_000
MOST_BYTES = 2 * 1024 * 1024
LONGEST_NAME = 150
DELIMITERS = ";,\t"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
BETWEEN_POSITIONS = "|"
# Column → its headings: English, simplified, traditional Chinese and what people write.
HEADINGS = {
    "email": ("email", "e-mail", "邮箱", "電子郵件", "电子邮件", "郵箱"),
    "name": ("name", "姓名"),
    "access_role": ("access role", "role", "访问角色", "存取角色", "訪問角色", "角色"),
    "team": ("team", "团队", "團隊"),
    "positions": ("positions", "position", "岗位", "崗位", "职位", "職位"),
    "career_level": ("career level", "职级", "職級"),
    "time_zone": ("time zone", "zone", "时区", "時區"),
    "language": ("language", "语言", "語言"),
}
NEEDED = ("email", "name", "access_role", "team")
TEMPLATE = (
    ("email", "name", "access role", "team", "positions", "career level", "time zone", "language"),
    (
        "mia.petersen@example.com",
        "Mia Petersen",
        "rep",
        "inside-sales",
        "telesales-agent|account-manager",
        "representative",
        "Europe/Berlin",
        "en",
    ),
)


class FileRefused(DomainError):  # noqa: N818 - named for what happens to it
    """The file can't be read at all."""


@dataclass(frozen=True)
class Row:
    """A row of the file; `invitee` is None where there are `reasons`."""

    line: int
    cells: dict[str, str]
    invitee: Invitee | None = None
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    rows: list[Row]

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if row.invitee is not None]

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.invitee is None]


def file_checked(content: bytes) -> Checked:
    """Every row of the file, checked against the members, invitations and teams of now.

    Raises:
        FileRefused: it is too large, no text, or lacks a column.
    """
    rows = list(_cells(_text(content)))
    if not rows:
        raise FileRefused(_("The file has a heading, but nobody below it."))
    check = _Check(rows)
    return Checked([check.row(line, cells) for line, cells in rows])


def written(rows: Iterable[Sequence[object]]) -> bytes:
    """A file that spreadsheet programs open as they should: no cell is taken for a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([_inert(str(cell)) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        message = _("The file has more than %(megabytes)s MB: invite in several files.")
        raise FileRefused(message % {"megabytes": MOST_BYTES // 1024**2})
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        message = _("The file is not in UTF-8: save it as “CSV UTF-8” and upload it again.")
        raise FileRefused(message) from error
    if "\0" in text:
        raise FileRefused(_("This is no CSV file: save the table as “CSV UTF-8”."))
    return text


def _cells(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells by column of each row that is not blank.

    Raises:
        FileRefused: a column is missing or stands twice, a quote is open, too many rows.
    """
    lines = text.splitlines()
    heading = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[int, str] | None = None
    count, start = 0, 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells)
                continue
            count += 1
            if count > MOST_ROWS:
                message = _("The file has more than %(most)s rows: invite in several files.")
                raise FileRefused(message % {"most": f"{MOST_ROWS:,}"})
            yield line, {name: cells[at].strip() for at, name in columns.items() if at < len(cells)}
    except csv.Error as error:
        message = _("Line %(line)s can't be split into cells: is a quotation mark left open?")
        raise FileRefused(message % {"line": start}) from error
    if columns is None:
        raise FileRefused(_("The file is empty."))


def _columns(cells: Sequence[str]) -> dict[int, str]:
    known = {heading: name for name, headings in HEADINGS.items() for heading in headings}
    columns: dict[int, str] = {}
    for at, cell in enumerate(cells):
        name = known.get(_folded(cell).replace("_", " "))
        if name is not None and name in columns.values():
            message = _("The column “%(heading)s” stands twice in the heading.")
            raise FileRefused(message % {"heading": cell.strip()})
        if name is not None:
            columns[at] = name
    missing = [HEADINGS[name][0] for name in NEEDED if name not in columns.values()]
    if missing:
        message = ngettext(
            "The file lacks the column %(names)s.", "The file lacks the columns %(names)s.",
            len(missing),
        )  # fmt: skip
        raise FileRefused(message % {"names": listed(missing)})
    return columns


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


class _Check:
    """What the cells of all rows may say; read from the database once for the whole file."""

    def __init__(self, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
        self.roles = _choices(AccessRole)
        self.levels = _choices(CareerLevel)
        self.languages = _languages()
        self.zones = available_timezones()
        self.positions = self._positions()
        self.teams = self._teams()
        lines: dict[str, list[int]] = defaultdict(list)
        for line, cells in rows:
            lines[cells.get("email", "").lower()].append(line)
        self.lines = lines
        emails = list(lines)
        members = Member.objects.annotate(address=Lower("email")).filter(address__in=emails)
        self.members = set(members.values_list("address", flat=True))
        waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None)
        waiting = waiting.annotate(address=Lower("email")).filter(address__in=emails)
        self.invited = set(waiting.values_list("address", flat=True))

    @staticmethod
    def _positions() -> dict[str, Position]:
        found: dict[str, Position] = {}
        for position in Position.objects.filter(is_active=True):
            for name in (position.code, *position.names.values()):
                found.setdefault(_folded(name), position)
        return found

    @staticmethod
    def _teams() -> dict[str, list[Team]]:
        """Open teams by address, by name, and by full name from the top: “North / Group 1”."""
        teams = list(Team.objects.open_on(Organisation.current().today()))
        names = dict(Team.objects.values_list("pk", "name"))
        found: dict[str, list[Team]] = defaultdict(list)
        for team in teams:
            full = "/".join(_folded(names[pk]) for pk in team.path)
            for key in {_folded(team.slug), _folded(team.name), full}:
                found[key].append(team)
        return found

    def row(self, line: int, cells: dict[str, str]) -> Row:
        reasons: list[str] = []

        def read[Value](column: str, parse: Callable[[str], Value], otherwise: Value) -> Value:
            text = cells.get(column, "")
            if not text and column not in NEEDED:
                return otherwise
            try:
                return parse(text)
            except DomainError as refusal:
                reasons.append(str(refusal.message))
                return otherwise

        nowhere, none_held = Team(), tuple[Position, ...]()
        email = read("email", lambda text: self._email(text, line), "")
        name = read("name", self._name, "")
        role = read("access_role", self._role, AccessRole.REP)
        team = read("team", self._team, nowhere)
        positions = read("positions", self._held, none_held)
        level = read("career_level", self._level, "")
        zone = read("time_zone", self._zone, "")
        language = read("language", self._language, "")
        if reasons:
            return Row(line, cells, reasons=reasons)
        invitee = Invitee(
            email=email,
            name=name,
            access_role=role,
            team=team,
            career_level=level,
            positions=positions,
            time_zone=zone,
            language=language,
        )
        return Row(line, cells, invitee)

    def _email(self, text: str, line: int) -> str:
        email = text.lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise DomainError(_("“%(text)s” is no email address.") % {"text": text}) from error
        if email in self.members:
            raise DomainError(_("This address belongs to a member already."))
        if email in self.invited:
            raise DomainError(_("This address has an open invitation already."))
        first = self.lines[email][0]
        if line != first:
            raise DomainError(_("The same address stands in line %(line)s.") % {"line": first})
        return email

    @staticmethod
    def _name(text: str) -> str:
        if not text:
            raise DomainError(_("The name is missing."))
        if len(text) > LONGEST_NAME:
            raise DomainError(
                _("The name is longer than %(most)s characters.") % {"most": LONGEST_NAME}
            )
        return text

    def _role(self, text: str) -> AccessRole:
        return AccessRole(_one_of(self.roles, text, _("There is no access role “%(text)s”.")))

    def _level(self, text: str) -> str:
        return _one_of(self.levels, text, _("There is no career level “%(text)s”."))

    def _language(self, text: str) -> str:
        return _one_of(self.languages, text, _("There is no language “%(text)s” here."))

    def _zone(self, text: str) -> str:
        if text not in self.zones:
            raise DomainError(
                _("“%(text)s” is no time zone such as Europe/Berlin.") % {"text": text}
            )
        return text

    def _team(self, text: str) -> Team:
        if not text:
            raise DomainError(_("The team is missing: nobody is a member without one."))
        key = "/".join(_folded(part) for part in text.split("/"))
        found = self.teams.get(key, [])
        if not found:
            raise DomainError(_("There is no team “%(text)s”, or it is closed.") % {"text": text})
        if len(found) > 1:
            message = _("Several teams are called “%(text)s”: give the full name or the address.")
            raise DomainError(message % {"text": text})
        return found[0]

    def _held(self, text: str) -> tuple[Position, ...]:
        names = [name for name in text.split(BETWEEN_POSITIONS) if name.strip()]
        message = _("There is no position “%(text)s” in use.")
        return tuple(
            {p.pk: p for p in (_one_of(self.positions, n, message) for n in names)}.values()
        )


def _one_of[Value](known: Mapping[str, Value], text: str, message: str) -> Value:
    try:
        return known[_folded(text)]
    except KeyError as error:
        raise DomainError(message % {"text": text.strip()}) from error


def _choices(choices: type[AccessRole] | type[CareerLevel]) -> dict[str, str]:
    """Every way to write a choice: its code, and its words in all languages."""
    found = {_folded(value): value for value in choices.values}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {_folded(str(label)): value for value, label in choices.choices}
    return found


def _languages() -> dict[str, str]:
    """Codes, and each language's name in every language."""
    found = {"中文": "zh-hans", "简体中文": "zh-hans", "繁體中文": "zh-hant", "zh": "zh-hans"}
    for code, name in settings.LANGUAGES:
        found[_folded(code)] = code
        for language, _other in settings.LANGUAGES:
            with translation.override(language):
                found[_folded(str(name))] = code
    return found
