"""Kinds of records that audit entries name: their model, their page, and what belongs to them.

A kind is a model's name in small letters. Models are named by text, as URL names are: this table
imports nothing of the apps above. A new app adds its kinds here.
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.utils.text import capfirst


@dataclass(frozen=True)
class RecordKind:
    """What the trail knows of a kind of record.

    Args:
        model: such as “customers.Customer”.
        page: URL name of a record's page; empty where it has none.
        key: the field that the page's address takes; empty where it takes nothing.
        scope: the queryset's method that says who may open a record.
        parts: kinds whose entries belong to this record's history, with the field that points here.
    """

    model: str
    page: str = ""
    key: str = "pk"
    scope: str = "visible_to"
    parts: tuple[tuple[str, str], ...] = ()


KINDS = {
    "customer": RecordKind(
        "customers.Customer",
        "customer",
        parts=(("contact", "customer"), ("specialdate", "customer")),
    ),
    "contact": RecordKind("customers.Contact"),
    "specialdate": RecordKind("customers.SpecialDate"),
    "note": RecordKind("customers.Note", "note"),
    "customerfile": RecordKind("customers.CustomerFile"),
    "tag": RecordKind("customers.Tag"),
    "customfield": RecordKind("customers.CustomField"),
    "screening": RecordKind("customers.Screening"),
    "screeningdimension": RecordKind("customers.ScreeningDimension"),
    "screeningrule": RecordKind("customers.ScreeningRule"),
    "holdinglimits": RecordKind("customers.HoldingLimits"),
    "duplicatepair": RecordKind("customers.DuplicatePair"),
    "merge": RecordKind("customers.Merge"),
    "activity": RecordKind("activities.Activity", "activity"),
    "followup": RecordKind("activities.FollowUp"),
    "task": RecordKind("activities.Task", "task"),
    "outcomerule": RecordKind("activities.OutcomeRule"),
    "callrules": RecordKind("calling.CallRules"),
    "survey": RecordKind("satisfaction.Survey"),
    "tierrule": RecordKind("portfolio.TierRule"),
    "tieroverride": RecordKind("portfolio.TierOverride"),
    "servicepolicy": RecordKind("portfolio.ServicePolicy"),
    "servicehours": RecordKind("portfolio.ServiceHours"),
    "lifecycleoverride": RecordKind("portfolio.LifecycleOverride"),
    "poolsettings": RecordKind("pool.PoolSettings"),
    "poolrule": RecordKind("pool.PoolRule"),
    "phonesystem": RecordKind("telephony.PhoneSystem", "phone_system"),
    "phonecall": RecordKind("telephony.PhoneCall"),
    "bulkrun": RecordKind("bulk.BulkRun", "bulk_run"),
    "erasure": RecordKind("privacy.Erasure"),
    "savedview": RecordKind("members.SavedView"),
    "opportunity": RecordKind("funnel.Opportunity", "opportunity"),
    "order": RecordKind("orders.Order", "order"),
    "member": RecordKind(
        "members.Member",
        "member",
        scope="record_visible_to",
        parts=(("membership", "member"), ("positionholding", "member"), ("standin", "absent")),
    ),
    "team": RecordKind(
        "members.Team",
        "team",
        key="slug",
        scope="record_visible_to",
        parts=(("membership", "team"),),
    ),
    "membership": RecordKind("members.Membership"),
    "position": RecordKind("members.Position"),
    "positionholding": RecordKind("members.PositionHolding"),
    "invitation": RecordKind("members.Invitation"),
    "standin": RecordKind("members.StandIn"),
    "apitoken": RecordKind("members.ApiToken"),
    "organisation": RecordKind("core.Organisation"),
    "calendarday": RecordKind("core.CalendarDay"),
    "level": RecordKind("funnel.Level"),
    "product": RecordKind("products.Product"),
    "productline": RecordKind("products.ProductLine"),
    "customerimport": RecordKind("exchange.CustomerImport", "customer_import_run"),
    "importrun": RecordKind("exchange.ImportRun", "import_run"),
    "nightrun": RecordKind("overnight.NightRun", "night_run"),
    "delivery": RecordKind("reports.Delivery"),
}
# Fields of changes that are named for what somebody is, not for their kind.
PEOPLE_FIELDS = frozenset({"owner", "assignee", "lead", "manager", "successor", "by"})


def model_of(kind: str) -> type[models.Model] | None:
    """The model of a kind; None for one that this release does not know."""
    known = KINDS.get(kind)
    return apps.get_model(known.model) if known else None


def kind_of(model: type[models.Model]) -> str:
    return model._meta.model_name or ""


def kind_label(kind: str) -> str:
    model = model_of(kind)
    return str(capfirst(model._meta.verbose_name)) if model else kind


def field_of(kind: str, name: str) -> "models.Field[object, object] | None":
    """The model's own field of that name, if a change of this kind is one of a field."""
    model = model_of(kind)
    if model is None:
        return None
    fields = {field.name: field for field in model._meta.get_fields()}
    field = fields.get(name)
    return field if isinstance(field, models.Field) else None


def named_model(kind: str, name: str) -> type[models.Model] | None:
    """The model of the records that values of a change name; None where it is not known."""
    field = field_of(kind, name)
    if field is not None:
        # A plain field is a value, though it may be called like a kind: the customer's screening.
        related = field.related_model
        return related if isinstance(related, type) else None
    return model_of("member") if name in PEOPLE_FIELDS else model_of(name)


def is_sealed(kind: str) -> bool:
    """Whether the trail may call records of the kind only by their number."""
    return bool(getattr(model_of(kind), "is_sealed", False))
