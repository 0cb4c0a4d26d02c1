"""Rows that are locked are read alone.

A statement that waited for a lock sees the locked row as it is then, but the rows joined to it as they
were before: a customer handed over meanwhile would come without its owner, an opportunity moved
meanwhile not at all. Related rows are read behind the lock, by `prefetch_related`.
"""

import ast
from pathlib import Path

import pytest

APPS = Path(__file__).parents[2] / "apps"


def joins_behind_a_lock(source: str) -> list[int]:
    """Lines of functions that name `select_related` for a queryset with `select_for_update`."""
    found = []
    functions = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef)]
    for function in functions:
        locked: set[str] = set()
        for statement in ast.walk(function):
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
                continue
            inside = list(ast.walk(statement))
            names = {one.id for one in inside if isinstance(one, ast.Name)}
            called = {one.attr: one.lineno for one in inside if isinstance(one, ast.Attribute)}
            if "select_for_update" not in called and not names & locked:
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            if not called.keys() & {"get", "first"}:
                locked |= {one.id for one in targets if isinstance(one, ast.Name)}
            if "select_related" in called:
                found.append(called["select_related"])
    return found


@pytest.mark.parametrize(
    "body",
    [
        "    return Team.objects.select_for_update().select_related('lead').get()",
        "    rows = Team.objects.select_for_update()\n    return rows.select_related('lead')",
    ],
)
def test_a_join_behind_a_lock_is_found(body: str) -> None:
    assert joins_behind_a_lock(f"def held():\n{body}\n")


def test_no_lock_joins() -> None:
    found = {
        f"{path.relative_to(APPS)}:{line}"
        for path in APPS.rglob("*.py")
        for line in joins_behind_a_lock(path.read_text())
    }

    assert not found
