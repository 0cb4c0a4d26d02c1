"""Customers, the people at them, and what is known and written of them."""

from apps.customers.models.contacts import (
    Channel,
    Contact,
    DecisionRole,
    SpecialDate,
    SpecialDateKind,
)
from apps.customers.models.custom_fields import CustomField, CustomFieldKind
from apps.customers.models.customer import Customer, ScreeningState, Tag, Tier
from apps.customers.models.duplicates import DuplicatePair, KeyKind, Merge, PairState, SearchKey
from apps.customers.models.notes import CustomerFile, Note
from apps.customers.models.owners import (
    CustomerOwnerChange,
    CustomerOwnerChangeKind,
    HoldingLimits,
)
from apps.customers.models.screening import (
    GRADES,
    Screening,
    ScreeningDimension,
    ScreeningRule,
)

__all__ = [
    "GRADES",
    "Channel",
    "Contact",
    "CustomField",
    "CustomFieldKind",
    "Customer",
    "CustomerFile",
    "CustomerOwnerChange",
    "CustomerOwnerChangeKind",
    "DecisionRole",
    "DuplicatePair",
    "HoldingLimits",
    "KeyKind",
    "Merge",
    "Note",
    "PairState",
    "Screening",
    "ScreeningDimension",
    "ScreeningRule",
    "ScreeningState",
    "SearchKey",
    "SpecialDate",
    "SpecialDateKind",
    "Tag",
    "Tier",
]
