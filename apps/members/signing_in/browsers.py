"""Which browser somebody uses, in words that they recognise: “Chrome on Windows”."""

import re

from django.utils.translation import gettext as _

# The first that fits: browsers name those whose pages they want to be shown.
BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|OPiOS/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("WeChat", r"MicroMessenger/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/.*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def browser_of(user_agent: str) -> str:
    """The words that are kept, in English; empty where nothing is recognised.

    >>> browser_of("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")
    'Firefox on Linux'
    """
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    return f"{browser} on {system}" if browser and system else browser or system


def browser_in_words(kept: str) -> str:
    """What `browser_of` kept, in the reader's language."""
    browser, on, system = kept.partition(" on ")
    if not on:
        return kept or _("Unknown browser")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, user_agent)), "")
