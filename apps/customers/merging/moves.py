"""Rows that change their customer, and back again; which did is noted down."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import cast

from django.apps import apps
from django.db import IntegrityError, transaction

from apps.customers.merging.belongings import Relation, key_of

# Field (“orders.Order.customer”) → [[row, where it was], …].
type Moved = dict[str, list[list[int]]]


def rows_moved(field: Relation, *, sources: Iterable[int], to: int) -> list[list[int]]:
    """Point the rows of the sources to `to`; [row, where it was] of those that went.

    A row that the target can't take, because a constraint allows one such row only, stays.
    """
    table = field.model._base_manager
    wanted = {f"{field.attname}__in": list(sources)}
    # Nothing points at itself: a survivor that belonged to an absorbed customer is settled by its form.
    rows = table.filter(**wanted).exclude(pk=to) if _is_own(field) else table.filter(**wanted)
    moved = [list(pair) for pair in rows.order_by("pk").values_list("pk", field.attname)]
    try:
        with transaction.atomic():
            rows.update(**{field.attname: to})
    except IntegrityError:
        return [pair for pair in moved if _moved_alone(field, pair[0], to)]
    return moved


def rows_back(moved: Mapping[str, Iterable[list[int]]], *, at: int) -> None:
    """Point the rows back to where they were; who was moved elsewhere since stays there."""
    for key, pairs in moved.items():
        field = _field(key)
        sources = defaultdict(list)
        for row, source in pairs:
            sources[source].append(row)
        for source, rows in sorted(sources.items()):
            held = field.model._base_manager.filter(pk__in=rows, **{field.attname: at})
            held.update(**{field.attname: source})


def noted(moved: Moved) -> dict[str, dict[str, list[list[int]]]]:
    """As `Merge.moved` has it: model → field → rows."""
    told: dict[str, dict[str, list[list[int]]]] = defaultdict(dict)
    for key, pairs in moved.items():
        model, _dot, field = key.rpartition(".")
        if pairs:
            told[model][field] = pairs
    return dict(told)


def _field(key: str) -> Relation:
    model, _dot, name = key.rpartition(".")
    return cast("Relation", apps.get_model(model)._meta.get_field(name))


def _moved_alone(field: Relation, row: int, to: int) -> bool:
    try:
        with transaction.atomic():
            field.model._base_manager.filter(pk=row).update(**{field.attname: to})
    except IntegrityError:
        return False
    return True


def _is_own(field: Relation) -> bool:
    return key_of(field).startswith("customers.Customer.")
