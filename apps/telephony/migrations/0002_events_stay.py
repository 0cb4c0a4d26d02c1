"""Events stay as they came; only their numbers may be blotted out, when a person is erased."""

from django.db import migrations

GUARD = """
CREATE FUNCTION call_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.from_number = '' AND NEW.to_number = ''
     AND (NEW.id, NEW.system_id, NEW.event_id, NEW.call_id, NEW.kind, NEW.direction, NEW.extension,
          NEW.at, NEW.received_at)
       = (OLD.id, OLD.system_id, OLD.event_id, OLD.call_id, OLD.kind, OLD.direction, OLD.extension,
          OLD.at, OLD.received_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an event of a call is never edited or deleted'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER call_event_stays BEFORE UPDATE OR DELETE ON telephony_callevent
  FOR EACH ROW EXECUTE FUNCTION call_event_stays();
ALTER TABLE telephony_callevent ENABLE ALWAYS TRIGGER call_event_stays;
"""
NO_GUARD = """
DROP TRIGGER call_event_stays ON telephony_callevent;
DROP FUNCTION call_event_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, NO_GUARD)]
