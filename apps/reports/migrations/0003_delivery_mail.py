import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A delivery is about to point to its mail in the outbox, which takes its state over."""

    dependencies = [
        ("core", "0004_people"),
        ("reports", "0002_delivery_claims"),
    ]

    operations = [
        migrations.AlterField(
            model_name="edition",
            name="pdf",
            field=models.FileField(blank=True, upload_to="editions/%Y/"),
        ),
        migrations.AlterField(
            model_name="edition",
            name="pdf_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="delivery",
            name="mail",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="report_delivery",
                to="core.outgoingmail",
            ),
        ),
        # Empty while the next two migrations are taken back.
        migrations.AlterField(
            model_name="delivery",
            name="message_id",
            field=models.CharField(max_length=255, null=True, unique=True),
        ),
    ]
