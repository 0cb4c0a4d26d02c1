"""Who sees what: the table of the handbook's section 17, in the one place where it is code.

Scopes (`visible_to`, `editable_by`) ask `reads(user, kind)` and `writes(user, kind)` of
`apps.members.querysets`, which look here; nothing else compares roles. Rules about fields and deeds
are the properties of `AccessRole`. What a row of the table means beyond its reach:

- Customers without an owner (the pool) belong to what everybody reads who reads their own.
- Analysts read targets and scorecards without names: the pages that show them leave names out.
- Of plans, managers and directors reach the cases of their own direct line, not of all below.
- Pulse answers are read by nobody but their author; others get sums of five or more.
- Of the audit log, “own” is HR's part: entries about people.
"""

from enum import IntEnum, StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reach(IntEnum):
    """How far somebody sees: nothing, what is theirs, their line's, everything."""

    NONE = 0
    OWN = 1
    # The teams that they lead, with everything below, and what is their own.
    SUBTREE = 2
    ALL = 3


class RecordKind(StrEnum):
    """What the table tells apart; each model belongs to one."""

    SALES = "sales"  # customers, contacts, opportunities, activities, orders
    FIGURES = "figures"  # sums of these, by team
    SCORES = "scores"  # targets, scorecards
    FEEDBACK = "feedback"
    PEOPLE = "people"  # members and teams as records: roles, positions, memberships
    IMPORTS = "imports"  # what was read in from files, and by whom
    SETTINGS = "settings"  # of the organisation, and the log of the overnight run
    AUDIT = "audit"
    # Sealed: seen by those named on the record and by HR, never by an administrator.
    PLAN = "plan"
    PULSE = "pulse"
    CASE = "case"  # conflict cases, candidates


class AccessRole(models.TextChoices):
    """What the system lets a member do."""

    REP = "rep", _("Rep")
    MANAGER = "manager", _("Manager")
    DIRECTOR = "director", _("Director")
    HR = "hr", _("HR")
    ANALYST = "analyst", _("Analyst")
    ADMIN = "admin", _("Administrator")

    def reach(self, kind: RecordKind) -> Reach:
        """How far this role reads records of a kind."""
        return READS[kind][self]

    def writes(self, kind: RecordKind) -> Reach:
        """How far this role changes records of a kind; never farther than it reads."""
        return WRITES[kind][self]

    @property
    def administers(self) -> bool:
        """Settings, access roles, other people's sign-ins; looks at the product as somebody else."""
        return self.writes(RecordKind.SETTINGS) is Reach.ALL

    @property
    def leads(self) -> bool:
        """May lead a team: changes more than what is its own."""
        return self.writes(RecordKind.SALES) >= Reach.SUBTREE

    @property
    def sells(self) -> bool:
        """May own customers and opportunities."""
        return self.writes(RecordKind.SALES) >= Reach.OWN

    @property
    def sees_contact_data(self) -> bool:
        """Phones and addresses of contacts; masked for the others, everywhere."""
        return self is not AccessRole.ANALYST

    @property
    def in_force_for_others(self) -> "AccessRole":
        """The role while standing in for a lead: a rep leads for these days, nobody else changes."""
        return AccessRole.MANAGER if self is AccessRole.REP else self


def _row(
    rep: Reach, manager: Reach, director: Reach, hr: Reach, analyst: Reach, admin: Reach
) -> dict[AccessRole, Reach]:
    return dict(zip(AccessRole, (rep, manager, director, hr, analyst, admin), strict=True))


NONE, OWN, SUBTREE, ALL = Reach.NONE, Reach.OWN, Reach.SUBTREE, Reach.ALL
# fmt: off
READS: dict[RecordKind, dict[AccessRole, Reach]] = {
    #                          rep   manager  director hr    analyst admin
    RecordKind.SALES:    _row(OWN,  SUBTREE, ALL,     NONE, ALL,    ALL),
    RecordKind.FIGURES:  _row(OWN,  SUBTREE, ALL,     NONE, ALL,    ALL),
    RecordKind.SCORES:   _row(OWN,  SUBTREE, ALL,     ALL,  ALL,    NONE),
    RecordKind.FEEDBACK: _row(OWN,  SUBTREE, SUBTREE, ALL,  NONE,   NONE),
    RecordKind.PEOPLE:   _row(NONE, SUBTREE, SUBTREE, ALL,  NONE,   ALL),
    RecordKind.IMPORTS:  _row(NONE, OWN,     NONE,    NONE, NONE,   ALL),
    RecordKind.SETTINGS: _row(NONE, NONE,    NONE,    NONE, NONE,   ALL),
    RecordKind.AUDIT:    _row(NONE, NONE,    NONE,    OWN,  NONE,   ALL),
    RecordKind.PLAN:     _row(OWN,  SUBTREE, SUBTREE, ALL,  NONE,   NONE),
    RecordKind.PULSE:    _row(OWN,  NONE,    NONE,    NONE, NONE,   NONE),
    RecordKind.CASE:     _row(OWN,  OWN,     OWN,     ALL,  NONE,   NONE),
}
WRITES: dict[RecordKind, dict[AccessRole, Reach]] = {
    #                          rep   manager  director hr    analyst admin
    RecordKind.SALES:    _row(OWN,  SUBTREE, ALL,     NONE, NONE,   ALL),
    RecordKind.FIGURES:  _row(NONE, SUBTREE, ALL,     NONE, NONE,   ALL),
    RecordKind.SCORES:   _row(OWN,  SUBTREE, ALL,     ALL,  NONE,   NONE),
    RecordKind.FEEDBACK: _row(OWN,  SUBTREE, SUBTREE, ALL,  NONE,   NONE),
    RecordKind.PEOPLE:   _row(NONE, SUBTREE, SUBTREE, ALL,  NONE,   ALL),
    RecordKind.IMPORTS:  _row(NONE, OWN,     NONE,    NONE, NONE,   ALL),
    RecordKind.SETTINGS: _row(NONE, NONE,    NONE,    NONE, NONE,   ALL),
    RecordKind.AUDIT:    _row(NONE, NONE,    NONE,    NONE, NONE,   NONE),
    RecordKind.PLAN:     _row(OWN,  SUBTREE, SUBTREE, ALL,  NONE,   NONE),
    RecordKind.PULSE:    _row(OWN,  NONE,    NONE,    NONE, NONE,   NONE),
    RecordKind.CASE:     _row(OWN,  OWN,     OWN,     ALL,  NONE,   NONE),
}
# fmt: on

# Never delegated, and closed to an administrator who looks as somebody else.
SEALED = frozenset({RecordKind.PLAN, RecordKind.PULSE, RecordKind.CASE})
LEADING = frozenset(role for role in AccessRole if role.leads)
SELLING = frozenset(role for role in AccessRole if role.sells)
