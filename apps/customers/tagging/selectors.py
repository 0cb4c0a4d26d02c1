"""Which tags there are, and on which customers."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from apps.customers.models import Customer, Tag
from apps.members.querysets import Viewer

MOST_SUGGESTED = 20


def tags_of(customers: Iterable[int]) -> dict[int, list[str]]:
    """Customer → names of its tags, by name."""
    pairs = Customer.tags.through.objects.filter(customer__in=list(customers))
    found: dict[int, list[str]] = defaultdict(list)
    for customer, name in pairs.order_by("tag__name").values_list("customer", "tag__name"):
        found[customer].append(name)
    return dict(found)


def tags_seen(user: Viewer) -> QuerySet[Tag]:
    """Tags on customers that the person sees: others would tell of customers that they don't."""
    seen = Customer.objects.visible_to(user).order_by().values("pk")
    put = Customer.tags.through.objects.filter(customer__in=seen)
    return Tag.objects.filter(pk__in=put.values("tag")).order_by("name")


def tags_like(user: Viewer, text: str = "") -> list[str]:
    """Names of tags that begin with the text, or contain it, for suggestions."""
    rows = tags_seen(user).filter(name__icontains=text) if text else tags_seen(user)
    return list(rows.values_list("name", flat=True)[:MOST_SUGGESTED])


def tags_counted() -> QuerySet[Tag]:
    """All tags with on how many customers each stands; for who administers them."""
    alive = Q(customers__deleted_at__isnull=True)
    return Tag.objects.annotate(customers_now=Count("customers", filter=alive)).order_by("name")


def tag_found(pk: int) -> Tag | None:
    return Tag.objects.filter(pk=pk).first()


def tags_other(tag: Tag) -> list[Tag]:
    """Those into which the tag could be merged."""
    return list(Tag.objects.exclude(pk=tag.pk))
