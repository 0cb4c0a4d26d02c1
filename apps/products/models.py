"""What is sold: product lines and their products."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.products.querysets import CatalogueQuerySet


class ProductLine(models.Model):
    name = models.CharField(_("name"), max_length=150)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = _("product line")
        verbose_name_plural = _("product lines")
        ordering = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="product_line_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    line = models.ForeignKey(ProductLine, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(_("name"), max_length=150)
    list_price = models.DecimalField(
        _("list price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    active_from = models.DateField(_("sold from"), null=True, blank=True)
    active_until = models.DateField(_("sold until"), null=True, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="product_name_unique"),
            models.CheckConstraint(
                condition=(models.Q(list_price__isnull=True) | models.Q(list_price__gte=0))
                & (models.Q(cost__isnull=True) | models.Q(cost__gte=0)),
                name="product_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name
