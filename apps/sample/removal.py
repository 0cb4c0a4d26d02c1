"""Which rows go when the sample firm goes, and which real records stand in the way.

Rows are deleted by plain SQL: the ORM would load every row to look for what refers to it, where the
database's own foreign keys check the same at the end of the transaction.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Model, Q, QuerySet

from apps.activities.models import Activity, FollowUp
from apps.bulk.models import BulkRun
from apps.core.models import AuditEntry, OutgoingMail
from apps.customers.models import (
    Customer,
    CustomerFile,
    DuplicatePair,
    Merge,
    Note,
    Screening,
    SearchKey,
    SpecialDate,
)
from apps.exchange.models import CustomerImport, CustomerImportRow, ImportRun
from apps.members.models import (
    ApiToken,
    Invitation,
    Member,
    Membership,
    Notification,
    PositionHolding,
    SavedView,
    SignIn,
)
from apps.metrics.models import DayFact, LevelRate
from apps.overnight.models import NightRun
from apps.pool.models import HoldWarning
from apps.portfolio.models import (
    LifecycleChange,
    LifecycleFigure,
    LifecycleOverride,
    PolicyBreach,
    TierChange,
    TierFigure,
    TierOverride,
)
from apps.privacy.models import Erasure
from apps.reports.models import Delivery, Edition
from apps.sample import registry
from apps.satisfaction.models import Survey
from apps.staffing.models import Departure
from apps.telephony.models import Extension, PhoneCall

# Rows about a customer that go with it.
OF_CUSTOMERS: tuple[type[Model], ...] = (
    SearchKey,
    SpecialDate,
    Screening,
    FollowUp,
    Survey,
    TierFigure,
    TierOverride,
    TierChange,
    PolicyBreach,
    LifecycleFigure,
    LifecycleOverride,
    LifecycleChange,
    HoldWarning,
)
# Rows that exist only because of sample rows, with what ties them to the sample.
DEPENDENT: tuple[tuple[type[Model], Q], ...] = (
    (
        Delivery,
        Q(member__is_sample=True) | Q(edition__is_sample=True) | Q(edition__team__is_sample=True),
    ),
    *((model, Q(customer__is_sample=True)) for model in OF_CUSTOMERS),
    (Note.mentions.through, Q(note__customer__is_sample=True) | Q(member__is_sample=True)),
    (Note, Q(customer__is_sample=True)),
    (CustomerFile, Q(customer__is_sample=True)),
    # Their events stay: they name no record. An assigner or dismisser of the sample goes along.
    (
        PhoneCall,
        Q(customer__is_sample=True)
        | Q(member__is_sample=True)
        | Q(assigned_by__is_sample=True)
        | Q(dismissed_by__is_sample=True),
    ),
    (Extension, Q(member__is_sample=True)),
    (Activity, Q(customer__is_sample=True)),
    (DuplicatePair, Q(first__is_sample=True) | Q(second__is_sample=True)),
    (Merge, Q(survivor__is_sample=True)),
    (Customer.tags.through, Q(customer__is_sample=True) | Q(tag__is_sample=True)),
    (Notification, Q(member__is_sample=True)),
    (SavedView, Q(owner__is_sample=True)),
    (BulkRun, Q(by__is_sample=True)),
    (CustomerImportRow, Q(import_of__by__is_sample=True)),
    (CustomerImport, Q(by__is_sample=True)),
    (Erasure, Q(is_sample=True)),
    (OutgoingMail, Q(is_sample=True)),
    (Edition, Q(is_sample=True) | Q(team__is_sample=True)),
    (LevelRate, Q(member__is_sample=True) | Q(team__is_sample=True)),
    (DayFact, Q(member__is_sample=True) | Q(team__is_sample=True)),
    (Membership, Q(member__is_sample=True)),
    (PositionHolding, Q(member__is_sample=True)),
    (Departure, Q(member__is_sample=True)),
    (SignIn, Q(member__is_sample=True)),
    (ApiToken, Q(member__is_sample=True)),
    (Invitation.positions.through, Q(invitation__is_sample=True)),
    (AuditEntry, Q(is_sample=True)),
)
# Records that outlive the sample member who made them.
RELEASED: tuple[tuple[type[Model], str], ...] = (
    (NightRun, "started_by"),
    (ImportRun, "by"),
    (Edition, "made_by"),
    (Departure, "by"),
)


def _sign_in_relations() -> "list[models.ForeignKey[Any, Any]]":
    """What libraries keep about a person who signs in: addresses, second factors, sessions."""
    return [
        relation
        for relation in _relations_to(Member)
        if not relation.model.__module__.startswith("apps.")
    ]


def hanging_records() -> dict[str, int]:
    """Real records that refer to sample ones, counted by kind and relation; empty where none do."""
    found: dict[str, int] = {}
    for target in registry.sample_models():
        for relation in _relations_to(target):
            rows = _real_rows(relation)
            count = rows.count() if rows is not None else 0
            if count:
                found[f"{relation.model._meta.verbose_name} ({relation.verbose_name})"] = count
    return found


def _relations_to(target: type[Model]) -> Iterable["models.ForeignKey[Any, Any]"]:
    for field in target._meta.get_fields(include_hidden=True):
        if isinstance(field, models.ManyToOneRel) and isinstance(field.field, models.ForeignKey):
            yield field.field


def _real_rows(relation: "models.ForeignKey[Any, Any]") -> QuerySet[Any] | None:
    """The rows that refer to a sample row without being sample; None where they may be let go."""
    model = relation.model
    if (model, relation.name) in RELEASED or not model.__module__.startswith("apps."):
        return None
    if not getattr(
        relation, "db_constraint", True
    ):  # an audit entry, which says in words who it was
        return None
    rows = model._default_manager.filter(**{f"{relation.name}__is_sample": True})
    if any(field.name == "is_sample" for field in model._meta.fields):
        rows = rows.filter(is_sample=False)
    for dependent, tie in DEPENDENT:
        if model is dependent:
            rows = rows.exclude(pk__in=model._default_manager.filter(tie).values("pk"))
    return rows


def files() -> list[str]:
    """Names of the stored files that go with the rows."""
    ties = dict(DEPENDENT)
    stored = ((Edition, "pdf"), (CustomerFile, "file"), (BulkRun, "file"), (CustomerImport, "file"))
    return [
        name
        for model, field in stored
        for name in model._default_manager.filter(ties[model]).values_list(field, flat=True)
        if name
    ]


def delete_rows() -> dict[str, int]:
    """Let go of what stays, then delete what goes; returns the sample rows deleted by kind."""
    _release()
    for relation in _sign_in_relations():
        relation.model._default_manager.filter(**{f"{relation.name}__is_sample": True}).delete()
    for model, tie in DEPENDENT:
        rows = model._default_manager.filter(tie)
        rows._raw_delete(rows.db)
    deleted = {}
    with connection.cursor() as cursor:
        for model in reversed(registry.sample_models()):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {table} WHERE is_sample")  # noqa: S608 - own table names
            deleted[str(model._meta.verbose_name_plural)] = cursor.rowcount
    return deleted


def _release() -> None:
    """Keep the record, drop the link."""
    members = Member.objects.filter(is_sample=True).values("pk")
    for model, name in RELEASED:
        model._default_manager.filter(**{f"{name}__in": members}).update(**{name: None})
