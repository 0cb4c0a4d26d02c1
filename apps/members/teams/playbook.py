"""What to look for in a team at each stage, and what its lead does then."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.members.models import TeamStage

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Playbook:
    """`about` says what the stage is like; `moves` are things to do, the most telling first."""

    about: "_StrPromise"
    moves: "tuple[tuple[_StrPromise, _StrPromise], ...]"


PLAYBOOKS = {
    TeamStage.FORMING: Playbook(
        _("People are new to each other: polite, unsure what counts, waiting to be told."),
        (
            (_("Set clear targets"), _("Each person knows this week's and this month's number.")),
            (_("Keep close control of the process"), _("Look at calls and next steps every day.")),
            (_("Train the product and the script"), _("Short, daily, with real customers.")),
        ),
    ),
    TeamStage.STORMING: Playbook(
        _("Differences show: results spread, ways of working clash, some think of leaving."),
        (
            (_("Talk often"), _("With each person, every week, about more than numbers.")),
            (
                _("Delegate to core members"),
                _("Give those the others listen to a task of their own."),
            ),
            (_("Let small groups compete"), _("Three or four people, one week, one number.")),
            (
                _("Swap customers to close"),
                _("Another voice tries what has stood still for weeks."),
            ),
        ),
    ),
    TeamStage.NORMING: Playbook(
        _("Habits settle: results come closer together and people help each other."),
        (
            (_("Write the culture down"), _("What we do, what we don't, in the team's own words.")),
            (_("Show trust"), _("Let people decide prices and next steps within a frame.")),
            (_("Care for people"), _("Notice who carries too much, before they say so.")),
        ),
    ),
    TeamStage.PERFORMING: Playbook(
        _("The team runs by itself: it meets its goals and corrects itself."),
        (
            (_("Share a vision"), _("Where the team wants to be in a year, and why.")),
            (_("Stretch the goals"), _("Raise what is reached with ease, together with its plan.")),
            (_("Grow stars"), _("Give the best a trainee, a market or a team to build.")),
        ),
    ),
}
