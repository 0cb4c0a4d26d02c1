"""Every model of the product, the kind of record that it is, and the scopes that guard its rows.

A new model without a line here fails the build: say by which scope people reach its rows, or why
nobody does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.members.roles import RecordKind

VISIBLE, EDITABLE = "visible_to", "editable_by"


@dataclass(frozen=True)
class Record:
    """A model by its label; without a kind it is everybody's or nobody's, and `why` says which."""

    model: str
    kind: RecordKind | None
    scopes: tuple[str, ...] = ()
    why: str = ""


def scoped(model: str, kind: RecordKind, *more: str) -> Record:
    """People read some of its rows and change some of them."""
    return Record(model, kind, (VISIBLE, EDITABLE, *more))


def read_only(model: str, kind: RecordKind, why: str) -> Record:
    return Record(model, kind, (VISIBLE,), why)


def words(model: str, why: str) -> Record:
    """Every member knows its rows."""
    return Record(model, None, (VISIBLE,), why)


def inside(model: str, kind: RecordKind | None, why: str) -> Record:
    """Its rows are reached only through another record's, or by no person at all."""
    return Record(model, kind, (), why)


RECORDS = (
    # What is sold
    scoped("customers.Customer", RecordKind.SALES, "deleted_visible_to"),
    scoped("customers.Contact", RecordKind.SALES, "reachable_by"),
    read_only("customers.CustomerOwnerChange", RecordKind.SALES, "history: only the services add"),
    scoped("customers.Note", RecordKind.SALES),
    scoped("customers.CustomerFile", RecordKind.SALES),
    scoped("customers.SpecialDate", RecordKind.SALES),
    scoped("customers.DuplicatePair", RecordKind.SALES),
    scoped("customers.Merge", RecordKind.SALES),
    read_only("customers.Screening", RecordKind.SALES, "kept as judged: only the services add"),
    inside("customers.SearchKey", None, "read through the customers that it finds"),
    inside("customers.Tag", None, "words of the firm, shown with customers"),
    inside("customers.CustomField", RecordKind.SETTINGS, "words of the firm; changed by a service"
           " for administrators"),
    inside("customers.ScreeningDimension", RecordKind.SETTINGS, "words of the firm; changed by a"
           " service for administrators"),
    inside("customers.ScreeningRule", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    inside("customers.HoldingLimits", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    scoped("activities.Activity", RecordKind.SALES),
    inside("activities.ActivityVersion", RecordKind.SALES, "what an activity said before: read with"
           " it"),
    scoped("activities.OutcomeRule", RecordKind.SETTINGS),
    inside("workday.Lease", RecordKind.SALES, "who has a customer open right now: asked by the queue"
           " alone"),
    scoped("activities.FollowUp", RecordKind.SALES),
    read_only("activities.FollowUpChange", RecordKind.SALES, "history: only the services add"),
    scoped("activities.Task", RecordKind.SALES),
    inside("calling.CallRules", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    scoped("satisfaction.Survey", RecordKind.SALES),
    read_only("portfolio.TierFigure", RecordKind.SALES, "computed overnight"),
    scoped("portfolio.TierOverride", RecordKind.SALES),
    read_only("portfolio.TierChange", RecordKind.SALES, "history: immutable in the database"),
    read_only("portfolio.PolicyBreach", RecordKind.SALES, "computed overnight"),
    read_only("portfolio.FirstResponse", RecordKind.SALES, "computed overnight"),
    read_only("portfolio.LifecycleFigure", RecordKind.SALES, "computed overnight"),
    scoped("portfolio.LifecycleOverride", RecordKind.SALES),
    read_only("portfolio.LifecycleChange", RecordKind.SALES, "history: immutable in the database"),
    inside("portfolio.TierRule", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    inside("portfolio.ServiceHours", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    inside("portfolio.ServicePolicy", RecordKind.SETTINGS, "a row a tier; changed by a service for"
           " administrators"),
    inside("pool.PoolSettings", RecordKind.SETTINGS, "one row; changed by a service for"
           " administrators"),
    inside("pool.PoolRule", RecordKind.SETTINGS, "a row a tier; changed by a service for"
           " administrators"),
    inside("pool.HoldWarning", None, "written overnight, read by the next nights alone"),
    scoped("telephony.PhoneCall", RecordKind.SALES),
    scoped("telephony.PhoneSystem", RecordKind.SETTINGS),
    scoped("telephony.Extension", RecordKind.SETTINGS),
    inside("telephony.CallEvent", None, "kept as it came; nobody reads it but the services"),
    Record("bulk.BulkRun", None, (VISIBLE, EDITABLE), "one's own; nobody sees another's"),
    scoped("funnel.Opportunity", RecordKind.SALES),
    read_only("funnel.LevelChange", RecordKind.SALES, "history: immutable in the database"),
    read_only("funnel.OwnerChange", RecordKind.SALES, "history: only the services add"),
    scoped("orders.Order", RecordKind.SALES),
    words("funnel.Pipeline", "names of the firm"),
    words("funnel.Level", "names of the firm"),
    words("products.ProductLine", "names of the firm"),
    words("products.Product", "names of the firm"),
    # Figures
    read_only("metrics.DayFact", RecordKind.FIGURES, "computed overnight"),
    read_only("metrics.LevelRate", RecordKind.FIGURES, "computed overnight"),
    scoped("reports.Edition", RecordKind.FIGURES),
    scoped("reports.Delivery", RecordKind.FIGURES),
    # People
    scoped("members.Member", RecordKind.PEOPLE, "record_visible_to"),
    scoped("members.Team", RecordKind.PEOPLE, "record_visible_to"),
    scoped("members.Membership", RecordKind.PEOPLE),
    scoped("members.PositionHolding", RecordKind.PEOPLE),
    scoped("members.StandIn", RecordKind.PEOPLE),
    scoped("members.Invitation", RecordKind.PEOPLE),
    scoped("members.InvitationBatch", RecordKind.PEOPLE),
    scoped("members.Position", RecordKind.SETTINGS),
    Record("members.ApiToken", None, (VISIBLE, EDITABLE), "one's own; nobody sees another's"),
    scoped("members.SignIn", RecordKind.PEOPLE),
    Record("members.Notification", None, (VISIBLE, EDITABLE), "one's own; nobody sees another's"),
    Record("members.SavedView", None, (VISIBLE, EDITABLE), "one's own and what others share"),
    Record("members.ListSetting", None, (VISIBLE, EDITABLE), "one's own; nobody sees another's"),
    read_only("privacy.Erasure", RecordKind.SETTINGS, "proof: only the service adds"),
    scoped("staffing.Departure", RecordKind.PEOPLE),
    # The installation
    inside("core.Organisation", RecordKind.SETTINGS, "one row that every page prints; changed by"
           " a service for administrators"),
    inside("core.CalendarDay", RecordKind.SETTINGS, "the firm's calendar, which everybody works by;"
           " changed by a service for administrators"),
    read_only("core.AuditEntry", RecordKind.AUDIT, "append only, held by the database"),
    inside("core.OutgoingMail", None, "nobody reads it but the worker that sends it"),
    inside("core.DirtyDay", None, "nobody reads it but the overnight run"),
    read_only("exchange.ImportRun", RecordKind.IMPORTS, "written when the import ran"),
    scoped("exchange.CustomerImport", RecordKind.IMPORTS),
    inside("exchange.CustomerImportRow", RecordKind.IMPORTS, "shown as counts and files of its import"),
    scoped("overnight.NightRun", RecordKind.SETTINGS),
    inside("overnight.NightStep", RecordKind.SETTINGS, "shown with its run"),
)  # fmt: skip


def markdown() -> Iterator[str]:
    yield "| model | kind | by | |"
    yield "| --- | --- | --- | --- |"
    for record in RECORDS:
        by = ", ".join(f"`{scope}`" for scope in record.scopes) or "–"
        yield f"| {record.model} | {record.kind or '–'} | {by} | {record.why} |"
