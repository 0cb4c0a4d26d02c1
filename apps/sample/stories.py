"""How the people of the sample firm sell: what makes one dashboard differ from the next.

Odds multiply the odds of moving up at a level (1 = the firm's usual), E first; dwell multiplies the
days spent at a level; size the value of an order; activity the number of new opportunities.
"""

from dataclasses import dataclass

LEVELS = 5
EVEN = (1.0,) * LEVELS


@dataclass(frozen=True)
class Story:
    name: str
    activity: float = 1.0
    size: float = 1.0
    odds: tuple[float, ...] = EVEN
    dwell: tuple[float, ...] = EVEN
    # Odds from LATE_DAYS before the end of the history on, on top of `odds`.
    late_odds: float = 1.0


LATE_DAYS = 91

STAR = Story("star", 1.4, 1.35, (1.3, 1.4, 1.5, 1.6, 1.6), (0.8, 0.8, 0.8, 0.8, 0.9))
STRONG = Story("strong", 1.15, 1.15, (1.2, 1.2, 1.25, 1.3, 1.2), (0.9, 0.9, 0.9, 0.9, 0.9))
STEADY = Story("steady")
REGULAR = Story("regular", 0.95, 1.0, (0.95, 0.95, 1.0, 0.95, 1.0))
STRUGGLING = Story("struggling", 0.85, 0.9, (0.55, 0.7, 0.6, 0.7, 0.9), (1.3, 1.3, 1.4, 1.2, 1.0))
NEWCOMER = Story("newcomer", 0.8, 0.8, (0.8, 0.8, 0.75, 0.8, 0.9), (1.2, 1.2, 1.1, 1.0, 1.0))
BULGE = Story("bulge", 1.1, 1.0, (1.3, 1.3, 0.35, 0.8, 0.9), (0.8, 0.8, 4.0, 1.2, 1.0))
COLLAPSED = Story("collapsed", 1.1, 1.05, (1.1, 1.1, 1.1, 1.1, 1.1), EVEN, late_odds=0.3)
MOVED = Story("moved", 1.0, 1.05, (1.05, 1.05, 1.05, 1.05, 1.0))
LEFT = Story("left", 0.9, 0.95, (0.9, 0.9, 0.85, 0.9, 0.9))

# Stories of the people beyond the named ones, in turn.
CROWD = (
    REGULAR, STRONG, REGULAR, STRUGGLING, REGULAR, STEADY, REGULAR, NEWCOMER, STRONG, REGULAR,
    STEADY, BULGE, REGULAR, STEADY, STRUGGLING, REGULAR, COLLAPSED, STEADY, REGULAR, STEADY,
)  # fmt: skip
