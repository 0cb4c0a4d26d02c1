"""Phones as people type them: kept as typed, refused only where nobody could ring them. Plain Python."""

import re
import unicodedata

import phonenumbers
from phonenumbers import ValidationResult

# Longest of a phone as it is kept.
LONGEST = 40
EXTENSION = re.compile(r"^[0-9]{1,6}$")

TOO_SHORT, TOO_LONG, NO_COUNTRY, NO_NUMBER, UNKNOWN_COUNTRY = (
    "too_short",
    "too_long",
    "no_country",
    "no_number",
    "unknown_country",
)

_POSSIBLE = {
    ValidationResult.TOO_SHORT: TOO_SHORT,
    ValidationResult.TOO_LONG: TOO_LONG,
    ValidationResult.INVALID_LENGTH: TOO_SHORT,
    ValidationResult.INVALID_COUNTRY_CODE: UNKNOWN_COUNTRY,
}


def phone_problem(text: str, *, country: str) -> str:
    """Why a phone can't be right; empty where it can.

    `country` (ISO, two letters, may be empty) is whose number it is where no “+” says otherwise. A
    bare extension of up to 6 digits is one inside the firm. Checked is the length, not whether the
    number has been given out: plans change faster than libraries.
    Example: “+1 212 55” → too_short; “+49 30 901820 ext. 12” → fine.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if EXTENSION.match(plain):
        return ""
    try:
        number = phonenumbers.parse(plain, country or None)
    except phonenumbers.NumberParseException as error:
        return _unparsed(error, plain)
    reason = phonenumbers.is_possible_number_with_reason(number)
    return _POSSIBLE.get(reason, "")


def _unparsed(error: phonenumbers.NumberParseException, plain: str) -> str:
    kinds = phonenumbers.NumberParseException
    known = {kinds.TOO_SHORT_NSN: TOO_SHORT, kinds.TOO_SHORT_AFTER_IDD: TOO_SHORT}
    known[kinds.TOO_LONG] = TOO_LONG
    if error.error_type == kinds.INVALID_COUNTRY_CODE:
        return UNKNOWN_COUNTRY if plain.startswith("+") else NO_COUNTRY
    return known.get(error.error_type, NO_NUMBER)
