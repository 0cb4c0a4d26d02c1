"""Who a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend

from apps.members.models import Member


class MemberBackend(AuthenticationBackend):
    """Loads the member with the stand-ins that change what they may see, in one query."""

    def get_user(self, user_id: int) -> Member | None:
        member: Member | None = Member.objects.with_absences().filter(pk=user_id).first()
        return member if member is not None and self.user_can_authenticate(member) else None
