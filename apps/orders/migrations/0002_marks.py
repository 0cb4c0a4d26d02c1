"""Each statement on orders marks the days that it touched, before and after."""

from django.db import migrations

MARKS = """
CREATE FUNCTION order_marks_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO core_dirtyday (day, source) SELECT DISTINCT ordered_on, 'orders' FROM touched;
  RETURN NULL;
END $$;
CREATE FUNCTION order_update_marks_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO core_dirtyday (day, source)
  SELECT DISTINCT ordered_on, 'orders' FROM
    (SELECT ordered_on FROM touched UNION SELECT ordered_on FROM touched_before) AS days;
  RETURN NULL;
END $$;
CREATE TRIGGER order_insert_marks AFTER INSERT ON orders_order
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION order_marks_days();
CREATE TRIGGER order_delete_marks AFTER DELETE ON orders_order
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION order_marks_days();
CREATE TRIGGER order_update_marks AFTER UPDATE ON orders_order
  REFERENCING NEW TABLE AS touched OLD TABLE AS touched_before
  FOR EACH STATEMENT EXECUTE FUNCTION order_update_marks_days();
"""
NO_MARKS = """
DROP TRIGGER order_insert_marks ON orders_order;
DROP TRIGGER order_delete_marks ON orders_order;
DROP TRIGGER order_update_marks ON orders_order;
DROP FUNCTION order_marks_days();
DROP FUNCTION order_update_marks_days();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("core", "0002_initial")]
    operations = [migrations.RunSQL(MARKS, NO_MARKS)]
