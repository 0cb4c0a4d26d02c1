"""Indexes for every order of the customer list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0005_claims_and_losses"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("industry__gt", "")),
                fields=["industry", "id"],
                name="customer_by_industry",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("region__gt", "")),
                fields=["region", "id"],
                name="customer_by_region",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("source__gt", "")),
                fields=["source", "id"],
                name="customer_by_source",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("tier__gt", "")), fields=["tier", "id"], name="customer_by_tier"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("lifecycle__gt", "")),
                fields=["lifecycle", "id"],
                name="customer_by_lifecycle",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("employees__isnull", False)),
                fields=["employees", "id"],
                name="customer_by_employees",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("annual_revenue__isnull", False)),
                fields=["annual_revenue", "id"],
                name="customer_by_annual_revenue",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("last_contacted_at__isnull", False)),
                fields=["last_contacted_at", "id"],
                name="customer_by_last_contacted_at",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("last_ordered_on__isnull", False)),
                fields=["last_ordered_on", "id"],
                name="customer_by_last_ordered_on",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("potential_score__isnull", False)),
                fields=["potential_score", "id"],
                name="customer_by_potential_score",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["created_at", "id"], name="customer_by_created_at"),
        ),
    ]
