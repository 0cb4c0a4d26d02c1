"""Figures of tiers are renewed every night, row by row where they stand: no index, and half a page free."""

from django.db import migrations

HALF_FREE = "ALTER TABLE portfolio_tierfigure SET (fillfactor = 50)"
FULL = "ALTER TABLE portfolio_tierfigure RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0004_service_and_lifecycle")]
    operations = [
        migrations.RemoveIndex(model_name="tierfigure", name="tier_figure_by_rank"),
        migrations.RunSQL(HALF_FREE, FULL),
    ]
