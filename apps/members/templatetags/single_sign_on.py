"""The button that leads to the company's own sign-in, where there is one."""

from typing import Any

from django.conf import settings
from django.template import Context, Library

from apps.members.signing_in.single_sign_on import is_set_up

register = Library()


@register.inclusion_tag("socialaccount/button.html", takes_context=True)
def single_sign_on_button(context: Context) -> dict[str, Any]:
    return {
        "is_set_up": is_set_up(),
        "name": settings.SINGLE_SIGN_ON_NAME,
        "csrf_token": context.get("csrf_token"),
        "redirect_field": context.get("redirect_field", ""),
    }
