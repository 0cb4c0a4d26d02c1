"""The customer base as a portfolio: worth, service and stage of each customer."""

from apps.portfolio.models.lifecycle import LifecycleChange, LifecycleFigure, LifecycleOverride
from apps.portfolio.models.policy import (
    BreachKind,
    FirstResponse,
    PolicyBreach,
    ServiceHours,
    ServicePolicy,
)
from apps.portfolio.models.tiers import (
    TierBasis,
    TierChange,
    TierChangeKind,
    TierFigure,
    TierMode,
    TierOverride,
    TierRule,
)

__all__ = [
    "BreachKind",
    "FirstResponse",
    "LifecycleChange",
    "LifecycleFigure",
    "LifecycleOverride",
    "PolicyBreach",
    "ServiceHours",
    "ServicePolicy",
    "TierBasis",
    "TierChange",
    "TierChangeKind",
    "TierFigure",
    "TierMode",
    "TierOverride",
    "TierRule",
]
