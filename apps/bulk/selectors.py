"""What the pages of bulk changes show."""

from collections import Counter
from dataclasses import dataclass

from apps.bulk.models import OPEN, BulkKind, BulkRun
from apps.customers.models import Customer
from apps.members.models import Member

MOST_SHOWN = 200


@dataclass(frozen=True)
class Refusal:
    """A customer that was not changed, and why; its name only while the reader sees it."""

    pk: int
    name: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    run: BulkRun
    total: int
    is_open: bool
    refused: int
    reasons: list[tuple[str, int]]

    @property
    def unchanged(self) -> int:
        """Worked off, not refused and not changed: they were so already."""
        if self.run.kind == BulkKind.EXPORT:
            return 0
        return self.run.done - self.run.changed - self.refused


def progress_of(run: BulkRun) -> Progress:
    counted = Counter(reason for _pk, reason in run.refused).most_common()
    return Progress(
        run=run,
        total=len(run.customers),
        is_open=run.state in OPEN,
        refused=len(run.refused),
        reasons=counted,
    )


def refusals_of(run: BulkRun, user: Member, most: int | None = None) -> list[Refusal]:
    """The refused customers in the order in which they were worked off."""
    told = run.refused if most is None else run.refused[:most]
    seen = Customer.objects.visible_to(user).filter(pk__in=[pk for pk, _reason in told])
    names = dict(seen.order_by().values_list("pk", "name"))
    return [Refusal(pk, names.get(pk, ""), reason) for pk, reason in told]
