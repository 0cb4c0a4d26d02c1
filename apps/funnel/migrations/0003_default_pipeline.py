"""The pipeline that every installation starts with: five levels, E to A."""

from decimal import Decimal

from django.db import migrations

# code, rank, expected days, prior conversion, names. The priors only steady small samples; they
# are replaced by the firm's own history as soon as there is some.
LEVELS = [
    ("E", 1, 14, "0.40", "Prospect", "潜在客户", "潛在客戶"),
    ("D", 2, 14, "0.50", "Contacted", "联系客户", "聯絡客戶"),
    ("C", 3, 21, "0.45", "Recognised", "认同客户", "認同客戶"),
    ("B", 4, 21, "0.55", "Intent", "意向客户", "意向客戶"),
    ("A", 5, 14, "0.75", "Ready", "准备购买", "準備購買"),
]


def create(apps, schema_editor):
    pipeline = apps.get_model("funnel", "Pipeline").objects.create(name="Standard", is_default=True)
    level = apps.get_model("funnel", "Level")
    for code, rank, days, prior, en, hans, hant in LEVELS:
        level.objects.create(
            pipeline=pipeline,
            code=code,
            rank=rank,
            names={"en": en, "zh-hans": hans, "zh-hant": hant},
            expected_days=days,
            prior_conversion=Decimal(prior),
        )


def remove(apps, schema_editor):
    apps.get_model("funnel", "Level").objects.filter(pipeline__name="Standard").delete()
    apps.get_model("funnel", "Pipeline").objects.filter(name="Standard").delete()


class Migration(migrations.Migration):
    dependencies = [("funnel", "0002_guards")]
    operations = [migrations.RunPython(create, remove)]
