"""Who a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend

from apps.members.models import Member


class MemberBackend(AuthenticationBackend):
    """Loads the member with what every page asks of them, in one query: stand-ins, unread news."""

    def get_user(self, user_id: int) -> Member | None:
        rows = Member.objects.with_absences().with_unread_news()
        member: Member | None = rows.filter(pk=user_id).first()
        return member if member is not None and self.user_can_authenticate(member) else None
