"""The customer's last contact, kept by triggers: whatever writes activities, it is right."""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION customer_last_contact_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM customers_customer
  WHERE id IN (SELECT customer_id FROM changed WHERE is_contact) ORDER BY id FOR NO KEY UPDATE;
  UPDATE customers_customer c SET last_contacted_at = n.at
  FROM (SELECT customer_id, max(at) AS at FROM changed WHERE is_contact GROUP BY 1) n
  WHERE c.id = n.customer_id AND (c.last_contacted_at IS NULL OR c.last_contacted_at < n.at);
  RETURN NULL;
END $$;
CREATE FUNCTION customer_last_contact_again() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT array_agg(DISTINCT customer_id) INTO touched FROM before;
  ELSE
    SELECT array_agg(DISTINCT customer_id) INTO touched
    FROM (SELECT customer_id FROM before UNION SELECT customer_id FROM changed) both_sides;
  END IF;
  PERFORM 1 FROM customers_customer WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
  UPDATE customers_customer c SET last_contacted_at = n.at
  FROM (SELECT t.id, max(a.at) AS at FROM unnest(touched) AS t (id)
        LEFT JOIN activities_activity a ON a.customer_id = t.id AND a.is_contact GROUP BY 1) n
  WHERE c.id = n.id AND c.last_contacted_at IS DISTINCT FROM n.at;
  RETURN NULL;
END $$;
CREATE TRIGGER activity_insert_contact AFTER INSERT ON activities_activity
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_contact_grows();
CREATE TRIGGER activity_update_contact AFTER UPDATE ON activities_activity
  REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_contact_again();
CREATE TRIGGER activity_delete_contact AFTER DELETE ON activities_activity
  REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION customer_last_contact_again();
"""
NO_TRIGGERS = """
DROP TRIGGER activity_insert_contact ON activities_activity;
DROP TRIGGER activity_update_contact ON activities_activity;
DROP TRIGGER activity_delete_contact ON activities_activity;
DROP FUNCTION customer_last_contact_grows();
DROP FUNCTION customer_last_contact_again();
"""


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial"), ("customers", "0004_held_since")]
    operations = [migrations.RunSQL(TRIGGERS, NO_TRIGGERS)]
