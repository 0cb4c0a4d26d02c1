"""The customers that a bulk change did not change, and why, as a file."""

import csv
import io

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.bulk.models import BulkRun
from apps.bulk.selectors import refusals_of
from apps.core.export_cells import RISKY
from apps.core.exports import BYTE_ORDER_MARK
from apps.core.services import audit_record
from apps.customers.models import Customer
from apps.members.models import Member


def refused_response(run: BulkRun, user: Member) -> HttpResponse:
    """As CSV, in the order in which they were worked off; in the audit trail like every file."""
    rows = refusals_of(run, user)
    audit_record(
        by=user,
        action="export.customers",
        record=Customer,
        count=len(rows),
        file="csv",
        bulk=run.pk,
    )
    text = io.StringIO(BYTE_ORDER_MARK)
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow([_("Number"), _("Customer"), _("Reason")])
    writer.writerows([row.pk, _harmless(row.name), _harmless(row.reason)] for row in rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{run.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text
