"""The record of imports: what was read, what came of it, and which rows were refused."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.paging import list_fetch_mode
from apps.members.models import Member
from apps.members.querysets import Viewer, reads, writes
from apps.members.roles import Reach, RecordKind


class ImportRunQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """Administrators see every import; a manager sees those they started."""
        reach = reads(user, RecordKind.IMPORTS)
        if reach is Reach.ALL:
            return self.all()
        return self.none() if reach is Reach.NONE else self.filter(by=user.pk)

    def for_list(self) -> Self:
        """What the list prints, without the rejected rows themselves."""
        return self.select_related("by").defer("rejected", "notes").fetch_mode(list_fetch_mode())


class CustomerImportQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        """As the imports that came of them: an administrator's all, else one's own."""
        return self._within(user, reads(user, RecordKind.IMPORTS))

    def editable_by(self, user: Viewer) -> Self:
        return self._within(user, writes(user, RecordKind.IMPORTS))

    def _within(self, user: Viewer, reach: Reach) -> Self:
        if reach is Reach.ALL:
            return self.all()
        return self.none() if reach is Reach.NONE else self.filter(by=user.pk)


class ImportRun(models.Model):
    """One import that was carried out or tried; written also when nothing was changed."""

    source = models.CharField(_("source"), max_length=255)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    # {"customers": {"read": 85, "created": 85, "updated": 0, "unchanged": 0, "rejected": 0}, …}
    summary: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    # The first rejected rows: dictionaries of file, line, column, value, code, detail, reason.
    rejected: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    rejected_count = models.PositiveIntegerField(default=0)
    # Name in the file storage of all rejected rows as CSV; `rejected` holds the first ones.
    rejected_file = models.CharField(max_length=255, blank=True)
    without_customer = models.PositiveIntegerField(default=0)
    dry_run = models.BooleanField(default=False)
    notes: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    error = models.TextField(blank=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="importrun_by_member")]

    def __str__(self) -> str:
        return self.source


class CustomerImportState(models.TextChoices):
    UPLOADED = "uploaded", _("To be matched")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Being imported")
    DONE = "done", pgettext_lazy("import", "Done")
    FAILED = "failed", pgettext_lazy("import", "Failed")


class KnownCustomers(models.TextChoices):
    """What to do with rows whose customer is here already."""

    SKIP = "skip", _("Skip them")
    FILL = "fill", _("Fill in what is empty, add contacts that are new")
    ANYWAY = "anyway", _("Import them anyway")


class CustomerImport(models.Model):
    """A file of customers on its way in; its rows are worked off in batches, each a transaction.

    The file lies in the storage until the end; what stays is the `ImportRun` that came of it.
    """

    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    # Name in the file storage; empty once it is over.
    file = models.CharField(max_length=255, blank=True)
    state = models.CharField(
        max_length=16, choices=CustomerImportState.choices, default=CustomerImportState.UPLOADED
    )
    # A target of `customers.columns` for each column, empty where it is passed over.
    columns: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=60), default=list
    )
    # Without an owner in its row a customer is the importer's, or goes to the pool.
    is_mine = models.BooleanField(default=False)
    known = models.CharField(
        max_length=8, choices=KnownCustomers.choices, default=KnownCustomers.SKIP
    )
    rows = models.PositiveIntegerField(default=0)
    # Rows worked off, in the file's order: where a killed worker's successor goes on.
    done = models.PositiveIntegerField(default=0)
    # What the check found: counts, and the first rows of each kind.
    checked: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    # Since when somebody works at it; a worker that died leaves it behind.
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    error = models.TextField(blank=True)
    run = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = CustomerImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of customers")
        verbose_name_plural = _("imports of customers")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class CustomerImportRow(models.Model):
    """What became of a row; `customer` is its number then, without a tie to what becomes of it."""

    import_of = models.ForeignKey(CustomerImport, on_delete=models.CASCADE, related_name="outcomes")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8)
    customer = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("row of an import of customers")
        verbose_name_plural = _("rows of imports of customers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["import_of", "line"], name="import_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.outcome}"
