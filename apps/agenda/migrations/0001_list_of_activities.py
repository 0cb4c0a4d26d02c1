"""Indexes of the list of activities, which this app brings: the latest first, and words in notes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activities", "0003_outcome_rules_and_versions")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX activity_latest ON activities_activity (at DESC, id DESC)",
            "DROP INDEX activity_latest",
        ),
        migrations.RunSQL(
            "CREATE INDEX activity_note_search ON activities_activity"
            " USING gin (UPPER(note) gin_trgm_ops)",
            "DROP INDEX activity_note_search",
        ),
    ]
