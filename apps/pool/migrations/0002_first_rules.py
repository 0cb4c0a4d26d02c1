"""The usual clocks, for each tier and for customers without one."""

from django.db import migrations

TIERS = ("", "A", "B", "C")


def first_rules(apps, _schema_editor):
    model = apps.get_model("pool", "PoolRule")
    for tier in TIERS:
        model.objects.get_or_create(tier=tier)


class Migration(migrations.Migration):
    dependencies = [("pool", "0001_initial")]
    operations = [migrations.RunPython(first_rules, migrations.RunPython.noop)]
