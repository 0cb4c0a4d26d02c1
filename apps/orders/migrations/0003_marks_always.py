"""Days are marked by bulk loads too, which check references by themselves."""

from django.db import migrations

TRIGGERS = ("order_insert_marks", "order_delete_marks", "order_update_marks")
ALWAYS = [f"ALTER TABLE orders_order ENABLE ALWAYS TRIGGER {name}" for name in TRIGGERS]
USUAL = [f"ALTER TABLE orders_order ENABLE TRIGGER {name}" for name in TRIGGERS]


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_marks")]
    operations = [migrations.RunSQL(ALWAYS, USUAL)]
