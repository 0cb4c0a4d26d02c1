"""Fields of customers' forms whose refusals say what to do."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.core.models import Organisation
from apps.customers.editing import phones

MOST_TAGS = 20
LONGEST_TAG = 50
LONGEST_EMAIL = 254
MOST_LINES = 10
# Commas of the scripts that people write tags in.
COMMAS = str.maketrans({"，": ",", "、": ",", "；": ",", ";": ",", "\n": ","})

PHONE_PROBLEMS = {
    phones.TOO_SHORT: _("This phone is too short: enter it with its area code."),
    phones.TOO_LONG: _("This phone is too long: enter one number, and further ones below."),
    phones.NO_COUNTRY: _("Begin with + and the country code, such as +49 30 901820."),
    phones.UNKNOWN_COUNTRY: _("There is no such country code: check what follows the +."),
    phones.NO_NUMBER: _("Enter a phone such as +49 30 901820, with an extension if it has one."),
}


def phone_checked(text: str) -> str:
    """The phone as typed; raises ValidationError where nobody could ring it."""
    problem = phones.phone_problem(text, country=Organisation.current().country)
    if problem:
        raise ValidationError(PHONE_PROBLEMS[problem])
    return text


def email_checked(text: str) -> str:
    if len(text) > LONGEST_EMAIL:
        raise ValidationError(_t("This email is too long: check it."))
    try:
        validate_email(text)
    except ValidationError:
        raise ValidationError(_t("Enter an email such as name@example.com.")) from None
    return text


class PhoneField(forms.CharField):
    """A phone, kept as typed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
        super().__init__(max_length=phones.LONGEST, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        text = super().clean(value)
        return phone_checked(text) if text else ""


class EmailField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(
            attrs={"type": "email", "autocomplete": "off", "maxlength": LONGEST_EMAIL}
        )
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        text = super().clean(value)
        return email_checked(text) if text else ""


class LinesField(forms.CharField):
    """Several texts, one a line, each checked by `check`; cleans to a list."""

    def __init__(self, *, check: Any, longest: int, **kwargs: Any) -> None:  # noqa: ANN401
        self.check, self.longest = check, longest
        widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})
        super().__init__(required=False, widget=widget, help_text=_("One a line."), **kwargs)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # noqa: ANN401
        lines = [one.strip() for one in super().clean(value).splitlines() if one.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(_t("At most %(most)s, one a line.") % {"most": MOST_LINES})
        for line in lines:
            self._check(line)
        return lines

    def _check(self, line: str) -> None:
        if len(line) > self.longest:
            raise ValidationError(_t("“%(line)s…” is too long.") % {"line": line[:30]})
        try:
            self.check(line)
        except ValidationError as error:
            raise ValidationError(f"“{line}”: {' '.join(error.messages)}") from None

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's signature
        return super().has_changed(self.prepare_value(initial), data)


class WebsiteField(forms.CharField):
    """An address on the web, with or without https://; kept as typed."""

    def clean(self, value: Any) -> str:  # noqa: ANN401 - Django's signature
        text: str = super().clean(value)
        if text:
            try:
                URLValidator(schemes=["http", "https"])(website_address(text))
            except ValidationError:
                raise ValidationError(_t("Enter an address such as www.example.com.")) from None
        return text


def website_address(text: str) -> str:
    """The address that a website's link leads to; empty for what is no address of the web."""
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


class TagsField(forms.CharField):
    """Words between commas; cleans to a list without repetitions."""

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # noqa: ANN401
        words = [one.strip() for one in super().clean(value).translate(COMMAS).split(",")]
        tags = list({one.upper(): one for one in words if one}.values())
        if len(tags) > MOST_TAGS:
            raise ValidationError(_t("At most %(most)s tags.") % {"most": MOST_TAGS})
        if any(len(one) > LONGEST_TAG for one in tags):
            words_ = _t("A tag has at most %(most)s characters: put commas between tags.")
            raise ValidationError(words_ % {"most": LONGEST_TAG})
        return tags

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's signature
        return super().has_changed(self.prepare_value(initial), data)


def number_widget(mode: str) -> forms.TextInput:
    """Text, so that “12,5” gets our own answer and not the browser's silence."""
    return forms.TextInput(attrs={"inputmode": mode, "autocomplete": "off"})
