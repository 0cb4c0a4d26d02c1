"""What the bell of every page says."""

from django.template import Library

from apps.members.models import Member
from apps.members.notification_reading import unread_count

register = Library()


@register.filter
def unread_news(member: Member) -> int:
    """How many notifications the signed-in member has not read."""
    return unread_count(member)
