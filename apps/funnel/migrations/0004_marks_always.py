"""The guard and the marks hold for bulk loads too, which check references by themselves."""

from django.db import migrations

TRIGGERS = ("level_change_immutable", "level_change_insert_marks", "level_change_delete_marks")
ALWAYS = [f"ALTER TABLE funnel_levelchange ENABLE ALWAYS TRIGGER {name}" for name in TRIGGERS]
USUAL = [f"ALTER TABLE funnel_levelchange ENABLE TRIGGER {name}" for name in TRIGGERS]


class Migration(migrations.Migration):
    dependencies = [("funnel", "0003_default_pipeline")]
    operations = [migrations.RunSQL(ALWAYS, USUAL)]
