"""How often one address may open pages of surveys: links are not guessed, and nobody floods."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from apps.core.origin import client_address

# A whole firm may stand behind one address.
MOST_A_MINUTE = 60
MINUTE_SECONDS = 60


def is_too_often(request: HttpRequest) -> bool:
    """Count this request; whether its address has had more than its share of this minute."""
    minute = int(timezone.now().timestamp()) // MINUTE_SECONDS
    key = f"survey-pages:{client_address(request) or 'socket'}:{minute}"
    cache.add(key, 0, 2 * MINUTE_SECONDS)
    return int(cache.incr(key)) > MOST_A_MINUTE
