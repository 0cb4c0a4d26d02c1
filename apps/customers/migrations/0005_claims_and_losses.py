"""What counts the claims of a day and finds what a member lost to the pool."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_held_since")]
    operations = [
        migrations.AddIndex(
            model_name="customerownerchange",
            index=models.Index(
                condition=models.Q(("kind", "claim")),
                fields=["to_owner", "on"],
                name="customer_claims_of_a_day",
            ),
        ),
        migrations.AddIndex(
            model_name="customerownerchange",
            index=models.Index(
                condition=models.Q(("to_owner__isnull", True)),
                fields=["from_owner", "on"],
                name="customer_lost_to_the_pool",
            ),
        ),
    ]
