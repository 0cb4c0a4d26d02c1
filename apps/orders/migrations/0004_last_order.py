"""The customer's last order, kept by triggers: whatever writes orders, it is right.

A return (a value that is not above zero) is no order.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION customer_last_order_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM customers_customer
  WHERE id IN (SELECT customer_id FROM changed WHERE value > 0) ORDER BY id FOR NO KEY UPDATE;
  UPDATE customers_customer c SET last_ordered_on = n.ordered_on
  FROM (SELECT customer_id, max(ordered_on) AS ordered_on FROM changed WHERE value > 0 GROUP BY 1) n
  WHERE c.id = n.customer_id
    AND (c.last_ordered_on IS NULL OR c.last_ordered_on < n.ordered_on);
  RETURN NULL;
END $$;
CREATE FUNCTION customer_last_order_again() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT array_agg(DISTINCT customer_id) INTO touched FROM before WHERE customer_id IS NOT NULL;
  ELSE
    SELECT array_agg(DISTINCT customer_id) INTO touched
    FROM (SELECT customer_id FROM before UNION SELECT customer_id FROM changed) both_sides
    WHERE customer_id IS NOT NULL;
  END IF;
  PERFORM 1 FROM customers_customer WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
  UPDATE customers_customer c SET last_ordered_on = n.ordered_on
  FROM (SELECT t.id, max(o.ordered_on) AS ordered_on FROM unnest(touched) AS t (id)
        LEFT JOIN orders_order o ON o.customer_id = t.id AND o.value > 0 GROUP BY 1) n
  WHERE c.id = n.id AND c.last_ordered_on IS DISTINCT FROM n.ordered_on;
  RETURN NULL;
END $$;
CREATE TRIGGER order_insert_customer AFTER INSERT ON orders_order
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_order_grows();
CREATE TRIGGER order_update_customer AFTER UPDATE ON orders_order
  REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_order_again();
CREATE TRIGGER order_delete_customer AFTER DELETE ON orders_order
  REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_order_again();
"""
NO_TRIGGERS = """
DROP TRIGGER order_insert_customer ON orders_order;
DROP TRIGGER order_update_customer ON orders_order;
DROP TRIGGER order_delete_customer ON orders_order;
DROP FUNCTION customer_last_order_grows();
DROP FUNCTION customer_last_order_again();
"""
SO_FAR = """
UPDATE customers_customer c SET last_ordered_on = n.ordered_on
FROM (SELECT customer_id, max(ordered_on) AS ordered_on FROM orders_order
      WHERE value > 0 AND customer_id IS NOT NULL GROUP BY 1) n
WHERE c.id = n.customer_id
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_marks_always"), ("customers", "0004_held_since")]
    operations = [
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(SO_FAR, migrations.RunSQL.noop),
    ]
