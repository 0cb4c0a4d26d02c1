"""Which activities and follow-ups a person may see."""

from apps.customers.querysets import ChangedOfCustomerQuerySet


class ActivityQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; corrected by those who may change it."""


class FollowUpQuerySet(ChangedOfCustomerQuerySet):
    """Seen by those who see the customer; changed by those who may change it."""
