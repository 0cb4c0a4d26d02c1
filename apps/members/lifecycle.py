"""The stages of a customer's life, which the positions of a team together have to cover."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LifecycleStage(models.TextChoices):
    """In the order in which a customer goes through them."""

    ATTRACT = "attract", _("Attract")
    CONVERT = "convert", _("Convert")
    MAINTAIN = "maintain", _("Maintain")
    DEEPEN = "deepen", _("Deepen")
    WIN_BACK = "win_back", _("Win back")
