"""How the custom fields stand: all of them, and how many customers have a value."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from apps.customers.models import Customer, CustomField

USED = """
SELECT value.key, count(*) FROM customers_customer c
CROSS JOIN LATERAL jsonb_object_keys(c.custom) AS value (key)
WHERE c.deleted_at IS NULL GROUP BY value.key
"""


@dataclass(frozen=True)
class FieldLine:
    """A field and how many customers (deleted ones left out) have a value in it."""

    field: CustomField
    used: int


def field_lines() -> list[FieldLine]:
    """All fields in their order, those out of use included."""
    with connection.cursor() as cursor:
        cursor.execute(USED)
        used = dict(cursor.fetchall())
    return [FieldLine(field, used.get(field.key, 0)) for field in CustomField.objects.all()]


def times_used(field: CustomField) -> int:
    """How many customers have a value, deleted ones included: they may come back."""
    return Customer.objects.filter(custom__has_key=field.key).count()


def choices_used(field: CustomField, choices: Collection[str]) -> dict[str, int]:
    """Of these choices of the field those that customers have, with how many."""
    found = {}
    for choice in choices:
        # Each is one look into the index over the custom values.
        count = Customer.objects.filter(custom__contains={field.key: choice}).count()
        if count:
            found[choice] = count
    return found


def field_found(pk: int) -> CustomField | None:
    return CustomField.objects.filter(pk=pk).first()
