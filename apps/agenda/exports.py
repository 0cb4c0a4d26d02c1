"""The list of activities as a file. Phones and addresses of contacts are not in it."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agenda.selectors import ListedActivity, listed_activities
from apps.core.exports import Export, ExportColumn
from apps.members.querysets import Viewer


def activity_export(user: Viewer) -> Export:
    """All columns in the reader's language; day and time are those of the reader's zone."""
    # A file is written after its request, when the reader's zone is not the current one any more.
    zone = timezone.get_current_timezone()
    columns = (
        ExportColumn(_("Day"), lambda row: timezone.localtime(row.activity.at, zone).date()),
        ExportColumn(
            _("Time"), lambda row: f"{timezone.localtime(row.activity.at, zone):%H:%M}", 10
        ),
        ExportColumn(_("Member"), lambda row: row.activity.member.name, 24),
        ExportColumn(_("Customer"), lambda row: row.activity.customer.name, 36),
        ExportColumn(_("Contact"), _contact, 24),
        ExportColumn(_("Channel"), lambda row: str(row.activity.get_channel_display())),
        ExportColumn(_("Direction"), lambda row: str(row.activity.get_direction_display())),
        ExportColumn(_("Outcome"), lambda row: str(row.activity.get_outcome_display())),
        ExportColumn(_("Minutes"), lambda row: row.activity.minutes, 10),
        ExportColumn(_("Note"), lambda row: row.activity.note, 60),
        ExportColumn(_("Opportunity"), _opportunity, 30),
    )
    return Export("activities", columns, lambda batch: listed_activities(batch, user))


def _contact(row: ListedActivity) -> str:
    return row.activity.contact.name if row.activity.contact else ""


def _opportunity(row: ListedActivity) -> str:
    return row.opportunity.short_title if row.opportunity else ""
