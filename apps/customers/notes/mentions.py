"""Finding “@name” and addresses of the web in a text. No Django here.

A mention is “@” and a member's name or email, whatever its case: “@Ada Berg”, “@ada@example.com”.
The longest that fits counts. What is mentioned by nobody's name stays text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# From here on scripts write words without spaces between them.
FIRST_WITHOUT_SPACES = "\u2e80"
ADDRESS = re.compile(r"https?://[^\s<>\"'“”「」（）。，、；]+", re.IGNORECASE)
# Punctuation that ends a sentence is no part of an address.
AFTER_ADDRESS = ".,;:!?)]}"


@dataclass(frozen=True)
class Person:
    """Whoever can be mentioned."""

    pk: int
    name: str
    email: str


@dataclass(frozen=True)
class Part:
    """A piece of a text: plain, a person (`person` is set) or an address of the web (`address`)."""

    text: str
    person: int | None = None
    address: str = ""


def beginnings(text: str) -> list[int]:
    """Where a mention may begin: each “@” that is not inside a word or an email address."""
    return [
        found.end()
        for found in re.finditer("@", text)
        if found.start() == 0 or not _is_word(text[found.start() - 1])
    ]


def mentioned(text: str, people: Iterable[Person]) -> tuple[set[int], set[str]]:
    """Ids of the people mentioned, and the names that more than one of them bears.

    >>> mentioned("@Ada Berg, please", [Person(1, "Ada Berg", "a@x.de"), Person(2, "Ada", "b@x.de")])
    ({1}, set())
    """
    known = list(people)
    found: set[int] = set()
    unclear: set[str] = set()
    for start in beginnings(text):
        length, bearers = _longest(text, start, known)
        if len(bearers) > 1:
            unclear.add(text[start : start + length])
        found |= bearers
    return found, unclear


def parts_of(text: str, people: Iterable[Person]) -> list[Part]:
    """The text in pieces, for printing."""
    known = list(people)
    parts: list[Part] = []
    done = 0
    for start, end, part in sorted(_marks(text, known), key=lambda mark: mark[0]):
        if start < done:
            continue
        if start > done:
            parts.append(Part(text[done:start]))
        parts.append(part)
        done = end
    if done < len(text):
        parts.append(Part(text[done:]))
    return parts


def _marks(text: str, known: list[Person]) -> Iterator[tuple[int, int, Part]]:
    for found in ADDRESS.finditer(text):
        address = found[0].rstrip(AFTER_ADDRESS)
        yield found.start(), found.start() + len(address), Part(address, address=address)
    for start in beginnings(text):
        length, bearers = _longest(text, start, known)
        if length:
            end = start + length
            yield start - 1, end, Part(text[start - 1 : end], person=min(bearers))


def _longest(text: str, start: int, known: list[Person]) -> tuple[int, set[int]]:
    """Length of the longest name or email at the place, and whose it is."""
    longest, bearers = 0, set[int]()
    for person in known:
        for word in (person.name, person.email):
            if len(word) < longest or not _stands(text, start, word):
                continue
            if len(word) > longest:
                longest, bearers = len(word), set()
            bearers.add(person.pk)
    return longest, bearers


def _stands(text: str, start: int, word: str) -> bool:
    end = start + len(word)
    if not word or text[start:end].casefold() != word.casefold():
        return False
    after = text[end : end + 1]
    return not (after and _is_word(after) and _is_word(word[-1]))


def _is_word(character: str) -> bool:
    """Belongs to the word beside it."""
    return (character.isalnum() or character == "_") and character < FIRST_WITHOUT_SPACES
