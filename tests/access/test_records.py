"""Every model says by which scope people reach its rows; the scopes agree with the roles' table."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models

from apps.core.sealed import SealedQuerySet
from apps.members.models import AccessRole, Member
from apps.members.querysets import may_export
from apps.members.roles import READS, SEALED, WRITES, Reach, RecordKind
from tests.access.conftest import Firm
from tests.access.records import EDITABLE, RECORDS, VISIBLE, Record

ROOT = Path(__file__).resolve().parents[2]
OURS = {
    model._meta.label: model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and not model._meta.auto_created
}
SCOPES = {
    VISIBLE, EDITABLE, "record_visible_to", "reachable_by", "placed_by", "sealed_visible_to",
    "sealed_editable_by", "deleted_visible_to",
}  # fmt: skip
# Kinds whose rows are theirs alone who reach them; about people everybody sees what is their own.
ROWS = {RecordKind.SALES, RecordKind.FIGURES, RecordKind.IMPORTS, RecordKind.AUDIT}
WITH_SCOPE = [record for record in RECORDS if record.scopes]


def by_name(record: Record) -> str:
    return record.model


def test_every_model_is_declared() -> None:
    declared = [record.model for record in RECORDS]

    assert sorted(set(OURS) - set(declared)) == [], "a line in tests/access/records.py is missing"
    assert sorted(set(declared) - set(OURS)) == []
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize("record", RECORDS, ids=by_name)
def test_a_model_has_the_scopes_it_declares_and_no_others(record: Record) -> None:
    manager = OURS[record.model]._default_manager
    has = {scope for scope in SCOPES if callable(getattr(manager, scope, None))}

    assert set(record.scopes) <= has
    # What is there but not declared would be used untested.
    assert has & {VISIBLE, EDITABLE} == set(record.scopes) & {VISIBLE, EDITABLE}
    assert record.why or EDITABLE in record.scopes


@pytest.mark.parametrize("record", RECORDS, ids=by_name)
def test_what_is_sealed_is_guarded_as_such(record: Record) -> None:
    is_sealed = isinstance(OURS[record.model]._default_manager.all(), SealedQuerySet)

    assert is_sealed is (record.kind in SEALED)


@pytest.mark.parametrize("record", WITH_SCOPE, ids=by_name)
def test_nobody_sees_rows_without_a_sign_in(db: None, record: Record) -> None:
    manager: Any = OURS[record.model]._default_manager
    gone = Member(access_role=AccessRole.ADMIN, is_active=False)

    for scope in record.scopes:
        for nobody in (AnonymousUser(), gone):
            rows = getattr(manager, scope)(nobody)
            assert isinstance(rows, models.QuerySet)
            assert not rows.exists(), (scope, nobody)


@pytest.mark.parametrize("record", [r for r in WITH_SCOPE if r.kind in ROWS], ids=by_name)
def test_who_reaches_nothing_of_a_kind_sees_none_of_its_rows(firm: Firm, record: Record) -> None:
    for role in AccessRole:
        if record.kind is not None and role.reach(record.kind) is Reach.NONE:
            member = Member.objects.filter(access_role=role).order_by("-pk").first()
            for scope in record.scopes:
                rows = getattr(OURS[record.model]._default_manager, scope)(member)
                assert not rows.exists(), (role, scope)


def test_nobody_changes_more_than_they_read() -> None:
    for kind in RecordKind:
        for role in AccessRole:
            assert WRITES[kind][role] <= READS[kind][role], (kind, role)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        # The rows of the handbook's table: rep, manager, director, HR, analyst, administrator.
        (RecordKind.SALES, "own subtree all none all all"),
        (RecordKind.FIGURES, "own subtree all none all all"),
        (RecordKind.SCORES, "own subtree all all all none"),
        (RecordKind.FEEDBACK, "own subtree subtree all none none"),
        (RecordKind.PLAN, "own subtree subtree all none none"),
        (RecordKind.PULSE, "own none none none none none"),
        (RecordKind.CASE, "own own own all none none"),
        (RecordKind.PEOPLE, "none subtree subtree all none all"),
        (RecordKind.SETTINGS, "none none none none none all"),
        (RecordKind.IMPORTS, "none own none none none all"),
        (RecordKind.AUDIT, "none none none own none all"),
    ],
)
def test_the_table_is_the_handbooks(kind: RecordKind, words: str) -> None:
    assert " ".join(role.reach(kind).name.lower() for role in AccessRole) == words


def test_an_administrator_never_reaches_what_is_sealed() -> None:
    for kind in SEALED:
        assert AccessRole.ADMIN.reach(kind) is Reach.NONE
        assert AccessRole.ANALYST.reach(kind) is Reach.NONE


@pytest.mark.parametrize(
    ("role", "said", "may"),
    [
        (AccessRole.REP, None, False),
        (AccessRole.REP, True, True),
        (AccessRole.MANAGER, None, True),
        (AccessRole.MANAGER, False, False),
        (AccessRole.DIRECTOR, None, True),
        (AccessRole.ANALYST, None, False),
        (AccessRole.ANALYST, True, True),
        (AccessRole.ADMIN, None, True),
    ],
)
def test_who_takes_lists_away_as_files(
    db: None, role: AccessRole, said: bool | None, may: bool
) -> None:
    member = Member(access_role=role, may_export_lists=said)

    assert may_export(member) is may
    member.acted_by = Member(access_role=AccessRole.ADMIN)
    assert may_export(member) is False
    member.acted_by = None
    member.is_active = False
    assert may_export(member) is False


# Where a role is named although it is no matter of reach.
MAY_NAME_A_ROLE = {
    "apps/members/roles.py": "the table itself",
    "apps/members/people.py": "one administrator has to stay",
    "apps/members/services.py": "the first administrator",
    "apps/members/templatetags/set_up.py": "whether there is an administrator",
    "apps/members/forms/settings.py": "whom the first set-up invites",
    "apps/staffing/leaving.py": "one administrator has to stay",
    "apps/exchange/people.py": "what people of a file become",
    "apps/metrics/selectors.py": "reps are counted",
    "apps/staffing/team_panels.py": "reps are counted",
    "apps/staffing/team_panels_load.py": "reps are counted",
    "apps/reports/services.py": "directors get the report of a whole firm",
}
COMPARES = re.compile(
    r"\b(is|is not|==|!=|in|not in) [({]?AccessRole\.[A-Z]|access_role=AccessRole\.[A-Z]"
    r"|\.(role|access_role) (==|!=|in|not in) [\"'({]"
)


def test_nothing_else_compares_roles() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in ROOT.glob("apps/**/*.py")
        if not {"migrations", "sample", "charts.py"} & set(path.parts)
        and str(path.relative_to(ROOT)) not in MAY_NAME_A_ROLE
        for line in path.read_text().splitlines()
        if COMPARES.search(line)
    }

    assert sorted(found) == [], "ask reads(user, kind) or writes(user, kind)"
