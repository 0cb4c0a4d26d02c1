"""Bulk operations and readings are few: found by time without reading all entries between them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0006_export_roles")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("rows", []), _negated=True),
                fields=["-at", "-id"],
                name="audit_bulk_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("is_reading", True)),
                fields=["-at", "-id"],
                name="audit_readings_by_time",
            ),
        ),
    ]
