"""What answers to surveys come to: satisfaction, recommendation, response."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# Scores from which on an answer counts as satisfied, as a promoter, and up to which as a detractor.
SATISFIED_FROM, PROMOTER_FROM, DETRACTOR_UP_TO = 4, 9, 6
# Up to these an answer needs somebody to call.
LOW_CSAT, LOW_NPS = 2, 6


@dataclass(frozen=True)
class Csat:
    """Counts of satisfaction answers, 1–5; counts of several groups add up.

    `asked` are the surveys sent, answered or not; `answers` those with a score, whose sum is `total`.
    """

    asked: int = 0
    answers: int = 0
    total: int = 0
    satisfied: int = 0

    def __add__(self, other: "Csat") -> "Csat":
        return Csat(
            self.asked + other.asked,
            self.answers + other.answers,
            self.total + other.total,
            self.satisfied + other.satisfied,
        )

    @property
    def average(self) -> Decimal | None:
        """Sum of the scores ÷ answers, 1–5; None without answers. 5, 4, 3: 4."""
        return Decimal(self.total) / self.answers if self.answers else None

    @property
    def satisfied_rate(self) -> Decimal | None:
        """Answers of 4 or 5 ÷ answers, 0–1; None without answers. 5, 4, 3: 0.667."""
        return Decimal(self.satisfied) / self.answers if self.answers else None

    @property
    def response_rate(self) -> Decimal | None:
        return _response(self.asked, self.answers)


@dataclass(frozen=True)
class Nps:
    """Counts of recommendation answers, 0–10; counts of several groups add up."""

    asked: int = 0
    answers: int = 0
    promoters: int = 0
    detractors: int = 0

    def __add__(self, other: "Nps") -> "Nps":
        return Nps(
            self.asked + other.asked,
            self.answers + other.answers,
            self.promoters + other.promoters,
            self.detractors + other.detractors,
        )

    @property
    def passives(self) -> int:
        """Answers of 7 and 8."""
        return self.answers - self.promoters - self.detractors

    @property
    def not_detractors(self) -> int:
        return self.answers - self.detractors

    @property
    def score(self) -> Decimal | None:
        """% promoters (9–10) − % detractors (0–6), −100 to 100; None without answers.

        Source: the handbook's section 2. Worked: 10, 9, 8, 3 is 50 % − 25 % = 25.
        """
        if not self.answers:
            return None
        return Decimal(100 * (self.promoters - self.detractors)) / self.answers

    @property
    def response_rate(self) -> Decimal | None:
        return _response(self.asked, self.answers)


def csat_of(scores: Iterable[int | None]) -> Csat:
    """Counts of surveys by their scores; None is one that nobody answered."""
    asked = list(scores)
    given = [score for score in asked if score is not None]
    return Csat(len(asked), len(given), sum(given), sum(s >= SATISFIED_FROM for s in given))


def nps_of(scores: Iterable[int | None]) -> Nps:
    """Counts of surveys by their scores; None is one that nobody answered."""
    asked = list(scores)
    given = [score for score in asked if score is not None]
    promoters = sum(score >= PROMOTER_FROM for score in given)
    return Nps(len(asked), len(given), promoters, sum(s <= DETRACTOR_UP_TO for s in given))


def response_rate(csat: Csat, nps: Nps) -> Decimal | None:
    """Answers ÷ surveys sent of both kinds, 0–1; None where none was sent. 3 of 4: 0.75."""
    return _response(csat.asked + nps.asked, csat.answers + nps.answers)


def is_low(kind: str, score: int) -> bool:
    """Whether an answer needs somebody to call: a satisfaction of 1–2, a recommendation of 0–6."""
    return score <= (LOW_CSAT if kind == "csat" else LOW_NPS)


def is_high(kind: str, score: int) -> bool:
    """Whether an answer is a satisfied one, or a promoter's."""
    return score >= (SATISFIED_FROM if kind == "csat" else PROMOTER_FROM)


def _response(asked: int, answers: int) -> Decimal | None:
    return Decimal(answers) / asked if asked else None
