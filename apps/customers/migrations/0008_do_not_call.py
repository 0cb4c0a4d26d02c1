from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_words_in_capitals")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="do_not_call_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="not to be called since"),
        ),
        migrations.AddField(
            model_name="contact",
            name="do_not_call_reason",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=300,
                verbose_name="why they must not be called",
            ),
        ),
    ]
