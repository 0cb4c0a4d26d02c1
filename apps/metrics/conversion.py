"""Conversion of a funnel level: raw rate, its interval, and the rate that leans on a wider one."""

from decimal import Decimal, localcontext

# Entries that the wider rate weighs as; domain handbook, section 3.
LEAN = 20
# The two-sided 95 % quantile of the normal distribution.
Z95 = Decimal("1.959963984540054")
DIGITS = 28


def conversion_rate(ups: int, lost: int) -> Decimal | None:
    """Share of the resolved entries that moved up: ups ÷ (ups + lost), 0–1; None without any.

    Example: 3 up and 1 lost are 0.75.
    """
    _check(ups, lost)
    resolved = ups + lost
    return Decimal(ups) / resolved if resolved else None


def wilson_interval(ups: int, lost: int) -> tuple[Decimal, Decimal] | None:
    """The 95 % Wilson score interval of the raw rate, within 0–1; None without resolved entries.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) ÷ (1 + z²/n). Source: E. B. Wilson, JASA 22 (1927).
    Example: 8 up and 2 lost give 0.490 to 0.943.
    """
    _check(ups, lost)
    n = Decimal(ups + lost)
    if not n:
        return None
    with localcontext() as context:
        context.prec = DIGITS
        p, z2 = Decimal(ups) / n, Z95 * Z95
        centre = p + z2 / (2 * n)
        spread = Z95 * (p * (1 - p) / n + z2 / (4 * n * n)).sqrt()
        scale = 1 + z2 / n
        return max(Decimal(0), (centre - spread) / scale), min(
            Decimal(1), (centre + spread) / scale
        )


def leaning_rate(ups: int, lost: int, wider: Decimal | None, k: int = LEAN) -> Decimal | None:
    """The rate that planning uses: (ups + k·wider) ÷ (ups + lost + k), 0–1.

    `wider` is the rate of the surrounding scope (the team's for a member, the level's prior for a
    team). Without it the raw rate stands; None where there is neither.
    Example: 3 up, 1 lost, wider 0.45, k 20 give (3 + 9) ÷ 24 = 0.5.
    """
    if wider is None:
        return conversion_rate(ups, lost)
    _check(ups, lost)
    return (ups + k * wider) / (ups + lost + k)


def _check(ups: int, lost: int) -> None:
    if ups < 0 or lost < 0:
        raise ValueError("counts are not negative")
