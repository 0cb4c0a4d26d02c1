"""The columns of the list of activities: what they are called and what they print.

Only the time sorts: it has an index, and no other order of millions of rows would come at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from apps.agenda.selectors import ListedActivity
from apps.core.lists import Column, chosen_columns
from apps.core.templatetags.formats import moment, number

LATEST_FIRST = "-at"
# Shown to whoever has chosen none.
USUAL = ("member", "customer", "contact", "channel", "outcome", "minutes", "note")
# Characters of a note; the activity's page has all of it.
SHORT_NOTE = 120


@dataclass(frozen=True)
class ActivityColumn(Column):
    """A column with what it prints of an activity: plain text, or markup that is safe."""

    cell: Callable[[ListedActivity], str] = field(default=str)


def _link(name: str, pk: int, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(name, args=[pk]), text)


def _customer(row: ListedActivity) -> str:
    customer = row.activity.customer
    return _link("customer", customer.pk, customer.name)


def _contact(row: ListedActivity) -> str:
    contact = row.activity.contact
    return contact.name if contact else number(None)


def _opportunity(row: ListedActivity) -> str:
    found = row.opportunity
    return _link("opportunity", found.pk, found.short_title) if found else number(None)


def _note(row: ListedActivity) -> str:
    text = " ".join(row.activity.note.split())
    return Truncator(text).chars(SHORT_NOTE) if text else number(None)


COLUMNS: tuple[ActivityColumn, ...] = (
    ActivityColumn("at", _("When"), "at", descends=True, cell=lambda row: moment(row.activity.at)),
    ActivityColumn("member", _("Member"), cell=lambda row: row.activity.member.name),
    ActivityColumn("customer", _("Customer"), cell=_customer),
    ActivityColumn("contact", _("Contact"), cell=_contact),
    ActivityColumn("channel", _("Channel"), cell=lambda row: row.activity.get_channel_display()),
    ActivityColumn(
        "direction", _("Direction"), cell=lambda row: row.activity.get_direction_display()
    ),
    ActivityColumn("outcome", _("Outcome"), cell=lambda row: row.activity.get_outcome_display()),
    ActivityColumn(
        "minutes", _("Minutes"), is_number=True, cell=lambda row: number(row.activity.minutes)
    ),
    ActivityColumn("note", _("Note"), cell=_note),
    ActivityColumn("opportunity", _("Opportunity"), cell=_opportunity),
)


def shown_columns(keys: Sequence[str]) -> list[ActivityColumn]:
    """The chosen columns in their order, or the usual ones; the time is always the first."""
    return [
        COLUMNS[0],
        *(chosen_columns(COLUMNS[1:], keys) or chosen_columns(COLUMNS, USUAL)),
    ]


def rows_of(rows: Iterable[ListedActivity], shown: Sequence[ActivityColumn]) -> SafeString:
    """The rows of the page; drawn here, since of chosen columns a template would have to ask at each cell."""
    return mark_safe("".join(_row(row, shown) for row in rows))


def _row(row: ListedActivity, shown: Sequence[ActivityColumn]) -> str:
    when = _link("activity", row.activity.pk, shown[0].cell(row))
    cells = [_cell(column, row) for column in shown[1:]]
    return f'<tr><th scope="row" class="span nowrap">{when}</th>{"".join(cells)}</tr>'


def _cell(column: ActivityColumn, row: ListedActivity) -> SafeString:
    # On a phone a note has a line of its own, and none takes none.
    note = "span" if row.activity.note else "drop"
    look = "num" if column.is_number else note if column.key == "note" else ""
    text = column.cell(row)
    return format_html('<td class="{}" data-label="{}">{}</td>', look, column.label, text)
