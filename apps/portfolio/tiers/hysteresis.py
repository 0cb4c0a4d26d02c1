"""When a tier that was found becomes the tier that counts: plain rules, no database.

The night does the same set-based (`statements`); a test holds the two together on random runs.
"""

from dataclasses import dataclass, replace

COMPUTED, PROVISIONAL = "computed", "provisional"
OVERRIDE, OVERRIDE_END, MERGE = "override", "override_end", "merge"


@dataclass(frozen=True)
class Standing:
    """A customer's tier as it counts (empty: unrated), and the other one that the latest runs found.

    `runs` is how many runs in a row found `pending`; 0 where nothing is pending.
    """

    tier: str = ""
    is_provisional: bool = False
    pending: str = ""
    runs: int = 0


@dataclass(frozen=True)
class Found:
    """What a run found: the tier by the rule, and what else has a say.

    Args:
        tier: by orders, or by the potential score (`is_provisional`); empty for neither.
        is_again: the run repeats one of the same day, which has been counted.
        is_merged: the customer took another one in, or gave it back, since the last run.
        override: the tier set by hand that is in force.
        has_ended: an override has passed its end.
    """

    tier: str
    is_provisional: bool = False
    is_again: bool = False
    is_merged: bool = False
    override: str = ""
    has_ended: bool = False


def after_run(standing: Standing, found: Found, runs_to_change: int) -> tuple[Standing, str]:
    """The standing after a run, and the kind of the change to write down; empty for none.

    An override counts, whatever is found; what ends it gives way to what is found. Nothing and a
    provisional tier give way at once, and so does any tier after a merge. A tier that stands on
    orders gives way once `runs_to_change` runs in a row have found the same other one.

    Worked, with 3 runs: A, then found B, B, A, B, B, B: A stays for five runs and is B with the sixth.
    """
    if found.override:
        kind = "" if standing.tier == found.override and not standing.is_provisional else OVERRIDE
        return Standing(found.override), kind
    now = Standing(found.tier, found.is_provisional)
    if found.has_ended:
        return now, OVERRIDE_END
    if standing.is_provisional or not standing.tier or found.is_merged:
        return now, _kind(standing, now, found)
    if found.tier == standing.tier:
        return now, _kind(standing, now, found)
    is_same = standing.runs > 0 and standing.pending == found.tier
    runs = standing.runs + (not found.is_again) if is_same else 1
    if runs >= runs_to_change:
        return now, _kind(standing, now, found)
    return replace(standing, pending=found.tier, runs=runs), ""


def _kind(before: Standing, now: Standing, found: Found) -> str:
    if (before.tier, before.is_provisional) == (now.tier, now.is_provisional):
        return ""
    if found.is_merged:
        return MERGE
    by_score = now.is_provisional or (before.is_provisional and not now.tier)
    return PROVISIONAL if by_score else COMPUTED
