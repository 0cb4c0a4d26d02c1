"""Which records may be named to somebody who reads audit entries.

An entry keeps names as they were: of owners, teams, customers. Whoever reads the log may read all
of them, HR those of people. In the history on a record's page somebody reads the names that they
could open themselves, those that stand on that page anyway, and those of the people who lead them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.audit_kinds import KINDS, is_sealed, kind_of, model_of, named_model
from apps.core.models import AuditEntry, Organisation
from apps.members.audit.scope import PEOPLE_KINDS
from apps.members.models import Member, Membership, Team
from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

type Named = Mapping[str, frozenset[int]]


def is_reference(value: object) -> bool:
    """Whether a plain value names a record: [id, text]."""
    match value:
        case [int() as pk, str()]:
            return not isinstance(pk, bool)
    return False


def references(value: object) -> Iterator[list[Any]]:
    """The records that a plain value names: itself, or those of a list."""
    if isinstance(value, list):
        yield from ([value] if is_reference(value) else filter(is_reference, value))


class Names:
    """What may be named of a page of entries; at most one query for each kind of record.

    Args:
        user: who reads.
        entries: the page's entries.
        on_page: kind → ids that the reader sees anyway, where the entries stand on a record's page.
    """

    def __init__(
        self, user: Viewer, entries: Iterable[AuditEntry], *, on_page: Named | None = None
    ) -> None:
        self.user = user
        # Records are links in the log; on a record's own page they would lead back to it.
        self.are_links = on_page is None
        self.reach = Reach.NONE if on_page is not None else reads(user, RecordKind.AUDIT)
        entries = list(entries)
        named = self._named(entries)
        self.known = {
            kind: (on_page or {}).get(kind, frozenset()) | self._seen(kind, ids)
            for kind, ids in named.items()
        }
        self.keys = self._keys(entries)

    def may_name(self, kind: str, pk: int | None) -> bool:
        if is_sealed(kind):
            return pk in self.keys.get(kind, {})
        return self.may_name_all(kind) or pk in self.known.get(kind, ())

    def may_name_all(self, kind: str) -> bool:
        """Whether the reader reads the log itself, this kind included."""
        return self.reach is Reach.ALL or (self.reach is Reach.OWN and kind in PEOPLE_KINDS)

    def key(self, kind: str, pk: Any) -> Any:  # noqa: ANN401 - an id or a slug
        """What the address of the record's page takes; None where the reader can't open it."""
        return self.keys.get(kind, {}).get(pk)

    @staticmethod
    def _named(entries: Iterable[AuditEntry]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            if entry.by_id is not None:
                found["member"].add(entry.by_id)
            for name, pair in entry.changes.items():
                model = named_model(entry.kind, name)
                if model is not None:
                    ids = (pk for value in pair for pk, _text in references(value))
                    found[kind_of(model)].update(ids)
        return found

    def _seen(self, kind: str, ids: set[int]) -> frozenset[int]:
        if self.may_name_all(kind) or not ids:
            return frozenset()
        rows = people_known_to(self.user) if kind == "member" else scoped(kind, self.user)
        return frozenset(rows.filter(pk__in=ids).order_by().values_list("pk", flat=True))

    def _keys(self, entries: Iterable[AuditEntry]) -> dict[str, dict[int, Any]]:
        """The entries' records that the reader may open, with what their pages' addresses take."""
        records: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            if entry.object_id is not None and entry.kind in KINDS:
                records[entry.kind].add(entry.object_id)
        return {
            kind: dict(
                scoped(kind, self.user)
                .filter(pk__in=ids)
                .order_by()
                .values_list("pk", KINDS[kind].key)
            )
            for kind, ids in records.items()
            if KINDS[kind].page or is_sealed(kind)
        }


def scoped(kind: str, user: Viewer) -> models.QuerySet[Any]:
    """The records of a kind that the person may open, by the kind's own rule."""
    model = model_of(kind)
    if model is None:
        return AuditEntry.objects.none()
    rows = model._default_manager.all()
    scope = getattr(rows, KINDS[kind].scope, None)
    return rows.none() if scope is None else scope(user)


def people_known_to(user: Viewer) -> models.QuerySet[Any]:
    """People whom somebody may read of: those whose work or record they see, and who leads them."""
    today = Organisation.current().today()
    paths = Membership.objects.running_on(today).filter(member=user.pk)
    above = {pk for path in paths.values_list("team__path", flat=True) for pk in path}
    leads = Team.objects.filter(pk__in=above, lead__isnull=False).order_by()
    return Member.objects.filter(  # type: ignore[no-any-return]
        Q(pk=user.pk)
        | Q(pk__in=leads.values("lead"))
        | Q(pk__in=Member.objects.visible_to(user).order_by().values("pk"))
        | Q(pk__in=Member.objects.record_visible_to(user).order_by().values("pk"))
    )
