"""Level changes can't be rewritten, and each statement marks the days that it touched."""

from django.db import migrations

GUARD = """
CREATE FUNCTION level_change_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.is_sample THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'a level change is never edited or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER level_change_immutable BEFORE UPDATE OR DELETE ON funnel_levelchange
  FOR EACH ROW EXECUTE FUNCTION level_change_is_immutable();
"""
NO_GUARD = """
DROP TRIGGER level_change_immutable ON funnel_levelchange;
DROP FUNCTION level_change_is_immutable();
"""
MARKS = """
CREATE FUNCTION level_change_marks_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO core_dirtyday (day, source) SELECT DISTINCT "on", 'funnel' FROM touched;
  RETURN NULL;
END $$;
CREATE TRIGGER level_change_insert_marks AFTER INSERT ON funnel_levelchange
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION level_change_marks_days();
CREATE TRIGGER level_change_delete_marks AFTER DELETE ON funnel_levelchange
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION level_change_marks_days();
"""
NO_MARKS = """
DROP TRIGGER level_change_insert_marks ON funnel_levelchange;
DROP TRIGGER level_change_delete_marks ON funnel_levelchange;
DROP FUNCTION level_change_marks_days();
"""


class Migration(migrations.Migration):
    dependencies = [("funnel", "0001_initial"), ("core", "0002_initial")]
    operations = [migrations.RunSQL(GUARD, NO_GUARD), migrations.RunSQL(MARKS, NO_MARKS)]
