"""People, teams and the dated memberships that join them."""

from apps.members.models.access import ApiToken, SignIn, SignInOutcome, StandIn
from apps.members.models.invitations import Invitation, InvitationBatch, InvitationState
from apps.members.models.notifications import Notification
from apps.members.models.people import CareerLevel, Member
from apps.members.models.positions import Position, PositionHolding
from apps.members.models.saved_views import ListSetting, SavedView, Sharing
from apps.members.models.teams import DateRange, Membership, Team, TeamKind, TeamStage
from apps.members.roles import AccessRole

__all__ = [
    "AccessRole",
    "ApiToken",
    "CareerLevel",
    "DateRange",
    "Invitation",
    "InvitationBatch",
    "InvitationState",
    "ListSetting",
    "Member",
    "Membership",
    "Notification",
    "Position",
    "PositionHolding",
    "SavedView",
    "Sharing",
    "SignIn",
    "SignInOutcome",
    "StandIn",
    "Team",
    "TeamKind",
    "TeamStage",
]
