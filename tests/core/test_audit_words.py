"""Every action that a service writes has its words, and the words fit what is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.core.audit_kinds import KINDS, model_of
from apps.core.audit_words import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
ACTION = re.compile(r"^[a-z_]+\.([a-z_]+|\*)$")


def passed_actions(source: str) -> Iterator[tuple[int, str | None]]:
    """Line and text of each `action=` that a call passes; None where it can't be read.

    A function of its own may pass on the action that it was given.
    """
    tree = ast.parse(source)
    given = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and "action" in {one.arg for one in [*function.args.args, *function.args.kwonlyargs]}
        for node in ast.walk(function)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call, keyword in ((made, one) for made in calls for one in made.keywords):
        if keyword.arg != "action":
            continue
        for value in choices(keyword.value, tree):
            action = text_of(value)
            if action is not None and ACTION.match(action):
                yield call.lineno, action
            elif name_of(call) == "audit_record" and id(call) not in given:
                yield call.lineno, None


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def text_of(value: ast.expr) -> str | None:
    """A text as it is, or of one that is put together its fixed beginning and a star."""
    if isinstance(value, ast.JoinedStr):
        return f"{beginning(value)}*"
    return str(value.value) if isinstance(value, ast.Constant) else None


def beginning(text: ast.JoinedStr) -> str:
    """The fixed part with which a text that is put together begins."""
    first = text.values[0]
    return str(first.value) if isinstance(first, ast.Constant) else ""


def has_words(action: str | None) -> bool:
    """For an action that is put together, whether there are any of its beginning."""
    if action is None or not action.endswith(".*"):
        return action in ACTIONS
    return any(known.startswith(action.removesuffix("*")) for known in ACTIONS)


def choices(value: ast.expr, tree: ast.Module) -> list[ast.expr]:
    """What the expression may come to: both branches, and what a name was assigned."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.Name):
        assigned = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == value.id for one in node.targets)
        ]
        return [one for node in assigned for one in choices(node, tree)] or [value]
    return [value]


def test_every_action_that_is_passed_has_words() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line} {action or 'is no text'}"
        for path in sorted(ROOT.glob("apps/**/*.py"))
        for line, action in passed_actions(path.read_text())
        if not has_words(action)
    ]

    assert missing == []


def test_no_words_are_left_of_actions_that_nobody_passes() -> None:
    texts = " ".join(
        path.read_text() for path in ROOT.glob("apps/**/*.py") if path.name != "audit_words.py"
    )
    passed = {
        action
        for path in ROOT.glob("apps/**/*.py")
        for _line, action in passed_actions(path.read_text())
    }

    unused = [action for action in ACTIONS if f'"{action}"' not in texts]
    assert [one for one in unused if f"{one.partition('.')[0]}.*" not in passed] == []


def test_words_of_a_text_put_together_are_found_by_its_beginning() -> None:
    assert has_words("team.*")
    assert not has_words("nothing.*")
    assert not has_words("*")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('audit_record(by=by, action="team.move")', [(1, "team.move")]),
        ('audit_record(action="a.b" if x else "a.c")', [(1, "a.b"), (1, "a.c")]),
        ("audit_record(action=name)", [(1, None)]),
        ('name = "a.b" if x else "a.c"\naudit_record(action=name)', [(2, "a.b"), (2, "a.c")]),
        ('def _log(*, action):\n  audit_record(action=action)\n_log(action="a.b")', [(3, "a.b")]),
        ('audit_record(action=f"export.{kind}")', [(1, "export.*")]),
        ('button(action="/x/")', []),
    ],
)
def test_the_check_finds_what_it_is_for(source: str, found: list[tuple[int, str | None]]) -> None:
    assert list(passed_actions(source)) == found


def test_every_kind_has_its_model_and_scope() -> None:
    for kind, known in KINDS.items():
        model = model_of(kind)
        assert model is not None, kind
        assert model._meta.model_name == kind
        if known.page or known.parts:
            assert hasattr(model._default_manager.all(), known.scope), kind
        for part, field in known.parts:
            assert part in KINDS
            assert model_of(part)._meta.get_field(field).related_model is model  # type: ignore[union-attr]
