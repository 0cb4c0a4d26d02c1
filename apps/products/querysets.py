"""Which products a person may see: the price list is open to every member."""

from typing import Any, Self

from django.db import models

from apps.members.querysets import Viewer, access_role


class CatalogueQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Viewer) -> Self:
        return self.all() if access_role(user) is not None else self.none()
