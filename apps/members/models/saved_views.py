"""Filters, sort and columns of a list under a name."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.members.models.people import Member
from apps.members.models.teams import Team
from apps.members.querysets import OwnQuerySet, SavedViewQuerySet


class Sharing(models.TextChoices):
    OWN = "own", _("Only me")
    TEAM = "team", _("My team")
    EVERYONE = "everyone", _("Everyone")


class SavedView(models.Model):
    """A list as somebody wants to see it again; rows are always those of the reader."""

    page = models.CharField(max_length=32)  # URL name of the list
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="saved_views")
    sharing = models.CharField(
        _("for whom"), max_length=8, choices=Sharing.choices, default=Sharing.OWN
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The address's parameters without “?” and without the page.
    query = models.CharField(max_length=2000, blank=True)
    columns: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=64), default=list, blank=True
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="saved_view_name",
                violation_error_message=_("You have a view of this name: choose another."),
            ),
            models.CheckConstraint(
                condition=models.Q(sharing="team", team__isnull=False)
                | (~models.Q(sharing="team") & models.Q(team__isnull=True)),
                name="saved_view_team",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListSetting(models.Model):
    """How a member looks at a list when they just open it: its columns, or a saved view."""

    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, db_index=False, related_name="list_settings"
    )
    page = models.CharField(max_length=32)
    # Keys of the columns in their order; none: the list's own choice.
    columns: "ArrayField[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=64), default=list, blank=True
    )
    default_view = models.ForeignKey(
        SavedView, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("setting of a list")
        verbose_name_plural = _("settings of lists")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "page"], name="list_setting_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.page}"
