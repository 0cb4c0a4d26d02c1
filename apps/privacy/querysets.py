"""Who sees what was erased: administrators."""

from typing import TYPE_CHECKING, Self

from django.db import models

from apps.members.querysets import Viewer, reads
from apps.members.roles import Reach, RecordKind

if TYPE_CHECKING:
    from apps.privacy.models import Erasure  # noqa: F401 - names the rows' type


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def visible_to(self, user: Viewer) -> Self:
        return self.all() if reads(user, RecordKind.SETTINGS) is Reach.ALL else self.none()
