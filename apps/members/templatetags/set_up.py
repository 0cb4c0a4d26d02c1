"""What the sign-in page says of an installation that nobody administers."""

from django.template import Library

from apps.members.models import AccessRole, Member

register = Library()


@register.simple_tag
def nobody_yet() -> bool:
    """Whether no administrator could let anybody in."""
    admins = Member.objects.filter(access_role=AccessRole.ADMIN, is_active=True)
    return not admins.exists()
