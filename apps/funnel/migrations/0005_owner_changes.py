"""Who held an opportunity when: a record of its own, begun from what the level changes say."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE FUNCTION owner_change_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.is_sample THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'an owner change is never edited or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER owner_change_immutable BEFORE UPDATE OR DELETE ON funnel_ownerchange
  FOR EACH ROW EXECUTE FUNCTION owner_change_is_immutable();
ALTER TABLE funnel_ownerchange ENABLE ALWAYS TRIGGER owner_change_immutable;
"""
NO_GUARD = """
DROP TRIGGER owner_change_immutable ON funnel_ownerchange;
DROP FUNCTION owner_change_is_immutable();
"""
# Until now the level changes alone said who held an opportunity on a past day, and the opportunity's
# own columns from the day on which it entered its level: the same answers as rows of their own.
FROM_STAMPS = """
INSERT INTO funnel_ownerchange
  (opportunity_id, "on", at, from_owner_id, from_team_id, to_owner_id, to_team_id, by_id, kind,
   reason, is_sample, recorded_at)
SELECT opportunity_id, "on", at, from_owner_id, from_team_id, owner_id, team_id, by_id, 'import', '',
       is_sample, now()
FROM (
  SELECT c.*, lag(owner_id) OVER past AS from_owner_id, lag(team_id) OVER past AS from_team_id
  FROM funnel_levelchange c
  WINDOW past AS (PARTITION BY opportunity_id ORDER BY "on", at, id)
) stamped
WHERE from_owner_id IS NOT NULL AND (from_owner_id, from_team_id) <> (owner_id, team_id)
ORDER BY opportunity_id, "on", at, id;
INSERT INTO funnel_ownerchange
  (opportunity_id, "on", at, from_owner_id, from_team_id, to_owner_id, to_team_id, by_id, kind,
   reason, is_sample, recorded_at)
SELECT o.id, last."on", last.at, last.owner_id, last.team_id, o.owner_id, o.team_id, NULL, 'import',
       '', o.is_sample, now()
FROM funnel_opportunity o
CROSS JOIN LATERAL (
  SELECT c."on", c.at, c.owner_id, c.team_id FROM funnel_levelchange c
  WHERE c.opportunity_id = o.id ORDER BY c."on" DESC, c.at DESC, c.id DESC LIMIT 1
) last
WHERE (last.owner_id, last.team_id) <> (o.owner_id, o.team_id);
UPDATE funnel_opportunity o SET held_since_on = greatest(o.opened_on, coalesce(
  (SELECT max(h."on") FROM funnel_ownerchange h WHERE h.opportunity_id = o.id), o.opened_on));
"""
# The foreign keys of the rows above are checked before the table is changed further.
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


def member(**options):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **options,
    )


def team():
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="members.team",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("funnel", "0004_marks_always"),
        ("members", "0003_positions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnerChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="on")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("kind", models.CharField(choices=[("assign", "Assigned"), ("move", "Member moved"), ("leaving", "Hand-over on leaving"), ("import", "Import")], max_length=16, verbose_name="kind")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("is_sample", models.BooleanField(default=False, editable=False)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("by", member(null=True)),
                ("from_owner", member()),
                ("from_team", team()),
                ("opportunity", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="owner_changes", to="funnel.opportunity")),
                ("to_owner", member()),
                ("to_team", team()),
            ],
            options={
                "verbose_name": "owner change",
                "verbose_name_plural": "owner changes",
                "ordering": ["opportunity", "on", "at", "pk"],
                "indexes": [models.Index(fields=["opportunity", "on", "at", "id"], name="owner_change_history")],
                "constraints": [models.CheckConstraint(condition=models.Q(("from_owner", models.F("to_owner")), ("from_team", models.F("to_team")), _negated=True), name="owner_change_changes_something")],
            },
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.AddField(
            model_name="opportunity",
            name="held_since_on",
            field=models.DateField(null=True, verbose_name="with this owner since"),
        ),
        migrations.RunSQL(FROM_STAMPS, migrations.RunSQL.noop),
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="opportunity",
            name="held_since_on",
            field=models.DateField(verbose_name="with this owner since"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(condition=models.Q(("held_since_on__gt", models.F("opened_on"))), fields=["held_since_on"], name="opportunity_changed_hands"),
        ),
        migrations.AddConstraint(
            model_name="opportunity",
            constraint=models.CheckConstraint(condition=models.Q(("held_since_on__gte", models.F("opened_on"))), name="opportunity_held_after_opening"),
        ),
    ]
