"""The directory as a file."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import Export, ExportColumn
from apps.core.formats import listed
from apps.core.models import Organisation
from apps.members.models import Member


def people_export() -> Export:
    """Columns in the reader's language; teams and positions of today, days in the firm's zone."""
    organisation = Organisation.current()

    def seen_on(member: Member) -> date | None:
        return organisation.day_of(member.last_login) if member.last_login else None

    columns = (
        ExportColumn(gettext_lazy("Name"), lambda member: member.name, width=26),
        ExportColumn(gettext_lazy("Email"), lambda member: member.email, width=32),
        ExportColumn(
            gettext_lazy("Access role"), lambda member: member.get_access_role_display(), width=18
        ),
        ExportColumn(gettext_lazy("Positions"), _positions, width=30),
        ExportColumn(gettext_lazy("Teams"), _teams, width=30),
        ExportColumn(
            gettext_lazy("Career level"), lambda member: member.get_career_level_display() or ""
        ),
        ExportColumn(gettext_lazy("Last signed in"), seen_on),
        ExportColumn(gettext_lazy("State"), _state),
    )
    return Export("people", columns)


def _positions(member: Member) -> str:
    held = member.positions_now  # type: ignore[attr-defined] # by for_list()
    return listed(str(holding.position.name) for holding in held)


def _teams(member: Member) -> str:
    now = member.teams_now  # type: ignore[attr-defined] # by for_list()
    return listed(membership.team.name for membership in now)


def _state(member: Member) -> str:
    return _("Active") if member.is_active else _("Deactivated")
