"""The parts of the sample firm and the order in which they are built and removed.

A part is a module of this package with

- `NEEDS`: names of the parts whose results it reads,
- `MODELS`: the models it writes, in order of creation, each with an `is_sample` field,
- `build(context)`: writes the rows and returns how many of each kind.

To extend the firm, write such a module and name it in `PARTS`; see docs/sample-firm.md.
"""

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from importlib import import_module
from typing import Protocol, cast

from django.db.models import Model

from apps.sample.context import Context

PARTS = (
    "people", "belonging", "catalogue", "accounts", "leads", "opportunities", "sales", "talks",
    "knowledge", "worth", "trail",
)  # fmt: skip


class Part(Protocol):
    NEEDS: Sequence[str]
    MODELS: Sequence[type[Model]]

    def build(self, context: Context) -> Mapping[str, int]: ...


def parts(names: Sequence[str] = PARTS) -> list[tuple[str, Part]]:
    """Every part after those it needs; CycleError where two need each other."""
    loaded = {name: cast("Part", import_module(f"apps.sample.{name}")) for name in names}
    graph = TopologicalSorter({name: part.NEEDS for name, part in loaded.items()})
    return [(name, loaded[name]) for name in graph.static_order()]


def sample_models() -> list[type[Model]]:
    """The models of all parts in order of creation; removal goes backwards."""
    return list(dict.fromkeys(model for _name, part in parts() for model in part.MODELS))
