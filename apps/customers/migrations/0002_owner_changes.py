"""Every change of a customer's owner, kept as it was."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


GUARD = """
CREATE FUNCTION customer_owner_change_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.is_sample THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'a change of owner is never edited or deleted'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER customer_owner_change_immutable
  BEFORE UPDATE OR DELETE ON customers_customerownerchange
  FOR EACH ROW EXECUTE FUNCTION customer_owner_change_is_immutable();
ALTER TABLE customers_customerownerchange
  ENABLE ALWAYS TRIGGER customer_owner_change_immutable;
"""
NO_GUARD = """
DROP TRIGGER customer_owner_change_immutable ON customers_customerownerchange;
DROP FUNCTION customer_owner_change_is_immutable();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerOwnerChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='on')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('kind', models.CharField(choices=[('claim', 'Claimed'), ('assign', 'Assigned'), ('transfer', 'Transferred'), ('import', 'Import'), ('merge', 'Merged'), ('leaving', 'Hand-over on leaving'), ('api', 'By the API')], max_length=16, verbose_name='kind')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                ('is_sample', models.BooleanField(default=False, editable=False)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='owner_changes', to='customers.customer')),
                ('from_owner', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('to_owner', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': "change of a customer's owner",
                'verbose_name_plural': "changes of customers' owners",
                'ordering': ['customer', 'on', 'at', 'pk'],
                'indexes': [models.Index(fields=['customer', 'on', 'at', 'id'], name='customer_owner_history')],
            },
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
