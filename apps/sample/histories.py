"""How one opportunity goes through the funnel: arithmetic and chance, no database.

Levels are positions 0 (E) to 4 (A); days are positions in a working calendar.
"""

from dataclasses import dataclass
from random import Random

from apps.sample import words
from apps.sample.calendars import WorkingCalendar
from apps.sample.stories import Story

TOP, RECOGNISED = 4, 2
# The firm's usual chance to move up, and the median working days until then, by level.
UP_RATES = (0.60, 0.70, 0.66, 0.74, 0.88)
DWELL_DAYS = (6.0, 6.0, 9.0, 8.0, 5.0)
DWELL_SPREAD = 0.55
# A loss takes longer to be admitted than a success.
LOSS_FACTOR = 1.4
STALL_SHARE, STALL_FACTOR = 0.06, 5.0
JUMP_SHARE, BACK_SHARE, AGAIN_SHARE = 0.07, 0.05, 0.12
AGAIN_GAP = (35, 110)
# Working days within which a successor decides on what was left behind.
HAND_OVER_DAYS = 20
# A win that is due soon after a quarter's end is often pulled into its last days.
PULL_WINDOW, PULL_SHARE, PULL_DAYS = 12, 0.5, 6
# Where a new opportunity starts: mostly at the bottom, known customers higher.
FIRST_LEVELS = (80, 10, 6, 4, 0)
# In its first days the firm wrote down the running business as it stood: by the level it had
# reached, with no date of entering it, and as many as CARRIED_FACTOR times the usual.
CARRIED_LEVELS = (36, 20, 28, 11, 5)
CARRIED_DAYS, CARRIED_FACTOR = 5, 6.0


@dataclass(frozen=True, slots=True)
class Step:
    """One level change: start (`from_level` None), move, or close (`to_level` None)."""

    index: int
    from_level: int | None
    to_level: int | None
    outcome: str = ""
    reason: str = ""

    @property
    def level(self) -> int:
        """Where the opportunity stands after the step: the level left where it was closed."""
        level = self.from_level if self.to_level is None else self.to_level
        return level or 0


@dataclass(frozen=True)
class Course:
    """What a seller's opportunities run through: the calendar, the story and its turning points."""

    calendar: WorkingCalendar
    story: Story
    # The person's own odds and the position from which the story's late odds hold.
    skill: float
    late_from: int
    # Position of the day on which the seller was gone.
    left_from: int | None = None

    def rate(self, level: int, index: int) -> float:
        """The chance to move up from a level on a day: usual odds times the person's."""
        odds = UP_RATES[level] / (1 - UP_RATES[level])
        if self.left_from is None or index < self.left_from:
            odds *= self.story.odds[level] * self.skill
            if index >= self.late_from:
                odds *= self.story.late_odds
        return odds / (1 + odds)


def first_level(rng: Random, index: int) -> int:
    weights = CARRIED_LEVELS if index < CARRIED_DAYS else FIRST_LEVELS
    return rng.choices(range(TOP + 1), weights)[0]


def history(rng: Random, course: Course, start: int) -> list[Step]:
    """The steps of an opportunity opened on a day, up to the calendar's last day."""
    level = first_level(rng, start)
    steps = [Step(start, None, level)]
    while (step := _next(rng, course, steps)) is not None and step.index <= course.calendar.last:
        steps.append(step)
    return steps


def _next(rng: Random, course: Course, steps: list[Step]) -> Step | None:
    """What happens next; None where nothing more does."""
    last = steps[-1]
    if last.outcome == "won":
        return None
    if last.outcome == "lost":
        return _start_again(rng, course, steps)
    level = last.level
    index = _due(rng, course, last.index, level)
    if rng.random() < course.rate(level, index):
        return _upwards(rng, course, last.index, level, index)
    if level > 1 and rng.random() < BACK_SHARE / (1 - UP_RATES[level]) and not _went_back(steps):
        reason = rng.choice(words.BACK_REASONS[course.calendar.country])
        return Step(index, level, level - 1, reason=reason)
    extra = int((index - last.index) * (LOSS_FACTOR - 1))
    index = _before_hand_over_ends(rng, course, last.index, index + extra)
    reasons, weights = zip(
        *(words.EARLY_LOSSES if level < RECOGNISED else words.LATE_LOSSES), strict=True
    )
    return Step(index, level, None, "lost", rng.choices(reasons, weights)[0])


def _upwards(rng: Random, course: Course, entered: int, level: int, index: int) -> Step:
    if level == TOP:
        return Step(_pulled_into_quarter(rng, course, entered, index), level, None, "won")
    jump = level < TOP - 1 and rng.random() < JUMP_SHARE
    return Step(index, level, level + (2 if jump else 1))


def _start_again(rng: Random, course: Course, steps: list[Step]) -> Step | None:
    """A lost opportunity starts again at the bottom, at most once."""
    if any(step.from_level is None for step in steps[1:]) or rng.random() >= AGAIN_SHARE:
        return None
    reason = rng.choice(words.AGAIN_REASONS[course.calendar.country])
    return Step(steps[-1].index + rng.randint(*AGAIN_GAP), None, 0, reason=reason)


def _went_back(steps: list[Step]) -> bool:
    return any(
        step.from_level is not None
        and step.to_level is not None
        and step.to_level < step.from_level
        for step in steps
    )


def _due(rng: Random, course: Course, entered: int, level: int) -> int:
    """The day on which something happens; at least one working day after the last step."""
    days = rng.lognormvariate(0, DWELL_SPREAD) * DWELL_DAYS[level] * course.story.dwell[level]
    if rng.random() < STALL_SHARE:
        days *= STALL_FACTOR
    index = entered + max(1, round(days))
    pace = course.calendar.pace[index] if index <= course.calendar.last else 1.0
    if rng.random() > pace + 0.15:
        index += rng.randint(3, 12)  # decisions wait in summer and around the holidays
    return _before_hand_over_ends(rng, course, entered, index)


def _before_hand_over_ends(rng: Random, course: Course, entered: int, index: int) -> int:
    left = course.left_from
    if left is not None and entered < left and index > left + HAND_OVER_DAYS:
        return left + rng.randint(1, HAND_OVER_DAYS)
    return index


def _pulled_into_quarter(rng: Random, course: Course, entered: int, index: int) -> int:
    if index > course.calendar.last:
        return index
    end = course.calendar.previous_quarter_end[index]
    if end > entered and index - end <= PULL_WINDOW and rng.random() < PULL_SHARE:
        return max(entered + 1, end - rng.randint(0, PULL_DAYS))
    return index
