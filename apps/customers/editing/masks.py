"""Values of people as the audit trail may hold them.

It can't be edited, so it must hold nothing that somebody may want erased. Plain Python.
"""

MASK = "••••"
# Digits of a phone that are shown; the number needs twice as many more to stay hidden behind them.
SHOWN_DIGITS, FEWEST_DIGITS = 4, 8
CHANGED = f"{MASK} *"


def masked(value: object) -> str:
    """“•••• 1234” for a phone of at least 8 digits, dots alone for other texts, empty for none."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    digits = [one for one in text if one.isdigit()]
    is_phone = len(digits) >= FEWEST_DIGITS and not any(one.isalpha() for one in text)
    if is_phone and "," not in text:
        return f"{MASK} {''.join(digits[-SHOWN_DIGITS:])}"
    return MASK if text else ""


def masked_pair(before: object, after: object) -> list[str]:
    """[before, after] masked; of two values that look alike then, the second one gets a star."""
    pair = [masked(before), masked(after)]
    if before != after and pair[0] == pair[1]:
        pair[1] = CHANGED
    return pair
