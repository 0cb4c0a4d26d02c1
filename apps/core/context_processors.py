"""What the frame of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.core.models import Organisation
from apps.core.navigation import SELLING, LinkGroup, has_use, links_for

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"

# Each language is named in itself, so that a reader finds it in any other.
LANGUAGES = (
    ("en", "English", "EN"),
    ("zh-hans", "简体中文", "简"),
    ("zh-hant", "繁體中文", "繁"),
)


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def _groups(request: HttpRequest) -> list[LinkGroup]:
    reader = request.user if request.user.is_authenticated else None
    match = request.resolver_match
    return links_for(reader, (match.view_name if match else "") or "")


def _may_search(request: HttpRequest) -> bool:
    return request.user.is_authenticated and has_use(request.user, SELLING)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame's values; those that cost a query are made only when a template asks."""
    groups = SimpleLazyObject(lambda: _groups(request))
    return {
        "product": "SalesTeam",
        "theme": theme_of(request),
        "languages": LANGUAGES,
        "organisation": SimpleLazyObject(Organisation.current),
        "nav_groups": groups,
        "nav_quick": SimpleLazyObject(lambda: [x for g in groups for x in g.links if x.quick]),
        # Whoever has customers to look for.
        "may_search": SimpleLazyObject(lambda: _may_search(request)),
        "sign_in_address": settings.LOGIN_URL,
    }
