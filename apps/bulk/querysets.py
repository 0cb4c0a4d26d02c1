"""Who sees a bulk change: who started it, and nobody else."""

from typing import TYPE_CHECKING, Self

from django.db import models

from apps.members.querysets import Viewer

if TYPE_CHECKING:
    from apps.bulk.models import BulkRun  # noqa: F401 - names the rows' type


class BulkRunQuerySet(models.QuerySet["BulkRun"]):
    def visible_to(self, user: Viewer) -> Self:
        return self.filter(by=user.pk) if user.pk else self.none()

    def editable_by(self, user: Viewer) -> Self:
        return self.visible_to(user)
