"""What the pages show of runs: their steps, how far they are, and whether they still work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise

from apps.overnight.locks import is_locked
from apps.overnight.models import NightRun, NightStep, RunState
from apps.overnight.steps import BY_NAME

# Between two steps nobody holds the lock for a moment; after that the run has stopped.
GRACE = timedelta(seconds=30)
TONES = {
    RunState.DONE: "good",
    RunState.FAILED: "bad",
    RunState.INTERRUPTED: "warn",
    RunState.RUNNING: "",
    RunState.WAITING: "",
}


@dataclass(frozen=True)
class StepRow:
    """A step; `seconds` is None before its end."""

    step: NightStep
    label: str | Promise
    state: RunState
    tone: str


@dataclass(frozen=True)
class RunRow:
    """A run as it is now; `seconds` and `rows` sum the steps that have ended."""

    run: NightRun
    state: RunState
    tone: str
    steps: list[StepRow]
    done: int
    total: int
    rows: int
    seconds: Decimal | None

    @property
    def is_live(self) -> bool:
        """Worth asking for again in a moment."""
        return self.state in {RunState.WAITING, RunState.RUNNING}

    @property
    def current(self) -> StepRow | None:
        """The step at work, or the next one."""
        return next((row for row in self.steps if row.state != RunState.DONE), None)


def run_rows(runs: Iterable[NightRun]) -> list[RunRow]:
    """The runs with their steps (prefetch them)."""
    shown = list(runs)
    busy = any(run.state == RunState.RUNNING for run in shown) and is_locked()
    return [_row(run, busy=busy) for run in shown]


def _row(run: NightRun, *, busy: bool) -> RunRow:
    steps: list[NightStep] = list(run.steps.all())
    stopped = run.state == RunState.RUNNING and not busy and _is_silent(steps)
    state = RunState.INTERRUPTED if stopped else RunState(run.state)
    seconds = [step.seconds for step in steps if step.seconds is not None]
    return RunRow(
        run=run,
        state=state,
        tone=TONES[state],
        steps=[_step_row(step, stopped=stopped) for step in steps],
        done=sum(step.state == RunState.DONE for step in steps),
        total=len(steps),
        rows=sum(step.rows or 0 for step in steps),
        seconds=sum(seconds, Decimal(0)) if seconds else None,
    )


def _step_row(step: NightStep, *, stopped: bool) -> StepRow:
    state = RunState(step.state)
    if stopped and state is RunState.RUNNING:
        state = RunState.INTERRUPTED
    known = BY_NAME.get(step.name)
    return StepRow(step, known.label if known else step.name, state, TONES[state])


def _is_silent(steps: list[NightStep]) -> bool:
    begun = [step.started_at for step in steps if step.started_at is not None]
    return not begun or timezone.now() - max(begun) > GRACE
