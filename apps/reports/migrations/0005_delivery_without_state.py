from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reports', '0004_deliveries_into_the_outbox'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_waiting',
        ),
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_sending',
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('mail__isnull', True)), fields=['edition'], name='delivery_preparing'),
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='claimed_at',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='error',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='message_id',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='next_try_at',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='sent_at',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='state',
        ),
        migrations.RemoveField(
            model_name='delivery',
            name='tries',
        ),
    ]
