"""Audit entries can't be rewritten, and are deleted only by age or with the sample firm.

UPDATE and TRUNCATE are refused to everybody; the 24 months stand here, whatever the organisation
chose. The triggers fire in a replication role too (ALWAYS), and the functions take operators and
now() from the catalogue alone. Who owns a table can still disable its triggers: `audit_lock`
hands it to a role of its own.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Upper

GUARD = """
CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND (OLD.is_sample OR OLD.at < now() - interval '24 months') THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'an audit entry is never changed, and is kept for 24 months'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION audit_trail_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is never emptied' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON core_auditentry
  FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
CREATE TRIGGER audit_trail_stays BEFORE TRUNCATE ON core_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_stays();
ALTER TABLE core_auditentry ENABLE ALWAYS TRIGGER audit_entry_stays;
ALTER TABLE core_auditentry ENABLE ALWAYS TRIGGER audit_trail_stays;
"""
NO_GUARD = """
DROP TRIGGER audit_trail_stays ON core_auditentry;
DROP TRIGGER audit_entry_stays ON core_auditentry;
DROP FUNCTION audit_trail_stays();
DROP FUNCTION audit_entry_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="auditentry", name="audit_by_person"),
        migrations.AlterField(
            model_name="auditentry",
            name="by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["by", "-at", "-id"], name="audit_by_person"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-at", "-id"], name="audit_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["kind", "-at", "-id"], name="audit_by_kind"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=GinIndex(OpClass(Upper("label"), name="gin_trgm_ops"), name="audit_label_search"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=GinIndex(
                condition=models.Q(("rows", []), _negated=True), fields=["rows"], name="audit_by_row"
            ),
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
