"""Which names still wait to be compared with those that are alike."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_list_sorts")]

    operations = [
        migrations.AddField(
            model_name="searchkey",
            name="is_compared",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="searchkey",
            index=models.Index(
                condition=models.Q(("is_compared", False), ("kind", "name")),
                fields=["id"],
                name="search_key_to_compare",
            ),
        ),
    ]
