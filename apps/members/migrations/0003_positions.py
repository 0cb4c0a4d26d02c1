"""The positions of the handbook, with the stages of a customer's life that each covers."""

from typing import Any

from django.db import migrations

# Code, English, simplified and traditional Chinese, stages.
POSITIONS = (
    ("business-developer", "Business developer", "业务开拓", "業務開拓", ["attract", "convert"]),
    ("account-manager", "Account manager", "客户维护", "客戶維護", ["maintain", "deepen", "win_back"]),
    ("campaign-planner", "Campaign planner", "营销策划", "行銷策劃", ["attract"]),
    ("data-analyst", "Data analyst", "数据分析", "數據分析", []),
    ("telesales-agent", "Telesales agent", "电销座席", "電銷座席", ["convert"]),
    ("customer-support", "Customer support", "客服支持", "客服支援", ["maintain"]),
    ("team-lead", "Team lead", "主管", "主管", []),
    ("back-office", "Back office", "内勤", "內勤", []),
)  # fmt: skip


def create(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django's signature
    position = apps.get_model("members", "Position")
    for rank, (code, en, hans, hant, stages) in enumerate(POSITIONS, start=1):
        names = {"en": en, "zh-hans": hans, "zh-hant": hant}
        position.objects.get_or_create(
            code=code, defaults={"names": names, "stages": stages, "rank": rank * 10}
        )


class Migration(migrations.Migration):
    dependencies = [("members", "0002_people")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
