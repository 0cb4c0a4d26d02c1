"""In the web layer every query says whose rows it reads: `.objects.visible_to(…)` or `editable_by`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("views", "api", "forms", "filters")
SCOPING = {
    "visible_to",
    "record_visible_to",
    "editable_by",
    "placed_by",
    "reachable_by",
    "deleted_visible_to",
    "none",
}
# Queries of something that is nobody's: the subtree of a team that was found by `visible_to`.
NARROWING = {"subtree_of"}


def modules() -> list[Path]:
    found: list[Path] = []
    for layer in LAYERS:
        found += ROOT.glob(f"apps/*/{layer}.py")
        found += ROOT.glob(f"apps/*/{layer}/*.py")
    return sorted(found)


def unscoped(source: str, allowed: set[str]) -> Iterator[int]:
    """Lines on which a manager is used without being scoped at once."""
    tree = ast.parse(source)
    followed = {
        id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr not in {"objects", "_default_manager"}:
            continue
        if followed.get(id(node)) not in allowed:
            yield node.lineno


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(ROOT / "apps")))
def test_every_query_of_the_web_layer_is_scoped_at_once(module: Path) -> None:
    allowed = SCOPING | NARROWING if module.name == "filters.py" else SCOPING

    assert list(unscoped(module.read_text(), allowed)) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("Customer.objects.visible_to(user).filter(pk=1)", []),
        ("Customer.objects.editable_by(user)", []),
        ("Member.objects.record_visible_to(user).count()", []),
        ("Contact.objects.reachable_by(user)", []),
        ("people = Member.objects.none()", []),
        ("Customer.objects.filter(pk=1)", [1]),
        ("Customer.objects.all().visible_to(user)", [1]),
        ("rows = Customer.objects\nrows.all()", [1]),
        ("get_object_or_404(Customer.objects, pk=1)", [1]),
        ("x = 1\nCustomer._default_manager.all()", [2]),
    ],
)
def test_the_check_finds_what_it_is_for(source: str, lines: list[int]) -> None:
    assert list(unscoped(source, SCOPING)) == lines
