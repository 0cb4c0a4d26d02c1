"""What changed is never rewritten; the usual service policy of each tier."""

from django.db import migrations

TABLES = ("portfolio_tierchange", "portfolio_lifecyclechange")
GUARD = """
CREATE FUNCTION portfolio_change_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.is_sample THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'a change of tier or stage is never edited or deleted'
    USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION portfolio_change_is_immutable();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_immutable;
"""
    for table in TABLES
)
NO_GUARD = (
    "".join(f"DROP TRIGGER {table}_immutable ON {table};" for table in TABLES)
    + "DROP FUNCTION portfolio_change_is_immutable();"
)
POLICIES = (
    {"tier": "A", "contact_days": 14, "response_hours": 4, "visit_days": 91, "channels": []},
    {"tier": "B", "contact_days": 30, "response_hours": 24, "visit_days": None, "channels": []},
    {
        "tier": "C",
        "contact_days": 90,
        "response_hours": 24,
        "visit_days": None,
        "channels": ["email", "message", "call"],
    },
)


def first_policies(apps, _schema_editor):
    model = apps.get_model("portfolio", "ServicePolicy")
    for policy in POLICIES:
        model.objects.get_or_create(tier=policy["tier"], defaults=policy)


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0001_initial")]
    operations = [
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunPython(first_policies, migrations.RunPython.noop),
    ]
