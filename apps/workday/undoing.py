"""Taking back a log that was sent a moment ago, with all that it did."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activities.models import Activity, FollowUp
from apps.activities.services import TooLate, activity_delete, follow_up_drop
from apps.core.errors import DomainError
from apps.funnel.models import LevelChange
from apps.funnel.services import opportunity_move
from apps.members.models import Member

# The page offers it for ten seconds; a slow network must not lose it.
UNDO = timedelta(minutes=10)


class NotUndone(DomainError):  # noqa: N818 - named for what is the case
    """Something has come of the log meanwhile that undoing would take along."""


@transaction.atomic
def log_undo(*, activity: Activity, by: Member) -> None:
    """Delete the activity, drop the step planned with it, open the one it settled, move back.

    The history of the opportunity keeps both moves: it is never edited.

    Raises:
        NotUndone: undone already, or the opportunity was closed with it or has moved on since.
        TooLate: more than ten minutes ago.
        NotPermitted: somebody else's.
    """
    held = Activity.objects.select_for_update().filter(pk=activity.pk).first()
    if held is None:
        raise NotUndone(_("This call is undone already."))
    if timezone.now() - held.recorded_at > UNDO:
        raise TooLate(_("A call is undone within ten minutes: correct it on its own page."))
    if held.level_change is not None:
        _move_back(held.level_change, by)
    for step in FollowUp.objects.filter(planned_with=held, done_at__isnull=True):
        follow_up_drop(follow_up=step, by=by)
    activity_delete(activity=held, by=by)


def _move_back(change: LevelChange, by: Member) -> None:
    if change.to_level is None or change.from_level is None:
        raise NotUndone(
            _("The opportunity was closed with this call: start it anew from its page.")
        )
    if change.opportunity.level_changes.filter(pk__gt=change.pk).exists():
        raise NotUndone(_("The opportunity has moved on since: set its level right on its page."))
    opportunity_move(
        opportunity=change.opportunity, to=change.from_level, by=by, reason=_("Call undone")
    )
