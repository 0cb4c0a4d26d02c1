"""The form of the sign-in page."""

from typing import Any

from allauth.account.forms import LoginForm
from django.conf import settings
from django.utils.translation import ngettext

DAY_SECONDS = 24 * 3600


class SignInForm(LoginForm):  # type: ignore[misc]
    """Says for how long one is remembered, so that nobody ticks it on a borrowed computer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.ACCOUNT_SESSION_COOKIE_AGE // DAY_SECONDS
        self.fields["remember"].label = ngettext(
            "Stay signed in on this computer for %(days)s day",
            "Stay signed in on this computer for %(days)s days",
            days,
        ) % {"days": days}
