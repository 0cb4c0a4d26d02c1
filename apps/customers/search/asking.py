"""What somebody who types a text may look for: plain Python."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.customers.normalising import (
    LEGAL_ENDINGS,
    LEGAL_WORDS,
    digits_of,
    email_key,
    name_tokens,
    phone_key,
)

LONGEST = 100
MOST_TERMS = 6
# Shorter ones would find every phone and email there is.
SHORTEST_NUMBER = 3
SHORTEST_EMAIL = 3
PHONE_TEXT = re.compile(r"^[\d\s()+/.\-–]+$")


@dataclass(frozen=True)
class Term:
    """One thing that a customer has to have: in a name, or a phone with one of the numbers, or an email."""

    name: str = ""
    numbers: tuple[str, ...] = ()
    email: str = ""

    @property
    def weight(self) -> int:
        """The longest one is looked for first: it leaves the fewest."""
        return len(self.name or self.email or (self.numbers or ("",))[0])


type Asked = tuple[Term, ...]


def askings(text: str, *, country: str) -> list[Asked]:
    """What is looked for, and if that finds nothing, what may have been meant.

    Every term has to match. A text of digits is a number or a name with digits in it; one with “@”
    an email. A legal form that is only begun (“Hartmann Gm”) is left out in a second try.
    """
    text = text.replace("\x00", "")[:LONGEST].strip()
    if "@" in text:
        email = email_key(text)
        return [(Term(email=email),)] if len(email) >= SHORTEST_EMAIL else []
    if PHONE_TEXT.match(text) and len(digits_of(text)) >= SHORTEST_NUMBER:
        name = "".join(name_tokens(text))
        return [(Term(name=name, numbers=_numbers(text, country)),)]
    words = name_tokens(text)[:MOST_TERMS]
    if not words:
        return []
    tries = [tuple(map(_term, one)) for one in (words, *_without_begun_form(words))]
    if len(words) == 1 and not text.isalnum() and text.isascii() and len(text) >= SHORTEST_EMAIL:
        # “firm.de” has its dot in an email, but in no key of a name.
        tries[0] = (replace(tries[0][0], email=email_key(text)),)
    return tries


def is_in_no_key(text: str) -> bool:
    """Whether the text is nothing but signs or legal forms: those are found as a name is written."""
    words = name_tokens(text.replace("\x00", ""))
    forms = (*LEGAL_WORDS, *LEGAL_ENDINGS)
    return "@" not in text and all(len(one) > 1 and one in forms for one in words)


def _term(word: str) -> Term:
    is_number = word.isdecimal() and len(word) >= SHORTEST_NUMBER
    is_email = word.isascii() and len(word) >= SHORTEST_EMAIL
    return Term(word, (digits_of(word),) if is_number else (), word if is_email else "")


def _numbers(text: str, country: str) -> tuple[str, ...]:
    """The digits as they may stand in a number with its country: without 00, 0 and +."""
    plain = text.replace("(0)", "")
    typed = digits_of(plain)
    whole = digits_of(phone_key(plain, country=country))
    national = typed.lstrip("0")
    found = dict.fromkeys((typed, whole, national))
    return tuple(one for one in found if len(one) >= SHORTEST_NUMBER)


def _without_begun_form(words: list[str]) -> Iterator[list[str]]:
    *rest, last = words
    if rest and any(form.startswith(last) for form in LEGAL_WORDS):
        yield rest
    for size in range(min(len(last) - 1, 6), 0, -1):
        if any(form.startswith(last[-size:]) for form in LEGAL_ENDINGS):
            yield [*rest, last[:-size]]
            return
