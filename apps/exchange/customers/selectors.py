"""Reads of the pages that import customers."""

from collections import Counter
from dataclasses import dataclass

from apps.customers.custom_fields.values import fields_in_use
from apps.customers.models import CustomField
from apps.exchange.models import CustomerImport, CustomerImportRow

MOST_REMARKS = 100


@dataclass(frozen=True)
class Outcomes:
    """What has become of the rows so far; `remarks` are new customers that stayed in the pool."""

    new: int
    filled: int
    skipped: int
    refused: int
    remarks: list[CustomerImportRow]
    pooled: int


def custom_fields() -> list[CustomField]:
    return fields_in_use()


def outcomes_of(found: CustomerImport) -> Outcomes:
    rows = CustomerImportRow.objects.filter(import_of=found)
    counts = Counter(rows.values_list("outcome", flat=True))
    pooled = rows.filter(outcome="new").exclude(reason="").order_by("line")
    return Outcomes(
        new=counts["new"],
        filled=counts["filled"],
        skipped=counts["skipped"],
        refused=counts["refused"],
        remarks=list(pooled[:MOST_REMARKS]),
        pooled=pooled.count(),
    )
