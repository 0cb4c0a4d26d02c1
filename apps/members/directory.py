"""What the people pages show: a page's worth of the directory, and one member's record."""

from dataclasses import dataclass
from datetime import date

from allauth.mfa.models import Authenticator
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.models import Organisation
from apps.members.acting.services import may_act_for
from apps.members.models import Member, Membership, Position, PositionHolding
from apps.members.people import editable_fields

SIGN_INS_SHOWN = 5


@dataclass(frozen=True)
class Deed:
    """Something that the reader may do about a member, as a button."""

    label: str | Promise
    address: str
    icon: str
    # A form that is posted, not a page that is opened.
    is_post: bool = False


@dataclass(frozen=True)
class MemberRecord:
    """A member as their page shows them; lists are the latest first."""

    member: Member
    memberships: list[Membership]
    holdings: list[PositionHolding]
    today: date

    @property
    def team(self) -> Membership | None:
        """The primary membership of today."""
        return next(
            (one for one in self.memberships if one.is_primary and self.is_running(one)), None
        )

    @property
    def positions(self) -> list[PositionHolding]:
        return [one for one in self.holdings if self.is_running(one)]

    def is_running(self, dated: Membership | PositionHolding) -> bool:
        is_begun = dated.starts_on <= self.today
        return is_begun and (dated.ends_on is None or dated.ends_on > self.today)


def record_of(member: Member) -> MemberRecord:
    """Two queries, whatever the past is long."""
    memberships = Membership.objects.filter(member=member).select_related("team")
    holdings = PositionHolding.objects.filter(member=member).select_related("position")
    return MemberRecord(
        member=member,
        memberships=list(memberships.order_by("-starts_on", "-pk")),
        holdings=list(holdings.order_by("-starts_on", "-pk")),
        today=Organisation.current().today(),
    )


def positions_now(member: Member) -> list[Position]:
    """Positions that nobody has ended, begun or not."""
    rows = PositionHolding.objects.without_end().filter(member=member).select_related("position")
    return [holding.position for holding in rows.order_by("position__rank", "pk")]


def deeds(member: Member, reader: Member) -> list[Deed]:
    """What the reader may do about the member, in the order of the buttons.

    The services behind them refuse everybody else; this only spares people the refusal.
    """
    is_mine = bool(editable_fields(reader, member))
    is_admin = reader.role.administers
    others = reader.pk != member.pk
    wanted = (
        is_mine and _deed(_("Edit"), "member_edit", member, "pencil"),
        is_mine
        and member.is_active
        and _deed(_("Move to another team"), "member_move", member, "arrow-right"),
        may_act_for(reader, member)
        and _deed(_("See the product as they do"), "acting_start", member, "eye", is_post=True),
        _has_second_step(member, reader)
        and _deed(_("Reset two-step sign-in"), "two_step_reset", member, "key", is_post=True),
        is_admin
        and member.is_active
        and others
        and _deed(_("Hand over and deactivate"), "member_leave", member, "logout"),
        is_admin
        and not member.is_active
        and _deed(_("Let in again"), "member_reactivate", member, "user"),
    )
    return [deed for deed in wanted if deed]


def _has_second_step(member: Member, reader: Member) -> bool:
    """Whether there is one that the reader may take off."""
    if not reader.role.administers or reader.pk == member.pk:
        return False
    return bool(Authenticator.objects.filter(user=member).exists())


def _deed(
    label: str | Promise, name: str, member: Member, icon: str, *, is_post: bool = False
) -> Deed | None:
    """The deed, unless its page does not exist in this installation."""
    try:
        return Deed(label, reverse(name, args=[member.pk]), icon, is_post)
    except NoReverseMatch:
        return None
