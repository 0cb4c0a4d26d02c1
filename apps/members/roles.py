"""Who sees what: the table of the handbook's section 17, in the one place where it is code.

Scopes (`visible_to`, `editable_by`) ask a role how far it reaches for a kind of record; nothing else
compares roles. Field rules stand below the table.
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
    SETTINGS = "settings"
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
    def sees_all_customers(self) -> bool:
        return self.reach(RecordKind.SALES) is Reach.ALL

    @property
    def sees_own_customers(self) -> bool:
        """Own records, the pool and, for leads, those of their subtree."""
        return self.reach(RecordKind.SALES) in {Reach.OWN, Reach.SUBTREE}

    @property
    def sees_all_figures(self) -> bool:
        """Figures of every team: sums of what the role sees row by row."""
        return self.reach(RecordKind.FIGURES) is Reach.ALL

    @property
    def sees_all_people(self) -> bool:
        """Names of everybody, as owners of what one sees; their records are another matter."""
        return self.sees_all_customers or self.reach(RecordKind.PEOPLE) is Reach.ALL

    @property
    def leads(self) -> bool:
        return self.reach(RecordKind.SALES) is Reach.SUBTREE

    @property
    def sees_contact_data(self) -> bool:
        """Phones and addresses of contacts; masked for the others."""
        return self is not AccessRole.ANALYST

    @property
    def may_export(self) -> bool:
        """Take lists away as files, unless an administrator says otherwise of the member."""
        return self in {AccessRole.MANAGER, AccessRole.DIRECTOR, AccessRole.ADMIN}


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
    RecordKind.SETTINGS: _row(NONE, NONE,    NONE,    NONE, NONE,   ALL),
    RecordKind.AUDIT:    _row(NONE, NONE,    NONE,    NONE, NONE,   NONE),
    RecordKind.PLAN:     _row(OWN,  SUBTREE, SUBTREE, ALL,  NONE,   NONE),
    RecordKind.PULSE:    _row(OWN,  NONE,    NONE,    NONE, NONE,   NONE),
    RecordKind.CASE:     _row(OWN,  OWN,     OWN,     ALL,  NONE,   NONE),
}
# fmt: on
