"""Since when the present owner has a customer, and the dimensions of a first screening."""

from django.db import migrations

HELD_SINCE = """
UPDATE customers_customer c SET held_since = coalesce(
  (SELECT max(h.at) FROM customers_customerownerchange h
   WHERE h.customer_id = c.id AND h.to_owner_id = c.owner_id), c.created_at)
WHERE c.owner_id IS NOT NULL AND c.held_since IS NULL
"""

DIMENSIONS = [
    {
        "key": "company-size",
        "rank": 1,
        "names": {"en": "Company size", "zh-hans": "企业规模", "zh-hant": "企業規模"},
        "grades": {
            "en": [
                "Fewer than 10 people, no budget of its own for this",
                "10 to 49 people, a budget case by case",
                "50 to 249 people, a yearly budget",
                "250 people or more, a department that buys",
            ],
            "zh-hans": [
                "不足 10 人，没有专门预算",
                "10–49 人，预算逐案审批",
                "50–249 人，有年度预算",
                "250 人及以上，设有采购部门",
            ],
            "zh-hant": [
                "不足 10 人，沒有專門預算",
                "10–49 人，預算逐案審批",
                "50–249 人，有年度預算",
                "250 人及以上，設有採購部門",
            ],
        },
    },
    {
        "key": "industry-fit",
        "rank": 2,
        "names": {"en": "Industry fit", "zh-hans": "行业匹配度", "zh-hant": "行業匹配度"},
        "grades": {
            "en": [
                "An industry in which we have never sold",
                "A neighbouring industry, no reference yet",
                "One of our industries, with a reference",
                "A core industry, with references of the same size",
            ],
            "zh-hans": [
                "从未涉足的行业",
                "相近行业，暂无案例",
                "目标行业，有成功案例",
                "核心行业，有同等规模的案例",
            ],
            "zh-hant": [
                "從未涉足的行業",
                "相近行業，暫無案例",
                "目標行業，有成功案例",
                "核心行業，有同等規模的案例",
            ],
        },
    },
    {
        "key": "pain-point-fit",
        "rank": 3,
        "names": {"en": "Pain-point fit", "zh-hans": "痛点匹配度", "zh-hant": "痛點匹配度"},
        "grades": {
            "en": [
                "Names no problem that we solve",
                "Has the problem, lives with it",
                "Looks for a solution this year",
                "Has to solve it within three months",
            ],
            "zh-hans": [
                "没有提出我们能解决的问题",
                "存在问题，但可以忍受",
                "今年内寻求解决方案",
                "三个月内必须解决",
            ],
            "zh-hant": [
                "沒有提出我們能解決的問題",
                "存在問題，但可以忍受",
                "今年內尋求解決方案",
                "三個月內必須解決",
            ],
        },
    },
]


def first_dimensions(apps, _schema_editor):
    model = apps.get_model("customers", "ScreeningDimension")
    for dimension in DIMENSIONS:
        model.objects.get_or_create(key=dimension["key"], defaults=dimension)


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_customer_base")]
    operations = [
        migrations.RunSQL(HELD_SINCE, migrations.RunSQL.noop),
        migrations.RunPython(first_dimensions, migrations.RunPython.noop),
    ]
