"""Tasks: adding, changing, giving to others, finishing and dropping them."""

from collections.abc import Iterable
from datetime import date, time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.activities.models import Task, TaskOrigin, TaskState
from apps.activities.planning.errors import AlreadySettled
from apps.activities.planning.services import check_ahead, clean
from apps.core.errors import DomainError, NotPermitted
from apps.core.services import audit_record, changed_values, values_of
from apps.customers.models import Customer
from apps.members.choosing import people_to_choose
from apps.members.models import Member
from apps.members.notifications import notify

# What the audit trail keeps of a task: no text that may be personal.
KEPT = ("due_on", "due_at", "state")


@transaction.atomic
def task_add(  # noqa: PLR0913 - all by name
    *,
    assignee: Member,
    title: str,
    due_on: date,
    due_at: time | None = None,
    note: str = "",
    customer: Customer | None = None,
    origin: TaskOrigin | str | None = None,
    by: Member | None,
) -> Task:
    """Something to do, for `by` or for somebody whose work they see; that one is told.

    `due_at` is a time of day in the assignee's zone.

    Raises:
        NotPermitted: `by` changes nothing of what is sold.
        DayIsOver: the day is over.
        DomainError: no title, an assignee who can't be chosen, or a customer whom one of them does
            not see.
    """
    if by is not None and not by.role.sells:
        raise NotPermitted(_("Your role has no tasks."))
    check_ahead(due_on, assignee)
    _check_assignee(assignee, by)
    is_sample = assignee.is_sample or bool(customer and customer.is_sample)
    task = Task(
        assignee=assignee,
        customer=customer,
        title=title.strip(),
        note=note.strip(),
        due_on=due_on,
        due_at=due_at,
        origin=str(origin or (TaskOrigin.OWN if by in {None, assignee} else TaskOrigin.COLLEAGUE)),
        created_by=by,
        is_sample=is_sample,
    )
    _check(task)
    _check_seen(customer, assignee, by)
    task.save()
    audit_record(
        by=by,
        action="task.add",
        record=task,
        changes={"assignee": [None, assignee], "due_on": [None, due_on]},
    )
    _tell(task, by, "added")
    return task


def _check_assignee(assignee: Member, by: Member | None) -> None:
    """Oneself, or somebody active whose work one sees and who may have tasks."""
    if by is None or by == assignee:
        return
    if not people_to_choose(by, "own").filter(pk=assignee.pk).exists():
        words = _("%(member)s can't be given tasks by you: choose somebody else.")
        raise DomainError(words % {"member": assignee})


def _check(task: Task) -> None:
    if not task.title:
        raise DomainError(_("Say what there is to do."))
    clean(task, "assignee", "customer", "created_by")


def _check_seen(customer: Customer | None, *members: Member | None) -> None:
    """The customer that the task is about is one that they see."""
    for member in members:
        if customer is None or member is None:
            continue
        if not Customer.objects.visible_to(member).filter(pk=customer.pk).exists():
            words = _("%(member)s does not see the customer: choose somebody else.")
            raise DomainError(words % {"member": member})


def _tell(task: Task, by: Member | None, what: str) -> None:
    """The assignee, unless they did it themselves; each time that it becomes theirs."""
    if by is None:
        return
    notify(
        members=[task.assignee],
        kind="task.received",
        key=f"task.received:{task.pk}:{what}",
        record=task,
        by=by,
        due_on=task.due_on,
    )


@transaction.atomic
def task_change(*, task: Task, by: Member, **fields: object) -> Task:
    """Set an open task right; `fields` are title, note, due_on, due_at and customer.

    Raises:
        NotPermitted: neither theirs, nor from them, nor of somebody whom they lead.
        AlreadySettled: done or dropped meanwhile.
        DayIsOver, DomainError: as `task_add`.
    """
    held = _held_open(task, by)
    before = values_of(held, KEPT)
    changed = []
    for name, value in fields.items():
        said = value.strip() if isinstance(value, str) else value
        if getattr(held, name) != said:
            setattr(held, name, said)
            changed.append(name)
    if not changed:
        return held
    if "due_on" in changed:
        check_ahead(held.due_on, held.assignee)
    if "customer" in changed:
        _check_seen(held.customer, held.assignee, by)
    _check(held)
    held.save(update_fields=changed)
    audit_record(
        by=by,
        action="task.change",
        record=held,
        changes=changed_values(held, before),
        is_text_changed=bool({"title", "note"} & set(changed)),
    )
    return held


@transaction.atomic
def task_reassign(*, task: Task, to: Member, by: Member) -> Task:
    """Give the task to somebody else, who is told.

    Raises as `task_change`; DomainError also where it is theirs already.
    """
    held = _held_open(task, by)
    was = held.assignee
    if was == to:
        raise DomainError(_("%(member)s has it already.") % {"member": to})
    _check_assignee(to, by)
    _check_seen(held.customer, to)
    held.assignee = to
    held.save(update_fields=["assignee"])
    audit_record(by=by, action="task.reassign", record=held, changes={"assignee": [was, to]})
    _tell(held, by, timezone.now().isoformat())
    return held


@transaction.atomic
def task_finish(*, task: Task, by: Member) -> Task:
    """Raises as `task_change`."""
    return _to_state(_held_open(task, by), TaskState.DONE, by)


@transaction.atomic
def task_drop(*, task: Task, by: Member) -> Task:
    """Raises as `task_change`."""
    return _to_state(_held_open(task, by), TaskState.DROPPED, by)


@transaction.atomic
def task_reopen(*, task: Task, by: Member) -> Task:
    """Raises as `task_change`; DomainError where it is open."""
    held = _held(task, by)
    if held.state == TaskState.OPEN:
        raise DomainError(_("This task is open already."))
    return _to_state(held, TaskState.OPEN, by)


DEEDS = {TaskState.DONE: "finish", TaskState.DROPPED: "drop", TaskState.OPEN: "reopen"}


def _to_state(held: Task, state: TaskState, by: Member) -> Task:
    before = values_of(held, KEPT)
    now = timezone.now()
    held.state = state
    held.done_at = now if state is TaskState.DONE else None
    held.dropped_at = now if state is TaskState.DROPPED else None
    held.save(update_fields=["state", "done_at", "dropped_at"])
    audit_record(
        by=by,
        action=f"task.{DEEDS[state]}",
        record=held,
        changes=changed_values(held, before),
    )
    return held


def _held(task: Task, by: Member) -> Task:
    rows = Task.objects.select_for_update(of=("self",)).prefetch_related("assignee", "customer")
    held: Task = rows.get(pk=task.pk)
    if not Task.objects.editable_by(by).filter(pk=held.pk).exists():
        raise NotPermitted(_("A task is changed by who has it, who gave it, and who leads them."))
    return held


def _held_open(task: Task, by: Member) -> Task:
    held = _held(task, by)
    if held.state != TaskState.OPEN:
        raise AlreadySettled(_("This task is done or dropped already."))
    return held


@transaction.atomic
def tasks_follow(*, tasks: Iterable[int], to: Member | None, by: Member | None) -> int:
    """Open tasks (ids) of somebody who leaves go to somebody else; with None they are dropped.

    Permission was asked by whatever moved them. How many changed.
    """
    rows = Task.objects.select_for_update().filter(pk__in=list(tasks), state=TaskState.OPEN)
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    if not found:
        return 0
    changes: dict[str, object] = {"assignee": to}
    if to is None:
        changes = {"state": TaskState.DROPPED, "dropped_at": timezone.now()}
    Task.objects.filter(pk__in=found).update(**changes)
    audit_record(
        by=by,
        action="task.follow",
        record=Task,
        rows=found,
        changes={"assignee": [None, to]} if to is not None else None,
        count=len(found),
    )
    return len(found)
