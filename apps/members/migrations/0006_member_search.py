from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("members", "0005_set_up")]

    operations = [
        migrations.AddIndex(
            "member", GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="member_name_search")
        ),
        migrations.AddIndex(
            "member", GinIndex(OpClass(Upper("email"), "gin_trgm_ops"), name="member_email_search")
        ),
    ]
