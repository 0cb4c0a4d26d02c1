import django.contrib.postgres.fields
from django.db import migrations, models

import apps.core.models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_audit_guard")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="export_roles",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16),
                blank=True,
                default=apps.core.models.exporting_roles,
                size=None,
            ),
        ),
    ]
